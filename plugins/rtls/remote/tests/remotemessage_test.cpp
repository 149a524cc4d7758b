// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

#include "remote/remotemessage.h"
#include "remote/remotetrouble.h"
#include "remote/staticnames.h"
#include "testprogram.h"

namespace remotemessage_test {

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

RemoteMessage read(const QByteArray &text, const QTimeZone &zone = QTimeZone::utc()) {
  const auto message = readRemoteMessage(text, zone);
  if (!message) qFatal("%s", qPrintable(message.error()));
  return *message;
}

}  // namespace

/// What goes over the wire, the files, and what is said of a link that ended.
class RemoteMessageTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_3_beginStream();
  void R1_5_manyTagsAreAskedForInParts();
  void messages();
  void wrongMessages_data();
  void wrongMessages();
  void R1_33_staticFile();
  void R1_33_wrongStaticFile_data();
  void R1_33_wrongStaticFile();
  void troubleSaysWhatToDo_data();
  void troubleSaysWhatToDo();
};

void RemoteMessageTest::R1_3_beginStream() {
  const auto only = [](int zone, bool positions) {
    return streamRequests({QStringLiteral("SIM1")}, zone, positions).first().text;
  };
  QCOMPARE(only(417, true), QByteArray("{\"params\":[{\"data\":\"true\",\"id\":\"SIM1\"}],\"reqid\":\"tagwire\","
                                       "\"request\":\"BeginStream\",\"type\":\"request\",\"zone_id\":417}"));
  QCOMPARE(only(0, false), QByteArray("{\"params\":[{\"data\":\"false\",\"id\":\"SIM1\"}],\"reqid\":\"tagwire\","
                                      "\"request\":\"BeginStream\",\"type\":\"request\"}"));
}

void RemoteMessageTest::R1_5_manyTagsAreAskedForInParts() {
  QStringList tags;
  for (int i = 0; i < 10'000; ++i) tags << QStringLiteral("a tag of 20 letters %1 \u00e4").arg(i);
  const QList<StreamRequest> requests = streamRequests(tags, 417, true);
  QVERIFY(requests.size() > 10);
  QSet<QString> ids;
  QStringList asked;
  for (const StreamRequest &each : requests) {
    QVERIFY2(each.text.size() <= StreamRequest::longest, qPrintable(QString::number(each.text.size())));
    QCOMPARE(each.name, ids.isEmpty() ? QStringLiteral("BeginStream") : QStringLiteral("AddTag"));
    const QJsonObject message = QJsonDocument::fromJson(each.text).object();
    QCOMPARE(message.contains(QLatin1String("zone_id")), ids.isEmpty());
    QCOMPARE(message.value(QLatin1String("reqid")).toString(), each.id);
    QCOMPARE(message.value(QLatin1String("request")).toString(), each.name);
    ids.insert(each.id);
    for (const QJsonValue &tag : message.value(QLatin1String("params")).toArray()) {
      asked << tag.toObject().value(QLatin1String("id")).toString();
    }
  }
  QCOMPARE(asked, tags);
  QCOMPARE(ids.size(), requests.size());
}

void RemoteMessageTest::messages() {
  QCOMPARE(std::get<RemoteHeartBeat>(read("{\"type\":\"HeartBeat\",\"ts\":1746448496789}")).ts, 1746448496789);
  const auto answer = std::get<RemoteAnswer>(
      read("{\"type\":\"response\",\"reqid\":\"a\",\"response\":\"Unknown\",\"message\":\"no \\u001b[31m zone\"}"));
  QCOMPARE(answer.response, QStringLiteral("Unknown"));
  QCOMPARE(printable(answer.message), QStringLiteral("no ?[31m zone"));
  const auto fix = std::get<IncomingFix>(
      read("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":1.5,\"Y\":-2,\"Bat\":90,\"CNF\":0,\"GWID\":\"G\","
           "\"Sequence\":200,\"zone_id\":417,\"TS\":\"2025-05-05T12:34:56.789Z\"}"));
  QCOMPARE(fix.x, 1.5);
  QCOMPARE(fix.y, -2.0);
  QCOMPARE(fix.fix.confidence, 0.0);
  QCOMPARE(fix.fix.sequence, 200);
  QCOMPARE(fix.fix.zone, 417);
  QCOMPARE(toIso(*fix.time), QStringLiteral("2025-05-05T12:34:56.789Z"));
  const auto bare = std::get<IncomingFix>(read("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":1,\"Y\":2,\"Bat\":null}"));
  QVERIFY(std::isnan(bare.fix.confidence));
  QCOMPARE(bare.fix.battery, -1);
  QVERIFY(!bare.time);
}

void RemoteMessageTest::wrongMessages_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const char *text, const char *error) {
    QTest::newRow(name) << QByteArray(text) << QString::fromLatin1(error);
  };
  row("nothing", "", "is not a JSON object");
  row("garbage", "\x01\x02{{{", "is not a JSON object");
  row("array", "[1]", "is not a JSON object");
  row("no type", "{}", "type");
  row("unknown type", "{\"type\":\"Hello\"}", "unknown type \"Hello\"");
  row("heartbeat without ts", "{\"type\":\"HeartBeat\"}", "ts");
  row("heartbeat with text", "{\"type\":\"HeartBeat\",\"ts\":\"1\"}", "ts");
  row("heartbeat beyond", "{\"type\":\"HeartBeat\",\"ts\":1e300}", "ts");
  row("trigger id", "{\"type\":\"TriggerEvent\",\"trigger_id\":0,\"direction\":\"OnEnter\",\"tag_id\":\"A\"}",
      "trigger_id");
  row("no tag", "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"OnEnter\"}", "tag_id");
  row("empty direction", "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"\",\"tag_id\":\"A\"}",
      "direction");
  row("control character",
      "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"On\\u001bEnter\",\"tag_id\":\"A\"}", "direction");
  row("time",
      "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"OnEnter\",\"tag_id\":\"A\",\"timestamp\":\"noon\"}",
      "timestamp");
  row("year",
      "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"OnEnter\",\"tag_id\":\"A\","
      "\"timestamp\":\"9999-05-05T12:34:56Z\"}",
      "timestamp");
  row("coordinate",
      "{\"type\":\"TriggerEvent\",\"trigger_id\":1,\"direction\":\"OnEnter\",\"tag_id\":\"A\",\"x\":1e300}", "x");
  row("position without X", "{\"type\":\"GISData\",\"ID\":\"A\",\"Y\":1}", "X");
  row("position of nobody", "{\"type\":\"GISData\",\"X\":1,\"Y\":1}", "ID");
  row("position far out", "{\"type\":\"GISData\",\"ID\":\"A\",\"X\":1,\"Y\":-2e9}", "Y");
  row("position id", "{\"type\":\"GISData\",\"ID\":\"a/b\",\"X\":1,\"Y\":1}", "tag's id");
  row("position sequence", "{\"type\":\"GISData\",\"ID\":\"A\",\"X\":1,\"Y\":1,\"Sequence\":201}", "Sequence");
}

void RemoteMessageTest::wrongMessages() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  const auto message = readRemoteMessage(text, QTimeZone::utc());
  QVERIFY(!message);
  QVERIFY2(message.error().contains(error), qPrintable(message.error()));
}

void RemoteMessageTest::R1_33_staticFile() {
  QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("static.json")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(
      "{\"triggers\":[{\"id\":900,\"name\":\"Entry Gate\",\"zone_id\":417}],"
      "\"tags\":[{\"id\":\"SIM1\",\"name\":\"Employee Badge 1\"}],\"zones\":[{\"id\":417,\"name\":\"Hall\"}]}");
  file.close();
  const auto read = StaticNames::read(file.fileName());
  QVERIFY2(read, read ? "" : qPrintable(read.error()));
  QCOMPARE(read->triggers.value(900).name, QStringLiteral("Entry Gate"));
  QCOMPARE(read->triggers.value(900).zone, 417);
  QCOMPARE(read->tags.value(QStringLiteral("SIM1")).name, QStringLiteral("Employee Badge 1"));
  QCOMPARE(read->zones.value(417).name, QStringLiteral("Hall"));
  QVERIFY(read->zones.value(417).isRemote && read->triggers.value(900).isRemote);
}

void RemoteMessageTest::R1_33_wrongStaticFile_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("cut off") << QByteArray("{\n\"tags\":[") << QStringLiteral("static.json:2:");
  QTest::newRow("array") << QByteArray("[]") << QStringLiteral("static.json:1:1: an object is due");
  QTest::newRow("type") << QByteArray("{\"zones\":[{\"id\":\"417\",\"name\":\"Hall\"}]}")
                        << QStringLiteral("zones[0].id");
  QTest::newRow("unknown key") << QByteArray("{\"zoness\":[]}") << QStringLiteral("did you mean \"zones\"?");
  QTest::newRow("class of a tag") << QByteArray("{\"tags\":[{\"id\":\"A\",\"class\":\"person\"}]}")
                                  << QStringLiteral("tags[0].class: unknown key \"class\" (allowed: id, name)");
  QTest::newRow("smoothing of a tag") << QByteArray("{\"tags\":[{\"id\":\"A\",\"smoothing\":{}}]}")
                                      << QStringLiteral("unknown key \"smoothing\"");
  QTest::newRow("twice") << QByteArray("{\"zones\":[{\"id\":1,\"name\":\"A\"},{\"id\":1,\"name\":\"B\"}]}")
                         << QStringLiteral("zones[1].id: 1 is there twice");
}

void RemoteMessageTest::R1_33_wrongStaticFile() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("static.json")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(text);
  file.close();
  const auto read = StaticNames::read(file.fileName());
  QVERIFY(!read);
  QVERIFY2(read.error().contains(error), qPrintable(read.error()));
}

void RemoteMessageTest::troubleSaysWhatToDo_data() {
  QTest::addColumn<int>("code");
  QTest::addColumn<QString>("reason");
  QTest::addColumn<QString>("error");
  QTest::addColumn<QString>("text");
  const auto row = [](const char *name, int code, const char *reason, const char *error, const char *text) {
    QTest::newRow(name) << code << QString::fromLatin1(reason) << QString::fromLatin1(error)
                        << QString::fromLatin1(text);
  };
  row("manager", 1008, "Manager not found", "", "closed with 1008 Manager not found; look at the manager's name");
  row("token", 4401, "expired", "", "closed with 4401 expired; the token is not taken");
  row("right", 4403, "", "", "closed with 4403; the token lacks a permission");
  row("heartbeat", 4408, "heartbeat timeout", "", "our answer to its heartbeat came too late");
  row("escape", 1008, "\x1b[31m", "", "closed with 1008 ?[31m");
  row("401", 0, "", "Unhandled http status code: 401 (Unauthorized).", "refused with HTTP status 401; a token is due");
  row("403", 0, "", "Unhandled http status code: 403 (x).",
      "refused with HTTP status 403; either the token is not taken: have one made there, and put it where `token` "
      "refers to; or the token lacks a permission");
  row("normal", 1000, "", "Unknown error", "closed with 1000; the other site ended the stream");
  row("404", 0, "", "Unhandled http status code: 404 (x).", "refused with HTTP status 404; there is no such path");
  row("dead", 0, "", "Connection refused", "Connection refused");
}

void RemoteMessageTest::troubleSaysWhatToDo() {
  QFETCH(int, code);
  QFETCH(QString, reason);
  QFETCH(QString, error);
  QFETCH(QString, text);
  const QString said = troubleText({code != 0, code, reason, error, {}});
  QVERIFY2(said.startsWith(text) || said.contains(text), qPrintable(said));
}

TAGWIRE_TEST(RemoteMessageTest)

}  // namespace remotemessage_test

#include "remotemessage_test.moc"
