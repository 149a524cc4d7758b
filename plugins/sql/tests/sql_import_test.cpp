// SPDX-License-Identifier: Apache-2.0
#include "testprogram.h"
#include "toolcase.h"

namespace sql_import_test {

using namespace tagwire;
using namespace tagwire::sql;

/// `tagwire history import`: what of a file is stored.
class SqlImportTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aFileIsImportedOnce() {
    MemoryReader reader;
    ReaderStore store(reader);
    const QByteArray csv(
        "# made by hand\n"
        "time,point,value,quality,unit\n"
        "2026-01-01T00:00:00.123456789Z,plc1/temp,20.5,,C\n"
        "2026-01-01T05:30:01+05:30,plc1/temp,21,uncertain:stale,C\n"
        "2026-01-01,plc1/run,true,good,\n"
        "2026-01-01,plc1/state,\"a, \"\"b\"\"\nc\",good,\n"
        "2026-01-01T05:30:01+05:30,plc1/temp,21,uncertain:stale,C\n");
    const auto first = imported(reader, &store, csv);
    QVERIFY2(first.error.isEmpty(), qPrintable(first.error));
    QCOMPARE(first.counts.stored, 4);
    QCOMPARE(first.counts.present, 1);
    const auto &values = reader.records(1);
    QCOMPARE(values.size(), 2U);
    QCOMPARE(values[0].value.time, newYear + 123'456'789ns);
    QCOMPARE(values[1].value.time, newYear + 1s);
    QCOMPARE(values[1].value.quality, Quality::uncertain(QualityReason::Stale));
    QCOMPARE(values[1].value.value, Value(21.0));
    QVERIFY(values[1].value.isHistorical);
    QCOMPARE(values[1].value.received, now);
    QCOMPARE((*reader.point(QStringLiteral("plc1/temp")))->point.unit, QStringLiteral("C"));
    QCOMPARE(reader.records(2)[0].value.value, Value(true));
    QCOMPARE(reader.records(3)[0].value.value, Value(QStringLiteral("a, \"b\"\nc")));
    const auto second = imported(reader, &store, csv);
    QVERIFY2(second.error.isEmpty(), qPrintable(second.error));
    QCOMPARE(second.counts.stored, 0);
    QCOMPARE(second.counts.present, 5);
    QCOMPARE(reader.records(1).size(), 2U);
  }

  void aDatabaseMayKeepMicrosecondsOnly() {
    MemoryReader reader;
    ReaderStore store(reader);
    reader.keptTo = 1us;
    const QByteArray csv(
        "time,point,value\n"
        "2026-01-01T00:00:00.123456001Z,plc1/temp,1\n"
        "2026-01-01T00:00:00.123456999Z,plc1/temp,2\n"
        "2026-01-01T00:00:00.123457Z,plc1/temp,1\n");
    QCOMPARE(imported(reader, &store, csv).counts.stored, 3);
    const auto second = imported(reader, &store, csv);
    QCOMPARE(second.counts.stored, 0);
    QCOMPARE(second.counts.present, 3);
    QCOMPARE(imported(reader, &store, "time,point,value\n2026-01-01T00:00:00.123458Z,plc1/temp,1\n").counts.stored, 1);
  }

  void aDatabaseMayKeepEveryNanosecond() {
    MemoryReader reader;
    ReaderStore store(reader);
    QCOMPARE(imported(reader, &store, "time,point,value\n2026-01-01T00:00:00.123456Z,plc1/temp,1\n").counts.stored, 1);
    QCOMPARE(imported(reader, &store, "time,point,value\n2026-01-01T00:00:00.123456789Z,plc1/temp,1\n").counts.stored,
             1);
    QCOMPARE(reader.records(1).size(), 2U);
  }

  void textsAreComparedAsTheyAreStored() {
    MemoryReader reader;
    ReaderStore store(reader);
    const QByteArray csv = "time,point,value,type\n2026-01-01,plc1/state," + QByteArray("a\0b", 3) + ",text\n" +
                           "2026-01-02,plc1/state," + QByteArray(longestText - 1, 'x') + "\xF0\x9F\x98\x80,text\n";
    QCOMPARE(imported(reader, &store, csv).counts.stored, 2);
    const auto second = imported(reader, &store, csv);
    QCOMPARE(second.counts.stored, 0);
    QCOMPARE(second.counts.present, 2);
  }

  void whatTheRetentionRemovesIsNotStored() {
    MemoryReader reader;
    ReaderStore store(reader);
    Retention retention;
    retention.samples = std::chrono::hours(24);
    const QByteArray csv("time,point,value\n2026-01-01,plc1/temp,1\n2026-01-30T12:00:00Z,plc1/temp,2\n");
    const auto refused = imported(reader, &store, csv, "", retention);
    QVERIFY2(refused.error.startsWith(QStringLiteral("1 of 2 lines are older than the retention")),
             qPrintable(refused.error));
    QVERIFY2(refused.error.contains(QStringLiteral("--older")), qPrintable(refused.error));
    QCOMPARE(store.writes, 0);
    const auto taken = imported(reader, &store, csv, "--older", retention);
    QVERIFY2(taken.error.isEmpty(), qPrintable(taken.error));
    QCOMPARE(taken.counts.stored, 2);
    QCOMPARE(taken.told.size(), 1);
  }

  void longTextsMakeShortSlices() {
    MemoryReader reader;
    ReaderStore store(reader);
    QByteArray csv("time_ms,point,value\n");
    constexpr int lines = 600;
    for (int i = 0; i < lines; ++i) {
      csv += QByteArray::number(1'767'225'600'000 + i) + ",plc1/text," + QByteArray(longestText, 'x') + '\n';
    }
    const auto result = imported(reader, &store, csv);
    QCOMPARE(result.counts.stored, lines);
    QCOMPARE(store.writes, 2);
  }

  void manyValuesOfOneMoment() {
    MemoryReader reader;
    ReaderStore store(reader);
    QByteArray csv("time,point,value\n");
    constexpr int lines = 20'000;
    for (int i = 0; i < lines; ++i) csv += "2026-01-01,plc1/temp," + QByteArray::number(i / 2) + '\n';
    QCOMPARE(imported(reader, &store, csv).counts.stored, lines / 2);
    QCOMPARE(imported(reader, &store, csv).counts.present, lines);
  }

  void aDryRunStoresNothing() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/temp")});
    reader.add(1, newYear, Value(1.0));
    const auto result = imported(reader, nullptr, "time,point,value\n2026-01-01,plc1/temp,1\n2026-01-01,plc1/temp,2\n");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.counts.present, 1);
    QCOMPARE(result.counts.stored, 0);
    QCOMPARE(reader.records(1).size(), 1U);
  }

  void anOutageIsWaitedFor_data() {
    QTest::addColumn<bool>("isLostAnswer");
    QTest::newRow("not stored") << false;
    QTest::newRow("stored, but nobody said so") << true;
  }
  void anOutageIsWaitedFor() {
    QFETCH(bool, isLostAnswer);
    MemoryReader reader;
    ReaderStore store(reader);
    store.failures = 1;
    store.isLostAnswer = isLostAnswer;
    const auto result = imported(reader, &store, "time,point,value\n2026-01-01,plc1/temp,1\n2026-01-01,plc1/temp,2\n");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(reader.records(1).size(), 2U);
  }

  void aRowThatTheDatabaseRefusesIsNamedByItsLine() {
    MemoryReader reader;
    ReaderStore store(reader);
    store.refuses = [](const StoredSample &sample) { return sample.value == Value(77.0); };
    QByteArray csv("time_ms,point,value\n# a remark\n");
    for (int i = 0; i < 1000; ++i) {
      csv +=
          QByteArray::number(1'767'225'600'000 + i) + ",plc1/a," + QByteArray::number(i == 500 ? 77 : 100 + i) + '\n';
    }
    const auto wrong = imported(reader, &store, csv);
    QCOMPARE(wrong.error,
             QStringLiteral("values.csv:503: the database refuses it: violates check \"sane\" (500 rows were stored; "
                            "--skip-bad leaves such lines out and goes on from there)"));
    QCOMPARE(wrong.counts.stored, 500);
    QVERIFY2(store.writes < 30, qPrintable(QString::number(store.writes)));

    const auto rest = imported(reader, &store, csv, "--skip-bad");
    QVERIFY2(rest.error.isEmpty(), qPrintable(rest.error));
    QCOMPARE(rest.told,
             QStringList{QStringLiteral("values.csv:503: the database refuses it: violates check \"sane\"")});
    QCOMPARE(rest.counts.stored, 499);
    QCOMPARE(rest.counts.present, 500);
    QCOMPARE(rest.counts.bad, 1);
    QCOMPARE(reader.records(1).size(), size_t(999));
  }

  void aDatabaseThatRefusesTooMuchIsAnError() {
    MemoryReader reader;
    ReaderStore store(reader);
    store.refuses = [](const StoredSample &) { return true; };
    QByteArray csv("time_ms,point,value\n");
    for (int i = 0; i < 3000; ++i) csv += QByteArray::number(1'767'225'600'000 + i) + ",plc1/a,1\n";
    const auto result = imported(reader, &store, csv, "--skip-bad");
    QVERIFY2(result.error.contains(u"values.csv:1002: the database refuses it") &&
                 result.error.contains(u"more than 1000 lines are refused (0 rows were stored"),
             qPrintable(result.error));
    QCOMPARE(result.told.size(), 20);
  }

  void anOutageAmongRefusalsGoesOnWhereItWas() {
    MemoryReader reader;
    ReaderStore store(reader);
    int seen = 0;
    store.refuses = [&](const StoredSample &sample) {
      if (sample.value != Value(7.0)) return false;
      if (++seen == 7) store.failures = 1;  // it stands alone now; with the next write the server is gone
      return true;
    };
    QByteArray csv("time_ms,point,value\n");
    for (int i = 0; i < 64; ++i) {
      csv += QByteArray::number(1'767'225'600'000 + i) + ",plc1/a," + QByteArray::number(i) + '\n';
    }
    const auto result = imported(reader, &store, csv, "--skip-bad");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(seen, 7);
    QCOMPARE(store.failures, 0);
    QCOMPARE(result.counts.stored, 63);
    QCOMPARE(result.counts.present, 0);
    QCOMPARE(result.counts.bad, 1);
    QCOMPARE(reader.records(1).size(), size_t(63));
  }

  void moreThanASlice() {
    MemoryReader reader;
    ReaderStore store(reader);
    QByteArray csv("time_ms,point,value\n");
    constexpr qint64 lines = HistoryStore::sliceRecords + 1000;
    for (qint64 i = 0; i < lines; ++i) {
      csv += QByteArray::number(1'767'225'600'000 + i) + ",plc1/temp," + QByteArray::number(i) + '\n';
    }
    const auto result = imported(reader, &store, csv);
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.counts.stored, lines);
    QCOMPARE(store.writes, 2);
  }
};

TAGWIRE_TEST(SqlImportTest)

}  // namespace sql_import_test

#include "sql_import_test.moc"
