// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "store/storereader.h"

namespace tagwire::sql {

/// A store in memory, for tests of what asks one. Everything is worked out anew from the records, by what
/// store/rollup.h says and in the plainest way.
class MemoryReader : public StoreReader {
 public:
  struct Record {
    HistoryValue value;
    bool isNewest = false;  ///< not in its final place yet
  };

  qint64 addPoint(const HistoryPoint &point) {
    m_points.push_back({static_cast<qint64>(m_points.size()) + 1, point});
    return m_points.back().id;
  }
  void add(qint64 point, Time time, const Value &value, Quality quality = {}, bool isNewest = false) {
    addValue(point, {time, time, value, quality}, isNewest);
  }
  void addValue(qint64 point, const HistoryValue &value, bool isNewest = false) {
    auto &records = m_records[point];
    const auto place = std::upper_bound(records.begin(), records.end(), value.time,
                                        [](Time t, const Record &record) { return t < record.value.time; });
    records.insert(place, Record{value, isNewest});
  }
  /// Many at once: in the order of their times, those of the same time as they come.
  void addValues(qint64 point, const QList<HistoryValue> &values, bool isNewest) {
    auto &records = m_records[point];
    for (const HistoryValue &value : values) records.push_back({value, isNewest});
    std::stable_sort(records.begin(), records.end(),
                     [](const Record &one, const Record &other) { return one.value.time < other.value.time; });
  }
  void addEvent(qint64 id, const HistoryEvent &event) { m_events.push_back({id, event}); }
  void addGap(const HistoryGap &gap) { m_gaps << gap; }
  /// What retention has taken: records, and roll-ups of one level, before these times.
  void loseRecordsBefore(Time time) { m_firstRecord = time; }
  void loseRollupsBefore(RollupLevel level, Time time) { m_firstRollup[level] = time; }

  const std::vector<Record> &records(qint64 point) { return m_records[point]; }
  QString nameOf(qint64 point) const { return m_points.at(static_cast<size_t>(point) - 1).point.name; }
  qint64 rowsRead = 0;
  QString failing = {};  ///< begin() fails with this
  bool isBegun = false;
  std::chrono::nanoseconds keptTo{1};

  Result<void> begin(std::chrono::steady_clock::time_point, std::shared_ptr<const std::atomic_bool>) override {
    if (!failing.isEmpty()) return failure(failing);
    isBegun = true;
    m_loaded.clear();
    return {};
  }
  void end() override { isBegun = false; }
  std::chrono::nanoseconds resolution() const override { return keptTo; }

  Result<std::optional<PointRow>> point(const QString &fullName) override {
    for (const PointRow &row : m_points) {
      if (row.point.name == fullName) return std::optional(row);
    }
    return std::optional<PointRow>();
  }
  Result<QList<PointRow>> pointsOfTag(const QString &tag) override {
    QList<PointRow> rows;
    for (const PointRow &row : m_points) {
      if (row.point.tag == tag) rows << row;
    }
    return rows;
  }
  Result<void> points(const QString &after, const TakePoint &take) override {
    auto rows = m_points;
    std::sort(rows.begin(), rows.end(),
              [](const PointRow &a, const PointRow &b) { return a.point.name < b.point.name; });
    for (const PointRow &row : rows) {
      if (row.point.name > after && !take(row)) break;
    }
    return {};
  }
  Result<void> loadNewest(const QList<qint64> &points) override {
    m_loaded = points;
    return {};
  }
  Result<void> values(qint64 point, Time from, Time to, bool newestFirst, const TakeValue &take) override {
    if (!m_loaded.contains(point)) return failure(QStringLiteral("loadNewest() was left out"));
    auto found = inRange(point, from, to);
    if (newestFirst) std::reverse(found.begin(), found.end());
    for (const Record &record : found) {
      ++rowsRead;
      if (!take(record.value)) break;
    }
    return {};
  }
  Result<std::optional<HistoryValue>> before(qint64 point, Time time) override {
    const auto found = inRange(point, Time::min(), time);
    std::optional<HistoryValue> last;
    if (!found.empty()) last.emplace(found.back().value);
    return last;
  }
  Result<void> rollups(qint64 point, RollupLevel level, Time from, Time to, const TakeRollup &take) override {
    const auto &made = madeRollups(point)[level];
    for (auto row = made.lower_bound(from); row != made.end() && row->first < to; ++row) {
      const auto lost = m_firstRollup.find(level);
      if (lost != m_firstRollup.end() && row->first < lost->second) continue;
      ++rowsRead;
      if (!take(row->second)) break;
    }
    return {};
  }
  Result<void> newest(qint64 point, Time from, Time to, const TakeValue &take) override {
    for (const Record &record : inRange(point, from, to)) {
      if (record.isNewest && !take(record.value)) break;
    }
    return {};
  }
  Result<void> events(const HistoryEventQuery &query, std::optional<std::pair<Time, qint64>> after,
                      const TakeEvent &take) override {
    auto found = m_events;
    const auto key = [](const auto &entry) { return std::pair(entry.second.time, entry.first); };
    std::sort(found.begin(), found.end(), [&](const auto &a, const auto &b) { return key(a) < key(b); });
    if (query.newestFirst) std::reverse(found.begin(), found.end());
    for (const auto &[id, event] : found) {
      if (event.time < query.from || event.time >= query.to) continue;
      if (!query.kinds.isEmpty() && !query.kinds.contains(event.kind)) continue;
      if (!query.sources.isEmpty() && !query.sources.contains(event.source)) continue;
      const auto place = std::pair(event.time, id);
      if (after && (query.newestFirst ? place >= *after : place <= *after)) continue;
      if (!take(id, event)) break;
    }
    return {};
  }
  Result<QList<HistoryGap>> gaps(Time from, Time to) override {
    QList<HistoryGap> found;
    for (const HistoryGap &gap : m_gaps) {
      if (gap.from < to && gap.to > from) found << gap;
    }
    return found;
  }

 private:
  using Rollups = std::map<RollupLevel, std::map<Time, Rollup>>;

  std::vector<Record> inRange(qint64 point, Time from, Time to) {
    std::vector<Record> found;
    for (const Record &record : m_records[point]) {
      const bool isLost = !record.isNewest && record.value.time < m_firstRecord;
      if (record.value.time >= from && record.value.time < to && !isLost) found.push_back(record);
    }
    return found;
  }
  Rollups &madeRollups(qint64 point) {
    const auto &records = m_records[point];
    auto &made = m_made[point];
    if (made.first == records.size() && !made.second.empty()) return made.second;
    made = {records.size(), Rollups()};
    const std::array levels{RollupLevel::Day, RollupLevel::Hour, RollupLevel::Minute, RollupLevel::Second};
    for (const Record &record : records) {
      if (record.isNewest) continue;
      for (const RollupLevel level : levels) take(made.second[level], startOf(level, record.value.time), record.value);
    }
    for (size_t i = 0; i < levels.size(); ++i) {
      auto &rollups = made.second[levels[i]];
      for (auto row = rollups.begin(); row != rollups.end();) {
        const bool isKept = i == 0 || isDense(made.second[levels[i - 1]], startOf(levels[i - 1], row->first));
        row->second.isDense = levels[i] != RollupLevel::Second && row->second.count > mostSparse(levels[i]);
        row = isKept ? std::next(row) : rollups.erase(row);
      }
    }
    return made.second;
  }
  static bool isDense(const std::map<Time, Rollup> &rollups, Time start) {
    const auto row = rollups.find(start);
    return row != rollups.end() && row->second.isDense;
  }
  static void take(std::map<Time, Rollup> &rollups, Time start, const HistoryValue &value) {
    Rollup &rollup = rollups[start];
    rollup.start = start;
    ++rollup.count;
    rollup.good += value.quality.isGood() ? 1 : 0;
    const auto number = value.quality.isBad() ? std::nullopt : toNumber(value.value);
    if (!number) return;
    rollup.min = rollup.numbers == 0 ? *number : std::min(rollup.min, *number);
    rollup.max = rollup.numbers == 0 ? *number : std::max(rollup.max, *number);
    rollup.sum += *number;
    ++rollup.numbers;
    rollup.last = *number;
    rollup.lastTime = value.time;
  }

  std::vector<PointRow> m_points;
  std::map<qint64, std::vector<Record>> m_records;
  std::map<qint64, std::pair<size_t, Rollups>> m_made;
  std::vector<std::pair<qint64, HistoryEvent>> m_events;
  QList<HistoryGap> m_gaps;
  Time m_firstRecord = Time::min();
  std::map<RollupLevel, Time> m_firstRollup;
  QList<qint64> m_loaded;
};

}  // namespace tagwire::sql
