// SPDX-License-Identifier: Apache-2.0
#include "alarmvoice.h"

#include <algorithm>

namespace tagwire::cluster {

bool AlarmVoice::concerns(const Event &event) {
  return std::holds_alternative<AlarmTransition>(event.body) ||
         std::holds_alternative<AlarmConditionChange>(event.body);
}

bool AlarmVoice::isOperators(const Event &event) {
  const auto *change = std::get_if<AlarmConditionChange>(&event.body);
  return change && !change->by.isEmpty() && change->by != u"tagwire";
}

// Not its time and not its number: two hubs have different ones for the same.
QByteArray AlarmVoice::keyOf(const Event &event) {
  QByteArrayList parts;
  const auto add = [&](auto value) { parts << QByteArray::number(static_cast<int>(value)); };
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    add(alarm->ruleId);
    add(alarm->state);
    add(alarm->previous);
    parts << alarm->level.toUtf8();
  } else if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) {
    add(change->ruleId);
    parts << change->cause.toUtf8();
    // Two hubs need not agree on where it stood before.
    if (isOperators(event)) return "operator " + change->by.toUtf8() + ' ' + parts.join(' ');
    add(change->condition);
    add(change->previous);
  }
  return event.source.toUtf8() + ' ' + parts.join(' ');
}

AlarmVoice::Keep::iterator AlarmVoice::find(Keep &keep, const QByteArray &key) {
  return std::find_if(keep.begin(), keep.end(), [&](const Kept &kept) { return kept.key == key; });
}

void AlarmVoice::start() {
  m_confirmed.reset();
  m_isOthers = false;
  m_held.clear();
  m_told.clear();
}

QList<Event> AlarmVoice::confirmed(Moment begin, Moment now) {
  // Told too late, after a pause of the process: another may have the lease by now.
  if (now - begin >= confidence) return {};
  m_confirmed = begin;
  m_isOthers = false;
  QList<Event> due;
  while (!m_held.empty() && m_held.front().at <= begin) {
    due << m_held.front().event;
    m_held.pop_front();
  }
  return due;
}

void AlarmVoice::forget(Moment now) {
  const auto isOver = [&](const Kept &kept) { return now - kept.at >= sameAlarm; };
  while (!m_told.empty() && (isOver(m_told.front()) || m_told.size() > mostHeld)) m_told.pop_front();
  // While nobody is known to tell, what is here may be told nowhere else.
  while (m_isOthers && !m_held.empty() && isOver(m_held.front())) m_held.pop_front();
  while (m_held.size() > mostHeld) {
    if (!m_isOthers) ++m_dropped;
    m_held.pop_front();
  }
}

bool AlarmVoice::tells(const Event &event, Moment now) {
  forget(now);
  const QByteArray key = keyOf(event);
  const auto found = find(m_told, key);
  if (found != m_told.end()) {  // the other was faster
    m_told.erase(found);
    return false;
  }
  if (isOperators(event)) return true;
  m_held.push_back({now, key, event});
  forget(now);
  return false;
}

void AlarmVoice::told(const Event &event, Moment now, bool isLate) {
  const QByteArray key = keyOf(event);
  const auto found = find(m_held, key);
  if (found != m_held.end()) {
    m_held.erase(found);
  } else if (!isLate && !isSpeaking(now) && !isOperators(event)) {
    m_told.push_back({now, key, event});
  }
  forget(now);
}

void AlarmVoice::follows(const Event &event, Moment now) {
  m_told.push_back({now, keyOf(event), event});
  forget(now);
}

void AlarmVoice::forgets(const Event &event) {
  const auto found = find(m_told, keyOf(event));
  if (found != m_told.end()) m_told.erase(found);
}

}  // namespace tagwire::cluster
