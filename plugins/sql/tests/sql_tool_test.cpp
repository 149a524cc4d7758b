// SPDX-License-Identifier: Apache-2.0
#include <QBuffer>
#include <QTest>

#include "readerstore.h"
#include "tool/historyexport.h"
#include "tool/historyimport.h"

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

namespace {

const Time start = fromMilliseconds(1'767'225'600'000);  // 2026-01-01T00:00:00Z
const Time now = start + std::chrono::hours(24 * 30);

QStringList words(const char *text) { return QString::fromUtf8(text).split(u' ', Qt::SkipEmptyParts); }

struct Exported {
  QByteArray text;
  QString error;
  QStringList unknown;
};

Exported exported(MemoryReader &reader, const char *arguments) {
  const auto options = ExportOptions::parse(words(arguments));
  if (!options) return {{}, options.error(), {}};
  QBuffer output;
  output.open(QIODevice::WriteOnly);
  Progress progress(false);
  HistoryExport work(reader, *options, output, progress, nullptr);
  const auto done = work.run(now);
  return {output.data(), done ? QString() : done.error(), work.unknown()};
}

struct Imported {
  HistoryImport::Counts counts;
  QString error;
  QStringList told;
};

Imported imported(MemoryReader &reader, ReaderStore *store, const QByteArray &csv, const char *flags = "",
                  const Retention &retention = {}) {
  const auto options = ImportOptions::parse(words("plant.json values.csv ") + words(flags));
  if (!options) return {{}, options.error(), {}};
  QBuffer file;
  file.setData(csv);
  file.open(QIODevice::ReadOnly);
  Progress progress(false);
  Imported result;
  HistoryImport work(
      &reader, store, *options, retention, [&result](const QString &line) { result.told << line; }, progress, nullptr);
  const auto done = work.run(file, now);
  result.counts = work.counts();
  result.error = done ? QString() : done.error();
  return result;
}

/// Gives what it has, and then an error although it should have more.
class FailingFile : public QIODevice {
 public:
  explicit FailingFile(const QByteArray &text) : m_text(text) {}
  qint64 size() const override { return m_text.size() + 100; }
  bool seek(qint64 to) override {
    m_at = to;
    return QIODevice::seek(to);
  }

 protected:
  qint64 readData(char *data, qint64 most) override {
    const qint64 count = std::min(most, m_text.size() - m_at);
    if (count <= 0) {
      setErrorString(QStringLiteral("Input/output error"));
      return -1;
    }
    std::memcpy(data, m_text.constData() + m_at, static_cast<size_t>(count));
    m_at += count;
    return count;
  }
  qint64 writeData(const char *, qint64) override { return -1; }

 private:
  const QByteArray m_text;
  qint64 m_at = 0;
};

/// Two points and a tag.
void fill(MemoryReader &reader) {
  reader.addPoint({QStringLiteral("plc1/temp"), ValueType::Double, QStringLiteral("°C")});
  reader.addPoint({QStringLiteral("plc1/state"), ValueType::Text});
  reader.addPoint({QStringLiteral("uwb/S1"), ValueType::Position, {}, QStringLiteral("S1")});
  reader.add(1, start, Value(20.5));
  reader.add(1, start + 1s + 1us, Value(0.1), Quality::bad(QualityReason::Timeout));
  reader.add(2, start, Value(QStringLiteral("say \"on\", please\nnow")));
  auto fix = std::make_shared<Fix>();
  fix->tag = QStringLiteral("S1");
  fix->zone = 417;
  reader.add(3, start + 2s, Value(Position{1.5, 2, 0, fix}));
}

}  // namespace

class SqlToolTest : public QObject {
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
    reader.addEvent(2, {start + 1s, QStringLiteral("alarms"), QStringLiteral("alarm"), "{\"seq\":2,\"a\":1}"});
    reader.addEvent(1, {start, QStringLiteral("alarms"), QStringLiteral("alarm"), "{\"seq\":1}"});
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
    for (int i = 0; i < 25'000; i += 1000) reader.add(1, start + std::chrono::minutes(i), Value(double(i)));
    const auto result = exported(reader, "plant.json --aggregate max,count --interval 1min");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    const QList<QByteArray> lines = result.text.split('\n');
    QCOMPARE(lines.size(), 25 + 2);
    QCOMPARE(lines.first(), QByteArray("time,point,unit,max,count"));
    QCOMPARE(lines[1], QByteArray("2026-01-01T00:00:00.000Z,plc1/temp,,0,1"));
    QCOMPARE(lines[25], QByteArray("2026-01-17T16:00:00.000Z,plc1/temp,,24000,1"));
  }

  void manySlicesGiveEveryRowOnce() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/a")});
    reader.addPoint({QStringLiteral("plc1/b")});
    constexpr int rows = HistoryExport::sliceRows + 7;
    for (int i = 0; i < rows; ++i) reader.add(1, start + std::chrono::milliseconds(i / 3), Value(double(i)));
    for (int i = 0; i < 5; ++i) reader.add(2, start, Value(double(i)));
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
    QCOMPARE(values[0].value.time, start + 123'456'789ns);
    QCOMPARE(values[1].value.time, start + 1s);
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

  void positionsNeedAllCoordinates() {
    MemoryReader reader;
    ReaderStore store(reader);
    const QByteArray header("time,point,value,type,x,y,z,tag,zone\n");
    const auto bad = imported(reader, &store, header + "2026-01-01,uwb/S1,,,1.5,,,S1,\n");
    QCOMPARE(bad.told, QStringList{QStringLiteral("values.csv:2: some coordinates are missing (allowed: x, y and z "
                                                  "together, or none of them)")});
    const auto good = imported(reader, &store,
                               header +
                                   "2026-01-01,uwb/S1,,position,,,,S1,\n"
                                   "2026-01-02,uwb/S1,,,1,2,3,S1,\n"
                                   "2026-01-01,badge/battery,71,double,,,,S1,\n"
                                   "2026-01-01,uwb/S2,,,,,,S2,4\n");
    QVERIFY2(good.error.isEmpty(), qPrintable(good.error));
    const auto lost = *reader.point(QStringLiteral("uwb/S1"));
    QCOMPARE(lost->point.type, ValueType::Position);
    QCOMPARE(lost->point.tag, QStringLiteral("S1"));
    QCOMPARE(reader.records(lost->id)[0].value.value, Value());
    QCOMPARE(std::get<Position>(reader.records(lost->id)[1].value.value).z, 3.0);
    const auto battery = *reader.point(QStringLiteral("badge/battery"));
    QCOMPARE(battery->point.type, ValueType::Double);
    QCOMPARE(reader.records(battery->id)[0].value.value, Value(71.0));
    const auto other = *reader.point(QStringLiteral("uwb/S2"));
    QCOMPARE(other->point.type, ValueType::Position);
    QCOMPARE(reader.records(other->id)[0].value.value, Value());
  }

  void aFileThatCannotBeReadToItsEndIsAnError() {
    MemoryReader reader;
    ReaderStore store(reader);
    FailingFile file("time,point,value\n2026-01-01,plc1/temp,20.5\n2026-01-02,plc1/temp,2");
    file.open(QIODevice::ReadOnly);
    Progress progress(false);
    const auto options = ImportOptions::parse(words("plant.json values.csv --skip-bad"));
    HistoryImport work(
        &reader, &store, *options, {}, [](const QString &) {}, progress, nullptr);
    const auto done = work.run(file, now);
    QVERIFY(!done);
    QVERIFY2(done.error().startsWith(QStringLiteral("values.csv:3: can't be read: ")), qPrintable(done.error()));
    QCOMPARE(store.writes, 0);
  }

  void commentsAreNoPartOfTheFile() {
    MemoryReader reader;
    ReaderStore store(reader);
    const auto result = imported(reader, &store,
                                 "\xef\xbb\xbf# 5\" pipe\n"
                                 "time,point,value\n"
                                 "# \"open\n"
                                 "2026-01-01,plc1/state,\"a\n# b\"\n");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.counts.stored, 1);
    QCOMPARE(reader.records(1)[0].value.value, Value(QStringLiteral("a\n# b")));
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

  void textsThatLookLikeFormulas_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QByteArray>("cell");
    QTest::newRow("formula") << QStringLiteral("=1+1") << QByteArray("'=1+1");
    QTest::newRow("guarded already") << QStringLiteral("'-x") << QByteArray("''-x");
    QTest::newRow("apostrophe") << QStringLiteral("'tis") << QByteArray("'tis");
    QTest::newRow("at") << QStringLiteral("@home, \"x\"") << QByteArray("\"'@home, \"\"x\"\"\"");
  }
  void textsThatLookLikeFormulas() {
    QFETCH(QString, text);
    QFETCH(QByteArray, cell);
    QCOMPARE(quotedCell(toCell(Value(text))), cell);
    QCOMPARE(*fromCell(toCell(Value(text)), ValueType::Text), Value(text));
    QCOMPARE(toCell(Value(-5.0)), QStringLiteral("-5"));
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

  void timesSince1970_data() {
    QTest::addColumn<QByteArray>("column");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("nanoseconds");
    QTest::newRow("s") << QByteArray("time_s") << QByteArray("1767225600") << qint64(0);
    QTest::newRow("fraction") << QByteArray("time_s") << QByteArray("1767225600.25") << qint64(250'000'000);
    QTest::newRow("ms") << QByteArray("time_ms") << QByteArray("1767225600001") << qint64(1'000'000);
    QTest::newRow("ns") << QByteArray("time_ns") << QByteArray("1767225600000000001") << qint64(1);
    QTest::newRow("too late") << QByteArray("time_s") << QByteArray("17672256000000") << qint64(-1);
    QTest::newRow("negative") << QByteArray("time_ms") << QByteArray("-5") << qint64(-1);
    QTest::newRow("fraction of ms") << QByteArray("time_ms") << QByteArray("1.5") << qint64(-1);
    QTest::newRow("iso") << QByteArray("time_ms") << QByteArray("2026-01-01") << qint64(-1);
  }
  void timesSince1970() {
    QFETCH(QByteArray, column);
    QFETCH(QByteArray, text);
    QFETCH(qint64, nanoseconds);
    MemoryReader reader;
    ReaderStore store(reader);
    const auto result = imported(reader, &store, column + ",point,value\n" + text + ",plc1/temp,1\n");
    QCOMPARE(result.error.isEmpty(), nanoseconds >= 0);
    if (nanoseconds < 0) return;
    QCOMPARE(reader.records(1)[0].value.time, start + std::chrono::nanoseconds(nanoseconds));
  }

  void badLinesAreToldAndNothingIsStored() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/count"), ValueType::Int});
    ReaderStore store(reader);
    const QByteArray csv(
        "time,point,value,type\n"
        "2026-01-01,plc1/count,1,\n"
        "2026-01-01T10:00:00,plc1/count,1,\n"
        "2026-01-01,plc1/count,1.5,\n"
        "2026-01-01,,1,\n"
        "2026-01-01,plc1/#,1,\n"
        "2026-01-01,plc1/count,1\n"
        "2026-01-01,plc1/new,1,float\n"
        "2026-01-01,plc1/new,1 a\"b,\n"
        "2026-01-01,plc1/count,2,\n");
    const auto refused = imported(reader, &store, csv);
    QCOMPARE(refused.error, QStringLiteral("7 of 8 lines are bad: nothing was stored (--skip-bad leaves them out)"));
    QCOMPARE(store.writes, 0);
    const QStringList expected{QStringLiteral("values.csv:3: \"2026-01-01T10:00:00\" is no time (allowed: "),
                               QStringLiteral("values.csv:4: \"1.5\" is no int (allowed: "),
                               QStringLiteral("values.csv:5: no point is named (allowed: "),
                               QStringLiteral("values.csv:6: \"plc1/#\" is no point (allowed: "),
                               QStringLiteral("values.csv:7: 3 cells (allowed: 4, as in the header)"),
                               QStringLiteral("values.csv:8: \"float\" is no type (allowed: bool, int, "),
                               QStringLiteral("values.csv:9: a quote is not closed")};
    QCOMPARE(refused.told.size(), 7);
    for (qsizetype i = 0; i < 6; ++i) QVERIFY2(refused.told[i].startsWith(expected[i]), qPrintable(refused.told[i]));
  }

  void badLinesMayBeLeftOut() {
    MemoryReader reader;
    ReaderStore store(reader);
    QByteArray csv("time,point,value\n");
    for (int i = 0; i < 30; ++i) csv += "never,plc1/temp,1\n2026-01-01,plc1/temp," + QByteArray::number(i) + "\n";
    const auto result = imported(reader, &store, csv, "--skip-bad");
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.counts.stored, 30);
    QCOMPARE(result.counts.bad, 30);
    QCOMPARE(result.told.size(), 21);
    QCOMPARE(result.told.last(), QStringLiteral("and 10 bad lines more"));
  }

  void aHeaderThatWillNotDo_data() {
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QString>("error");
    QTest::newRow("empty") << QByteArray() << QStringLiteral("the header has to name point, value and one of time");
    QTest::newRow("no time") << QByteArray("point,value") << QStringLiteral("the header has to name point");
    QTest::newRow("two times") << QByteArray("time,time_s,point,value") << QStringLiteral("and one of time");
    QTest::newRow("unknown") << QByteArray("time,point,valu")
                             << QStringLiteral("unknown column \"valu\", did you mean \"value\"?");
    QTest::newRow("twice") << QByteArray("time,point,value,value") << QStringLiteral("column \"value\" stands twice");
  }
  void aHeaderThatWillNotDo() {
    QFETCH(QByteArray, header);
    QFETCH(QString, error);
    MemoryReader reader;
    ReaderStore store(reader);
    const auto result = imported(reader, &store, header + "\n");
    QVERIFY2(result.error.contains(error), qPrintable(result.error));
  }

  void aDryRunStoresNothing() {
    MemoryReader reader;
    reader.addPoint({QStringLiteral("plc1/temp")});
    reader.add(1, start, Value(1.0));
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

QTEST_GUILESS_MAIN(SqlToolTest)
#include "sql_tool_test.moc"
