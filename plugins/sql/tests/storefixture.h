// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "store/historystore.h"
#include "store/storereader.h"

namespace tagwire::sql {

/// How long a store of these tests waits for another that has the file locked.
constexpr std::chrono::milliseconds busyTimeout{300};
constexpr Time moment{std::chrono::nanoseconds(1'770'733'530'123'456'789)};  // 2026-02-10T14:25:30.123456789Z

/// Points by key, and work made of them, for tests of a store.
class StoreFixture {
 public:
  PointKey add(const char *name, ValueType type = ValueType::Double, const char *unit = "", const char *tag = "") {
    const auto key = static_cast<PointKey>(m_points.size() + 1);
    m_points.insert(key, std::make_shared<StoredPoint>(StoredPoint{
                             QString::fromUtf8(name), {}, type, QString::fromUtf8(unit), {}, QString::fromUtf8(tag)}));
    return key;
  }
  void describe(PointKey key, const StoredPoint &point) { m_points[key] = std::make_shared<StoredPoint>(point); }
  StoredPoint described(PointKey key) const { return *m_points.value(key); }

  PointLookup lookup() const {
    return [this](PointKey key) { return m_points.value(key); };
  }

  /// Received 5 ms after its time.
  static StoredSample sample(PointKey point, Time time, Value value, Quality quality = Quality::good()) {
    StoredSample sample;
    sample.point = point;
    sample.time = time;
    sample.received = time + std::chrono::milliseconds(5);
    sample.quality = quality;
    sample.value = std::move(value);
    return sample;
  }
  static WriteWork work(std::vector<StoredSample> samples) {
    WriteWork work;
    work.samples = std::move(samples);
    return work;
  }
  /// Enough of a point to be a slice: from `begin` on, one every `step`, values 0, 1, …
  static std::vector<StoredSample> slice(PointKey point, Time begin, std::chrono::nanoseconds step,
                                         qsizetype count = HistoryStore::sliceRecords) {
    std::vector<StoredSample> samples;
    samples.reserve(static_cast<size_t>(count));
    for (qsizetype i = 0; i < count; ++i) samples.push_back(sample(point, begin + i * step, static_cast<double>(i)));
    return samples;
  }

  static std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(30);
  }

 private:
  QHash<PointKey, StoredPointPointer> m_points;
};

}  // namespace tagwire::sql
