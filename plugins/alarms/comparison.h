// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "config.h"

namespace tagwire::alarms {

/// How a rule looks at a value (R3-10).
struct Comparison {
  enum Kind : quint8 {
    Above,
    Below,
    OutsideRange,
    InsideRange,
    Equals,
    NotEquals,
    RateOfChange,
    Deviation,
    Stale,
    BadQuality,
    Discrete,
    Expression
  };
  static constexpr const char *form =
      "above, below, outside_range, inside_range, equals, not_equals, rate_of_change, deviation, stale, bad_quality, "
      "discrete or expression";
  static Result<Comparison> fromText(const QString &text);
  static QStringList words();

  bool isRange() const { return kind == OutsideRange || kind == InsideRange; }
  QString word() const;
  QString toText() const { return word(); }

  Kind kind = Above;
};

/// Which way `rate_of_change` looks.
enum class Direction : quint8 { Rising, Falling, Both };

constexpr auto enumWords(Direction) {
  return std::array{std::pair{"rising", Direction::Rising}, std::pair{"falling", Direction::Falling},
                    std::pair{"both", Direction::Both}};
}

/// A value as a rule names it: "Tripped", 2, true. Numbers match numerically (2 is 2.0); a bool matches true, false, 1
/// and 0; a text only the very same text. Plain value.
struct NamedValue {
  static NamedValue fromText(const QString &text);

  bool matches(ValueType type, double value, const QString &valueText) const;

  QString text;
  double number = std::numeric_limits<double>::quiet_NaN();  ///< NaN: a text
  bool isFlag = false;                                       ///< true or false, not 1 or 0
};

/// Whether `value` is on the far side of a threshold (then low = high) or a range. `margin`: how much further it must
/// go to count as back (R3-10, R3-13).
bool isBeyond(Comparison::Kind kind, double value, double margin, double low, double high);
/// A rate as `direction` looks at it: what is compared with the thresholds.
double directed(double rate, Direction direction);

}  // namespace tagwire::alarms

namespace tagwire {

/// Text, number or true/false; written as text.
template <>
struct ValueShape<alarms::NamedValue> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, alarms::NamedValue &out);
  static TypeNode type() {
    const QJsonArray types{QStringLiteral("string"), QStringLiteral("number"), QStringLiteral("boolean")};
    return {.kind = TypeNode::Kind::Any,
            .help = QStringLiteral("text, number or true/false"),
            .schema = {{QStringLiteral("type"), types}}};
  }
  static QJsonValue fallback(const alarms::NamedValue &value) { return value.text; }
};

}  // namespace tagwire
