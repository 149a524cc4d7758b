// SPDX-License-Identifier: Apache-2.0
// Alarms: what comes from the store at the start, and what happens when it is down.
#include <algorithm>

#include "alarms.h"

namespace tagwire::alarms {
namespace {

constexpr qsizetype mostMissed = 20'000;

}  // namespace

void Alarms::opened(Result<StoreContent> content) {
  if (!m_running) return;
  if (m_isReady) return openedLate(content);
  // It tries again by itself; until it is given up, better late than everything raised anew.
  if (!content) m_storeTrouble = content.error();
  if (content) begin(*content);
}

void Alarms::begin(const StoreContent &held) {
  m_openPatience.stop();
  const Moment moment = now();
  m_ids->beginOccurrences(held.lastOccurrence, m_context.clock());
  // Receivers tell repetitions by the number: none may come again, whatever became of the store.
  m_lastNotice = std::max(held.lastNotice, toMilliseconds(moment.time) * 1000);
  Outcome outcome;
  takeRules(held);
  takeMemories(held.alarms, moment, outcome);
  m_isReady = true;
  showStatus();
  takeNotices(held.notices);
  m_notifications->start();
  // What came before we ran counts: a value that is already too high is an alarm, not only the next one.
  m_engine->begin(moment, outcome);
  publish(outcome, moment);
  tellSetAside(held);
  const bool isTrouble = !m_storeTrouble.isEmpty();
  setStoreAlarm(isTrouble ? AlarmState::Alarm : AlarmState::Ok, m_storeTrouble);
}

/// The store could not be opened at the start, but now. needsAll() follows.
void Alarms::openedLate(const Result<StoreContent> &content) {
  if (!content) return;
  m_ids->beginOccurrences(content->lastOccurrence, m_context.clock());
  m_lastNotice = std::max(m_lastNotice, content->lastNotice);
  const Moment moment = now();
  Outcome outcome;
  takeRules(*content);
  for (const KeptAlarm &each : content->alarms) {
    const auto memory = AlarmMemory::fromJson(each.memory);
    if (!memory) continue;
    if (m_engine->has(each.ruleId)) {
      m_engine->adopt(each.ruleId, *memory, moment, outcome);
    } else if (!m_ownRules.contains(each.ruleId)) {
      outcome.events << goneEvent(each.ruleId, *memory, moment);
    }
  }
  for (const AlarmRule &each : content->rules) m_engine->begin(each.id, moment, outcome);
  takeNotices(content->notices);
  publish(outcome, moment);
  // needsAll() may follow, or not, when nothing was missed.
  m_storeTrouble.clear();
  showStatus();
  tellSetAside(*content);
  setStoreAlarm(AlarmState::Ok, {});
}

/// It is over at once and stays until somebody has seen it.
void Alarms::tellSetAside(const StoreContent &held) {
  if (held.setAside.isEmpty()) return;
  const QString text = QStringLiteral("%1; the alarm store lies as %2 now, states and history begin anew")
                           .arg(held.whyAside, held.setAside);
  setStoreAlarm(AlarmState::Alarm, text);
  setStoreAlarm(AlarmState::Ok, {});
}

void Alarms::takeNotices(const QList<Notice> &notices) {
  for (const Notice &each : notices) m_notices.insert(each.id, each);
  m_notifications->restore(notices);
}

void Alarms::takeRules(const StoreContent &held) {
  for (auto each = held.ruleVersions.cbegin(); each != held.ruleVersions.cend(); ++each) {
    m_ruleVersions.insert(each.key(), each.value());
    m_ids->noteUsed(each.key());
  }
  RuleSurroundings now = surroundings();
  // A tag that is seen later, say: the rule was good when it was made, and its point may come.
  now.isPoint = [](const QString &) { return true; };
  for (const AlarmRule &each : held.rules) {
    if (m_engine->has(each.id) || !m_ids->enter(each.id, m_context.id())) {
      qCWarning(m_context.log()) << "rule" << each.id << "of run time is left out: the manifest has that id";
      continue;
    }
    m_ownRules.insert(each.id, each);
    const auto rule = readRule(each.rule, now);
    if (rule) {
      m_engine->put(*rule);
    } else {
      qCWarning(m_context.log()).noquote() << "rule" << each.id << "of run time is left out:" << rule.error().first();
    }
  }
}

void Alarms::takeMemories(const QList<KeptAlarm> &alarms, const Moment &moment, Outcome &outcome) {
  for (const KeptAlarm &each : alarms) {
    const auto memory = AlarmMemory::fromJson(each.memory);
    if (memory && m_engine->restore(each.ruleId, *memory)) continue;
    if (m_ownRules.contains(each.ruleId)) continue;
    if (memory) {
      outcome.events << goneEvent(each.ruleId, *memory, moment);
    } else {
      qCWarning(m_context.log()).noquote() << "what was stored of rule" << each.ruleId << "is lost:" << memory.error();
    }
    outcome.touched << each.ruleId;
  }
}

/// The manifest does not have the rule any more, though its alarm stood.
Event Alarms::goneEvent(int ruleId, const AlarmMemory &memory, const Moment &moment) {
  AlarmConditionChange gone;
  gone.alarmId = memory.occurrence;
  gone.ruleId = ruleId;
  gone.ruleName = memory.ruleName;
  gone.area = memory.area;
  gone.previous = memory.condition.condition();
  gone.cause = QStringLiteral("rule_removed");
  gone.by = QStringLiteral("tagwire");
  return {.sequence = 0, .time = moment.time, .source = {}, .body = gone};
}

void Alarms::storeDown(const QString &reason) {
  m_storeTrouble = reason;
  if (!m_isReady) return;
  showStatus();
  setStoreAlarm(AlarmState::Alarm, reason);
}

/// The store is back and may have missed much.
void Alarms::storeAll() {
  m_storeTrouble.clear();
  if (!m_isReady) return;
  StoreWork work;
  work.isWhole = true;
  const QList<int> ids = m_engine->ruleIds();
  for (const int id : ids) {
    const QByteArray memory = m_engine->memoryOf(id);
    if (!memory.isEmpty()) work.alarms << KeptAlarm{id, memory};
  }
  const QList<AlarmRule> missedRules = std::exchange(m_missedRules, {});
  work.rules = missedRules;
  for (const AlarmRule &each : std::as_const(m_ownRules)) work.rules << each;
  work.notices = m_notices.values();
  work.records = std::exchange(m_missed, {});
  m_store->commit(work, [this, missedRules, records = work.records](bool isStored) {
    if (isStored) return;
    m_missedRules = missedRules + m_missedRules;
    keepMissed(records);
  });
  showStatus();
  setStoreAlarm(AlarmState::Ok, {});
}

/// For the history, once the store works again.
void Alarms::keepMissed(const QList<Event> &events) {
  m_missed << events;
  const qsizetype tooMany = std::max<qsizetype>(0, m_missed.size() - mostMissed);
  if (tooMany == 0) return;
  m_missed.remove(0, tooMany);
  m_missedRecords.add(static_cast<double>(tooMany));
}

void Alarms::setStoreAlarm(AlarmState state, const QString &text) {
  const Moment moment = now();
  Outcome outcome;
  m_engine->set(m_storeRule, state, text, moment, outcome);
  publish(outcome, moment);
}

}  // namespace tagwire::alarms
