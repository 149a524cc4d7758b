// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>
#include <QString>

#include <limits>
#include <memory>
#include <optional>
#include <variant>

#include "export.h"
#include "result.h"

namespace tagwire {

/// What came with one raw position of an RTLS tag. Shared and never changed, so that a position is cheap to copy.
struct Fix {
  QString tag;                                                   ///< the tag's id, "SIM1"
  QString type;                                                  ///< as the sender named it, "Sim"
  QString gateway;                                               ///< receiver that saw it
  double confidence = std::numeric_limits<double>::quiet_NaN();  ///< percent (`CNF` on the wire)
  int battery = -1;                                              ///< percent; -1: not known
  int sequence = -1;                                             ///< 1…200; -1: none given
  int zone = 0;                                                  ///< deepest zone that holds it; 0: none
  double accuracy = std::numeric_limits<double>::quiet_NaN();    ///< standard deviation, in length units (`Acc`)
  QString origin;                                                ///< the other site that told it; empty: this one
};

/// A position in the units of its RTLS instance. One value, so that x and y never tear apart.
struct Position {
  double x = 0;
  double y = 0;
  double z = 0;
  std::shared_ptr<const Fix> fix;  ///< never null in a published sample

  /// Same coordinates and the very same fix.
  friend bool operator==(const Position &, const Position &) = default;
};

enum class ValueType : quint8 { None, Bool, Int, Double, Text, Position };

/// The value of a point: none, bool, 64-bit integer, double, text or position. Plain value.
using Value = std::variant<std::monostate, bool, qint64, double, QString, Position>;

inline ValueType typeOf(const Value &value) { return static_cast<ValueType>(value.index()); }

/// Bool (0/1), integer or double as a number; nothing for the others.
TAGWIRE_EXPORT std::optional<double> toNumber(const Value &value);

/// `value` as `type`. Errors name what was given and what is due. Bool, Int and Double turn into each other only
/// without loss (1 → true, 3.0 → 3; 2 → bool and 3.5 → Int are refused); nothing turns into text or out of it.
TAGWIRE_EXPORT Result<Value> convertTo(const Value &value, ValueType type);

/// JSON for people and pages: none, NaN and Inf are null; a position is {"x","y","z"}.
TAGWIRE_EXPORT QJsonValue toJson(const Value &value);
/// Bool, number (integral without a fraction → Int, else Double) or string; anything else is an error.
TAGWIRE_EXPORT Result<Value> valueFromJson(const QJsonValue &json);
/// For logs and terminals: "81.2", "true", "(1.50, 2.50, 0.00)".
TAGWIRE_EXPORT QString toText(const Value &value);
/// "bool", "int", "double", "text", "position", "none".
TAGWIRE_EXPORT QLatin1String toText(ValueType type);

}  // namespace tagwire
