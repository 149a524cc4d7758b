// SPDX-License-Identifier: Apache-2.0
#include "interlockinputs.h"

namespace tagwire {

namespace {

bool isOfZone(const InterlockCondition &condition) {
  return condition.type == ConditionType::ZoneClear || condition.type == ConditionType::ZoneOccupied;
}

/// Tags by an occupancy; none: it is no count.
std::optional<qint64> countOf(const Sample &sample) {
  const auto *count = std::get_if<qint64>(&sample.value);
  return count && *count >= 0 ? std::optional(*count) : std::nullopt;
}

Standing zoneStanding(const InterlockCondition &condition, std::optional<qint64> count) {
  if (!count) return Standing::Unknown;
  const bool isMet = condition.type == ConditionType::ZoneClear ? *count == 0 : *count > 0;
  return isMet ? Standing::Met : Standing::NotMet;
}

QString ageText(std::chrono::nanoseconds time) {
  return QString::number(std::chrono::duration<double>(time).count(), 'g', 3);
}

}  // namespace

void InterlockInputs::clear() {
  m_inputs.clear();
  m_alarmsBefore = std::exchange(m_alarms, {});
}

void InterlockInputs::add(const InterlockCondition &condition) {
  if (condition.type == ConditionType::AlarmState) {
    const AlarmId alarm(condition.instance, condition.rule);
    m_alarms.insert(alarm, m_alarmsBefore.value(alarm));
    return;
  }
  for (const PointId each : QList<PointId>{condition.point} + condition.excepted) {
    const auto point = m_points.point(each);
    if (!point) continue;
    m_inputs.insert(each, {point->owner, {}});
    take(m_points.last(each));
  }
}

QList<int> InterlockInputs::rulesOf(const QString &instance) const {
  QList<int> rules;
  for (auto each = m_alarms.cbegin(); each != m_alarms.cend(); ++each) {
    if (each.key().first == instance) rules << each.key().second;
  }
  return rules;
}

/// The age at receipt by the source's time, from then on by a clock that nobody sets.
void InterlockInputs::take(const Sample &sample) {
  const auto input = m_inputs.find(sample.point);
  if (input == m_inputs.end()) return;
  const auto age = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(m_clock.now() - sample.time));
  input->born = m_clock.elapsed() - age;
}

void InterlockInputs::setUp(const QString &instance, bool isUp) {
  if (isUp) {
    m_down.remove(instance);
    return;
  }
  m_down.insert(instance);
  for (auto each = m_alarms.begin(); each != m_alarms.end(); ++each) {
    if (each.key().first == instance) each.value().reset();
  }
}

void InterlockInputs::setAlarm(const QString &instance, int rule, std::optional<AlarmState> state) {
  if (const auto alarm = m_alarms.find({instance, rule}); alarm != m_alarms.end()) *alarm = state;
}

bool InterlockInputs::isTooOld(const InterlockCondition &condition) const {
  return condition.maxAge && ageOf(condition.point) > *condition.maxAge;
}

bool InterlockInputs::isTrusted(PointId point) const {
  return m_points.last(point).quality.isGood() && isUp(m_inputs.value(point).owner);
}

Standing InterlockInputs::standing(const InterlockCondition &condition, bool wasOutside) const {
  if (condition.type == ConditionType::AlarmState) {
    const auto state = m_alarms.value({condition.instance, condition.rule});
    if (!state) return Standing::Unknown;
    return condition.states.contains(*state) ? Standing::Met : Standing::NotMet;
  }
  if (!condition.excepted.isEmpty()) return occupancyStanding(condition);
  if (isTooOld(condition)) return Standing::Unknown;
  return standing(condition, wasOutside, m_points.last(condition.point));
}

Standing InterlockInputs::standing(const InterlockCondition &condition, bool wasOutside, const Sample &sample) const {
  if (!sample.quality.isGood() || !isUp(m_inputs.value(condition.point).owner)) return Standing::Unknown;
  if (isOfZone(condition)) return zoneStanding(condition, countOf(sample));
  if (condition.type == ConditionType::RequireState || condition.type == ConditionType::RequireClosed) {
    const auto value = convertTo(sample.value, typeOf(condition.value));
    return value && *value == condition.value ? Standing::Met : Standing::NotMet;
  }
  const auto number = toNumber(sample.value);
  if (!number) return Standing::Unknown;
  const double margin = wasOutside ? condition.deadband : 0;
  // Written so that NaN is not within.
  const bool isWithin = *number >= condition.min + margin && *number <= condition.max - margin;
  return isWithin ? Standing::Met : Standing::NotMet;
}

/// All tags without those of the classes that may be there.
Standing InterlockInputs::occupancyStanding(const InterlockCondition &condition) const {
  auto count = countOf(m_points.last(condition.point));
  if (!isTrusted(condition.point) || !count) return Standing::Unknown;
  for (const PointId each : condition.excepted) {
    const auto excepted = countOf(m_points.last(each));
    if (!isTrusted(each) || !excepted) return Standing::Unknown;
    *count -= *excepted;
  }
  return zoneStanding(condition, count);
}

std::optional<std::chrono::nanoseconds> InterlockInputs::expiry(const InterlockCondition &condition) const {
  if (!condition.maxAge || isTooOld(condition)) return std::nullopt;
  // The first moment at which it is older than that.
  return m_inputs.value(condition.point).born + *condition.maxAge + std::chrono::nanoseconds(1);
}

QString InterlockInputs::whyUnknown(const InterlockCondition &condition) const {
  for (const PointId each : QList<PointId>{condition.point} + condition.excepted) {
    const QString owner = m_inputs.value(each).owner;
    if (!isUp(owner)) return QStringLiteral("not known, for plugin \"%1\" does not run").arg(owner);
    const Quality quality = m_points.last(each).quality;
    if (!quality.isGood()) return toText(quality);
  }
  return {};
}

QString InterlockInputs::tags(const InterlockCondition &condition) const {
  qint64 count = countOf(m_points.last(condition.point)).value_or(0);
  for (const PointId each : condition.excepted) count -= countOf(m_points.last(each)).value_or(0);
  if (count == 0) return QStringLiteral("clear");
  return count == 1 ? QStringLiteral("occupied by 1 tag") : QStringLiteral("occupied by %1 tags").arg(count);
}

QString InterlockInputs::found(const InterlockCondition &condition) const {
  if (condition.type == ConditionType::AlarmState) {
    const auto state = m_alarms.value({condition.instance, condition.rule});
    if (state) return toText(*state);
    return isUp(condition.instance)
               ? QStringLiteral("not known to plugin \"%1\"").arg(condition.instance)
               : QStringLiteral("not known, for plugin \"%1\" does not run").arg(condition.instance);
  }
  const QString why = whyUnknown(condition);
  if (!why.isEmpty()) return why;
  if (isOfZone(condition)) return tags(condition);
  const QString value = found(condition, m_points.last(condition.point));
  if (!isTooOld(condition)) return value;
  return QStringLiteral("%1 of %2 s ago").arg(value, ageText(ageOf(condition.point)));
}

QString InterlockInputs::found(const InterlockCondition &condition, const Sample &sample) const {
  if (!sample.quality.isGood()) return toText(sample.quality);
  if (condition.type == ConditionType::RequireClosed && sample.value == Value(false)) return QStringLiteral("open");
  if (condition.type == ConditionType::RequireClosed && sample.value == Value(true)) return QStringLiteral("closed");
  return toText(sample.value);
}

QString InterlockInputs::text(const InterlockCondition &condition) const {
  return QStringLiteral("%1 is %2 (allowed: %3)").arg(condition.subject, found(condition), condition.allowed);
}

QString InterlockInputs::text(const InterlockCondition &condition, const Sample &sample) const {
  return QStringLiteral("%1 is %2 (allowed: %3)").arg(condition.subject, found(condition, sample), condition.allowed);
}

}  // namespace tagwire
