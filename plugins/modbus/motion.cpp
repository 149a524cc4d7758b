// SPDX-License-Identifier: Apache-2.0
#include "motion.h"

#include <cmath>
#include <numbers>

namespace tagwire::modbus {
namespace {

tl::unexpected<QString> notAMotion(const QString &text) {
  return failure(QStringLiteral("\"%1\" is not a motion (allowed: constant:VALUE, sine:LOW:HIGH:PERIOD_S, "
                                "ramp:LOW:HIGH:PERIOD_S, square:PERIOD_S, square:LOW:HIGH:PERIOD_S, random:LOW:HIGH, "
                                "follow:NAME:SECONDS)")
                     .arg(text));
}

}  // namespace

Result<Motion> Motion::fromText(const QString &text) {
  const QStringList parts = text.split(u':');
  const QString word = parts.first();
  Motion motion;
  if (word == u"constant" && parts.size() >= 2) {
    motion.m_name = text.section(u':', 1);
    bool isNumber = false;
    const double number = motion.m_name.toDouble(&isNumber);
    motion.m_low = motion.m_high = motion.m_value = isNumber ? number : std::nan("");
    return motion;
  }
  QList<double> numbers;
  for (qsizetype i = word == u"follow" ? 2 : 1; i < parts.size(); ++i) {
    bool ok = false;
    numbers.append(parts[i].toDouble(&ok));
    if (!ok || !std::isfinite(numbers.last())) return notAMotion(text);
  }
  if (word == u"square" && numbers.size() == 1) numbers = {0, 1, numbers[0]};
  if (word == u"follow" && numbers.size() == 1) {
    motion.m_name = parts[1];
    numbers = {0, 0, numbers[0]};
  }
  if (word == u"random" && numbers.size() == 2) numbers.append(1);
  const QStringList words{QStringLiteral("sine"), QStringLiteral("ramp"), QStringLiteral("square"),
                          QStringLiteral("random"), QStringLiteral("follow")};
  const qsizetype kind = words.indexOf(word);
  if (kind < 0 || numbers.size() != 3 || numbers[0] > numbers[1] || numbers[2] <= 0) return notAMotion(text);
  motion.m_kind = static_cast<Kind>(kind + 1);
  motion.m_low = numbers[0];
  motion.m_high = numbers[1];
  motion.m_seconds = numbers[2];
  motion.m_value = (motion.m_low + motion.m_high) / 2;
  return motion;
}

Motion Motion::usual(const ModbusPoint &point, double lowest, double highest) {
  Motion motion;
  motion.m_name = point.name;
  if (point.format.type == PointType::Bool) {
    motion.m_kind = Kind::Square;
    motion.m_high = 1;
    motion.m_seconds = 20;
  } else {
    motion.m_kind = Kind::Sine;
    motion.m_low = std::clamp(0.0, lowest, highest);
    motion.m_high = std::clamp(100.0, lowest, highest);
    motion.m_seconds = 60;
  }
  if (point.writable) {
    motion.m_kind = Kind::Constant;
    motion.m_value = motion.m_low;
  }
  return motion;
}

double Motion::next(double seconds, double step, double followed) {
  const double phase = seconds / m_seconds - std::floor(seconds / m_seconds);
  const double range = m_high - m_low;
  switch (m_kind) {
    case Kind::Constant:
      break;
    case Kind::Sine:
      m_value = m_low + range * (0.5 + 0.5 * std::sin(2 * std::numbers::pi * phase));
      break;
    case Kind::Ramp:
      m_value = m_low + range * phase;
      break;
    case Kind::Square:
      m_value = phase < 0.5 ? m_low : m_high;
      break;
    case Kind::Random: {
      std::uniform_real_distribution<double> drift(-range / 50, range / 50);
      m_value = std::clamp(m_value + drift(m_random), m_low, m_high);
      break;
    }
    case Kind::Follow:
      m_value += (followed - m_value) * (1 - std::exp(-step / m_seconds));
      break;
  }
  return m_value;
}

}  // namespace tagwire::modbus
