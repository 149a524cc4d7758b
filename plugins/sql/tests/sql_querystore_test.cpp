// SPDX-License-Identifier: Apache-2.0
#include <QBuffer>
#include <QTemporaryDir>
#include <QTest>

#include "questionsfixture.h"
#include "sqlite/sqlitereader.h"
#include "sqlite/sqlitestore.h"
#include "testprogram.h"
#include "tool/historyexport.h"
#include "tool/historyimport.h"

namespace sql_querystore_test {

using namespace tagwire;
using namespace tagwire::sql;

/// Questions and the tools with a real file.
class SqlQueryStoreTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(QStringLiteral("history.db"));
  }

  void trendOfAFileIsTheSameAsFromAllRecords_data() {
    QTest::addColumn<int>("seed");
    for (int seed = 1; seed <= 10; ++seed) QTest::addRow("%d", seed) << seed;
  }
  void trendOfAFileIsTheSameAsFromAllRecords() {
    QFETCH(int, seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    MemoryReader memory;
    memory.addPoint({named(0)});
    SqliteStore store(m_path, 1s);
    QVERIFY(store.open());
    // Slices that go to their final place at once, then what stays among the newest.
    fill(memory, random, false, 40);
    QVERIFY(storeAll(store, memory, HistoryStore::sliceRecords));
    MemoryReader newest;
    fill(newest, random, false, 3);
    QVERIFY(storeAll(store, newest, 0));
    for (const auto &record : newest.records(1)) memory.addValue(1, record.value);
    SqliteReader reader(m_path, 1s);
    HistoryQuestions questions(reader);
    const std::array<std::chrono::nanoseconds, 8> lengths{250ms, 7s, 60s, 90s, 1h, 5h, 12h, std::chrono::hours(24)};
    for (const auto length : lengths) {
      auto query =
          trendOf(newYear + 1h + 11s, newYear + 1h + 11s + std::min<std::chrono::nanoseconds>(130h, length * 9'000));
      query.interval = length;
      const auto page = questions.trend(query, patience());
      QVERIFY2(page.has_value(), qPrintable(errorOf(page)));
      QCOMPARE(text(page->series.value(0).buckets), text(recomputed(memory, *BucketGrid::of(query))));
    }
  }

  void aFileTakesAnImportOnceAndGivesItBack() {
    QByteArray csv("time,point,value,quality,unit,type\n");
    for (int i = 0; i < 3000; ++i) {
      csv += toIso(newYear + std::chrono::seconds(i)).toUtf8() + ",plc1/p" + QByteArray::number(i % 7) + ',' +
             QByteArray::number(i) + (i % 11 == 0 ? ",bad:timeout,C,int\n" : ",good,C,int\n");
    }
    QCOMPARE(imported(csv), (QList<qint64>{3000, 0}));
    QCOMPARE(imported(csv), (QList<qint64>{0, 3000}));
    const QByteArray first = exported();
    QCOMPARE(first.count('\n'), 3001);
    QVERIFY2(first.contains("2026-01-01T00:00:07.000Z,plc1/p0,7,good,C,int,2026-02-01T00:00:00.000Z,true\n"),
             first.left(400).constData());
    QVERIFY(first.contains("2026-01-01T00:00:11.000Z,plc1/p4,11,bad:timeout,C,int,"));
    QCOMPARE(imported(first), (QList<qint64>{0, 3000}));
    QCOMPARE(exported(), first);
  }

 private:
  /// All of `memory`; `filler` more rows of another point make the store sort it in at once.
  static bool storeAll(SqliteStore &store, MemoryReader &memory, qsizetype filler) {
    WriteWork work;
    for (const auto &record : memory.records(1)) {
      StoredSample sample;
      sample.point = 1;
      sample.quality = record.value.quality;
      sample.time = record.value.time;
      sample.received = record.value.received;
      sample.value = record.value.value;
      work.samples.push_back(sample);
    }
    for (qsizetype i = 0; i < filler; ++i) {
      StoredSample sample;
      sample.point = 2;
      sample.time = sample.received = newYear + std::chrono::seconds(i);
      sample.value.emplace<qint64>(i);
      work.samples.push_back(sample);
    }
    const auto points = [](PointKey key) {
      StoredPoint point;
      point.name = key == 1 ? named(0) : QStringLiteral("filler/f");
      return std::make_shared<const StoredPoint>(point);
    };
    return store.write(work, points).has_value();
  }

  QList<qint64> imported(const QByteArray &csv) {
    QBuffer file;
    file.setData(csv);
    file.open(QIODevice::ReadOnly);
    SqliteReader reader(m_path, 1s);
    SqliteStore store(m_path, 1s);
    Progress progress(false);
    HistoryImport work(
        &reader, &store, {}, {}, [](const QString &line) { qWarning() << line; }, progress, nullptr);
    const auto done = work.run(file, newYear + std::chrono::hours(31 * 24));
    if (!done) qWarning() << done.error();
    return {work.counts().stored, work.counts().present};
  }

  QByteArray exported() {
    QBuffer output;
    output.open(QIODevice::WriteOnly);
    SqliteReader reader(m_path, 1s);
    Progress progress(false);
    HistoryExport work(reader, {}, output, progress, nullptr);
    const auto done = work.run(newYear + std::chrono::hours(31 * 24));
    if (!done) qWarning() << done.error();
    return output.data();
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  QString m_path;
};

TAGWIRE_TEST(SqlQueryStoreTest)

}  // namespace sql_querystore_test

#include "sql_querystore_test.moc"
