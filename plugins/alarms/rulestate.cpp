// SPDX-License-Identifier: Apache-2.0
#include "rulestate.h"

#include <algorithm>

namespace tagwire::alarms {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::minutes oneMinute{1};

ReadingKind ruleReadingKind(const Rule &rule) { return {rule.comparison.kind, rule.window.value_or(oneMinute)}; }

/// Whether the value is beyond the alarm's (or the warning's) threshold; nothing when nobody can say.
using Beyond = std::optional<bool>;

Beyond isBeyondAlarm(const Rule &rule, const RuleState &state, double value) {
  const double margin = state.alarm.passed ? rule.deadband : 0;
  if (rule.comparison.isRange()) {
    return isBeyond(rule.comparison.kind, value, margin, *rule.alarmThresholdLow, *rule.alarmThresholdHigh);
  }
  return isBeyond(rule.comparison.kind, value, margin, *rule.alarmThreshold, *rule.alarmThreshold);
}

Beyond isBeyondWarning(const Rule &rule, const RuleState &state, double value) {
  const double margin = state.warning.passed ? rule.deadband : 0;
  if (!rule.comparison.isRange()) {
    if (!rule.warningThreshold) return false;
    return isBeyond(rule.comparison.kind, value, margin, *rule.warningThreshold, *rule.warningThreshold);
  }
  // One bound given: on the other side the warning begins where the alarm does.
  if (!rule.warningThresholdLow && !rule.warningThresholdHigh) return false;
  return isBeyond(rule.comparison.kind, value, margin, rule.warningThresholdLow.value_or(*rule.alarmThresholdLow),
                  rule.warningThresholdHigh.value_or(*rule.alarmThresholdHigh));
}

void advance(const Rule &rule, Limit &limit, Beyond beyond, nanoseconds elapsed) {
  limit.isKnown = beyond.has_value();
  if (!beyond) {
    if (limit.passed) limit.changingSince = Reading::never;
    return;
  }
  if (*beyond == limit.passed) {
    limit.changingSince = Reading::never;
    return;
  }
  if (limit.changingSince == Reading::never) limit.changingSince = elapsed;
  if (elapsed - limit.changingSince < (*beyond ? rule.onDelay : rule.offDelay)) return;
  limit.passed = *beyond;
  limit.changingSince = Reading::never;
}

void advanceBoth(const Rule &rule, RuleState &state, Beyond warning, Beyond alarm, const Moment &moment) {
  advance(rule, state.warning, warning, moment.elapsed);
  advance(rule, state.alarm, alarm, moment.elapsed);
}

void advanceByValue(const Rule &rule, RuleState &state, double value, bool isKnown, const Moment &moment) {
  if (!isKnown) return advanceBoth(rule, state, std::nullopt, std::nullopt, moment);
  advanceBoth(rule, state, isBeyondWarning(rule, state, value), isBeyondAlarm(rule, state, value), moment);
}

void advanceByRate(const Rule &rule, RuleState &state, const Moment &moment) {
  const auto rate = state.trusted ? rateOf(state, ruleReadingKind(rule), moment) : std::nullopt;
  if (rate) state.value = *rate;
  const double compared = rate ? directed(*rate, rule.direction.value_or(Direction::Both)) : 0;
  advanceByValue(rule, state, compared, rate.has_value(), moment);
}

void advanceByQuality(const Rule &rule, RuleState &state, const Moment &moment) {
  if (!state.isSeen) return;
  advanceBoth(rule, state, rule.warningOnUncertain && state.quality != QualityLevel::Good,
              state.quality == QualityLevel::Bad, moment);
}

void advanceByWords(const Rule &rule, RuleState &state, const Moment &moment) {
  if (!state.trusted) return advanceBoth(rule, state, std::nullopt, std::nullopt, moment);
  advanceBoth(rule, state, matchesAny(state, rule.warningValues), matchesAny(state, rule.alarmValues), moment);
}

void advanceByAge(const Rule &rule, RuleState &state, const Moment &moment) {
  const Beyond warning = rule.warningAfter ? isStale(state, *rule.warningAfter, moment) : false;
  advanceBoth(rule, state, warning, isStale(state, *rule.staleAfter, moment), moment);
}

qsizetype placeOf(const PointReference &point, const QList<PointReference> &points) {
  const auto found =
      std::find_if(points.cbegin(), points.cend(), [&](const PointReference &each) { return each.name == point.name; });
  return found == points.cend() ? -1 : found - points.cbegin();
}

RuleState::Expressions &expressionsOf(const Rule &rule, RuleState &state, const Moment &moment) {
  if (!state.expressions) {
    state.expressions = new RuleState::Expressions;
    const QList<PointReference> inputs = inputsOf(rule);
    for (const PointReference &input : inputs) {
      state.expressions->inputs << RuleState::Expressions::Inputs{placeOf(input, rule.when.points),
                                                                  placeOf(input, rule.warningWhen.points)};
    }
    begin(rule.when, state.expressions->when, moment);
    begin(rule.warningWhen, state.expressions->warningWhen, moment);
    // As far as the deadband goes: what was beyond before a restart still is.
    for (auto &each : state.expressions->when.conditions) each.passed = state.alarm.passed;
    for (auto &each : state.expressions->warningWhen.conditions) each.passed = state.warning.passed;
  }
  return *state.expressions;
}

void advanceByExpression(const Rule &rule, RuleState &state, const Moment &moment) {
  const RuleState::Expressions &memory = *std::as_const(state.expressions);
  const Beyond warning =
      rule.warningWhen.isEmpty() ? Beyond(false) : result(rule.warningWhen, memory.warningWhen, moment);
  advanceBoth(rule, state, warning, result(rule.when, memory.when, moment), moment);
}

void takeForExpression(const Rule &rule, RuleState &state, qsizetype input, const Sample &sample,
                       const Moment &moment) {
  RuleState::Expressions &memory = expressionsOf(rule, state, moment);
  const RuleState::Expressions::Inputs places = memory.inputs.at(input);
  if (places.when >= 0) takeSample(rule.when, memory.when, places.when, sample, moment);
  if (places.warningWhen >= 0) takeSample(rule.warningWhen, memory.warningWhen, places.warningWhen, sample, moment);
  // What people see beside the alarm is the first point's value.
  if (input == 0) takeSample(state, ruleReadingKind(rule), ReadingOf::Point, sample, moment);
  state.notUsable = isNotUsable(rule.when, memory.when, places.when) ||
                    isNotUsable(rule.warningWhen, memory.warningWhen, places.warningWhen);
}

void advanceByInput(const Rule &rule, RuleState &state, const Moment &moment) {
  switch (rule.comparison.kind) {
    case Comparison::RateOfChange:
      return advanceByRate(rule, state, moment);
    case Comparison::Stale:
      return advanceByAge(rule, state, moment);
    case Comparison::BadQuality:
      return advanceByQuality(rule, state, moment);
    case Comparison::Discrete:
      return advanceByWords(rule, state, moment);
    case Comparison::Expression:
      return advanceByExpression(rule, state, moment);
    default:
      return advanceByValue(rule, state, state.value, state.trusted, moment);
  }
}

/// Windows begin and end at full minutes, so the answer holds for the minute: a zone look-up per sample would cost more
/// than all the rest.
bool isInForce(const Rule &rule, RuleState &state, Time time) {
  if (rule.schedule.isEmpty()) return true;
  if (state.minuteStart == Time::min() || time < state.minuteStart || time - state.minuteStart >= oneMinute) {
    state.minuteStart = std::chrono::floor<std::chrono::minutes>(time);
    state.inForce = std::any_of(rule.schedule.cbegin(), rule.schedule.cend(),
                                [time](const Schedule &schedule) { return schedule.contains(time); });
  }
  return state.inForce;
}

std::optional<nanoseconds> dueOf(const Rule &rule, const Limit &limit) {
  if (limit.changingSince == Reading::never || !limit.isKnown) return std::nullopt;
  return limit.changingSince + (limit.passed ? rule.offDelay : rule.onDelay);
}

/// When the input itself changes by time alone.
std::optional<nanoseconds> inputDue(const Rule &rule, const RuleState &state, const Moment &moment) {
  std::optional<nanoseconds> due;
  if (rule.comparison.kind == Comparison::Stale) {
    const nanoseconds since = state.updated == Reading::never ? moment.elapsed : state.updated;
    if (rule.warningAfter && moment.elapsed - since < *rule.warningAfter) return since + *rule.warningAfter;
    if (moment.elapsed - since < *rule.staleAfter) return since + *rule.staleAfter;
  } else if (state.expressions) {
    due = nextDue(rule.when, state.expressions->when, moment);
    keepEarlier(due, nextDue(rule.warningWhen, state.expressions->warningWhen, moment));
  } else {
    due = nextDue(state, ruleReadingKind(rule), moment);
  }
  return due;
}

}  // namespace

QList<PointReference> inputsOf(const Rule &rule) {
  if (rule.comparison.kind == Comparison::Deviation) return {rule.point, rule.reference};
  if (rule.comparison.kind != Comparison::Expression) return {rule.point};
  QList<PointReference> inputs;
  if (!rule.point.name.isEmpty()) inputs << rule.point;
  for (const auto &points : {rule.when.points, rule.warningWhen.points}) {
    for (const PointReference &point : points) {
      if (placeOf(point, inputs) < 0) inputs << point;
    }
  }
  return inputs;
}

AlarmState takeSample(const Rule &rule, RuleState &state, qsizetype input, const Sample &sample, const Moment &moment) {
  if (rule.comparison.kind == Comparison::Expression) {
    takeForExpression(rule, state, input, sample, moment);
  } else {
    takeSample(state, ruleReadingKind(rule), input == 0 ? ReadingOf::Point : ReadingOf::Reference, sample, moment);
  }
  return takeTime(rule, state, moment);
}

AlarmState takeTime(const Rule &rule, RuleState &state, const Moment &moment) {
  if (state.updated == Reading::never) state.updated = moment.elapsed;
  if (rule.comparison.kind == Comparison::Expression) expressionsOf(rule, state, moment);
  if (!isInForce(rule, state, moment.time)) {
    state.warning = Limit();
    state.alarm = Limit();
    state.shown = AlarmState::Ok;
    return state.shown;
  }
  advanceByInput(rule, state, moment);
  state.shown = state.alarm.passed ? AlarmState::Alarm : state.warning.passed ? AlarmState::Warning : AlarmState::Ok;
  return state.shown;
}

std::optional<nanoseconds> nextDue(const Rule &rule, const RuleState &state, const Moment &moment) {
  std::optional<nanoseconds> due = dueOf(rule, state.warning);
  keepEarlier(due, dueOf(rule, state.alarm));
  if (rule.comparison.kind >= Comparison::RateOfChange) keepEarlier(due, inputDue(rule, state, moment));
  if (!rule.schedule.isEmpty()) {
    const Time nextMinute = std::chrono::floor<std::chrono::minutes>(moment.time) + oneMinute;
    keepEarlier(due, moment.elapsed + (nextMinute - moment.time));
  }
  return due;
}

QString valueTextOf(const Rule &rule, const RuleState &state) {
  if (state.type == ValueType::None) return {};
  const QString text = state.text();
  for (auto word = rule.words.cbegin(); word != rule.words.cend(); ++word) {
    if (NamedValue::fromText(word.key()).matches(state.type, state.value, text)) return word.value();
  }
  return text;
}

QLatin1String levelOf(const Rule &rule, const RuleState &state) {
  if (state.shown == AlarmState::Ok) return {};
  const bool isAlarm = state.shown == AlarmState::Alarm;
  bool isLow = false;
  switch (rule.comparison.kind) {
    case Comparison::Above:
      break;
    case Comparison::Below:
      isLow = true;
      break;
    case Comparison::OutsideRange:
      isLow = state.value < *rule.alarmThresholdLow / 2 + *rule.alarmThresholdHigh / 2;
      break;
    default:
      return {};
  }
  if (isLow) return isAlarm ? QLatin1String("LL") : QLatin1String("L");
  return isAlarm ? QLatin1String("HH") : QLatin1String("H");
}

}  // namespace tagwire::alarms
