// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <random>

#include "modbuspoint.h"
#include "result.h"

namespace tagwire::modbus {

/// How a simulated value moves over time, in engineering units. Plain value.
///
///   constant:VALUE                   stands still (a text may stand here too)
///   sine:LOW:HIGH:PERIOD_S           swings between both
///   ramp:LOW:HIGH:PERIOD_S           rises from LOW to HIGH, then begins anew
///   square:PERIOD_S or square:LOW:HIGH:PERIOD_S   half the time LOW (0), half the time HIGH (1)
///   random:LOW:HIGH                  wanders between both
///   follow:NAME:SECONDS              nears the point NAME, with this time constant
class Motion {
 public:
  static Result<Motion> fromText(const QString &text);
  /// For a point that says nothing: what is written by clients stands still, the others move.
  static Motion usual(const ModbusPoint &point, double lowest, double highest);

  /// The value `seconds` after the start and `step` seconds after the last call; `followed` is the value of the
  /// point of followedName().
  double next(double seconds, double step, double followed);
  bool isFollowing() const { return m_kind == Kind::Follow; }
  const QString &followedName() const { return m_name; }
  /// What a text point holds.
  const QString &text() const { return m_name; }
  /// All values lie between these (not known for follow: both 0; of a text: both NaN, which no number point takes).
  std::pair<double, double> limits() const { return {m_low, m_high}; }

 private:
  enum class Kind : quint8 { Constant, Sine, Ramp, Square, Random, Follow };
  Kind m_kind = Kind::Constant;
  double m_low = 0;
  double m_high = 0;
  double m_seconds = 1;
  double m_value = 0;
  QString m_name;
  std::minstd_rand m_random;
};

}  // namespace tagwire::modbus
