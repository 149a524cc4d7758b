// SPDX-License-Identifier: Apache-2.0
#include "alarmvoice.h"

namespace tagwire::cluster {

bool AlarmVoice::concerns(const Event &event) {
  return std::holds_alternative<AlarmTransition>(event.body) ||
         std::holds_alternative<AlarmConditionChange>(event.body);
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
    add(change->condition);
    add(change->previous);
    parts << change->cause.toUtf8();
  }
  return event.source.toUtf8() + ' ' + parts.join(' ');
}

void AlarmVoice::start(Moment now) {
  m_startedAt = now;
  m_isSpeaking = false;
  m_others.clear();
  m_held.clear();
  m_told.clear();
}

void AlarmVoice::heard(const QString &node, bool isSpeaking, Moment now) {
  if (node == m_node) return;
  m_others[node] = {now, isSpeaking};
  // Both do, after they did not hear each other: the first by name goes on.
  if (isSpeaking && m_isSpeaking && node < m_node) m_isSpeaking = false;
}

QList<Event> AlarmVoice::look(Moment now) {
  forget(now);
  std::erase_if(m_others, [&](const auto &each) { return now - each.second.heard >= silence; });
  if (m_isSpeaking || now - m_startedAt < silence) return {};
  for (const auto &[node, other] : m_others) {
    if (other.isSpeaking || node < m_node) return {};
  }
  m_isSpeaking = true;
  QList<Event> due;
  for (const Kept &kept : m_held) due << kept.event;
  m_held.clear();
  return due;
}

void AlarmVoice::forget(Moment now) {
  for (auto *kept : {&m_held, &m_told}) {
    while (!kept->empty() && (now - kept->front().at >= sameAlarm || kept->size() > mostHeld)) kept->pop_front();
  }
}

bool AlarmVoice::tells(const Event &event, Moment now) {
  const QByteArray key = keyOf(event);
  const auto isSame = [&](const Kept &kept) { return kept.key == key; };
  const auto found = std::find_if(m_told.begin(), m_told.end(), isSame);
  if (found != m_told.end()) {  // the other was faster
    m_told.erase(found);
    return false;
  }
  if (m_isSpeaking) return true;
  m_held.push_back({now, key, event});
  forget(now);
  return false;
}

void AlarmVoice::told(const Event &event, Moment now) {
  const QByteArray key = keyOf(event);
  const auto isSame = [&](const Kept &kept) { return kept.key == key; };
  const auto found = std::find_if(m_held.begin(), m_held.end(), isSame);
  if (found != m_held.end()) {
    m_held.erase(found);
  } else if (!m_isSpeaking) {
    m_told.push_back({now, key, event});
    forget(now);
  }
}

}  // namespace tagwire::cluster
