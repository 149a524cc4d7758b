// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <map>
#include <random>

#include "store/rollupmerge.h"
#include "testprogram.h"

namespace sql_rollup_test {

using namespace tagwire;
using namespace tagwire::sql;

namespace {

constexpr Time moment{std::chrono::seconds(1'770'733'530)};  // 2026-02-10T14:25:30Z
using RollupKey = std::tuple<int, qint64, Time>;             // level, point, start
using Rollups = std::map<RollupKey, Rollup>;

/// Tables in memory.
class PlainTables : public RollupTables {
 public:
  Rollups rollups;
  std::vector<RollupRecord> records;  ///< in the order in which they were stored
  bool isBroken = false;

  StoreResult<void> load(RollupLevel level, const std::vector<Key> &keys,
                         const std::function<void(qint64, const Rollup &)> &take) override {
    if (isBroken) return tl::unexpected(StoreError{StoreError::Kind::Outage, QStringLiteral("away")});
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {  // in any order
      const auto found = rollups.find({static_cast<int>(level), key->point, key->start});
      if (found != rollups.end()) take(key->point, found->second);
    }
    return {};
  }
  StoreResult<void> store(RollupLevel level, const std::vector<std::pair<qint64, Rollup>> &some) override {
    for (const auto &[point, rollup] : some) rollups[{static_cast<int>(level), point, rollup.start}] = rollup;
    return {};
  }
  StoreResult<void> earlier(const std::vector<Span> &spans,
                            const std::function<void(const RollupRecord &)> &take) override {
    for (const Span &span : spans) {
      std::vector<RollupRecord> found;
      for (const RollupRecord &record : records) {
        if (record.point == span.point && record.time >= span.from && record.time < span.to) found.push_back(record);
      }
      std::stable_sort(found.begin(), found.end(), isEarlier);
      for (const RollupRecord &record : found) take(record);
    }
    return {};
  }

  static bool isEarlier(const RollupRecord &a, const RollupRecord &b) { return a.time < b.time; }
};

/// What there must be of these records, by the rule alone and by other means than the code under test.
Rollups expectedOf(const std::vector<RollupRecord> &records) {
  std::map<RollupKey, std::vector<RollupRecord>> spans;
  for (const RollupRecord &record : records) {
    for (int level = 0; level < rollupLevels; ++level) {
      const auto length = lengthOf(static_cast<RollupLevel>(level)).count();
      const qint64 start = record.time.time_since_epoch().count() / length * length;
      spans[{level, record.point, Time(std::chrono::nanoseconds(start))}].push_back(record);
    }
  }
  const auto isDense = [&](int level, qint64 point, Time time) {
    const qint64 most[] = {0, 1200, 120, 48};
    const auto length = lengthOf(static_cast<RollupLevel>(level)).count();
    const qint64 start = time.time_since_epoch().count() / length * length;
    return static_cast<qint64>(spans[{level, point, Time(std::chrono::nanoseconds(start))}].size()) > most[level];
  };
  Rollups expected;
  for (const auto &[key, some] : spans) {
    const auto &[level, point, start] = key;
    bool isKept = true;
    for (int parent = level + 1; parent < rollupLevels; ++parent) isKept = isKept && isDense(parent, point, start);
    if (!isKept) continue;
    Rollup rollup;
    rollup.start = start;
    rollup.count = static_cast<qint64>(some.size());
    rollup.isDense = level > 0 && isDense(level, point, start);
    for (const RollupRecord &record : some) {
      rollup.good += record.quality == Quality::good() ? 1 : 0;
      if (!record.number || record.quality.isBad()) continue;
      rollup.min = rollup.numbers == 0 ? *record.number : std::min(rollup.min, *record.number);
      rollup.max = rollup.numbers == 0 ? *record.number : std::max(rollup.max, *record.number);
      if (rollup.numbers == 0 || record.time >= rollup.lastTime) {
        rollup.last = *record.number;
        rollup.lastTime = record.time;
      }
      rollup.sum += *record.number;
      ++rollup.numbers;
    }
    expected[key] = rollup;
  }
  return expected;
}

QString difference(const Rollups &is, const Rollups &expected) {
  if (is.size() != expected.size()) {
    return QStringLiteral("%1 roll-ups instead of %2").arg(is.size()).arg(expected.size());
  }
  for (const auto &[key, rollup] : expected) {
    const auto found = is.find(key);
    const QString name =
        QStringLiteral("level %1 point %2 %3").arg(std::get<0>(key)).arg(std::get<1>(key)).arg(toIso(std::get<2>(key)));
    if (found == is.end()) return name + QStringLiteral(" is missing");
    if (!(found->second == rollup)) return name + QStringLiteral(" differs");
  }
  return {};
}

}  // namespace

/// Roll-ups by the documented rule: mergeRollups() against a plain recomputation.
class SqlRollupTest : public QObject {
  Q_OBJECT

  static void merge(PlainTables &tables, std::vector<RollupRecord> slice) {
    std::stable_sort(slice.begin(), slice.end(), [](const RollupRecord &a, const RollupRecord &b) {
      return std::pair(a.point, a.time) < std::pair(b.point, b.time);
    });
    QVERIFY(mergeRollups(tables, slice).has_value());
    tables.records.insert(tables.records.end(), slice.begin(), slice.end());
  }
  static std::vector<RollupRecord> every(std::chrono::nanoseconds step, int count, Time begin = moment) {
    std::vector<RollupRecord> records;
    for (int i = 0; i < count; ++i) records.push_back({1, begin + i * step, Quality::good(), double(i)});
    return records;
  }
  static qint64 countOf(const PlainTables &tables, RollupLevel level) {
    return std::count_if(tables.rollups.begin(), tables.rollups.end(),
                         [&](const auto &entry) { return std::get<0>(entry.first) == static_cast<int>(level); });
  }

 private Q_SLOTS:
  void spansBeginAtMultiplesOfTheirLength() {
    QCOMPARE(toIso(startOf(RollupLevel::Second, moment + std::chrono::milliseconds(999))), toIso(moment));
    QCOMPARE(toIso(startOf(RollupLevel::Minute, moment)), QStringLiteral("2026-02-10T14:25:00.000Z"));
    QCOMPARE(toIso(startOf(RollupLevel::Hour, moment)), QStringLiteral("2026-02-10T14:00:00.000Z"));
    QCOMPARE(toIso(startOf(RollupLevel::Day, moment)), QStringLiteral("2026-02-10T00:00:00.000Z"));
    const Time early{std::chrono::nanoseconds(-1)};
    QCOMPARE(startOf(RollupLevel::Day, early), Time(-std::chrono::hours(24)));
    QCOMPARE(startOf(RollupLevel::Second, Time(-std::chrono::seconds(1))), Time(-std::chrono::seconds(1)));
  }

  void sparseSpansHaveTheirDayOnly() {
    PlainTables tables;
    merge(tables, every(std::chrono::minutes(1), 48, startOf(RollupLevel::Day, moment)));
    QCOMPARE(tables.rollups.size(), size_t(1));
    QVERIFY(!tables.rollups.begin()->second.isDense);
    merge(tables, every(std::chrono::minutes(1), 1, startOf(RollupLevel::Day, moment) + std::chrono::hours(5)));
    QCOMPARE(countOf(tables, RollupLevel::Hour), 2);
    QCOMPARE(countOf(tables, RollupLevel::Minute), 0);
  }

  void oneSliceCanCrossAllThresholds() {
    PlainTables tables;
    merge(tables, every(std::chrono::milliseconds(40), 1500, startOf(RollupLevel::Minute, moment)));
    QCOMPARE(countOf(tables, RollupLevel::Day), 1);
    QCOMPARE(countOf(tables, RollupLevel::Hour), 1);
    QCOMPARE(countOf(tables, RollupLevel::Minute), 1);
    QCOMPARE(countOf(tables, RollupLevel::Second), 60);
  }

  void badAndTextCountAndAreNoNumbers() {
    PlainTables tables;
    merge(tables, {{1, moment, Quality::bad(QualityReason::Timeout), 1000.0},
                   {1, moment, Quality::good(), {}},
                   {1, moment, Quality::uncertain(QualityReason::Stale), 5.0}});
    const Rollup &day = tables.rollups.begin()->second;
    QCOMPARE(day.count, 3);
    QCOMPARE(day.good, 1);
    QCOMPARE(day.numbers, 1);
    QCOMPARE(day.max, 5.0);
  }

  void hugeSumsStayFinite() {
    PlainTables tables;
    for (int i = 0; i < 3; ++i) merge(tables, {{1, moment, Quality::good(), 1.5e308}});
    QVERIFY(std::isfinite(tables.rollups.begin()->second.sum));
  }

  void ofTheSameTimeTheOneStoredLastIsTheLast() {
    PlainTables tables;
    merge(tables, {{1, moment, Quality::good(), 1.0}, {1, moment, Quality::good(), 2.0}});
    QCOMPARE(tables.rollups.begin()->second.last, 2.0);
    merge(tables, {{1, moment, Quality::good(), 3.0}});
    QCOMPARE(tables.rollups.begin()->second.last, 3.0);
    merge(tables, {{1, moment - std::chrono::nanoseconds(1), Quality::good(), 4.0}});
    QCOMPARE(tables.rollups.begin()->second.last, 3.0);
  }

  void anErrorIsPassedOn() {
    PlainTables tables;
    tables.isBroken = true;
    QVERIFY(!mergeRollups(tables, every(std::chrono::seconds(1), 3)).has_value());
    QVERIFY(mergeRollups(tables, {}).has_value());
  }

  /// Random points, rates and slices, late data among them: after every slice all is as if recomputed.
  void anySlicesInAnyOrderGiveWhatARecomputationGives_data() {
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 40; ++seed) QTest::addRow("seed %d", seed) << seed;
  }
  void anySlicesInAnyOrderGiveWhatARecomputationGives() {
    QFETCH(int, seed);
    std::mt19937 random(static_cast<quint32>(seed));
    const auto upTo = [&](qint64 most) { return std::uniform_int_distribution<qint64>(0, most)(random); };
    const qint64 reach = std::array<qint64, 4>{3, 300, 7200, 200'000}[static_cast<size_t>(upTo(3))];  // seconds
    PlainTables tables;
    for (int slice = 0; slice < 8; ++slice) {
      std::vector<RollupRecord> records;
      const qint64 count = upTo(upTo(1) == 0 ? 40 : 1500);
      for (qint64 i = 0; i < count; ++i) {
        const Quality qualities[] = {Quality::good(), Quality::good(), Quality::uncertain(QualityReason::Stale),
                                     Quality::bad(QualityReason::Lost)};
        const Time time = moment + std::chrono::seconds(upTo(reach)) + std::chrono::milliseconds(upTo(9) * 100);
        std::optional<double> number;
        if (upTo(9) > 0) number = static_cast<double>(upTo(1000)) - 500;
        records.push_back({1 + upTo(2), time, qualities[upTo(3)], number});
      }
      merge(tables, records);
      const QString wrong = difference(tables.rollups, expectedOf(tables.records));
      QVERIFY2(wrong.isEmpty(), qPrintable(QStringLiteral("slice %1: %2").arg(slice).arg(wrong)));
    }
  }
};

TAGWIRE_TEST(SqlRollupTest)

}  // namespace sql_rollup_test

#include "sql_rollup_test.moc"
