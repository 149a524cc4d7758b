// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "services/historyreader.h"
#include "store/rollup.h"

namespace tagwire::sql {

/// What is known of one bucket while a trend is read. Takes things in any order; of the same time the later taken one
/// is the last. Plain value.
class BucketTotal {
 public:
  void take(const Rollup &rollup) {
    m_count += rollup.count;
    m_good += rollup.good;
    if (rollup.numbers == 0) return;
    takeNumbers(rollup.numbers, rollup.min, rollup.max, rollup.sum);
    takeLast(rollup.lastTime, rollup.last);
  }
  void take(const HistoryValue &value) {
    ++m_count;
    m_good += value.quality.isGood() ? 1 : 0;
    const auto number = value.quality.isBad() ? std::nullopt : toNumber(value.value);
    if (!number || std::isnan(*number)) return;
    takeNumbers(1, *number, *number, *number);
    takeLast(value.time, *number);
  }

  bool isEmpty() const { return m_count == 0; }
  HistoryBucket bucket(Time from, Time to) const {
    HistoryBucket bucket{from, to, m_count, m_good};
    if (m_numbers == 0) return bucket;
    bucket.min = m_min;
    bucket.max = m_max;
    bucket.mean = m_sum / static_cast<double>(m_numbers);
    bucket.last = m_last;
    bucket.lastTime = m_lastTime;
    return bucket;
  }

 private:
  void takeNumbers(qint64 numbers, double min, double max, double sum) {
    m_min = m_numbers == 0 ? min : std::min(m_min, min);
    m_max = m_numbers == 0 ? max : std::max(m_max, max);
    m_sum += sum;
    if (m_numbers == 0) m_lastTime = Time::min();
    m_numbers += numbers;
  }
  void takeLast(Time time, double number) {
    if (time < m_lastTime) return;
    m_lastTime = time;
    m_last = number;
  }

  qint64 m_count = 0;
  qint64 m_good = 0;
  qint64 m_numbers = 0;
  double m_min = 0;
  double m_max = 0;
  double m_sum = 0;
  double m_last = 0;
  Time m_lastTime;
};

}  // namespace tagwire::sql
