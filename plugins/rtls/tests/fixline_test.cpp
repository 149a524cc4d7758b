// SPDX-License-Identifier: Apache-2.0
#include "intake/fixline.h"

#include <QJsonDocument>
#include <QtTest>

#include <cmath>

#include "intake/linereader.h"
#include "intake/senderbook.h"
#include "testprogram.h"

namespace fixline_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

class FixLineTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void linesComeInAnyPieces();
  void longLinesAreLeftOut();
  void halfLinesAreFinished();
  void R1_10_everyField();
  void R1_10_fewestFields();
  void R1_10_timeWithoutOffsetIsOfTheSite();
  void R1_10_hostileLines_data();
  void R1_10_hostileLines();
  void R1_7_refusalIsOneLine();
  void sendersAreSaidOnce();
  void strangersFillNeitherMemoryNorLog();
};

void FixLineTest::linesComeInAnyPieces() {
  const QByteArray bytes("one\ntwo\r\n\n  \nthree\n\xff\0x\nhalf", 27);
  for (qsizetype piece = 1; piece <= bytes.size(); ++piece) {
    LineReader reader;
    QByteArrayList lines;
    for (qsizetype from = 0; from < bytes.size(); from += piece) lines += reader.add(bytes.mid(from, piece)).lines;
    QCOMPARE(lines, (QByteArrayList{"one", "two", "three", QByteArray("\xff\0x", 3)}));
    QVERIFY(reader.isHalf());
  }
}

void FixLineTest::longLinesAreLeftOut() {
  LineReader reader;
  QCOMPARE(reader.add(QByteArray(LineReader::longest, 'a') + '\n').lines.size(), 1);
  LineReader::Lines read = reader.add("before\n" + QByteArray(LineReader::longest + 1, 'a'));
  QCOMPARE(read.lines, QByteArrayList{"before"});
  QCOMPARE(read.tooLong, 0);
  QVERIFY(reader.isHalf());
  for (int i = 0; i < 100; ++i) QVERIFY(reader.add(QByteArray(LineReader::longest, 'a')).lines.isEmpty());
  read = reader.add("still it\nafter\n");
  QCOMPARE(read.lines, QByteArrayList{"after"});
  QCOMPARE(read.tooLong, 1);
  QVERIFY(!reader.isHalf());
}

void FixLineTest::halfLinesAreFinished() {
  LineReader reader;
  QVERIFY(reader.add("half").lines.isEmpty());
  QVERIFY(reader.isHalf());
  QCOMPARE(reader.finish().lines, QByteArrayList{"half"});
  QVERIFY(!reader.isHalf());
  QVERIFY(reader.finish().lines.isEmpty());
  (void)reader.add(QByteArray(LineReader::longest + 1, 'a'));
  QCOMPARE(reader.finish().tooLong, 1);
}

void FixLineTest::R1_10_everyField() {
  const auto fix = fixFromLine(
      "{\"type\":\"GISData\",\"ID\":\"SIM1\",\"Type\":\"Sim\",\"TS\":\"2025-05-05T12:34:56.789Z\",\"X\":1.5,\"Y\":2.5,"
      "\"Z\":3,\"Bat\":90,\"CNF\":95.5,\"GWID\":\"SIM-GW\",\"Sequence\":17,\"zone_id\":417,\"Acc\":0.25}",
      QTimeZone::utc());
  QVERIFY2(fix, fix ? "" : qPrintable(fix.error()));
  QCOMPARE(fix->fix.tag, QStringLiteral("SIM1"));
  QCOMPARE(fix->fix.type, QStringLiteral("Sim"));
  QCOMPARE(fix->fix.gateway, QStringLiteral("SIM-GW"));
  QCOMPARE(toIso(*fix->time), QStringLiteral("2025-05-05T12:34:56.789Z"));
  QCOMPARE((std::array{fix->x, fix->y, fix->z}), (std::array{1.5, 2.5, 3.0}));
  QCOMPARE((std::array{fix->fix.confidence, fix->fix.accuracy}), (std::array{95.5, 0.25}));
  QCOMPARE((std::array{fix->fix.battery, fix->fix.sequence, fix->fix.zone}), (std::array{90, 17, 417}));
}

void FixLineTest::R1_10_fewestFields() {
  const auto fix = fixFromLine("{\"ID\":\"A\",\"X\":1,\"Y\":2,\"Z\":null,\"Acc\":null}", QTimeZone::utc());
  QVERIFY(fix);
  QCOMPARE(fix->z, 0.0);
  QVERIFY(!fix->time);
  QVERIFY(std::isnan(fix->fix.confidence) && std::isnan(fix->fix.accuracy));
  QCOMPARE((std::array{fix->fix.battery, fix->fix.sequence, fix->fix.zone}), (std::array{-1, -1, 0}));
}

void FixLineTest::R1_10_timeWithoutOffsetIsOfTheSite() {
  const auto fix =
      fixFromLine("{\"ID\":\"A\",\"X\":1,\"Y\":2,\"TS\":\"2025-05-05T12:34:56\"}", QTimeZone("Europe/Berlin"));
  QVERIFY(fix);
  QCOMPARE(toIso(*fix->time), QStringLiteral("2025-05-05T10:34:56.000Z"));
}

void FixLineTest::R1_10_hostileLines_data() {
  QTest::addColumn<QByteArray>("line");
  QTest::addColumn<QString>("reason");
  const auto row = [](const char *name, const QByteArray &line, const char *reason) {
    QTest::newRow(name) << line << QString::fromLatin1(reason);
  };
  const auto with = [](const char *field) { return QByteArray("{\"ID\":\"A\",\"X\":1,\"Y\":2,") + field + '}'; };
  row("text", "hello", "not JSON");
  row("NaN", "{\"ID\":\"A\",\"X\":NaN,\"Y\":2}", "not JSON");
  row("Infinity", "{\"ID\":\"A\",\"X\":1,\"Y\":-Infinity}", "not JSON");
  row("cut off", "{\"ID\":\"A\",\"X\":1,\"Y\"", "not JSON");
  row("two in a line", "{\"ID\":\"A\",\"X\":1,\"Y\":2}{\"ID\":\"B\"}", "not JSON");
  row("not UTF-8", "{\"ID\":\"\xff\xfe\",\"X\":1,\"Y\":2}", "not JSON");
  row("NUL", QByteArray("{\"ID\":\"A\0\",\"X\":1,\"Y\":2}", 24), "not JSON");
  row("deep", QByteArray(60'000, '['), "not JSON");
  row("list", "[1,2,3]", "a message must be a JSON object");
  row("number", "17", "not JSON");
  row("empty object", "{}", "ID is missing");
  row("no X", "{\"ID\":\"A\",\"Y\":2}", "X is missing");
  row("no Y", "{\"ID\":\"A\",\"X\":2}", "Y is missing");
  row("X is text", "{\"ID\":\"A\",\"X\":\"1\",\"Y\":2}", "X must be a number");
  row("X overflows", "{\"ID\":\"A\",\"X\":1e999,\"Y\":2}", "");
  row("Y is a list", "{\"ID\":\"A\",\"X\":1,\"Y\":[2]}", "Y must be a number");
  row("ID is a number", "{\"ID\":7,\"X\":1,\"Y\":2}", "ID must be a text");
  row("ID is empty", "{\"ID\":\"\",\"X\":1,\"Y\":2}", "ID must be a text of 1 to 128 characters");
  row("ID is long", "{\"ID\":\"" + QByteArray(129, 'a') + "\",\"X\":1,\"Y\":2}", "ID must be a text of 1 to 128");
  row("Z is text", with("\"Z\":\"high\""), "Z must be a number");
  row("TS is a number", with("\"TS\":1746448496789"), "TS must be an ISO 8601 time");
  row("TS has no time", with("\"TS\":\"2025-05-05\""), "TS must be an ISO 8601 time");
  row("TS is of no day", with("\"TS\":\"2025-02-30T00:00:00\""), "TS must be an ISO 8601 time");
  row("TS is far", with("\"TS\":\"9999-01-01T00:00:00Z\""), "TS must be an ISO 8601 time");
  row("Bat", with("\"Bat\":101"), "Bat must be a whole number from 0 to 100");
  row("Sequence 0", with("\"Sequence\":0"), "Sequence must be a whole number from 1 to 200");
  row("Sequence 1.5", with("\"Sequence\":1.5"), "Sequence must be a whole number from 1 to 200");
  row("zone_id", with("\"zone_id\":-1"), "zone_id must be a whole number from 0 to 2147483647");
  row("Acc", with("\"Acc\":\"good\""), "Acc must be a number");
  row("CNF", with("\"CNF\":true"), "CNF must be a number");
  row("another type", with("\"type\":\"request\""), "type must be \"GISData\"");
  row("type is null", with("\"type\":null"), "type must be \"GISData\"");
}

void FixLineTest::R1_10_hostileLines() {
  QFETCH(QByteArray, line);
  QFETCH(QString, reason);
  const auto fix = fixFromLine(line, QTimeZone::utc());
  QVERIFY(!fix);
  QVERIFY2(fix.error().contains(reason), qPrintable(fix.error()));
  QVERIFY(fix.error().size() < 200);  // it goes back to the sender and into the log
}

void FixLineTest::R1_7_refusalIsOneLine() {
  const QByteArray line = refusalLine(QStringLiteral("a\nb \"c\""));
  QCOMPARE(line.count('\n'), 1);
  QVERIFY(line.endsWith('\n'));
  const QJsonObject answer = QJsonDocument::fromJson(line).object();
  QCOMPARE(answer, (QJsonObject{{QStringLiteral("type"), QStringLiteral("response")},
                                {QStringLiteral("reqid"), QString()},
                                {QStringLiteral("response"), QStringLiteral("Unknown")},
                                {QStringLiteral("message"), QStringLiteral("a\nb \"c\"")}}));
}

void FixLineTest::sendersAreSaidOnce() {
  SenderBook book;
  const auto a = QStringLiteral("192.0.2.1"), b = QStringLiteral("192.0.2.2");
  QVERIFY(!book.taken(a, 0s));
  QVERIFY(book.refused(a, 0s));
  QVERIFY(book.refused(b, 0s));
  QVERIFY(!book.refused(a, 1s));
  QVERIFY(!book.taken(a, 60s));  // good and bad by turns is no news each time
  QVERIFY(book.taken(a, 61s));
  QVERIFY(!book.taken(a, 62s));
  QVERIFY(book.refused(a, 63s));
  QVERIFY(!book.refused(b, 59s));
  QVERIFY(book.refused(b, 120s));
}

void FixLineTest::strangersFillNeitherMemoryNorLog() {
  SenderBook book;
  int said = 0;
  for (int i = 0; i < 5000; ++i) said += book.refused(QString::number(i), 1s);
  QCOMPARE(said, int(SenderBook::most));
  QVERIFY(book.refused(QStringLiteral("new"), 61s));
}

TAGWIRE_TEST(FixLineTest)

}  // namespace fixline_test

#include "fixline_test.moc"
