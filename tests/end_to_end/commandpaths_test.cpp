// SPDX-License-Identifier: Apache-2.0
// Every way a command can end: the real program, asked by REST, and a device that goes wrong. A subscriber hears every
// step; how often was written, the device tells.
#include <QTest>

#include "faultyplc.h"
#include "runningprogram.h"
#include "testprogram.h"

namespace commandpaths_test {

using Request = FaultyPlc::Request;

class CommandPathsTest : public QObject {
  Q_OBJECT

  /// What the device does with a write of register 0 and when it is read back, and how the command then goes.
  struct Mishap {
    const char *name;
    FaultyPlc::Behaviour write;
    FaultyPlc::Behaviour readBack;
    const char *steps;
    const char *text;  ///< is in the error
  };

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_plc.listen());
    m_webPort = freePort();
    start();
  }
  void init() {
    if (m_plc.port() == 0) QFAIL("no device");
    (void)m_plc.listen();
    m_plc.heal();
    becomeHealthy();
    QCOMPARE(ingestHatch("true"), 200);
  }
  void cleanupTestCase() {
    m_plc.heal();
    QCOMPARE(m_program.terminate(), 0);
  }

  void R5_5_everyOutcomeStepByStep_data() {
    QTest::addColumn<int>("index");
    m_mishaps = mishaps();
    for (size_t i = 0; i < m_mishaps.size(); ++i) QTest::newRow(m_mishaps[i].name) << static_cast<int>(i);
  }
  void R5_5_everyOutcomeStepByStep() {
    QFETCH(int, index);
    const Mishap &mishap = m_mishaps[static_cast<size_t>(index)];
    const QString steps = QString::fromLatin1(mishap.steps);
    m_plc.onWrite = mishap.write;
    m_plc.onReadBack = mishap.readBack;
    const int value = 100 + index;
    const HttpAnswer answer = write(63, value);
    const QJsonObject outcome = answer.json();
    QVERIFY2(isAsTold(outcome[u"commandId"].toString(), steps), qPrintable(m_wrong));
    QCOMPARE(answer.status, steps.endsWith(u"succeeded") ? 200 : 409);
    QVERIFY2(outcome[u"message"].toString().contains(QLatin1String(mishap.text)), answer.body.constData());
    if (answer.status == 200) QCOMPARE(outcome[u"actualValue"].toInt(), value);
    // Whatever was lost: never a second time, then or later.
    QCOMPARE(m_plc.writes.size(), 1);
    m_plc.heal();
    becomeHealthy();
    QVERIFY(m_plc.writes.isEmpty());
  }

  void R5_11_actualValueIsWhatTheDeviceReports() {
    m_plc.onWrite = [this](QTcpSocket &client, const Request &request) {
      client.write(m_plc.carriedOut(request));
      m_plc.registers[1] = 105;  // it knows steps of five
    };
    const HttpAnswer answer = write(64, 103);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json()[u"actualValue"].toInt(), 105);
    QTRY_COMPARE(latest(64)[u"value"].toInt(), 105);
  }

  void R5_11_aLateAnswerToAWriteIsNotTakenForAnother() {
    QByteArray late;
    m_plc.onWrite = [&](QTcpSocket &, const Request &request) { late = m_plc.carriedOut(request); };
    m_plc.onReadBack = [&](QTcpSocket &client, const Request &request) {
      client.write(std::exchange(late, {}) + m_plc.carriedOut(request));
    };
    const HttpAnswer answer = write(63, 77);
    QVERIFY2(isAsTold(answer.json()[u"commandId"].toString(), QStringLiteral("queued,sent,succeeded")),
             qPrintable(m_wrong));
    QCOMPARE(m_plc.writes.size(), 1);
    QCOMPARE(m_plc.readBacks, 2);  // the late answer spoilt the first
  }
  void R5_11_aLateReadBackIsNotTakenForAnother() {
    m_plc.registers[0] = 5;
    QByteArray late;
    m_plc.onReadBack = [&](QTcpSocket &client, const Request &request) {
      const QByteArray old = FaultyPlc::answered(request, QByteArray::fromHex("03020005"));
      if (m_plc.readBacks == 1) {
        late = old;
      } else {
        client.write(late + m_plc.carriedOut(request));
      }
    };
    const HttpAnswer answer = write(63, 78);
    // Neither failed by the old value, nor well by anything but a whole read-back.
    QVERIFY2(isAsTold(answer.json()[u"commandId"].toString(), QStringLiteral("queued,sent,acked,unknown")),
             qPrintable(m_wrong));
    QCOMPARE(m_plc.readBacks, 2);
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
  }

  void R5_11_whatExpiresWhileTheDeviceIsAwayIsNeverWritten() {
    m_plc.isSilent = true;
    // At once, so that the first is still under way. The second waits for its turn at the point, the third at the bus.
    m_live->send(R"({"op":"command","id":"sent","p":"plc1/speed","v":21})");
    m_live->send(R"({"op":"command","id":"turn","p":"plc1/speed","v":22,"expires_in_ms":100})");
    m_live->send(R"({"op":"command","id":"bus","p":"plc1/level","v":23,"expires_in_ms":100})");
    QTRY_COMPARE_WITH_TIMEOUT(clientSteps("turn"), QStringLiteral("queued,expired"), patience);
    QTRY_COMPARE_WITH_TIMEOUT(clientSteps("sent"), QStringLiteral("queued,sent,unknown"), patience);
    QTRY_COMPARE_WITH_TIMEOUT(clientSteps("bus"), QStringLiteral("queued,expired"), patience);
    m_plc.isSilent = false;
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
    QCOMPARE(m_plc.writes.first().value(), quint16(21));
  }

  void R5_5_withoutAConnectionItFailsAtOnceAndNothingIsWrittenLater() {
    m_plc.goAway();
    QTRY_COMPARE_WITH_TIMEOUT(latest(63)[u"quality"].toString(), QStringLiteral("bad:no_connection"), patience);
    const HttpAnswer answer = write(63, 31);
    QCOMPARE(answer.status, 409);
    QVERIFY2(answer.json()[u"message"].toString().contains(u"no connection"), answer.body.constData());
    QVERIFY2(isAsTold(answer.json()[u"commandId"].toString(), QStringLiteral("queued,failed")), qPrintable(m_wrong));
    QVERIFY(m_plc.listen());
    becomeHealthy();
    QVERIFY(m_plc.writes.isEmpty());
  }

  void R5_10_blockedWhileItWaitsForTheBus() {
    m_plc.onWrite = m_plc.onReadBack = FaultyPlc::nothing();
    post("/api/v1/commands", R"({"point":"plc1/speed","value":41,"wait_ms":0})");
    QTRY_COMPARE(m_plc.writes.size(), 1);
    const QString id =
        post("/api/v1/commands", R"({"point":"plc1/press","value":true,"wait_ms":0})").json()[u"command_id"].toString();
    QCOMPARE(ingestHatch("false"), 200);
    m_plc.onReadBack = m_plc.well();
    QVERIFY2(isAsTold(id, QStringLiteral("queued,blocked")), qPrintable(m_wrong));
    QCOMPARE(http(m_webPort, "GET", "/api/os/command/" + id.toUtf8()).json()[u"interlockId"].toInt(), 5);
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
    QVERIFY(!m_plc.coils[2]);
    m_plc.heal();
    QCOMPARE(ingestHatch("true"), 200);
    QCOMPARE(write(62, "true").status, 200);
  }

  void R5_9_cancelledBeforeItIsSent() {
    m_plc.onWrite = m_plc.onReadBack = FaultyPlc::nothing();
    const auto ask = [this](int value) {
      return post("/api/v1/commands", R"({"point":"plc1/speed","wait_ms":0,"value":)" + QByteArray::number(value) + '}')
          .json()[u"command_id"]
          .toString();
    };
    const QString first = ask(51);
    const QString second = ask(52);
    QTRY_COMPARE(m_plc.writes.size(), 1);
    QCOMPARE(post("/api/v1/commands/" + second.toUtf8() + "/cancel", "{}").status, 200);
    const HttpAnswer tooLate = post("/api/v1/commands/" + first.toUtf8() + "/cancel", "{}");
    QCOMPARE(tooLate.status, 409);
    QVERIFY(tooLate.body.contains("sent already"));
    QVERIFY2(isAsTold(second, QStringLiteral("queued,failed")), qPrintable(m_wrong));
    QVERIFY2(isAsTold(first, QStringLiteral("queued,sent,unknown")), qPrintable(m_wrong));
    m_plc.onReadBack = m_plc.well();
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 1);
  }

  void R5_11_oneCorrelationIdIsOneWriteWhileItIsUnderWay() {
    m_plc.onWrite = [this](QTcpSocket &, const Request &request) { m_plc.carriedOut(request); };
    const QByteArray command = R"({"point":"plc1/speed","value":61,"correlation_id":"busy","wait_ms":0})";
    const QString id = post("/api/v1/commands", command).json()[u"command_id"].toString();
    for (int i = 0; i < 5; ++i) QCOMPARE(post("/api/v1/commands", command).json()[u"command_id"].toString(), id);
    QVERIFY2(isAsTold(id, QStringLiteral("queued,sent,succeeded")), qPrintable(m_wrong));
    const HttpAnswer after = post("/api/v1/commands", command);
    QCOMPARE(after.status, 200);
    QCOMPARE(after.json()[u"command_id"].toString(), id);
    QCOMPARE(post("/api/v1/commands", R"({"point":"plc1/speed","value":62,"correlation_id":"busy"})").status, 409);
    QCOMPARE(m_plc.writes.size(), 1);
  }

  void R5_11_aKillInTheMiddleOfACommand() {
    m_plc.onWrite = [this](QTcpSocket &, const Request &request) { m_plc.carriedOut(request); };
    m_plc.onReadBack = FaultyPlc::nothing();
    const QByteArray sent = R"({"point":"plc1/speed","value":71,"correlation_id":"sent"})";
    const QByteArray waiting = R"({"point":"plc1/speed","value":72,"correlation_id":"waiting"})";
    m_live->send(R"({"op":"command","id":"sent","p":"plc1/speed","v":71,"correlation_id":"sent"})");
    m_live->send(R"({"op":"command","id":"waiting","p":"plc1/speed","v":72,"correlation_id":"waiting"})");
    QTRY_COMPARE(m_plc.writes.size(), 1);
    QTRY_COMPARE(clientSteps("waiting"), QStringLiteral("queued"));
    m_program.kill();
    m_plc.onWrite = m_plc.onReadBack = m_plc.well();
    start();
    becomeHealthy();
    const HttpAnswer outcome = post("/api/v1/commands", sent);
    QCOMPARE(outcome.status, 409);
    QCOMPARE(outcome.json()[u"status"].toString(), QStringLiteral("unknown"));
    QVERIFY2(outcome.json()[u"message"].toString().contains(u"the program ended"), outcome.body.constData());
    QCOMPARE(m_plc.writes.size(), 1);
    // What never went out may: once.
    for (int i = 0; i < 3; ++i) QCOMPARE(post("/api/v1/commands", waiting).status, 200);
    QCOMPARE(m_plc.writes.size(), 2);
    QCOMPARE(m_plc.registers[0], quint16(72));
  }

  void R5_9_theEndOfAPulseIsRepeatedUntilItIsThere() {
    int lost = 0;
    m_plc.onWrite = [&](QTcpSocket &client, const Request &request) {
      if (request.value() == 0 && lost++ < 2) return;
      client.write(m_plc.carriedOut(request));
    };
    const HttpAnswer pulse = post("/api/os/command", horn);
    QCOMPARE(pulse.status, 409);
    QVERIFY2(pulse.json()[u"message"].toString().contains(u"tried again until it is done"), pulse.body.constData());
    QVERIFY2(isAsTold(pulse.json()[u"commandId"].toString(), QStringLiteral("queued,sent,acked,failed")),
             qPrintable(m_wrong));
    QTRY_VERIFY_WITH_TIMEOUT(isSaid("pulse_ended", u"at try 3"), patience);
    QVERIFY(isSaid("pulse_not_ended", u"plc1/horn could not be brought back"));
    QVERIFY(!m_plc.coils[1]);
    QCOMPARE(m_plc.writes.size(), 4);
    becomeHealthy();
    QCOMPARE(m_plc.writes.size(), 4);
  }
  void R5_9_theEndOfAPulseIsReadBackWhenItsAnswerIsLost() {
    m_plc.onWrite = [this](QTcpSocket &client, const Request &request) {
      const QByteArray answer = m_plc.carriedOut(request);
      if (request.value() != 0) client.write(answer);
    };
    const HttpAnswer pulse = post("/api/os/command", horn);
    QVERIFY2(isAsTold(pulse.json()[u"commandId"].toString(), QStringLiteral("queued,sent,acked,succeeded")),
             qPrintable(m_wrong));
    QCOMPARE(pulse.json()[u"actualValue"].toBool(), true);
    QVERIFY(!m_plc.coils[1]);
    QCOMPARE(m_plc.writes.size(), 2);
  }

 private:
  static constexpr int patience = 20'000;
  static constexpr const char *horn = R"({"endpointId":61,"value":true,"commandType":"pulse","durationMs":50})";

  std::vector<Mishap> mishaps() {
    const auto done = m_plc.answering(true, [](const Request &) { return QByteArray(); });
    const auto garbage = m_plc.answering(true, [](const Request &) { return QByteArray(40, '\xA5'); });
    const auto holdsOther = [this](QTcpSocket &client, const Request &request) {
      client.write(m_plc.carriedOut(request));
      m_plc.registers[0] = 7;
    };
    return {
        {"well", m_plc.well(), m_plc.well(), "queued,sent,acked,succeeded", ""},
        {"answer lost, value there", done, m_plc.well(), "queued,sent,succeeded", ""},
        {"answer lost, value not there", FaultyPlc::nothing(), m_plc.well(), "queued,sent,failed",
         "its answer was lost"},
        {"answer lost, no read-back", done, FaultyPlc::nothing(), "queued,sent,unknown", "is not known"},
        {"answer lost, read-back refused", done, m_plc.refusing(4), "queued,sent,unknown", "could not be read back"},
        {"refused", m_plc.refusing(2), m_plc.well(), "queued,sent,failed", "illegal data address"},
        {"still at work", m_plc.refusing(5, true), m_plc.well(), "queued,sent,succeeded", ""},
        {"the gateway got no answer", m_plc.refusing(11, true), m_plc.well(), "queued,sent,succeeded", ""},
        {"taken, but it holds another value", holdsOther, m_plc.well(), "queued,sent,acked,failed", "reported 7, not"},
        {"taken, no read-back", m_plc.well(), FaultyPlc::nothing(), "queued,sent,acked,unknown", "is not known"},
        {"closed behind the write", m_plc.closing(true, 0), m_plc.well(), "queued,sent,succeeded", ""},
        {"closed before the write", m_plc.closing(false, 0), m_plc.well(), "queued,sent,failed", "its answer was lost"},
        {"closed in the middle of the answer", m_plc.closing(true, 9), m_plc.well(), "queued,sent,succeeded", ""},
        {"garbage", garbage, m_plc.well(), "queued,sent,succeeded", ""},
        {"the answer to another", m_plc.changing(1), m_plc.well(), "queued,sent,succeeded", ""},
        {"the echo of another value", m_plc.changing(11), m_plc.well(), "queued,sent,succeeded", ""},
        {"closed when read back", m_plc.well(), m_plc.closing(false, 0), "queued,sent,acked,unknown", "is not known"}};
  }

  void start() {
    m_live.reset();
    QVERIFY2(m_program.start(manifest()), qPrintable(m_program.errors()));
    m_live = std::make_unique<Client>(QStringLiteral("ws://127.0.0.1:%1/ws/live").arg(m_webPort));
    QVERIFY(m_live->waitOpen());
    m_live->send(R"({"op":"subscribe","id":"all","topics":["events/command","events/system"]})");
    QVERIFY(
        !m_live->waitFor([](const QJsonObject &each) { return each[u"op"] == QLatin1String("snapshot"); }).isEmpty());
  }
  /// Until the device is polled well: there is a link then, and nothing of before is under way.
  void becomeHealthy() {
    const int before = m_plc.polls;
    QTRY_VERIFY_WITH_TIMEOUT(m_plc.polls >= before + 4 && latest(63)[u"quality"] == QLatin1String("good"), patience);
  }
  HttpAnswer post(const QByteArray &path, const QByteArray &body) { return http(m_webPort, "POST", path, body); }
  HttpAnswer write(int number, const QByteArray &value) {
    return post("/api/os/command", "{\"endpointId\":" + QByteArray::number(number) + ",\"value\":" + value + '}');
  }
  HttpAnswer write(int number, int value) { return write(number, QByteArray::number(value)); }
  int ingestHatch(const QByteArray &value) {
    return post("/api/os/telemetry/ingest", "{\"endpointId\":80,\"value\":" + value + '}').status;
  }
  QJsonObject latest(int number) {
    const auto answer = http(m_webPort, "GET", "/api/os/telemetry/latest?endpointId=" + QByteArray::number(number));
    return QJsonDocument::fromJson(answer.body).array().first().toObject();
  }

  QList<QJsonObject> events(const char *type) const {
    QList<QJsonObject> all;
    for (const QJsonObject &message : m_live->messages) {
      const QJsonArray each = message[u"events"].toArray();
      for (const QJsonValue &event : each) {
        if (event[u"type"] == QLatin1String(type)) all << event.toObject();
      }
    }
    return all;
  }
  bool isSaid(const char *kind, QStringView text) const {
    const QList<QJsonObject> all = events("system");
    return std::any_of(all.begin(), all.end(), [&](const QJsonObject &each) {
      return each[u"kind"] == QLatin1String(kind) && each[u"text"].toString().contains(text);
    });
  }
  /// The steps that a client of `live` was told of its own command: "queued,sent".
  QString clientSteps(const char *id) const {
    QStringList states;
    for (const QJsonObject &message : m_live->messages) {
      const bool isIts = message[u"op"] == QLatin1String("command_status") && message[u"id"] == QLatin1String(id);
      if (isIts) states << message[u"status"].toString();
    }
    return states.join(u',');
  }
  /// Steps with their times as the subscriber heard them: "queued 2026-…Z".
  QStringList heard(const QString &id) const {
    QStringList steps;
    for (const QJsonObject &each : events("command")) {
      if (each[u"command_id"] == id) steps << each[u"status"].toString() + u' ' + each[u"t"].toString();
    }
    return steps;
  }
  /// The command ends after these steps, in order of time; the subscriber heard the very same.
  bool isAsTold(const QString &id, const QString &states) {
    const QByteArray path = "/api/os/command/" + id.toUtf8();
    QJsonObject record;
    const bool hasEnded = QTest::qWaitFor(
        [&] { return (record = http(m_webPort, "GET", path).json()).contains(QLatin1String("completedAt")); },
        patience);
    QStringList words;
    QStringList steps;
    QStringList times;
    const QJsonArray history = record[u"history"].toArray();
    for (const QJsonValue &each : history) {
      words << each[u"status"].toString();
      times << each[u"timestamp"].toString();
      steps << words.last() + u' ' + times.last();
    }
    const bool isOrdered = std::is_sorted(times.begin(), times.end()) && !times.contains(QString());
    const bool isHeard = QTest::qWaitFor([&] { return heard(id) == steps; }, patience);
    m_wrong = QStringLiteral("%1\nheard: %2")
                  .arg(QString::fromUtf8(QJsonDocument(record).toJson()), heard(id).join(QLatin1String(", ")));
    return hasEnded && words.join(u',') == states && isOrdered && isHeard &&
           record[u"completedAt"].toString() == times.last();
  }

  QByteArray manifest() const {
    QString text = QStringLiteral(
        "{ 'data_dir': 'var', 'plugins': [\n"
        "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:%1', 'poll_interval_ms': 50,\n"
        "  'timeout_ms': 500, 'verify_ms': 200, 'suspend_after': 100, 'points': [\n"
        "  { 'name': 'pump', 'number': 60, 'table': 'coil', 'address': 0, 'writable': true },\n"
        "  { 'name': 'horn', 'number': 61, 'table': 'coil', 'address': 1, 'writable': true },\n"
        "  { 'name': 'press', 'number': 62, 'table': 'coil', 'address': 2, 'writable': true },\n"
        "  { 'name': 'speed', 'number': 63, 'register': '40001', 'type': 'uint16', 'writable': true },\n"
        "  { 'name': 'level', 'number': 64, 'register': '40002', 'type': 'uint16', 'writable': true,\n"
        "    'verify_tolerance': 5 } ] } },\n"
        "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [\n"
        "  { 'name': 'hatch', 'number': 80, 'type': 'bool' } ] } },\n"
        "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%2', 'auth': { 'anonymous': ['*:*'] },\n"
        "  'endpoints': [ { 'path': '/ws/live', 'protocol': 'live' } ] } } ],\n"
        "'interlocks': [ { 'id': 5, 'name': 'Hatch', 'mode': 'permissive', 'points': ['plc1/press'],\n"
        "  'conditions': [ { 'type': 'require_closed', 'point': 'lab/hatch' } ] } ] }\n");
    return text.arg(m_plc.port()).arg(m_webPort).replace(u'\'', u'"').toUtf8();
  }

  FaultyPlc m_plc;
  RunningProgram m_program;
  std::unique_ptr<Client> m_live;
  std::vector<Mishap> m_mishaps;
  quint16 m_webPort = 0;
  QString m_wrong;
};

TAGWIRE_TEST(CommandPathsTest)

}  // namespace commandpaths_test

#include "commandpaths_test.moc"
