// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "config.h"
#include "event.h"
#include "moment.h"
namespace tagwire::alarms {
struct Expression {
  static void describe(Shape<Expression> &s) {
    s.optional("point", &Expression::p, "");
    s.optional("comparison", &Expression::c, "");
    s.optional("threshold", &Expression::t, "");
  }
  PointReference p;
  QString c;
  double t = 0;
  bool isEmpty() const { return p.name.isEmpty(); }
};
struct ExpressionState {
  double v = 0;
  bool known = false;
};
inline QList<PointReference> pointsOf(const Expression &e) { return {e.p}; }
inline void begin(const Expression &, ExpressionState &, const Moment &) {}
inline void takeSample(const Expression &, ExpressionState &s, qsizetype, const Sample &x, const Moment &) {
  s.known = !x.quality.isBad();
  s.v = toNumber(x.value).value_or(0);
}
inline std::optional<bool> result(const Expression &e, const ExpressionState &s, const Moment &) {
  if (!s.known) return std::nullopt;
  return e.c == u"above" ? s.v >= e.t : s.v <= e.t;
}
inline std::optional<std::chrono::nanoseconds> nextDue(const Expression &, const ExpressionState &, const Moment &) {
  return std::nullopt;
}
}  // namespace tagwire::alarms
