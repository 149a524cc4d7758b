// SPDX-License-Identifier: Apache-2.0
#include "testprogram.h"
#include "toolcase.h"

namespace sql_export_test {

using namespace tagwire;
using namespace tagwire::sql;

/// `tagwire history export`.
class SqlExportTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void valuesAsCsv() {
    MemoryReader reader;
    fill(reader);
    const auto result = exported(reader, "plant.json --point plc1/#");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.text, QByteArray("time,point,value,quality,unit,type,received,historical\n"
                                     "2026-01-01T00:00:00.000Z,plc1/state,\"say \"\"on\"\", please\nnow\",good,,text,"
                                     "2026-01-01T00:00:00.000Z,false\n"
                                     "2026-01-01T00:00:00.000Z,plc1/temp,20.5,good,\xc2\xb0"
                                     "C,double,2026-01-01T00:00:00.000Z,false\n"
                                     "2026-01-01T00:00:01.000001Z,plc1/temp,0.1,bad:timeout,\xc2\xb0"
                                     "C,double,2026-01-01T00:00:01.000001Z,false\n"));
  }

  void positionsHaveColumns() {
    MemoryReader reader;
    fill(reader);
    const auto result = exported(reader, "plant.json --tag S1 --tag S2");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.text, QByteArray("time,point,value,quality,unit,type,received,historical,x,y,z,tag,zone\n"
                                     "2026-01-01T00:00:02.000Z,uwb/S1,,good,,position,2026-01-01T00:00:02.000Z,false,"
                                     "1.5,2,0,S1,417\n"));
    QCOMPARE(result.unknown, QStringList{QStringLiteral("S2")});
  }

  void valuesAsJsonLines() {
    MemoryReader reader;
    fill(reader);
    const auto result = exported(reader, "plant.json --format jsonl --to 2026-01-01T00:00:01Z --point plc1/temp");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.text,
             QByteArray("{\"point\":\"plc1/temp\",\"q\":\"good\",\"t\":\"2026-01-01T00:00:00.000Z\",\"unit\":\"\xc2\xb0"
                        "C\",\"v\":20.5}\n"));
  }

  void eventsInOrder() {
    MemoryReader reader;
    reader.addEvent(2, {newYear + 1s, QStringLiteral("alarms"), QStringLiteral("alarm"), "{\"seq\":2,\"a\":1}"});
    reader.addEvent(1, {newYear, QStringLiteral("alarms"), QStringLiteral("alarm"), "{\"seq\":1}"});
    QCOMPARE(exported(reader, "plant.json --events --format jsonl").text,
             QByteArray("{\"seq\":1}\n{\"seq\":2,\"a\":1}\n"));
    QCOMPARE(exported(reader, "plant.json --events").text,
             QByteArray("time,source,kind,event\n"
                        "2026-01-01T00:00:00.000Z,alarms,alarm,\"{\"\"seq\"\":1}\"\n"
                        "2026-01-01T00:00:01.000Z,alarms,alarm,\"{\"\"seq\"\":2,\"\"a\"\":1}\"\n"));
  }

  void aggregatesOfALongRange() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/temp")});
    // More intervals than one question may have buckets.
    for (int i = 0; i < 25'000; i += 1000) reader.add(1, newYear + std::chrono::minutes(i), Value(double(i)));
    const auto result = exported(reader, "plant.json --aggregate max,count --interval 1min");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    const QList<QByteArray> lines = result.text.split('\n');
    QCOMPARE(lines.size(), 25 + 2);
    QCOMPARE(lines.first(), QByteArray("time,point,unit,max,count"));
    QCOMPARE(lines[1], QByteArray("2026-01-01T00:00:00.000Z,plc1/temp,,0,1"));
    QCOMPARE(lines[25], QByteArray("2026-01-17T16:00:00.000Z,plc1/temp,,24000,1"));
  }

  void withoutABeginningTheFirstIntervalIsWholeToo() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/temp")});
    reader.add(1, newYear + 20min + 7s, Value(1.0));
    reader.add(1, newYear + 70min, Value(2.0));
    const auto result = exported(reader, "plant.json --aggregate avg,count --interval 1h");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.text, QByteArray("time,point,unit,avg,count\n2026-01-01T00:00:00.000Z,plc1/temp,,1,1\n"
                                     "2026-01-01T01:00:00.000Z,plc1/temp,,2,1\n"));
  }

  void manySlicesGiveEveryRowOnce() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/a")});
    reader.addPoint({QStringLiteral("plc1/b")});
    constexpr int rows = HistoryExport::sliceRows + 7;
    for (int i = 0; i < rows; ++i) reader.add(1, newYear + std::chrono::milliseconds(i / 3), Value(double(i)));
    for (int i = 0; i < 5; ++i) reader.add(2, newYear, Value(double(i)));
    const auto result = exported(reader, "plant.json");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    const QList<QByteArray> lines = result.text.split('\n');
    QCOMPARE(lines.size(), rows + 5 + 2);
    for (int i = 0; i < rows; ++i) QCOMPARE(lines[i + 1].split(',')[2].toDouble(), double(i));
  }

  void wrongExportsAreToldWhatIsAllowed_data() {
    QTest::addColumn<QByteArray>("arguments");
    QTest::addColumn<QString>("error");
    QTest::newRow("nothing") << QByteArray("") << QStringLiteral("usage: tagwire history export MANIFEST");
    QTest::newRow("one more") << QByteArray("m x") << QStringLiteral("unexpected \"x\"\nusage: tagwire history");
    QTest::newRow("option") << QByteArray("m --pont a") << QStringLiteral("Unknown option 'pont'");
    QTest::newRow("time") << QByteArray("m --from yesterday") << QStringLiteral("--from: \"yesterday\" is no time");
    QTest::newRow("range") << QByteArray("m --from 2026-01-02 --to 2026-01-01")
                           << QStringLiteral("--from is not before --to");
    QTest::newRow("format") << QByteArray("m --format xml") << QStringLiteral("(allowed: csv, jsonl)");
    QTest::newRow("aggregate") << QByteArray("m --aggregate median --interval 1h")
                               << QStringLiteral("(allowed: avg, min, max, last, count)");
    QTest::newRow("no interval") << QByteArray("m --aggregate avg") << QStringLiteral("--aggregate needs --interval");
    QTest::newRow("interval") << QByteArray("m --interval fast") << QStringLiteral("(allowed: as in 500ms");
    QTest::newRow("huge interval") << QByteArray("m --interval 200000d") << QStringLiteral("(allowed: as in 500ms");
    QTest::newRow("pattern") << QByteArray("m --point a/#/b") << QStringLiteral("--point a/#/b: ");
    QTest::newRow("events") << QByteArray("m --events --point a") << QStringLiteral("--events goes without --point");
    QTest::newRow("unknown point") << QByteArray("m --point a/b") << QStringLiteral("nothing is stored of what");
  }
  void wrongExportsAreToldWhatIsAllowed() {
    QFETCH(QByteArray, arguments);
    QFETCH(QString, error);
    MemoryReader reader;
    const auto result = exported(reader, arguments.constData());
    QVERIFY2(result.error.contains(error), qPrintable(result.error));
  }

  void whatWasExportedIsImportedAgain() {
    MemoryReader reader;
    fill(reader);
    const QByteArray csv = exported(reader, "plant.json").text;
    ReaderStore same(reader);
    const auto again = imported(reader, &same, csv);
    QVERIFY2(again.error.isEmpty(), qPrintable(again.error));
    QCOMPARE(again.counts.present, 4);
    QCOMPARE(again.counts.stored, 0);
    MemoryReader other;
    ReaderStore store(other);
    const auto moved = imported(other, &store, csv);
    QVERIFY2(moved.error.isEmpty(), qPrintable(moved.error));
    QCOMPARE(moved.counts.stored, 4);
    for (qint64 point = 1; point <= 2; ++point) {
      const qint64 there = (*other.point(reader.nameOf(point)))->id;
      QCOMPARE(other.records(there).size(), reader.records(point).size());
      for (size_t i = 0; i < other.records(there).size(); ++i) {
        QCOMPARE(other.records(there)[i].value.time, reader.records(point)[i].value.time);
        QCOMPARE(other.records(there)[i].value.value, reader.records(point)[i].value.value);
        QCOMPARE(other.records(there)[i].value.quality, reader.records(point)[i].value.quality);
      }
    }
    const Position position = std::get<Position>(other.records(3)[0].value.value);
    QCOMPARE(position.x, 1.5);
    QCOMPARE(position.fix->tag, QStringLiteral("S1"));
    QCOMPARE(position.fix->zone, 417);
    QCOMPARE(other.pointsOfTag(QStringLiteral("S1"))->size(), 1);
  }
};

TAGWIRE_TEST(SqlExportTest)

}  // namespace sql_export_test

#include "sql_export_test.moc"
