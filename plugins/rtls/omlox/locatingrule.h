// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QString>

#include <optional>
#include <variant>
#include <vector>

#include "result.h"

namespace tagwire::rtls {

/// What a locating rule may ask of a location; what is not there is unknown, as NULL is in SQL.
struct LocatingFacts {
  std::optional<double> accuracy;  ///< metres
  std::optional<double> speed;     ///< metres a second
  double floor = 0;
  double age = 0;  ///< milliseconds since it was generated: `timestamp_diff`
  QString provider;
  QString type;                   ///< of the provider
  std::optional<QString> source;  ///< as the location says it
};

/// The condition of a locating rule, in the words of SQL: comparisons of a property with a number or a text, AND, OR,
/// NOT, parentheses, TRUE and FALSE. Parsed once, bounded in length and depth. Plain value.
class LocatingExpression {
 public:
  static constexpr qsizetype longest = 500;  ///< characters
  static constexpr int deepest = 20;         ///< parentheses and NOT within each other

  /// Errors name the position, counted from 1, and what is allowed there.
  static Result<LocatingExpression> parse(const QString &text);
  /// Something unknown does not hold, and neither does its opposite.
  bool holds(const LocatingFacts &facts) const;

 private:
  friend class LocatingParser;
  enum class Property : quint8 { Accuracy, Speed, Floor, TimestampDiff, ProviderId, Type, Source };
  enum class Comparison : quint8 { Equal, Unequal, Less, LessOrEqual, Greater, GreaterOrEqual };
  enum class Connective : quint8 { And, Or, Not };
  struct Condition {
    Property property = Property::Accuracy;
    Comparison comparison = Comparison::Equal;
    std::variant<double, QString> value;
  };
  using Step = std::variant<bool, Condition, Connective>;

  static std::optional<bool> judge(const Condition &condition, const LocatingFacts &facts);

  std::vector<Step> m_steps;  ///< each connective behind what it connects
};

/// Which of a trackable's locations count more than others.
struct LocatingRule {
  static constexpr qsizetype most = 20;  ///< of a trackable
  static constexpr qint64 highest = 1'000'000;

  LocatingExpression expression;
  qint64 priority = 0;
};

/// Of `locating_rules`. Errors name the rule, counted from 0.
Result<std::vector<LocatingRule>> readLocatingRules(const QJsonArray &json);
/// The highest of the rules that hold; 0 when none does.
qint64 priorityOf(const std::vector<LocatingRule> &rules, const LocatingFacts &facts);

}  // namespace tagwire::rtls
