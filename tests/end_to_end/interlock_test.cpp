// SPDX-License-Identifier: Apache-2.0
// Commands across what no single PLC knows: the real program between registers of a PLC that is not ours and fixes of
// tags. The conveyor starts only when its zone is clear; the press stops when somebody else than an operator comes
// near.
#include <QFile>
#include <QTest>
#include <QTimer>

#include <csignal>

#include "modbusplc.h"
#include "runningprogram.h"
#include "testprogram.h"

namespace interlock_test {

class InterlockTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    m_webPort = freePort();
    QVERIFY(m_plc.connectDevice());
    start();
  }
  void cleanupTestCase() { QCOMPARE(m_program.terminate(), 0); }

  void R5_10_theConveyorStartsOnlyWhenItsZoneIsClear() {
    Client panel(ws("/ws"));
    QVERIFY(panel.waitOpen());
    panel.send("{\"type\":\"subscribe\",\"channel\":\"alarms\"}");
    moveTo("OP1", 5, 5);
    QTRY_COMPARE(write(61, "true").status, 403);
    // With the zone known to be occupied.
    QTRY_VERIFY(write(61, "true")
                    .json()
                    .value(QLatin1String("message"))
                    .toString()
                    .contains(QLatin1String("occupied by 1 tag")));
    const HttpAnswer blocked = write(61, "true");
    QCOMPARE(blocked.status, 403);
    QCOMPARE(blocked.json().value(QLatin1String("status")).toString(), QStringLiteral("blocked"));
    QCOMPARE(blocked.json().value(QLatin1String("interlockId")).toInt(), 10);
    const QJsonObject alarm = panel.waitFor([](const QJsonObject &m) {
      return m.value(QLatin1String("type")).toString() == QLatin1String("alarm") &&
             m.value(QLatin1String("ruleId")).toInt() == -10;
    });
    QVERIFY(alarm.value(QLatin1String("message")).toString().contains(QLatin1String("plc1/conveyor/run")));
    QVERIFY(!isOn(0));
    QCOMPARE(write(61, "false").status, 200);
    moveTo("OP1", 50, 50);
    QTRY_COMPARE(write(61, "true").status, 200);
    QVERIFY(isOn(0));
    QCOMPARE(write(61, "false").status, 200);
  }

  void R5_10_thePressStopsWhenAnUnauthorisedTagEnters() {
    moveTo("OP1", 50, 50);
    QTRY_COMPARE(write(62, "true").status, 200);
    QVERIFY(isOn(1));
    moveTo("OP1", 25, 25);
    QTRY_COMPARE(pointValue("uwb/zone/420/occupancy"), 1);
    QVERIFY(isOn(1));
    moveTo("VIS1", 25, 25);
    QTRY_VERIFY(!isOn(1));
    QCOMPARE(write(62, "true").status, 403);
    QCOMPARE(http(m_webPort, "POST", "/api/v1/interlocks/11/reset", "{\"comment\":\"nobody there\"}").status, 409);
    moveTo("VIS1", 50, 50);
    QTRY_COMPARE(pointValue("uwb/zone/420/occupancy"), 1);
    const HttpAnswer latched = write(62, "true");
    QCOMPARE(latched.status, 403);
    QCOMPARE(latched.json().value(QLatin1String("interlockId")).toInt(), 11);
    QVERIFY(becomes(200, [this] { return post("/api/v1/interlocks/11/reset", "{\"comment\":\"visitor has left\"}"); }));
    QCOMPARE(write(62, "true").status, 200);
    QVERIFY(isOn(1));
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/audit?kind=interlock").body.contains("visitor has left"));
  }

  void aTripOutlivesTheProgram() {
    moveTo("OP1", 50, 50);
    moveTo("VIS1", 50, 50);
    QVERIFY(becomes(200, [this] { return write(62, "true").status; }));
    QVERIFY(isOn(1));
    moveTo("VIS1", 25, 25);
    QTRY_VERIFY(!isOn(1));
    QTRY_COMPARE(standing("active"), QStringLiteral("-11"));
    // The press is stopped before that is on disk.
    QTRY_VERIFY(latches().contains("\"interlock\":11"));
    m_program.kill();
    start();
    QTRY_COMPARE(standing("active"), QStringLiteral("-11"));  // not known is not met
    moveTo("VIS1", 50, 50);
    QTRY_COMPARE(pointValue("uwb/zone/420/occupancy"), 0);
    QTRY_COMPARE(standing("cleared_unacked"), QStringLiteral("-11"));
    const HttpAnswer latched = write(62, "true");
    QCOMPARE(latched.status, 403);
    QCOMPARE(latched.json().value(QLatin1String("interlockId")).toInt(), 11);
    QVERIFY(becomes(200, [this] { return post("/api/v1/interlocks/11/reset", "{}"); }));
    QTRY_COMPARE(write(62, "true").status, 200);
    QCOMPARE(standing("active") + standing("cleared_unacked"), QString());
  }

  void aPulseThatAKillCutIsEndedAfterTheStart() {
    moveTo("OP1", 50, 50);
    const QByteArray pulse = "{\"endpointId\":63,\"value\":true,\"commandType\":\"pulse\",\"durationMs\":600000}";
    const HttpAnswer answer = http(m_webPort, "POST", "/api/os/command", pulse);
    QVERIFY2(answer.status == 202 || answer.status == 200, answer.body.constData());
    QTRY_VERIFY(isOn(2));
    m_program.kill();
    QVERIFY(isOn(2));
    start();
    QTRY_VERIFY2(!isOn(2), qPrintable(m_program.errors()));
  }

  void aPulseEndsBeforeTheProgram() {
    const QByteArray pulse = "{\"endpointId\":63,\"value\":true,\"commandType\":\"pulse\",\"durationMs\":600000}";
    QVERIFY(becomes(202, [&] { return post("/api/os/command", pulse); }));
    QTRY_VERIFY(isOn(2));
    // The PLC lives in our event loop, and has to answer meanwhile.
    QCOMPARE(::kill(static_cast<pid_t>(m_program.processId()), SIGTERM), 0);
    QTRY_COMPARE(m_program.process().state(), QProcess::NotRunning);
    QVERIFY(!isOn(2));
    start();
  }

  void R5_11_aCorrelationIdCountsOverAKill() {
    const QByteArray toggle = "{\"endpointId\":63,\"commandType\":\"toggle\",\"correlationId\":\"click-1\"}";
    QVERIFY(becomes(200, [&] { return post("/api/os/command", toggle); }));
    const bool isOnNow = isOn(2);
    for (int i = 0; i < 20; ++i) QCOMPARE(http(m_webPort, "POST", "/api/os/command", toggle).status, 200);
    QCOMPARE(isOn(2), isOnNow);
    m_program.kill();
    start();
    const HttpAnswer again = http(m_webPort, "POST", "/api/os/command", toggle);
    QVERIFY2(again.status == 200 || again.status == 409, again.body.constData());
    QCOMPARE(isOn(2), isOnNow);
  }

 private:
  void start() {
    QVERIFY2(m_program.start(manifest()), qPrintable(m_program.errors()));
    m_sender = std::make_unique<Client>(ws("/ws/Manager1"));
    QVERIFY(m_sender->waitOpen());
    // Somebody far away is seen all the while: without any fix no zone is known to be clear.
    m_presence.disconnect();
    m_presence.callOnTimeout(this, [this] { fix("REF", 90, 50); });
    m_presence.start(100);
  }
  QString ws(const char *path) const {
    return QStringLiteral("ws://127.0.0.1:%1%2").arg(m_webPort).arg(QLatin1String(path));
  }
  void fix(const char *tag, double x, double y) {
    int &sequence = m_sequences[QLatin1String(tag)];
    sequence = sequence % 200 + 1;
    m_sender->send(QStringLiteral("{\"type\":\"GISData\",\"ID\":\"%1\",\"X\":%2,\"Y\":%3,\"Z\":1,\"Sequence\":%4}")
                       .arg(QLatin1String(tag))
                       .arg(x)
                       .arg(y)
                       .arg(sequence)
                       .toUtf8());
  }
  /// Asks until the answer has this status. QTRY_COMPARE would ask once more when it has.
  template <class Ask>
  static bool becomes(int status, Ask ask) {
    QDeadlineTimer deadline(20'000);
    while (ask() != status) {
      if (deadline.hasExpired()) return false;
      QTest::qWait(50);
    }
    return true;
  }
  int post(const char *path, const QByteArray &body) { return http(m_webPort, "POST", path, body).status; }
  void moveTo(const char *tag, double x, double y) { fix(tag, x, y); }
  HttpAnswer write(int number, const char *value) {
    return http(m_webPort, "POST", "/api/os/command",
                QByteArray("{\"endpointId\":") + QByteArray::number(number) + ",\"value\":" + value +
                    ",\"commandType\":\"write\"}");
  }
  bool isOn(int coil) const { return m_plc.isOn(coil); }
  /// Rule ids of the alarms in the list of this status.
  /// What is on disk of them.
  QByteArray latches() {
    QFile file(m_program.file("var/interlocks.json"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().replace(' ', "") : QByteArray();
  }
  QString standing(const char *status) {
    const HttpAnswer answer = http(m_webPort, "GET", QByteArray("/api/os/alarms?status=") + status);
    QStringList rules;
    const QJsonArray alarms = QJsonDocument::fromJson(answer.body).array();
    for (const QJsonValue &each : alarms) rules << QString::number(each[u"ruleId"].toInt());
    return rules.join(u',');
  }
  int pointValue(const char *name) {
    const HttpAnswer answer = http(m_webPort, "GET", "/api/v1/points");
    const QJsonArray points = QJsonDocument::fromJson(answer.body).array();
    for (const QJsonValue &each : points) {
      const QJsonObject point = each.toObject();
      if (point.value(QLatin1String("name")).toString() == QLatin1String(name)) {
        return point.value(QLatin1String("value")).toInt(-1);
      }
    }
    return -1;
  }
  QByteArray manifest() const {
    QString text = QStringLiteral(
        "{ 'data_dir': 'var', 'plugins': [\n"
        "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:%1', 'unit': 1, "
        "'poll_interval_ms': 50, 'timeout_ms': 500, 'points': [\n"
        "  { 'name': 'conveyor/run', 'number': 61, 'table': 'coil', 'address': 0, 'type': 'bool', 'writable': true },\n"
        "  { 'name': 'press/run', 'number': 62, 'table': 'coil', 'address': 1, 'type': 'bool', 'writable': true },\n"
        "  { 'name': 'horn', 'number': 63, 'table': 'coil', 'address': 2, 'type': 'bool', 'writable': true } ] } },\n"
        "{ 'id': 'uwb', 'type': 'rtls', 'config': { 'managers': ['Manager1'], 'timeout_ms': 60000,\n"
        "  'zones': [ { 'id': 417, 'name': 'Conveyor', 'polygon': [[0,0],[10,0],[10,10],[0,10]] },\n"
        "             { 'id': 420, 'name': 'Press', 'polygon': [[20,20],[30,20],[30,30],[20,30]] } ],\n"
        "  'tags': [ { 'id': 'OP1', 'name': 'Operator', 'class': 'operator' }, { 'id': 'VIS1', 'name': 'Visitor', "
        "'class': 'visitor' }, { 'id': 'REF', 'name': 'Reference', 'class': 'reference' } ] } },\n"
        "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%2', 'auth': { 'anonymous': ['*:*'] },\n"
        "'endpoints': [ { 'path': '/ws/{manager}', 'protocol': 'rtls-manager' }, { 'path': '/ws', 'protocol': 'panel' }"
        " ] } } ],\n"
        "'interlocks': [\n"
        "  { 'id': 10, 'name': 'Conveyor: hall clear', 'mode': 'permissive', 'points': ['plc1/conveyor/run'],\n"
        "    'conditions': [ { 'type': 'zone_clear', 'zone': 417 } ] },\n"
        "  { 'id': 11, 'name': 'Press: unauthorised tag', 'mode': 'trip', 'points': ['plc1/press/run'],\n"
        "    'severity': 'critical', 'conditions': [ { 'type': 'zone_clear', 'zone': 420, 'except_classes': "
        "['operator'] }"
        " ] } ] }\n");
    return text.arg(m_plc.port()).arg(m_webPort).replace(u'\'', u'"').toUtf8();
  }

  quint16 m_webPort = 0;
  ModbusPlc m_plc;
  RunningProgram m_program;
  std::unique_ptr<Client> m_sender;
  QTimer m_presence;
  QHash<QString, int> m_sequences;
};

TAGWIRE_TEST(InterlockTest)

}  // namespace interlock_test

#include "interlock_test.moc"
