// SPDX-License-Identifier: Apache-2.0
#include "store/rollup.h"

#include <algorithm>
#include <limits>

namespace tagwire::sql {

namespace {

// Huge numbers must not make an infinity of their sum: a database can't keep that.
double boundedSum(double a, double b) {
  constexpr double largest = std::numeric_limits<double>::max();
  return std::clamp(a + b, -largest, largest);
}

}  // namespace

std::chrono::nanoseconds lengthOf(RollupLevel level) {
  switch (level) {
    case RollupLevel::Second:
      return std::chrono::seconds(1);
    case RollupLevel::Minute:
      return std::chrono::minutes(1);
    case RollupLevel::Hour:
      return std::chrono::hours(1);
    case RollupLevel::Day:
      break;
  }
  return std::chrono::hours(24);
}

Time startOf(RollupLevel level, Time time) {
  const auto length = lengthOf(level);
  auto rest = time.time_since_epoch() % length;
  if (rest.count() < 0) rest += length;
  return time - rest;
}

qint64 mostSparse(RollupLevel parent) {
  switch (parent) {
    case RollupLevel::Day:
      return 48;
    case RollupLevel::Hour:
      return 120;
    case RollupLevel::Minute:
      return 1200;
    case RollupLevel::Second:
      break;
  }
  return std::numeric_limits<qint64>::max();
}

void Rollup::add(const Rollup &other) {
  count += other.count;
  good += other.good;
  if (other.numbers == 0) return;
  if (numbers == 0) {
    min = other.min;
    max = other.max;
  }
  if (numbers == 0 || other.lastTime >= lastTime) {
    last = other.last;
    lastTime = other.lastTime;
  }
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  sum = boundedSum(sum, other.sum);
  numbers += other.numbers;
}

}  // namespace tagwire::sql
