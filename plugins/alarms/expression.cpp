// SPDX-License-Identifier: Apache-2.0
#include "expression.h"

#include <algorithm>

namespace tagwire::alarms {
namespace {

using std::chrono::nanoseconds;
using Term = Expression::Term;

ReadingKind conditionReadingKind(const Condition &condition) {
  return {condition.comparison.kind, condition.window.value_or(std::chrono::minutes(1))};
}

std::optional<bool> isBeyondThreshold(const Condition &condition, const ExpressionState::ConditionState &state,
                                      const Moment &moment) {
  const Comparison::Kind kind = condition.comparison.kind;
  double value = state.reading.value;
  if (kind == Comparison::RateOfChange) {
    const auto rate = rateOf(state.reading, conditionReadingKind(condition), moment);
    if (!rate) return std::nullopt;
    value = directed(*rate, condition.direction.value_or(Direction::Both));
  }
  const double margin = state.passed ? condition.deadband : 0;
  if (condition.comparison.isRange()) return isBeyond(kind, value, margin, *condition.low, *condition.high);
  return isBeyond(kind, value, margin, *condition.threshold, *condition.threshold);
}

std::optional<bool> isTrue(const Condition &condition, const ExpressionState::ConditionState &state,
                           const Moment &moment) {
  const Reading &reading = state.reading;
  const Comparison::Kind kind = condition.comparison.kind;
  if (kind == Comparison::Stale) return isStale(reading, *condition.staleAfter, moment);
  if (kind == Comparison::BadQuality) {
    if (!reading.isSeen) return std::nullopt;
    return reading.quality == QualityLevel::Bad || (condition.orUncertain && reading.quality != QualityLevel::Good);
  }
  if (!reading.trusted) return std::nullopt;
  if (kind == Comparison::Discrete) return matchesAny(reading, condition.values);
  if (condition.value) {
    const bool isEqual = condition.value->matches(reading.type, reading.value, reading.text());
    return isEqual == (kind == Comparison::Equals);
  }
  return isBeyondThreshold(condition, state, moment);
}

std::optional<bool> evaluate(const Expression &expression, const ExpressionState &state, const Moment &moment,
                             qsizetype &next) {
  const Term &term = expression.terms.at(next++);
  if (term.kind == Term::Leaf) {
    return isTrue(expression.conditions.at(term.count), state.conditions[term.count], moment);
  }
  if (term.kind == Term::Not) {
    const std::optional<bool> part = evaluate(expression, state, moment, next);
    return part ? std::optional(!*part) : std::nullopt;
  }
  bool isUnknown = false;
  bool isDecided = false;
  for (int i = 0; i < term.count; ++i) {
    const std::optional<bool> part = evaluate(expression, state, moment, next);
    isUnknown = isUnknown || !part;
    isDecided = isDecided || (part && *part == (term.kind == Term::Any));
  }
  if (isDecided) return term.kind == Term::Any;
  if (isUnknown) return std::nullopt;
  return term.kind == Term::All;
}

QJsonObject jsonOf(const Expression &expression, qsizetype &next) {
  const Term &term = expression.terms.at(next++);
  if (term.kind == Term::Leaf) return shapeOf<Condition>().write(expression.conditions.at(term.count));
  if (term.kind == Term::Not) return {{QStringLiteral("not"), jsonOf(expression, next)}};
  QJsonArray parts;
  for (int i = 0; i < term.count; ++i) parts.append(jsonOf(expression, next));
  return {{term.kind == Term::All ? QStringLiteral("all") : QStringLiteral("any"), parts}};
}

}  // namespace

QList<PointReference> pointsOf(const Expression &expression) { return expression.points; }

void begin(const Expression &expression, ExpressionState &state, const Moment &moment) {
  if (!state.conditions.empty() || expression.isEmpty()) return;
  state.conditions.resize(static_cast<size_t>(expression.conditions.size()));
  for (auto &condition : state.conditions) condition.reading.updated = moment.elapsed;
}

void takeSample(const Expression &expression, ExpressionState &state, qsizetype input, const Sample &sample,
                const Moment &moment) {
  begin(expression, state, moment);
  for (size_t i = 0; i < state.conditions.size(); ++i) {
    const Condition &condition = expression.conditions.at(static_cast<qsizetype>(i));
    auto &memory = state.conditions[i];
    if (condition.pointInput == input) {
      takeSample(memory.reading, conditionReadingKind(condition), ReadingOf::Point, sample, moment);
    }
    if (condition.referenceInput == input) {
      takeSample(memory.reading, conditionReadingKind(condition), ReadingOf::Reference, sample, moment);
    }
    if (condition.pointInput != input && condition.referenceInput != input) continue;
    memory.passed = isTrue(condition, memory, moment).value_or(memory.passed);
  }
}

std::optional<bool> result(const Expression &expression, const ExpressionState &state, const Moment &moment) {
  if (state.conditions.empty()) return std::nullopt;
  qsizetype next = 0;
  return evaluate(expression, state, moment, next);
}

bool isNotUsable(const Expression &expression, const ExpressionState &state, qsizetype input) {
  if (input < 0) return false;
  for (size_t i = 0; i < state.conditions.size(); ++i) {
    const Condition &condition = expression.conditions.at(static_cast<qsizetype>(i));
    const bool looksAtIt = condition.pointInput == input || condition.referenceInput == input;
    if (looksAtIt && state.conditions[i].reading.notUsable) return true;
  }
  return false;
}

std::optional<nanoseconds> nextDue(const Expression &expression, const ExpressionState &state, const Moment &moment) {
  std::optional<nanoseconds> due;
  for (size_t i = 0; i < state.conditions.size(); ++i) {
    const Condition &condition = expression.conditions.at(static_cast<qsizetype>(i));
    const Reading &reading = state.conditions[i].reading;
    if (condition.comparison.kind == Comparison::Stale && moment.elapsed - reading.updated < *condition.staleAfter) {
      keepEarlier(due, reading.updated + *condition.staleAfter);
    }
    keepEarlier(due, nextDue(reading, conditionReadingKind(condition), moment));
  }
  return due;
}

}  // namespace tagwire::alarms

namespace tagwire {

QJsonValue ValueShape<alarms::Expression>::fallback(const alarms::Expression &expression) {
  if (expression.isEmpty()) return {};
  qsizetype next = 0;
  return alarms::jsonOf(expression, next);
}

}  // namespace tagwire
