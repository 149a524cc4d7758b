// SPDX-License-Identifier: Apache-2.0
#include "rulestate.h"

#include <algorithm>
#include <cmath>

namespace tagwire::alarms {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::minutes oneMinute{1};

bool isBeyond(const Rule &rule, double value, double margin, double threshold) {
  return rule.comparison.kind == Comparison::Above ? value >= threshold - margin : value <= threshold + margin;
}

bool isBeyond(const Rule &rule, double value, double margin, double low, double high) {
  if (rule.comparison.kind == Comparison::OutsideRange) return value < low + margin || value > high - margin;
  return value >= low - margin && value <= high + margin;
}

void advance(Limit &limit, bool beyond, nanoseconds onDelay, nanoseconds offDelay, nanoseconds elapsed) {
  if (beyond == limit.passed) {
    limit.changingSince.reset();
    return;
  }
  if (!limit.changingSince) limit.changingSince = elapsed;
  if (elapsed - *limit.changingSince >= (beyond ? onDelay : offDelay)) limit = Limit{beyond, {}};
}

/// Windows begin and end at full minutes, so the answer holds for the minute: a zone look-up per sample would cost more
/// than all the rest.
bool isInForce(const Rule &rule, RuleState &state, Time time) {
  if (rule.schedule.isEmpty()) return true;
  if (!state.minuteStart || time < *state.minuteStart || time - *state.minuteStart >= oneMinute) {
    state.minuteStart = std::chrono::floor<std::chrono::minutes>(time);
    state.inForce = std::any_of(rule.schedule.cbegin(), rule.schedule.cend(),
                                [time](const Schedule &schedule) { return schedule.contains(time); });
  }
  return state.inForce;
}

std::optional<nanoseconds> dueOf(const Rule &rule, const Limit &limit) {
  if (!limit.changingSince) return std::nullopt;
  return *limit.changingSince + (limit.passed ? rule.offDelay : rule.onDelay);
}

void keepEarlier(std::optional<nanoseconds> &due, std::optional<nanoseconds> other) {
  if (other && (!due || *other < *due)) due = other;
}

}  // namespace

bool isBeyondAlarm(const Rule &rule, double value, bool passed) {
  const double margin = passed ? rule.deadband : 0;
  if (rule.comparison.isRange())
    return isBeyond(rule, value, margin, *rule.alarmThresholdLow, *rule.alarmThresholdHigh);
  return isBeyond(rule, value, margin, *rule.alarmThreshold);
}

bool isBeyondWarning(const Rule &rule, double value, bool passed) {
  const double margin = passed ? rule.deadband : 0;
  if (!rule.comparison.isRange()) {
    return rule.warningThreshold && isBeyond(rule, value, margin, *rule.warningThreshold);
  }
  // One bound given: on the other side the warning begins where the alarm does.
  if (!rule.warningThresholdLow && !rule.warningThresholdHigh) return false;
  return isBeyond(rule, value, margin, rule.warningThresholdLow.value_or(*rule.alarmThresholdLow),
                  rule.warningThresholdHigh.value_or(*rule.alarmThresholdHigh));
}

QList<PointReference> inputsOf(const Rule &rule) { return {rule.point}; }

AlarmState takeSample(const Rule &rule, RuleState &state, qsizetype, const Sample &sample, const Moment &moment) {
  const std::optional<double> number = toNumber(sample.value);
  const bool isNumber = number && !std::isnan(*number);
  state.notUsable = !sample.quality.isBad() && !isNumber;
  if (!sample.quality.isBad() && isNumber) return takeValue(rule, state, *number, moment);
  takeBad(state);
  return takeTime(rule, state, moment);
}

AlarmState takeValue(const Rule &rule, RuleState &state, double value, const Moment &moment) {
  state.value = value;
  state.trusted = true;
  return takeTime(rule, state, moment);
}

void takeBad(RuleState &state) {
  state.trusted = false;
  for (Limit *limit : {&state.warning, &state.alarm}) {
    if (limit->passed) limit->changingSince.reset();
  }
}

AlarmState takeTime(const Rule &rule, RuleState &state, const Moment &moment) {
  if (!isInForce(rule, state, moment.time)) {
    state.warning = Limit();
    state.alarm = Limit();
    state.shown = AlarmState::Ok;
  } else if (state.trusted) {
    advance(state.warning, isBeyondWarning(rule, state.value, state.warning.passed), rule.onDelay, rule.offDelay,
            moment.elapsed);
    advance(state.alarm, isBeyondAlarm(rule, state.value, state.alarm.passed), rule.onDelay, rule.offDelay,
            moment.elapsed);
    state.shown = state.alarm.passed ? AlarmState::Alarm : state.warning.passed ? AlarmState::Warning : AlarmState::Ok;
  }
  return state.shown;
}

std::optional<nanoseconds> nextDue(const Rule &rule, const RuleState &state, const Moment &moment) {
  std::optional<nanoseconds> due;
  if (state.trusted) {
    keepEarlier(due, dueOf(rule, state.warning));
    keepEarlier(due, dueOf(rule, state.alarm));
  }
  if (!rule.schedule.isEmpty()) {
    const Time nextMinute = std::chrono::floor<std::chrono::minutes>(moment.time) + oneMinute;
    keepEarlier(due, moment.elapsed + (nextMinute - moment.time));
  }
  return due;
}

}  // namespace tagwire::alarms
