// SPDX-License-Identifier: Apache-2.0
// Scenes and reactions: the real program between registers of a PLC that is not ours and fixes of tags. A start-up
// waits for a level, a tag at the gate lights the lamp, an alarm shuts down; stopped, ended and killed in the middle.
#include <QTest>

#include <csignal>

#include "modbusplc.h"
#include "runningprogram.h"
#include "testprogram.h"

namespace scene_test {

class SceneTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    m_webPort = freePort();
    QVERIFY(m_plc.connectDevice());
    start();
  }
  void cleanupTestCase() { QCOMPARE(m_program.terminate(), 0); }

  void aTagAtTheGateLightsTheLamp() {
    fix(50, 50);
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/points/uwb/zone/417/occupancy").body.contains("\"value\":1"));
    QVERIFY(!isOn(lamp));
    fix(15, 12);
    QTRY_VERIFY(isOn(lamp));
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/audit?kind=command&actor=reaction:1")
                    .body.contains("trigger 123 \\\"Gate\\\": OnEnter of tag SIM1"));
  }

  void theStartUpWaitsForTheLevel() {
    setLevel(5);
    Client panel(ws("/ws"));
    QVERIFY(panel.waitOpen());
    panel.send("{\"type\":\"subscribe\",\"channel\":\"commands\"}");
    const QString id = run(1, "{\"comment\":\"monday\",\"wait_ms\":0}");
    QTRY_VERIFY(isOn(valve));
    QTRY_COMPARE(scene(1).value(QLatin1String("step")).toInt(), 2);
    QCOMPARE(scene(1).value(QLatin1String("state")).toString(), QStringLiteral("running"));
    QVERIFY(!isOn(pump));
    // A second one at the same time is refused.
    const HttpAnswer second = http(m_webPort, "POST", "/api/v1/scenes/1/run", "{}");
    QCOMPARE(second.status, 409);
    QVERIFY(second.body.contains("is running already"));
    setLevel(30);
    QTRY_COMPARE(statusOf(id), QStringLiteral("succeeded"));
    QVERIFY(isOn(pump));
    const QJsonObject last = panel.waitFor([&](const QJsonObject &m) {
      return m.value(QLatin1String("commandId")).toString() == id && m.contains(QLatin1String("completedAt"));
    });
    QCOMPARE(last.value(QLatin1String("message")).toString(), QStringLiteral("all 3 steps were carried out"));
    QStringList states;
    for (const QJsonObject &each : std::as_const(panel.messages)) {
      if (each.value(QLatin1String("commandId")).toString() == id) {
        states << each.value(QLatin1String("status")).toString();
      }
    }
    QCOMPARE(states.join(u' '), QStringLiteral("queued sent sent sent succeeded"));
    // Each step is a command of its own, on record as such.
    const QByteArray step = id.toLatin1() + "%2F3";
    QCOMPARE(http(m_webPort, "GET", "/api/v1/commands/" + step).json().value(QLatin1String("point")).toString(),
             QStringLiteral("plc1/pump"));
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/audit?kind=command&reference=" + step)
                    .body.contains("scene 1 \\\"Start-up\\\", step 3 of 3: monday"));
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/audit?kind=scene").body.contains("all 3 steps were carried out"));
  }

  void anAlarmShutsDown() {
    QVERIFY(isOn(pump) && isOn(valve));
    setLevel(90);
    QTRY_VERIFY(!isOn(pump) && !isOn(valve));
    QTRY_COMPARE(lastRun(2, "requested_by"), QStringLiteral("reaction:2"));
    QCOMPARE(lastRun(2, "status"), QStringLiteral("succeeded"));
    setLevel(30);
  }

  void stoppedInTheMiddle() {
    const QString id = run(3, "{\"wait_ms\":0}");
    QTRY_VERIFY(isOn(valve));
    QTRY_COMPARE(scene(3).value(QLatin1String("step")).toInt(), 2);
    QCOMPARE(http(m_webPort, "POST", "/api/v1/commands/" + id.toLatin1() + "/cancel", "{}").status, 200);
    QTRY_COMPARE(statusOf(id), QStringLiteral("failed"));
    QVERIFY(!isOn(valve));
    QCOMPARE(lastRun(3, "message"),
             QStringLiteral("stopped by anonymous during step 2 of 2 (wait 600000 ms); on_stop was carried out"));
  }

  void endedWithTheProgram() {
    const QString id = run(3, "{\"wait_ms\":0}");
    QTRY_COMPARE(scene(3).value(QLatin1String("step")).toInt(), 2);
    QVERIFY(isOn(valve));
    // The PLC lives in our event loop, and has to answer meanwhile.
    QCOMPARE(::kill(static_cast<pid_t>(m_program.processId()), SIGTERM), 0);
    QTRY_COMPARE(m_program.process().state(), QProcess::NotRunning);
    QVERIFY(!isOn(valve));
    start();
    QCOMPARE(lastRun(3, "command_id"), id);
    QCOMPARE(lastRun(3, "status"), QStringLiteral("failed"));
    QCOMPARE(lastRun(3, "message"), QStringLiteral("the program is stopping during step 2 of 2 (wait 600000 ms); "
                                                   "on_stop was carried out"));
  }

  void killedInTheMiddle() {
    const QByteArray body = "{\"correlation_id\":\"click-1\",\"wait_ms\":0}";
    const QString id = run(3, body);
    // A step is shown when it begins. It is on disk before anything of it is carried out.
    QTRY_COMPARE(keptStep(id), 2);
    QCOMPARE(scene(3).value(QLatin1String("step")).toInt(), 2);
    QVERIFY(isOn(valve));
    m_program.kill();
    start();
    const QString text = QStringLiteral(
        "the program ended during step 2 of 2 (wait 600000 ms); nothing was carried out "
        "since");
    QCOMPARE(lastRun(3, "status"), QStringLiteral("unknown"));
    QCOMPARE(lastRun(3, "message"), text);
    QTRY_COMPARE(statusOf(id), QStringLiteral("unknown"));
    QCOMPARE(scene(3).value(QLatin1String("state")).toString(), QStringLiteral("idle"));
    // Asked for once more by the same click: told, and not run.
    const HttpAnswer again = http(m_webPort, "POST", "/api/v1/scenes/3/run", body);
    QCOMPARE(again.status, 409);
    QCOMPARE(again.json().value(QLatin1String("message")).toString(), text);
    QVERIFY(isOn(valve));
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/audit?kind=scene").body.contains("nothing was carried out since"));
  }

 private:
  enum Coil : quint16 { valve, pump, lamp };

  void start() {
    QVERIFY2(m_program.start(manifest()), qPrintable(m_program.errors()));
    m_sender = std::make_unique<Client>(ws("/ws/Manager1"));
    QVERIFY(m_sender->waitOpen());
    // Until the PLC is connected, commands for it fail.
    QTRY_VERIFY(http(m_webPort, "GET", "/api/v1/points/plc1/pump").body.contains("\"good\""));
  }
  QString ws(const char *path) const {
    return QStringLiteral("ws://127.0.0.1:%1%2").arg(m_webPort).arg(QLatin1String(path));
  }
  void fix(double x, double y) {
    m_sender->send(QStringLiteral("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":%1,\"Y\":%2,\"Z\":1,\"Sequence\":%3}")
                       .arg(x)
                       .arg(y)
                       .arg(++m_sequence)
                       .toUtf8());
  }
  void setLevel(quint16 level) { m_plc.setRegister(0, level); }
  bool isOn(Coil coil) const { return m_plc.isOn(coil); }
  QString run(int scene, const QByteArray &body) {
    const HttpAnswer answer = http(m_webPort, "POST", "/api/v1/scenes/" + QByteArray::number(scene) + "/run", body);
    return answer.json().value(QLatin1String("command_id")).toString();
  }
  QJsonObject scene(int id) { return http(m_webPort, "GET", "/api/v1/scenes/" + QByteArray::number(id)).json(); }
  int keptStep(const QString &id) {
    QFile file(m_program.file("var/scenes.json"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    for (const QJsonValueRef run : QJsonDocument::fromJson(file.readAll()).array()) {
      if (run[QLatin1String("id")].toString() == id) return run[QLatin1String("step")].toInt();
    }
    return 0;
  }
  QString lastRun(int id, const char *key) {
    return scene(id).value(QLatin1String("last_run")).toObject().value(QLatin1String(key)).toString();
  }
  QString statusOf(const QString &id) {
    return http(m_webPort, "GET", "/api/v1/commands/" + id.toLatin1()).json().value(QLatin1String("status")).toString();
  }
  QByteArray manifest() const {
    QString text = QStringLiteral(
        "{ 'data_dir': 'var', 'plugins': [\n"
        "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:%1', 'unit': 1, "
        "'poll_interval_ms': 50, 'timeout_ms': 500, 'points': [\n"
        "  { 'name': 'valve', 'table': 'coil', 'address': 0, 'type': 'bool', 'writable': true },\n"
        "  { 'name': 'pump', 'table': 'coil', 'address': 1, 'type': 'bool', 'writable': true },\n"
        "  { 'name': 'lamp', 'table': 'coil', 'address': 2, 'type': 'bool', 'writable': true },\n"
        "  { 'name': 'level', 'table': 'holding', 'address': 0, 'type': 'uint16' } ] } },\n"
        "{ 'id': 'uwb', 'type': 'rtls', 'config': { 'managers': ['Manager1'], 'timeout_ms': 60000,\n"
        "  'zones': [ { 'id': 417, 'name': 'Hall', 'polygon': [[0,0],[100,0],[100,60],[0,60]] } ],\n"
        "  'tags': [ { 'id': 'SIM1', 'name': 'Operator' } ],\n"
        "  'triggers': [ { 'id': 123, 'name': 'Gate', 'zone': 417, 'direction': 'OnEnter',\n"
        "    'regions': [ { 'polygon': [[10,10],[20,10],[20,20],[10,20]] } ] } ] } },\n"
        "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': [ { 'id': 77, 'name': 'High', 'point': "
        "'plc1/level',\n"
        "  'comparison': 'above', 'alarm_threshold': 80, 'severity': 'critical' } ] } },\n"
        "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%2', 'auth': { 'anonymous': ['*:*'] },\n"
        "'endpoints': [ { 'path': '/ws/{manager}', 'protocol': 'rtls-manager' }, { 'path': '/ws', 'protocol': 'panel' }"
        " ] } } ],\n"
        "'scenes': [\n"
        "  { 'id': 1, 'name': 'Start-up', 'steps': [ { 'write': 'plc1/valve', 'value': true },\n"
        "    { 'await': [ { 'type': 'require_level', 'point': 'plc1/level', 'value': 20 } ], 'timeout_ms': 60000 },\n"
        "    { 'write': 'plc1/pump', 'value': true } ], 'on_stop': [ { 'write': 'plc1/valve', 'value': false } ] },\n"
        "  { 'id': 2, 'name': 'Shut-down', 'on_failure': 'continue',\n"
        "    'steps': [ { 'write': 'plc1/pump', 'value': false }, { 'write': 'plc1/valve', 'value': false } ] },\n"
        "  { 'id': 3, 'name': 'Rinse', 'steps': [ { 'write': 'plc1/valve', 'value': true }, { 'wait_ms': 600000 } ],\n"
        "    'on_stop': [ { 'write': 'plc1/valve', 'value': false } ] } ],\n"
        "'reactions': [\n"
        "  { 'id': 1, 'name': 'Light', 'when': { 'trigger': 123 }, 'write': 'plc1/lamp', 'value': true },\n"
        "  { 'id': 2, 'name': 'Too high', 'when': { 'alarm': 77 }, 'scene': 2 } ] }\n");
    return text.arg(m_plc.port()).arg(m_webPort).replace(u'\'', u'"').toUtf8();
  }

  quint16 m_webPort = 0;
  ModbusPlc m_plc;
  RunningProgram m_program;
  std::unique_ptr<Client> m_sender;
  int m_sequence = 0;
};

TAGWIRE_TEST(SceneTest)

}  // namespace scene_test

#include "scene_test.moc"
