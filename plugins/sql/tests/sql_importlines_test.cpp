// SPDX-License-Identifier: Apache-2.0
#include "testprogram.h"
#include "toolcase.h"

namespace sql_importlines_test {

using namespace tagwire;
using namespace tagwire::sql;

namespace {

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

}  // namespace

/// `tagwire history import`: what a file may say.
class SqlImportLinesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
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
    QCOMPARE(reader.records(1)[0].value.time, newYear + std::chrono::nanoseconds(nanoseconds));
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
};

TAGWIRE_TEST(SqlImportLinesTest)

}  // namespace sql_importlines_test

#include "sql_importlines_test.moc"
