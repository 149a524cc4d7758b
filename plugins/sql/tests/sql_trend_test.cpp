// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "questionsfixture.h"
#include "testprogram.h"

namespace sql_trend_test {

using namespace tagwire;
using namespace tagwire::sql;

class SqlTrendTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void roundLengthsKeepToTheCount_data() {
    QTest::addColumn<qint64>("range_ms");
    QTest::addColumn<int>("buckets");
    QTest::addColumn<qint64>("length_ms");
    QTest::newRow("a second") << qint64(1'000) << 500 << qint64(2);
    QTest::newRow("an hour") << qint64(3'600'000) << 500 << qint64(10'000);
    QTest::newRow("exactly") << qint64(3'600'000) << 360 << qint64(10'000);
    QTest::newRow("one too many") << qint64(3'600'000) << 359 << qint64(15'000);
    QTest::newRow("a day") << qint64(86'400'000) << 500 << qint64(300'000);
    QTest::newRow("a year") << qint64(365) * 86'400'000 << 500 << qint64(86'400'000);
    QTest::newRow("ten years") << qint64(3650) * 86'400'000 << 20 << qint64(224) * 86'400'000;
    QTest::newRow("one") << qint64(86'400'000) << 1 << qint64(86'400'000);
  }
  void roundLengthsKeepToTheCount() {
    QFETCH(qint64, range_ms);
    QFETCH(int, buckets);
    QFETCH(qint64, length_ms);
    auto query = trendOf(newYear, newYear + std::chrono::milliseconds(range_ms));
    query.buckets = buckets;
    const auto grid = BucketGrid::of(query);
    QVERIFY2(grid.has_value(), grid ? "" : qPrintable(grid.error()));
    QCOMPARE(grid->length().count(), length_ms * 1'000'000);
    QVERIFY(grid->count() <= buckets);
  }

  void bucketsBeginAtMultiplesAndAreCutAtTheRange() {
    auto query = trendOf(newYear + 25min, newYear + 3h + 10min);
    query.interval = 1h;
    const auto grid = BucketGrid::of(query);
    QVERIFY(grid.has_value());
    QCOMPARE(grid->count(), 4);
    QCOMPARE(grid->startOf(0), newYear + 25min);
    QCOMPARE(grid->endOf(0), newYear + 1h);
    QCOMPARE(grid->startOf(3), newYear + 3h);
    QCOMPARE(grid->endOf(3), newYear + 3h + 10min);
    QCOMPARE(grid->indexOf(newYear + 59min), 0);
    QCOMPARE(grid->indexOf(newYear + 1h), 1);
  }

  void aTrendThatTakesTooLongEnds() {
    MemoryReader reader;
    reader.addPoint({named(0)});
    std::mt19937 random(1);
    fill(reader, random, false, 30);
    auto query = trendOf(newYear, newYear + 24h);
    query.interval = 1h;
    HistoryQuestions questions(reader);
    const auto page = questions.trend(query, Patience{std::chrono::steady_clock::now() - 1s});
    QVERIFY(!page);
    QCOMPARE(page.error(), QStringLiteral("it takes too long (allowed: fewer points or a shorter range)"));
  }

  void bucketsBefore1970() {
    auto query = trendOf(Time(-90min), Time(90min));
    query.interval = 1h;
    const auto grid = BucketGrid::of(query);
    QVERIFY(grid.has_value());
    QCOMPARE(grid->count(), 4);
    QCOMPARE(grid->indexOf(Time(-1ns)), 1);
    QCOMPARE(grid->indexOf(Time(0ns)), 2);
  }

  void trendIsTheSameAsFromAllRecords_data() {
    QTest::addColumn<int>("first");
    for (int first = 1; first <= 60; first += 10) QTest::addRow("from %d", first) << first;
  }
  void trendIsTheSameAsFromAllRecords() {
    QFETCH(int, first);
    for (int seed = first; seed < first + 10; ++seed) {
      trendIsTheSame(seed);
      QVERIFY2(!QTest::currentTestFailed(), qPrintable(QStringLiteral("seed %1").arg(seed)));
    }
  }

  void aYearIsReadFromFewRows() {
    MemoryReader reader;
    reader.addPoint({named(0)});
    constexpr int days = 30;
    for (int minute = 0; minute < days * 1440; ++minute) {
      reader.add(1, newYear + std::chrono::minutes(minute), Value(static_cast<double>(minute)));
    }
    auto query = trendOf(newYear, newYear + std::chrono::hours(24 * days));
    query.interval = 12h;
    HistoryQuestions questions(reader);
    const auto page = questions.trend(query, patience());
    QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
    QCOMPARE(page->series[0].buckets.size(), 2 * days);
    QCOMPARE(reader.rowsRead, qint64(days) * 25);
    reader.rowsRead = 0;
    query.interval = std::chrono::hours(24);
    QVERIFY(questions.trend(query, patience()).has_value());
    QCOMPARE(reader.rowsRead, qint64(days));
  }

  void whatRetentionTookStandsWhereItBegan() {
    MemoryReader reader;
    reader.addPoint({named(0)});
    for (int minute = 0; minute < 4 * 1440; ++minute) reader.add(1, newYear + std::chrono::minutes(minute), Value(1.0));
    reader.loseRecordsBefore(newYear + 72h);
    reader.loseRollupsBefore(RollupLevel::Hour, newYear + 48h);
    reader.loseRollupsBefore(RollupLevel::Minute, newYear + 72h);
    auto query = trendOf(newYear, newYear + 96h);
    query.interval = 12h;
    const auto page = HistoryQuestions(reader).trend(query, patience());
    QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
    QList<qint64> counts;
    for (const HistoryBucket &bucket : page->series[0].buckets) counts << bucket.count;
    QCOMPARE(counts, (QList<qint64>{1440, 1440, 720, 720, 720, 720}));
  }

  void aLostDayIsNotMistakenForLateValues() {
    MemoryReader reader;
    reader.addPoint({named(0)});
    for (int minute = 0; minute < 1440; ++minute) reader.add(1, newYear + std::chrono::minutes(minute), Value(1.0));
    reader.loseRecordsBefore(newYear + 24h);
    reader.loseRollupsBefore(RollupLevel::Hour, newYear + 24h);
    reader.add(1, newYear + 13h, Value(5.0), {}, true);
    auto query = trendOf(newYear, newYear + 24h);
    query.interval = 12h;
    const auto page = HistoryQuestions(reader).trend(query, patience());
    QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
    QCOMPARE(page->series[0].buckets.size(), 2);
    QCOMPARE(page->series[0].buckets[0].count, 1440);
    QCOMPARE(page->series[0].buckets[1].count, 1);
  }

  void wrongTrendsAreToldWhatIsAllowed_data() {
    QTest::addColumn<qint64>("interval_ns");
    QTest::addColumn<int>("buckets");
    QTest::addColumn<int>("points");
    QTest::addColumn<QString>("error");
    QTest::newRow("neither") << qint64(-1) << 0 << 1 << QStringLiteral("allowed: one of the two");
    QTest::newRow("both") << qint64(1) << 1 << 1 << QStringLiteral("allowed: one of the two");
    QTest::newRow("zero") << qint64(0) << 0 << 1 << QStringLiteral("interval is not above 0");
    QTest::newRow("negative") << qint64(-1) << -1 << 1 << QStringLiteral("buckets is -1 (allowed: 1 to 10000)");
    QTest::newRow("many") << qint64(-1) << 10'001 << 1 << QStringLiteral("buckets is 10001 (allowed: 1 to 10000)");
    QTest::newRow("short") << qint64(1) << 0 << 1 << QStringLiteral("the range holds 31536000000000000 intervals");
    QTest::newRow("together") << qint64(-1) << 10'000 << 40 << QStringLiteral("buckets of 40 points are too many");
  }
  void wrongTrendsAreToldWhatIsAllowed() {
    QFETCH(qint64, interval_ns);
    QFETCH(int, buckets);
    QFETCH(int, points);
    QFETCH(QString, error);
    MemoryReader reader;
    auto query = trendOf(newYear, newYear + std::chrono::hours(24 * 365));
    while (query.points.size() < points) query.points << named(static_cast<int>(query.points.size()));
    if (interval_ns >= 0) query.interval = std::chrono::nanoseconds(interval_ns);
    query.buckets = buckets;
    const auto page = HistoryQuestions(reader).trend(query, patience());
    QVERIFY(!page);
    QVERIFY2(page.error().contains(error), qPrintable(page.error()));
  }

 private:
  void trendIsTheSame(int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    MemoryReader reader;
    reader.addPoint({named(0)});
    fill(reader, random, false, 30);
    fill(reader, random, true, seed % 3);
    HistoryQuestions questions(reader);
    const std::array<std::chrono::nanoseconds, 12> lengths{
        250ms, 1s, 7s, 60s, 90s, 10min, 1h, 90min, 5h, 12h, std::chrono::hours(24), std::chrono::hours(168)};
    for (const auto length : lengths) {
      const auto most = std::min<std::chrono::nanoseconds>(std::chrono::hours(7 * 24), length * 9'000);
      const auto within = [&](std::chrono::nanoseconds span) {
        return std::chrono::nanoseconds(static_cast<qint64>(random()) * 1'000'003 % span.count());
      };
      auto query = trendOf(newYear + within(std::chrono::hours(6 * 24)), {});
      query.to = query.from + 1ns + within(most);
      query.interval = length;
      const auto page = questions.trend(query, patience());
      QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
      const auto grid = BucketGrid::of(query);
      QCOMPARE(text(page->series[0].buckets), text(recomputed(reader, *grid)));
      QCOMPARE(page->interval, length);
    }
  }
};

TAGWIRE_TEST(SqlTrendTest)

}  // namespace sql_trend_test

#include "sql_trend_test.moc"
