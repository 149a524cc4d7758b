// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "reading.h"

namespace tagwire::alarms {

/// One comparison of one point within an expression. Plain value.
struct Condition {
  static void describe(Shape<Condition> &shape);

  PointReference point;
  Comparison comparison;
  std::optional<double> threshold;  ///< above, below, rate_of_change, deviation
  std::optional<double> low;        ///< ranges
  std::optional<double> high;
  std::optional<NamedValue> value;  ///< equals, not_equals
  QList<NamedValue> values;         ///< discrete
  double deadband = 0;
  PointReference reference;  ///< deviation
  std::optional<std::chrono::milliseconds> staleAfter;
  std::optional<std::chrono::milliseconds> window;
  std::optional<Direction> direction;
  bool orUncertain = false;  ///< bad_quality
  qsizetype pointInput = 0;  ///< places in pointsOf()
  qsizetype referenceInput = -1;
};

/// Conditions over several points, joined by `all`, `any` and `not`; empty: none given. Read from JSON only, which sees
/// to it that it is whole. Plain value.
struct Expression {
  static constexpr qsizetype mostConditions = 64;
  static constexpr int deepest = 8;

  struct Term {
    enum Kind : quint8 { All, Any, Not, Leaf };
    Kind kind = Leaf;
    quint8 count = 0;  ///< All, Any: how many terms follow as its own; Leaf: which condition
  };

  bool isEmpty() const { return terms.isEmpty(); }

  QList<Term> terms;  ///< each group stands before its parts
  QList<Condition> conditions;
  QList<PointReference> points;  ///< each once
};

/// What an expression remembers. Plain value.
struct ExpressionState {
  struct ConditionState {
    Reading reading;
    bool passed = false;  ///< for the deadband
  };

  std::vector<ConditionState> conditions;  ///< empty: never begun
};

/// The points that it looks at, each once.
QList<PointReference> pointsOf(const Expression &expression);
/// Says from when on `stale` conditions wait for samples. The first takeSample() does so, too.
void begin(const Expression &expression, ExpressionState &state, const Moment &moment);
/// A sample of the point at this place of pointsOf() came.
void takeSample(const Expression &expression, ExpressionState &state, qsizetype input, const Sample &sample,
                const Moment &moment);
/// True or false; nothing when it hangs on a point that is Bad, has no usable value or was never seen (three-valued
/// logic of Kleene: false in `all` and true in `any` decide all the same).
std::optional<bool> result(const Expression &expression, const ExpressionState &state, const Moment &moment);
/// Whether the newest sample of this input was not Bad, but nothing that its conditions can look at.
bool isNotUsable(const Expression &expression, const ExpressionState &state, qsizetype input);
/// When result() may change by time alone (stale, rate_of_change), on Moment::elapsed.
std::optional<std::chrono::nanoseconds> nextDue(const Expression &expression, const ExpressionState &state,
                                                const Moment &moment);

}  // namespace tagwire::alarms

namespace tagwire {

template <>
struct ValueShape<alarms::Expression> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, alarms::Expression &out);
  static TypeNode type();
  static QJsonValue fallback(const alarms::Expression &expression);  ///< the JSON that reads to the same
};

}  // namespace tagwire
