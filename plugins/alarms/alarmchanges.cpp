// SPDX-License-Identifier: Apache-2.0
// AlarmEngine: what follows when a rule's state or an alarm's condition changes.
#include <algorithm>

#include "alarmentry.h"

namespace tagwire::alarms {
namespace {

using std::chrono::nanoseconds;

ConditionInput::Kind stateInput(AlarmState previous, AlarmState now) {
  if (now == AlarmState::Ok) return ConditionInput::Return;
  if (previous == AlarmState::Ok) return ConditionInput::Raise;
  return now > previous ? ConditionInput::Rise : ConditionInput::Fall;
}

}  // namespace

void AlarmEngine::set(int ruleId, AlarmState state, const QString &text, const Moment &moment, Outcome &outcome) {
  Entry &entry = *m_entries[m_slots.value(ruleId)];
  const AlarmState previous = std::exchange(entry.state.shown, state);
  entry.state.alarm.passed = state == AlarmState::Alarm;
  entry.state.warning.passed = state != AlarmState::Ok;
  if (state == previous) return;
  entry.setText = text;
  settle(entry, previous, moment, outcome);
  arm(entry, moment);
}

void AlarmEngine::settle(Entry &entry, AlarmState previous, const Moment &moment, Outcome &outcome) {
  AlarmMemory &memory = entry.memory;
  const ConditionInput input{stateInput(previous, entry.state.shown), {}};
  memory.previous = previous;
  memory.state = entry.state.shown;
  memory.since = moment.time;
  memory.value = entry.state.value;
  memory.valueText = entry.setText.isEmpty() ? valueTextOf(entry.rule, entry.state) : entry.setText;
  memory.level = levelOf(entry.rule, entry.state);
  if (input.kind == ConditionInput::Raise) beginOccurrence(entry);
  if (input.kind == ConditionInput::Return) --m_activeCount;
  const bool wasAnnounced = memory.condition.isAnnounced();
  if (input.kind == ConditionInput::Rise && memory.condition.alarm != AlarmCondition::UnacknowledgedActive) {
    memory.escalationSteps = 0;  // it begins anew, as the alarm does
  }
  const bool wasShelved = memory.condition.isShelved;
  entry.setCondition(after(memory.condition, input, moment.time, entry.rule.latch));
  outcome.events << Event{.sequence = 0, .time = moment.time, .source = {}, .body = transition(entry)};
  outcome.touched << entry.rule.id;
  if (wasShelved && !memory.condition.isShelved) {
    memory.shelvedBy.clear();
    tell(entry, memory.condition.condition(), {QStringLiteral("shelving_ended"), itself()}, moment, outcome);
  }
  const bool isNew = input.kind == ConditionInput::Raise || input.kind == ConditionInput::Rise;
  const Occasion over = occasion(entry, Occasion::Kind::Resolved, moment);  // with the severity of before the end
  announce(entry, wasAnnounced, isNew, moment, outcome);
  if (input.kind == ConditionInput::Return && memory.wasTold) {
    outcome.occasions << over;
    memory.wasTold = false;
  }
  if (input.kind == ConditionInput::Raise) watchChatter(entry, moment, outcome);
}

void AlarmEngine::beginOccurrence(Entry &entry) {
  AlarmMemory &memory = entry.memory;
  ++m_activeCount;
  memory.occurrence = m_world.nextOccurrence();
  memory.ruleName = entry.rule.name;
  memory.area = entry.area;
  memory.isFirstOut = entry.group && entry.group->config.firstOut && entry.group->standing == 0;
  memory.wasTold = false;
  // One that comes again before anybody acknowledged it waits for somebody since it first came.
  if (memory.condition.alarm != AlarmCondition::RtnUnacknowledged) {
    memory.unacknowledgedSince.reset();
    memory.escalationSteps = 0;
    memory.escalatedTo.reset();
  }
  memory.acknowledgedAt.reset();
  memory.acknowledgedBy.clear();
  memory.comment.clear();
}

/// Whom it concerns hears of it, and how long nobody has acknowledged counts from here.
void AlarmEngine::announce(Entry &entry, bool wasAnnounced, bool isNew, const Moment &moment, Outcome &outcome) {
  AlarmMemory &memory = entry.memory;
  if (memory.condition.condition() != AlarmCondition::UnacknowledgedActive) {
    if (memory.condition.condition() != AlarmCondition::RtnUnacknowledged) memory.unacknowledgedSince.reset();
    if (memory.condition.alarm == AlarmCondition::Normal) memory.escalatedTo.reset();
    return;
  }
  if (!memory.unacknowledgedSince) memory.unacknowledgedSince = moment.time;
  if (!isNew && wasAnnounced) return;
  outcome.occasions << occasion(entry, Occasion::Kind::Raised, moment);
  memory.wasTold = true;
}

Occasion AlarmEngine::occasion(const Entry &entry, Occasion::Kind kind, const Moment &moment) const {
  Occasion occasion;
  occasion.kind = kind;
  occasion.time = moment.time;
  occasion.alarm = transition(entry);
  occasion.raisedAs = entry.rule.severity;
  return occasion;
}

bool AlarmEngine::change(Entry &entry, const ConditionInput &input, const Reason &reason, const Moment &moment,
                         Outcome &outcome) {
  AlarmMemory &memory = entry.memory;
  const ConditionState before = memory.condition;
  const ConditionState now = after(before, input, moment.time, entry.rule.latch);
  if (now == before) return false;
  entry.setCondition(now);
  if (!now.isShelved) memory.shelvedBy.clear();
  if (before.isSuppressedByOperator && !now.isSuppressedByOperator) memory.suppressedBy = suppressorOf(entry);
  if (!now.isSuppressedByOperator && !now.isSuppressedByCondition) memory.suppressedBy.clear();
  if (!now.isOutOfService) memory.outOfServiceBy.clear();
  tell(entry, before.condition(), reason, moment, outcome);
  announce(entry, before.isAnnounced(), false, moment, outcome);
  return true;
}

void AlarmEngine::tell(const Entry &entry, AlarmCondition previous, const Reason &reason, const Moment &moment,
                       Outcome &outcome) const {
  AlarmConditionChange told;
  told.alarmId = entry.memory.occurrence;
  told.ruleId = entry.rule.id;
  told.ruleName = entry.rule.name;
  told.area = entry.area;
  told.state = entry.memory.state;
  told.severity = severityOf(entry);
  told.condition = entry.memory.condition.condition();
  told.previous = previous;
  told.cause = reason.cause;
  told.by = reason.by;
  told.comment = reason.comment;
  if (told.condition == AlarmCondition::Shelved) told.until = entry.memory.condition.shelvedUntil;
  outcome.events << Event{.sequence = 0, .time = moment.time, .source = {}, .body = told};
  outcome.touched << entry.rule.id;
}

bool AlarmEngine::isSuppressed(const Entry &entry) {
  // What is not known (yet) stays as it was, over a restart too.
  const bool wasSuppressed = entry.memory.condition.isSuppressedByCondition;
  const bool byRule = entry.suppression && entry.isSuppressing.value_or(wasSuppressed);
  const bool hasGroup = entry.group && !entry.group->config.suppressWhen.isEmpty();
  return byRule || (hasGroup && entry.group->isSuppressing.value_or(wasSuppressed));
}

/// What suppresses it by itself: "rule" or "group:<id>".
QString AlarmEngine::suppressorOf(const Entry &entry) {
  const bool byRule = entry.suppression && entry.isSuppressing.value_or(false);
  return byRule || !entry.group ? QStringLiteral("rule") : QStringLiteral("group:") + entry.group->config.id;
}

void AlarmEngine::suppress(Entry &entry, const Moment &moment, Outcome &outcome) {
  if (entry.suppression) {
    const auto holds = result(entry.rule.suppressWhen, *entry.suppression, moment);
    if (holds) entry.isSuppressing = holds;
  }
  const bool isSuppressedNow = isSuppressed(entry);
  if (isSuppressedNow == entry.memory.condition.isSuppressedByCondition) return;
  const QString why = suppressorOf(entry);
  if (isSuppressedNow && entry.memory.suppressedBy.isEmpty()) entry.memory.suppressedBy = why;
  change(entry, {isSuppressedNow ? ConditionInput::SuppressionBegins : ConditionInput::SuppressionEnds, {}},
         {isSuppressedNow ? QStringLiteral("suppression_began") : QStringLiteral("suppression_ended"), itself(), why},
         moment, outcome);
}

void AlarmEngine::suppressGroup(Group &group, const Moment &moment, Outcome &outcome) {
  if (group.config.suppressWhen.isEmpty()) return;
  const auto holds = result(group.config.suppressWhen, group.state, moment);
  const bool isChange = holds && holds != group.isSuppressing;
  if (holds) group.isSuppressing = holds;
  if (isChange) {
    for (const Slot slot : group.members) {
      suppress(*m_entries[slot], moment, outcome);
      arm(*m_entries[slot], moment);
    }
  }
  arm(group, moment);
}

/// Times that are over: of a shelving, of waiting for somebody to acknowledge, of chattering.
void AlarmEngine::runOut(Entry &entry, const Moment &moment, Outcome &outcome) {
  change(entry, {ConditionInput::TimePasses, {}}, {QStringLiteral("shelving_ended"), itself()}, moment, outcome);
  escalate(entry, moment, outcome);
  if (!entry.isChattering()) return;
  if (entry.chatter->came.front() + m_settings.chatter->window > moment.elapsed) return;
  entry.chatter->isChattering = false;
  tell(entry, entry.memory.condition.condition(), {QStringLiteral("chattering_ended"), itself()}, moment, outcome);
}

void AlarmEngine::escalate(Entry &entry, const Moment &moment, Outcome &outcome) {
  AlarmMemory &memory = entry.memory;
  if (!entry.escalation || !memory.unacknowledgedSince) return;
  if (memory.condition.condition() != AlarmCondition::UnacknowledgedActive) return;  // it went; it may come again
  const QList<EscalationStep> &steps = entry.escalation->steps;
  while (memory.escalationSteps < steps.size()) {
    const EscalationStep &step = steps.at(memory.escalationSteps);
    if (moment.time < *memory.unacknowledgedSince + step.after) return;
    ++memory.escalationSteps;
    if (step.severity && *step.severity > severityOf(entry)) memory.escalatedTo = step.severity;
    tell(entry, memory.condition.condition(),
         {QStringLiteral("escalated"), itself(),
          QStringLiteral("not acknowledged for %1 s").arg(step.after.count() / 1000.0)},
         moment, outcome);
    outcome.occasions << occasion(entry, Occasion::Kind::Escalated, moment);
    outcome.occasions.last().targets = step.notify;
    memory.wasTold = true;
  }
}

void AlarmEngine::watchChatter(Entry &entry, const Moment &moment, Outcome &outcome) {
  if (!m_settings.chatter || !entry.memory.condition.isAnnounced()) return;
  const ChatterConfig &config = *m_settings.chatter;
  if (!entry.chatter) entry.chatter = std::make_unique<Chatter>();
  std::vector<nanoseconds> &came = entry.chatter->came;
  came.push_back(moment.elapsed);
  std::erase_if(came, [&](nanoseconds each) { return each + config.window <= moment.elapsed; });
  if (came.size() > static_cast<size_t>(config.count)) came.erase(came.begin());
  if (came.size() < static_cast<size_t>(config.count) || entry.chatter->isChattering) return;
  entry.chatter->isChattering = true;
  const QString comment = QStringLiteral("%1 times in %2 s").arg(config.count).arg(config.window.count() / 1000.0);
  tell(entry, entry.memory.condition.condition(), {QStringLiteral("chattering"), itself(), comment}, moment, outcome);
  if (!config.shelve || entry.memory.shelvings >= config.mostShelvings) return;
  ++entry.memory.shelvings;
  entry.memory.shelvedBy = itself();
  change(entry, {ConditionInput::Shelve, moment.time + *config.shelve},
         {QStringLiteral("shelve"), itself(), QStringLiteral("chattering: ") + comment}, moment, outcome);
}

}  // namespace tagwire::alarms
