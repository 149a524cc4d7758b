// SPDX-License-Identifier: Apache-2.0
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTest>
#include <QVariant>

#include <bit>

#include "modbusplc.h"
#include "runningprogram.h"
#include "testprogram.h"

namespace plant_test {

/// The main job with the real program: registers of a PLC that is not ours in; live values, history, alarms, positions,
/// trigger events and commands out.
class PlantTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    m_webPort = freePort();
    setTemperature(20.5F);
    QVERIFY(m_plc.connectDevice());
    QVERIFY2(m_program.start(manifest()), qPrintable(m_program.errors()));
  }
  void cleanupTestCase() {
    QCOMPARE(m_program.terminate(), 0);
    // No message of any kind beyond what a good run says.
    QVERIFY2(!m_program.errors().contains(QLatin1String(" error ")), qPrintable(m_program.errors()));
  }

  void R6_2_registerChangeReachesALiveClient() {
    Client client(ws("/ws/live"));
    QVERIFY(client.waitOpen());
    client.send("{\"op\":\"subscribe\",\"id\":\"a\",\"topics\":[\"points/plc1/#\"]}");
    const QJsonObject snapshot =
        client.waitFor([](const QJsonObject &m) { return op(m) == QLatin1String("snapshot"); });
    QCOMPARE(pointOf(snapshot, "plc1/boiler/temp").value(QLatin1String("v")).toDouble(), 20.5);
    const QDateTime before = QDateTime::currentDateTimeUtc();
    setTemperature(42.25F);
    const QJsonObject update = client.waitFor([](const QJsonObject &m) {
      return op(m) == QLatin1String("update") &&
             pointOf(m, "plc1/boiler/temp").value(QLatin1String("v")).toDouble() == 42.25;
    });
    const QJsonObject point = pointOf(update, "plc1/boiler/temp");
    QCOMPARE(point.value(QLatin1String("q")).toString(), QStringLiteral("good"));
    const QDateTime time = QDateTime::fromString(point.value(QLatin1String("t")).toString(), Qt::ISODateWithMs);
    QVERIFY2(time >= before.addMSecs(-1) && time <= QDateTime::currentDateTimeUtc(),
             qPrintable(time.toString(Qt::ISODateWithMs)));
    QVERIFY(update.value(QLatin1String("seq")).toInteger() > snapshot.value(QLatin1String("seq")).toInteger());
  }
  void R5_4_panelGetsTheLastValueAtOnceAndThenChanges() {
    Client client(ws("/ws"));
    QVERIFY(client.waitOpen());
    QVERIFY(!client.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("connected"); }).isEmpty());
    client.send("{\"type\":\"subscribe\",\"channel\":\"telemetry\",\"endpointIds\":[59]}");
    QVERIFY(!client.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("telemetry"); }).isEmpty());
    setTemperature(43.5F);
    QVERIFY(!client.waitFor([](const QJsonObject &m) { return m.value(QLatin1String("value")).toDouble() == 43.5; })
                 .isEmpty());
    client.send("{\"type\":\"ping\"}");
    QVERIFY(!client.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("pong"); }).isEmpty());
    client.send("rubbish");
    QVERIFY(!client.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("error"); }).isEmpty());
  }
  void R3_4_alarmIsRaisedAndCleared() {
    Client client(ws("/ws/alarms"));
    QVERIFY(client.waitOpen());
    const QJsonObject snapshot =
        client.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("snapshot"); });
    QVERIFY(snapshot.value(QLatin1String("active")).toArray().isEmpty());
    setTemperature(85.5F);
    const QJsonObject alarm = client.waitFor([](const QJsonObject &m) { return state(m) == QLatin1String("ALARM"); });
    QCOMPARE(alarm.value(QLatin1String("rule_id")).toInt(), 77);
    QCOMPARE(alarm.value(QLatin1String("datapoint_id")).toInt(), 59);
    QCOMPARE(alarm.value(QLatin1String("value")).toDouble(), 85.5);
    QCOMPARE(alarm.value(QLatin1String("alarm_threshold")).toDouble(), 80.0);
    Client late(ws("/ws/alarms"));
    const QJsonObject active = late.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("snapshot"); });
    QCOMPARE(active.value(QLatin1String("active")).toArray().size(), 1);
    setTemperature(20.0F);
    QVERIFY(!client.waitFor([](const QJsonObject &m) { return state(m) == QLatin1String("OK"); }).isEmpty());
    int alarms = 0;
    for (const QJsonObject &m : std::as_const(client.messages)) alarms += state(m) == QLatin1String("ALARM") ? 1 : 0;
    QCOMPARE(alarms, 1);
  }
  void R1_9_tagThatEntersRaisesATriggerEvent() {
    Client stream(ws("/ws/Manager1"));
    QVERIFY(stream.waitOpen());
    stream.send(
        "{\"type\":\"request\",\"request\":\"BeginStream\",\"reqid\":\"r1\",\"params\":[{\"id\":\"SIM1\",\"data\":"
        "\"true\"}],\"zone_id\":417}");
    QVERIFY(!stream
                 .waitFor([](const QJsonObject &m) {
                   return m.value(QLatin1String("response")).toString() == QLatin1String("BeginStream");
                 })
                 .isEmpty());
    Client sender(ws("/ws/Manager1"));
    QVERIFY(sender.waitOpen());
    sender.send("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":5,\"Y\":5,\"Z\":0,\"Sequence\":1}");
    sender.send("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":15,\"Y\":15,\"Z\":0,\"Sequence\":2}");
    const QJsonObject event =
        stream.waitFor([](const QJsonObject &m) { return type(m) == QLatin1String("TriggerEvent"); });
    QCOMPARE(event.value(QLatin1String("trigger_id")).toInt(), 123);
    QCOMPARE(event.value(QLatin1String("direction")).toString(), QStringLiteral("OnEnter"));
    QCOMPARE(event.value(QLatin1String("tag_name")).toString(), QStringLiteral("Employee Badge 1"));
    const QJsonObject fix =
        stream.waitFor([](const QJsonObject &m) { return m.value(QLatin1String("X")).toDouble() == 15; });
    QCOMPARE(fix.value(QLatin1String("ID")).toString(), QStringLiteral("SIM1"));
    Client wrong(ws("/ws/Nobody"));
    QTRY_COMPARE(wrong.closeCode, 1008);
  }
  void R5_9_R5_11_commandIsWrittenAndReadBack() {
    const HttpAnswer answer =
        http(m_webPort, "POST", "/api/os/command", "{\"endpointId\":60,\"value\":true,\"commandType\":\"write\"}");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json().value(QLatin1String("status")).toString(), QStringLiteral("succeeded"));
    QCOMPARE(answer.json().value(QLatin1String("actualValue")).toBool(), true);
    QVERIFY(m_plc.isOn(3));
    QCOMPARE(http(m_webPort, "POST", "/api/os/command", "{\"endpointId\":999,\"value\":true,\"commandType\":\"write\"}")
                 .status,
             404);
    QCOMPARE(
        http(m_webPort, "POST", "/api/os/command", "{\"endpointId\":59,\"value\":1,\"commandType\":\"write\"}").status,
        400);
    QCOMPARE(
        http(m_webPort, "POST", "/api/os/command", "{\"endpointId\":60,\"value\":7,\"commandType\":\"write\"}").status,
        400);
    QCOMPARE(http(m_webPort, "POST", "/api/os/command", "rubbish").status, 400);
  }
  void restShowsPointsHealthAndMetrics() {
    const HttpAnswer points = http(m_webPort, "GET", "/api/v1/points");
    QCOMPARE(points.status, 200);
    QVERIFY(points.body.contains("plc1/boiler/temp") && points.body.contains("\"good\""));
    QCOMPARE(http(m_webPort, "GET", "/healthz").json().value(QLatin1String("status")).toString(), QStringLiteral("ok"));
    QVERIFY(http(m_webPort, "GET", "/metrics").body.contains("tagwire_hub_samples_total"));
    QCOMPARE(http(m_webPort, "GET", "/nothing").status, 404);
  }
  void everythingLandsInSqlite() {
    setTemperature(61.75F);
    Client sender(ws("/ws/Manager1"));
    QVERIFY(sender.waitOpen());
    sender.send("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":5,\"Y\":5,\"Sequence\":1}");
    sender.send("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":15,\"Y\":15,\"Sequence\":2}");
    QCOMPARE(http(m_webPort, "POST", "/api/os/command", "{\"endpointId\":60,\"value\":true,\"commandType\":\"write\"}")
                 .status,
             200);
    {
      QSqlDatabase db = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("reader"));
      db.setDatabaseName(m_program.file("var/history.db"));
      db.setConnectOptions(QStringLiteral("QSQLITE_OPEN_READONLY"));
      QVERIFY2(db.open(), qPrintable(db.lastError().text()));
      const auto count = [&](const char *sql) {
        QSqlQuery query(db);
        return query.exec(QLatin1String(sql)) && query.next() ? query.value(0).toInt() : -1;
      };
      QTRY_VERIFY(
          count("SELECT count(*) FROM history WHERE name='plc1/boiler/temp' AND value=61.75 AND quality='good'") == 1);
      setTemperature(90.0F);
      QTRY_VERIFY(count("SELECT count(*) FROM events WHERE kind='alarm'") == 1);
      QTRY_VERIFY(count("SELECT count(*) FROM events WHERE kind='trigger'") == 1);
      QTRY_VERIFY(count("SELECT count(*) FROM position_history WHERE x=15 AND y=15") == 1);
      QTRY_VERIFY(count("SELECT count(*) FROM events WHERE kind='command'") == 4);
    }
    QSqlDatabase::removeDatabase(QStringLiteral("reader"));
  }
  void deadPlcTurnsItsPointsBadAndHeals() {
    Client client(ws("/ws/live"));
    QVERIFY(client.waitOpen());
    client.send("{\"op\":\"subscribe\",\"id\":\"a\",\"topics\":[\"points/plc1/boiler/temp\"]}");
    const QJsonObject first = client.waitFor([](const QJsonObject &m) { return op(m) == QLatin1String("snapshot"); });
    const QJsonObject last = pointOf(first, "plc1/boiler/temp");
    m_plc.disconnectDevice();
    const QJsonObject bad = client.waitFor([](const QJsonObject &m) {
      return pointOf(m, "plc1/boiler/temp").value(QLatin1String("q")).toString().startsWith(QLatin1String("bad:"));
    });
    // R6-7: the last value stays with its old time.
    QCOMPARE(pointOf(bad, "plc1/boiler/temp").value(QLatin1String("v")), last.value(QLatin1String("v")));
    QTRY_COMPARE(http(m_webPort, "GET", "/healthz").json().value(QLatin1String("status")).toString(),
                 QStringLiteral("degraded"));
    setTemperature(33.0F);
    QVERIFY(m_plc.connectDevice());
    QVERIFY(!client
                 .waitFor([](const QJsonObject &m) {
                   const QJsonObject point = pointOf(m, "plc1/boiler/temp");
                   return point.value(QLatin1String("q")).toString() == QLatin1String("good") &&
                          point.value(QLatin1String("v")).toDouble() == 33.0;
                 })
                 .isEmpty());
  }

 private:
  static QString op(const QJsonObject &m) { return m.value(QLatin1String("op")).toString(); }
  static QString type(const QJsonObject &m) { return m.value(QLatin1String("type")).toString(); }
  static QString state(const QJsonObject &m) {
    return type(m) == QLatin1String("alarm_state") ? m.value(QLatin1String("state")).toString() : QString();
  }
  static QJsonObject pointOf(const QJsonObject &m, const char *name) {
    const QJsonArray points = m.value(QLatin1String("points")).toArray();
    for (const QJsonValue &point : points) {
      if (point.toObject().value(QLatin1String("p")).toString() == QLatin1String(name)) return point.toObject();
    }
    return {};
  }
  QString ws(const char *path) const {
    return QStringLiteral("ws://127.0.0.1:%1%2").arg(m_webPort).arg(QLatin1String(path));
  }
  void setTemperature(float value) {
    const auto bits = std::bit_cast<quint32>(value);
    m_plc.setRegister(0, static_cast<quint16>(bits >> 16));
    m_plc.setRegister(1, static_cast<quint16>(bits & 0xffff));
  }
  QByteArray manifest() const {
    QString text = QStringLiteral(
        "{ 'site': { 'name': 'test', 'timezone': 'Asia/Kolkata' }, 'data_dir': 'var', 'plugins': [\n"
        "{ 'id': 'plc1', 'type': 'modbus', 'config': { 'endpoint': 'tcp://127.0.0.1:%1', 'unit': 1, "
        "'poll_interval_ms': 50,\n"
        "  'timeout_ms': 500, 'points': [\n"
        "  { 'name': 'boiler/temp', 'number': 59, 'register': '40001', 'type': 'float32', 'unit': '°C' },\n"
        "  { 'name': 'pump/run', 'number': 60, 'table': 'coil', 'address': 3, 'type': 'bool', 'writable': true } ] } "
        "},\n"
        "{ 'id': 'uwb', 'type': 'rtls', 'config': { 'managers': ['Manager1'], 'length_unit': 'ft',\n"
        "  'zones': [ { 'id': 417, 'name': 'Hall', 'level': 'building', 'polygon': [[0,0],[100,0],[100,60],[0,60]], "
        "'z': [0,20] } ],\n"
        "  'tags': [ { 'id': 'SIM1', 'name': 'Employee Badge 1' } ],\n"
        "  'triggers': [ { 'id': 123, 'name': 'Entry Gate', 'zone': 417, 'direction': 'OnEnter',\n"
        "    'regions': [ { 'polygon': [[10,10],[20,10],[20,20],[10,20]] } ] } ] } },\n"
        "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': [ { 'id': 77, 'name': 'Boiler High Temp',\n"
        "  'point': 'plc1/boiler/temp', 'comparison': 'above', 'warning_threshold': 75, 'alarm_threshold': 80,\n"
        "  'severity': 'critical', 'deadband': 0.5 } ] } },\n"
        "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'sqlite:history.db' } },\n"
        "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%2', 'auth': { 'anonymous': ['*:*'] },\n"
        "'endpoints': [\n"
        "  { 'path': '/ws/{manager}', 'protocol': 'rtls-manager' }, { 'path': '/ws/alarms', 'protocol': 'alarms' },\n"
        "  { 'path': '/ws', 'protocol': 'panel' }, { 'path': '/ws/live', 'protocol': 'live' } ] } } ] }\n");
    return text.arg(m_plc.port()).arg(m_webPort).replace(u'\'', u'"').toUtf8();
  }

  quint16 m_webPort = 0;
  ModbusPlc m_plc;
  RunningProgram m_program;
};

TAGWIRE_TEST(PlantTest)

}  // namespace plant_test

#include "plant_test.moc"
