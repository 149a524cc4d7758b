// SPDX-License-Identifier: Apache-2.0
// AlarmEngine: what operators do, and what is shown to them.
#include <algorithm>

#include "alarmentry.h"

namespace tagwire::alarms {
namespace {

struct Word {
  AlarmAction::Kind kind;
  ConditionInput::Kind input;
  const char *cause;
};

constexpr Word actionWords[] = {
    {AlarmAction::Kind::Acknowledge, ConditionInput::Acknowledge, "ack"},
    {AlarmAction::Kind::Shelve, ConditionInput::Shelve, "shelve"},
    {AlarmAction::Kind::Unshelve, ConditionInput::Unshelve, "unshelve"},
    {AlarmAction::Kind::Suppress, ConditionInput::Suppress, "suppress"},
    {AlarmAction::Kind::Unsuppress, ConditionInput::Unsuppress, "unsuppress"},
    {AlarmAction::Kind::OutOfService, ConditionInput::TakeOutOfService, "out-of-service"},
    {AlarmAction::Kind::InService, ConditionInput::PutInService, "in-service"},
};

/// What was stored, with what operators did since then without the store.
AlarmMemory withPresent(AlarmMemory kept, const AlarmMemory &present) {
  const ConditionState &now = present.condition;
  if (now.isShelved) {
    kept.condition.isShelved = true;
    kept.condition.isOneShot = now.isOneShot;
    kept.condition.shelvedUntil = now.shelvedUntil;
    kept.shelvedBy = present.shelvedBy;
  }
  if (now.isSuppressedByOperator) {
    kept.condition.isSuppressedByOperator = true;
    kept.suppressedBy = present.suppressedBy;
  }
  if (now.isOutOfService) {
    kept.condition.isOutOfService = true;
    kept.outOfServiceBy = present.outOfServiceBy;
  }
  if (present.acknowledgedAt) {
    kept.condition.alarm = now.alarm;
    kept.acknowledgedAt = present.acknowledgedAt;
    kept.acknowledgedBy = present.acknowledgedBy;
  }
  if (!present.comment.isEmpty()) kept.comment = present.comment;
  return kept;
}

AlarmAnswer refusedAction(AlarmAnswer::Outcome outcome, const QString &text) {
  return {.outcome = outcome, .errors = {text}, .status = {}, .rule = {}};
}

void add(AlarmArea &area, const AlarmArea &part) {
  area.state = std::max(area.state, part.state);
  area.severity = std::max(area.severity, part.severity);
  area.active += part.active;
  area.unacknowledged += part.unacknowledged;
  area.rules += part.rules;
}

/// The state machine's input for an action, or what is wrong with it.
Result<ConditionInput> actionInput(const AlarmAction &action, ConditionInput::Kind kind, Time now,
                                   std::chrono::milliseconds longest) {
  if (kind != ConditionInput::Shelve) return ConditionInput{kind, {}};
  if (!action.duration && !action.isOneShot) {
    return failure(QStringLiteral("shelving needs duration_s or one_shot: true"));
  }
  const auto duration = action.duration.value_or(longest);
  if (duration.count() <= 0 || duration > longest) {
    return failure(QStringLiteral("an alarm can't be shelved for %1 s (allowed: more than 0, up to %2 s)")
                       .arg(static_cast<double>(duration.count()) / 1000)
                       .arg(static_cast<double>(longest.count()) / 1000));
  }
  return ConditionInput{action.isOneShot ? ConditionInput::ShelveOnce : ConditionInput::Shelve, now + duration};
}

}  // namespace

AlarmAnswer AlarmEngine::act(const AlarmAction &action, const Moment &moment, Outcome &outcome) {
  const auto slot = m_slots.constFind(action.ruleId);
  if (slot == m_slots.cend()) {
    return refusedAction(AlarmAnswer::Outcome::NoSuchRule, QStringLiteral("there is no rule %1").arg(action.ruleId));
  }
  if (action.comment.size() > AlarmDesk::longestComment) {
    return refusedAction(AlarmAnswer::Outcome::Invalid,
                         QStringLiteral("the comment has %1 characters (allowed: up to %2)")
                             .arg(action.comment.size())
                             .arg(AlarmDesk::longestComment));
  }
  Entry &entry = *m_entries[*slot];
  if (action.kind == AlarmAction::Kind::Comment) return comment(entry, action, moment, outcome);
  const auto word = std::find_if(std::begin(actionWords), std::end(actionWords),
                                 [&](const Word &each) { return each.kind == action.kind; });
  const auto input = actionInput(action, word->input, moment.time, m_settings.longestShelving);
  if (!input) return refusedAction(AlarmAnswer::Outcome::Invalid, input.error());
  const AlarmMemory before = entry.memory;
  noteWho(entry, action, moment);
  if (!change(entry, *input, {QLatin1String(word->cause), action.by, action.comment}, moment, outcome)) {
    entry.memory = before;
    return {.outcome = AlarmAnswer::Outcome::Already, .errors = {}, .status = status(entry), .rule = {}};
  }
  if (action.kind == AlarmAction::Kind::Acknowledge && before.wasTold) {
    outcome.occasions << occasion(entry, Occasion::Kind::Acknowledged, moment);
    outcome.occasions.last().by = action.by;
    outcome.occasions.last().comment = action.comment;
  }
  arm(entry, moment);
  return {.outcome = AlarmAnswer::Outcome::Done, .errors = {}, .status = status(entry), .rule = {}};
}

AlarmAnswer AlarmEngine::comment(Entry &entry, const AlarmAction &action, const Moment &moment, Outcome &outcome) {
  if (action.comment.trimmed().isEmpty()) {
    return refusedAction(AlarmAnswer::Outcome::Invalid, QStringLiteral("comment is missing: there is nothing to note"));
  }
  entry.memory.comment = action.comment;
  tell(entry, entry.memory.condition.condition(), {QStringLiteral("comment"), action.by, action.comment}, moment,
       outcome);
  return {.outcome = AlarmAnswer::Outcome::Done, .errors = {}, .status = status(entry), .rule = {}};
}

/// Before the change, for what is told of it shows this too.
void AlarmEngine::noteWho(Entry &entry, const AlarmAction &action, const Moment &moment) {
  AlarmMemory &memory = entry.memory;
  if (!action.comment.isEmpty()) memory.comment = action.comment;
  memory.shelvings = 0;
  switch (action.kind) {
    case AlarmAction::Kind::Acknowledge:
      memory.acknowledgedAt = moment.time;
      memory.acknowledgedBy = action.by;
      break;
    case AlarmAction::Kind::Shelve:
      memory.shelvedBy = action.by;
      break;
    case AlarmAction::Kind::Suppress:
      memory.suppressedBy = action.by;
      break;
    case AlarmAction::Kind::OutOfService:
      memory.outOfServiceBy = action.by;
      break;
    default:
      break;
  }
}

void AlarmEngine::adopt(int ruleId, const AlarmMemory &memory, const Moment &moment, Outcome &outcome) {
  const auto slot = m_slots.constFind(ruleId);
  if (slot == m_slots.cend()) return;
  Entry &entry = *m_entries[*slot];
  AlarmMemory &present = entry.memory;
  const AlarmMemory kept = withPresent(memory, present);
  const ConditionState before = present.condition;
  const bool isKnown = entry.state.alarm.isKnown || entry.state.warning.isKnown;
  if (kept.state != AlarmState::Ok && present.state == AlarmState::Ok && !isKnown) {
    // No value says anything yet, so what was stored holds; its record is in the history already.
    restore(ruleId, kept);
    tell(entry, before.condition(), {QStringLiteral("restored"), itself()}, moment, outcome);
    return arm(entry, moment);
  }
  ConditionState adopted = kept.condition;
  if (kept.state != present.state) {
    const bool isOver = present.state == AlarmState::Ok;
    adopted.alarm =
        isOver ? after(adopted, {ConditionInput::Return, {}}, moment.time, entry.rule.latch).alarm : before.alarm;
  }
  adopted.isSuppressedByCondition = before.isSuppressedByCondition;
  if (adopted == before) return;
  entry.setCondition(adopted);
  present.acknowledgedAt = kept.acknowledgedAt;
  present.acknowledgedBy = kept.acknowledgedBy;
  present.comment = kept.comment;
  present.shelvedBy = kept.shelvedBy;
  present.outOfServiceBy = kept.outOfServiceBy;
  if (adopted.isSuppressedByOperator) present.suppressedBy = kept.suppressedBy;
  if (present.occurrence == 0) takeOccurrence(entry, kept, moment, outcome);
  tell(entry, before.condition(), {QStringLiteral("restored"), itself()}, moment, outcome);
  announce(entry, before.isAnnounced(), false, moment, outcome);
  arm(entry, moment);
}

/// Nothing was raised meanwhile, so it is still the occurrence that was stored.
void AlarmEngine::takeOccurrence(Entry &entry, const AlarmMemory &kept, const Moment &moment, Outcome &outcome) const {
  AlarmMemory &present = entry.memory;
  present.occurrence = kept.occurrence;
  present.ruleName = kept.ruleName;
  present.area = kept.area;
  present.unacknowledgedSince = kept.unacknowledgedSince;
  present.escalationSteps = kept.escalationSteps;
  present.escalatedTo = kept.escalatedTo;
  if (kept.wasTold && kept.state != AlarmState::Ok && present.state == AlarmState::Ok) {
    outcome.occasions << occasion(entry, Occasion::Kind::Resolved, moment);
  }
}

void AlarmEngine::noteChange(int ruleId, const QString &by, const Moment &moment, Outcome &outcome) {
  const Entry &entry = *m_entries[m_slots.value(ruleId)];
  tell(entry, entry.memory.condition.condition(), {QStringLiteral("rule_changed"), by}, moment, outcome);
}

void AlarmEngine::remove(int ruleId, const QString &by, const Moment &moment, Outcome &outcome) {
  const auto slot = m_slots.constFind(ruleId);
  if (slot == m_slots.cend()) return;
  Entry &entry = *m_entries[*slot];
  const AlarmState previous = entry.state.shown;
  entry.state.shown = AlarmState::Ok;
  if (previous != AlarmState::Ok) settle(entry, previous, moment, outcome);
  const AlarmCondition condition = entry.memory.condition.condition();
  entry.setCondition({});
  tell(entry, condition, {QStringLiteral("rule_removed"), by}, moment, outcome);
  unlink(entry);
  m_free.push_back(*slot);
  m_entries[*slot].reset();
  m_slots.remove(ruleId);
}

const Rule *AlarmEngine::rule(int ruleId) const {
  const auto slot = m_slots.constFind(ruleId);
  return slot == m_slots.cend() ? nullptr : &m_entries[*slot]->rule;
}

QString AlarmEngine::areaOf(int ruleId) const { return m_entries[m_slots.value(ruleId)]->area; }

AlarmStatus AlarmEngine::status(int ruleId) const { return status(*m_entries[m_slots.value(ruleId)]); }

AlarmStatus AlarmEngine::status(const Entry &entry) const {
  const AlarmMemory &memory = entry.memory;
  AlarmStatus status;
  status.since = memory.since;
  status.transition = transition(entry);
  const AlarmCondition alarm = memory.condition.alarm;
  status.isAcknowledged = alarm == AlarmCondition::AcknowledgedActive || alarm == AlarmCondition::Latched;
  status.acknowledgedAt = memory.acknowledgedAt;
  status.acknowledgedBy = memory.acknowledgedBy;
  status.comment = memory.comment;
  status.shelvedUntil = memory.condition.shelvedUntil;
  status.shelvedBy = memory.shelvedBy;
  status.suppressedBy = memory.suppressedBy;
  status.outOfServiceBy = memory.outOfServiceBy;
  return status;
}

QList<AlarmStatus> AlarmEngine::standing() const {
  std::vector<const Entry *> found;
  for (const auto &entry : m_entries) {
    if (entry && entry->memory.isStanding()) found.push_back(entry.get());
  }
  std::sort(found.begin(), found.end(), [](const Entry *one, const Entry *other) { return one->order < other->order; });
  QList<AlarmStatus> all;
  for (const Entry *entry : found) all << status(*entry);
  return all;
}

QList<int> AlarmEngine::chattering() const {
  QList<int> all;
  for (const auto &entry : m_entries) {
    if (entry && entry->isChattering()) all << entry->rule.id;
  }
  return all;
}

QList<int> AlarmEngine::ruleIds() const { return m_slots.keys(); }

QByteArray AlarmEngine::memoryOf(int ruleId) const {
  const auto slot = m_slots.constFind(ruleId);
  return slot == m_slots.cend() ? QByteArray() : m_entries[*slot]->memory.toJson();
}

QList<AlarmArea> AlarmEngine::areas() const {
  // There are few areas and many rules: each area for itself first, then upwards.
  QHash<QString, AlarmArea> own;
  for (const auto &entry : m_entries) {
    if (entry) count(own[entry->area], *entry);
  }
  QMap<QString, AlarmArea> areas;
  for (auto each = own.cbegin(); each != own.cend(); ++each) {
    QString name = each.key();
    for (;;) {
      add(areas[name], *each);
      if (name.isEmpty()) break;
      name = name.contains(u'/') ? name.section(u'/', 0, -2) : QString();
    }
  }
  QList<AlarmArea> all;
  for (auto each = areas.begin(); each != areas.end(); ++each) {
    each->name = each.key();
    all << *each;
  }
  return all;
}

/// An alarm that is shelved, suppressed or out of service does not colour its area.
void AlarmEngine::count(AlarmArea &area, const Entry &entry) const {
  ++area.rules;
  const AlarmMemory &memory = entry.memory;
  const AlarmCondition condition = memory.condition.condition();
  if (condition == AlarmCondition::UnacknowledgedActive || condition == AlarmCondition::RtnUnacknowledged) {
    ++area.unacknowledged;
  }
  if (memory.state == AlarmState::Ok || !memory.condition.isAnnounced()) return;
  ++area.active;
  area.state = std::max(area.state, memory.state);
  area.severity = std::max(area.severity, severityOf(entry));
}

AlarmEngine::Counts AlarmEngine::counts() const {
  Counts counts;
  for (const auto &entry : m_entries) {
    if (!entry) continue;
    const AlarmMemory &memory = entry->memory;
    ++counts.byCondition[static_cast<size_t>(memory.condition.condition())];
    if (entry->isChattering()) ++counts.chattering;
    if (memory.state == AlarmState::Ok || !memory.condition.isAnnounced()) continue;
    ++counts.announcedBySeverity[static_cast<size_t>(severityOf(*entry))];
  }
  return counts;
}

QStringList AlarmEngine::unknownPoints() const {
  QStringList unknown;
  QSet<QString> seen;
  const auto look = [&](const QList<PointReference> &points) {
    for (const PointReference &each : points) {
      if (each.name.isEmpty() || seen.contains(each.name)) continue;
      seen.insert(each.name);
      if (m_world.bind(each.name).point == PointId::None) unknown << each.name;
    }
  };
  for (const auto &entry : m_entries) {
    if (!entry) continue;
    look(inputsOf(entry->rule));
    if (!entry->rule.suppressWhen.isEmpty()) look(pointsOf(entry->rule.suppressWhen));
  }
  for (const auto &group : m_groups) {
    if (!group->config.suppressWhen.isEmpty()) look(pointsOf(group->config.suppressWhen));
  }
  return unknown;
}

Severity AlarmEngine::severityOf(const Entry &entry) { return entry.memory.escalatedTo.value_or(entry.rule.severity); }

AlarmTransition AlarmEngine::transition(const Entry &entry) const {
  const Rule &rule = entry.rule;
  const AlarmMemory &memory = entry.memory;
  AlarmTransition transition;
  transition.alarmId = memory.occurrence;
  transition.ruleId = rule.id;
  transition.ruleName = rule.name;
  transition.area = entry.area;
  transition.state = memory.state;
  transition.previous = memory.previous;
  transition.condition = memory.condition.condition();
  transition.severity = severityOf(entry);
  transition.comparison = rule.comparison.word();
  transition.level = memory.level;
  transition.point = entry.binding.point;
  transition.pointNumber = entry.binding.number;
  transition.value = memory.value;
  transition.valueText = memory.valueText;
  transition.warningThreshold = rule.warningThreshold;
  transition.alarmThreshold = rule.alarmThreshold;
  transition.warningThresholdLow = rule.warningThresholdLow;
  transition.warningThresholdHigh = rule.warningThresholdHigh;
  transition.alarmThresholdLow = rule.alarmThresholdLow;
  transition.alarmThresholdHigh = rule.alarmThresholdHigh;
  transition.message = QStringLiteral("Rule %1 -> %2").arg(rule.name, toText(memory.state));
  transition.isFirstOut = memory.isFirstOut && memory.state != AlarmState::Ok;
  transition.isChattering = entry.isChattering();
  return transition;
}

}  // namespace tagwire::alarms
