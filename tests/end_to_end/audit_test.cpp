// SPDX-License-Identifier: Apache-2.0
#include <QCryptographicHash>
#include <QFile>
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace audit_test {

/// The audit trail of the real program: what people do by REST, by WebSocket and at the command line, over kills.
class AuditTest : public QObject {
  Q_OBJECT

  quint16 m_port = 0;
  std::unique_ptr<RunningProgram> m_program;

  QByteArray manifest() const {
    return QStringLiteral(
               "{ 'data_dir': 'var', 'plugins': [\n"
               "{ 'id': 'lab', 'type': 'ingest', 'config': { 'points': [\n"
               "  { 'name': 'ph', 'number': 80, 'type': 'float64' } ] } },\n"
               "{ 'id': 'alarms', 'type': 'alarms', 'config': { 'rules': [\n"
               "  { 'id': 77, 'name': 'ph high', 'point': 'lab/ph', 'comparison': 'above', 'alarm_threshold': 8 } ] } "
               "},\n"
               "{ 'id': 'history', 'type': 'sql', 'config': { 'database': 'sqlite:history.db' } },\n"
               "{ 'id': 'web', 'type': 'ws', 'config': { 'listen': '127.0.0.1:%1', 'auth': { 'anonymous': ['*:*'] },\n"
               "  'endpoints': [ { 'path': '/ws/alarms', 'protocol': 'alarms' } ] } } ] }\n")
        .arg(m_port)
        .replace(u'\'', u'"')
        .toUtf8();
  }
  int post(const QByteArray &path, const QByteArray &body) { return http(m_port, "POST", path, body).status; }
  QJsonArray records(const QByteArray &query = {}) {
    return http(m_port, "GET", "/api/v1/audit" + query).json()[u"records"].toArray();
  }
  /// The newest record that fits, as "kind action actor subject comment".
  QString newest(const QByteArray &query) {
    const QJsonObject record = records(query + "&limit=1").first().toObject();
    return QStringList{record[u"kind"].toString(), record[u"action"].toString(), record[u"actor"].toString(),
                       record[u"subject"].toString(), record[u"comment"].toString()}
        .join(u'|');
  }
  QByteArray run(const QStringList &arguments, int expected = 0) {
    QProcess process;
    process.setWorkingDirectory(m_program->folder());
    process.start(QStringLiteral(TAGWIRE_PROGRAM), arguments);
    process.closeWriteChannel();
    if (!process.waitForFinished(30'000)) return "does not end";
    const QByteArray said = process.readAllStandardOutput() + process.readAllStandardError();
    return process.exitCode() == expected ? said : QByteArray::number(process.exitCode()) + ": " + said;
  }
  QByteArray verify(int expected = 0) {
    return run({QStringLiteral("audit"), QStringLiteral("verify"), QStringLiteral("--data-dir"), QStringLiteral("var")},
               expected);
  }

 private Q_SLOTS:
  void initTestCase() {
    m_port = freePort();
    m_program = std::make_unique<RunningProgram>();
    QVERIFY2(m_program->start(manifest()), qPrintable(m_program->errors()));
  }
  void cleanupTestCase() { QCOMPARE(m_program->terminate(), 0); }

  void R5_11_peopleAreOnRecord() {
    QCOMPARE(post("/api/v1/users", "{\"name\":\"anna\",\"role\":\"operator\",\"password\":\"correct horse\"}"), 201);
    QTRY_COMPARE(newest("?kind=user"), QStringLiteral("user|create|anonymous|anna|"));
    QCOMPARE(post("/api/v1/login", "{\"user\":\"anna\",\"password\":\"correct horse\"}"), 200);
    QTRY_COMPARE(newest("?kind=login"), QStringLiteral("login|succeeded|user:anna||"));
    QCOMPARE(post("/api/v1/login", "{\"user\":\"anna\",\"password\":\"wrong horse\"}"), 401);
    QTRY_COMPARE(newest("?kind=login"), QStringLiteral("login|failed|anonymous|anna|"));
    QCOMPARE(post("/api/v1/tokens", "{\"name\":\"scada\",\"permissions\":[\"points:read\"]}"), 201);
    QTRY_COMPARE(newest("?kind=token"), QStringLiteral("token|create|anonymous|scada|"));
    QVERIFY(records("?kind=token")[0][u"address"].toString() == QLatin1String("127.0.0.1"));
  }

  void R5_11_alarmsAreOnRecord() {
    QCOMPARE(post("/api/os/telemetry/ingest", "{\"endpointId\":80,\"value\":9}"), 200);
    QTRY_COMPARE(http(m_port, "GET", "/api/v1/alarms/77").json()[u"state"].toString(), QStringLiteral("ALARM"));
    Client client(QStringLiteral("ws://127.0.0.1:%1/ws/alarms").arg(m_port));
    QVERIFY(client.waitOpen());
    client.send("{\"type\":\"ack\",\"rule_id\":77,\"comment\":\"on my way\"}");
    QTRY_COMPARE(newest("?kind=alarm"), QStringLiteral("alarm|ack|anonymous|rule:77|on my way"));
    QCOMPARE(records("?kind=alarm")[0][u"details"][u"after"].toString(), QStringLiteral("Acknowledged-Active"));
    QCOMPARE(records("?kind=alarm")[0][u"address"].toString(), QStringLiteral("127.0.0.1"));
    QCOMPARE(post("/api/v1/alarm-rules",
                  "{\"name\":\"ph low\",\"point\":\"lab/ph\",\"comparison\":\"below\","
                  "\"alarm_threshold\":4}"),
             201);
    QTRY_VERIFY(newest("?kind=rule").startsWith(QLatin1String("rule|create|anonymous|rule:")));
  }

  void theCommandLineWritesBesideIt() {
    run({QStringLiteral("token"), QStringLiteral("create"), QStringLiteral("robot"), QStringLiteral("--allow"),
         QStringLiteral("points:read"), QStringLiteral("--data-dir"), QStringLiteral("var")});
    run({QStringLiteral("token"), QStringLiteral("revoke"), QStringLiteral("robot"), QStringLiteral("--data-dir"),
         QStringLiteral("var")});
    QVERIFY(newest("?kind=token").startsWith(QLatin1String("token|revoke|os:")));
    QFile file(m_program->file("old.csv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("time,point,value\n2025-01-01T00:00:00Z,lab/ph,5\n");
    file.close();
    run({QStringLiteral("history"), QStringLiteral("import"), QStringLiteral("manifest.json"),
         QStringLiteral("old.csv")});
    QVERIFY2(newest("?kind=history").startsWith(QLatin1String("history|import|os:")),
             qPrintable(newest("?kind=history")));
    QCOMPARE(records("?kind=history")[0][u"details"][u"file"].toString(), QStringLiteral("old.csv"));
    QVERIFY2(verify().startsWith("ok: "), verify().constData());
  }

  void aKillLeavesAWholeChain() {
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 20; ++i) {
        QCOMPARE(post("/api/v1/rooms", "{\"id\":" + QByteArray::number(100 + round * 20 + i) + ",\"name\":\"r\"}"),
                 201);
      }
      m_program->kill();
      QVERIFY2(verify().startsWith("ok: "), verify().constData());
      QVERIFY2(m_program->start(manifest()), qPrintable(m_program->errors()));
    }
    QVERIFY(records("?kind=config").size() >= 40);
  }

  void whichManifestItRunsByIsOnRecord() {
    const auto starts = [this] {
      QJsonArray found;
      for (const QJsonValue record : records("?kind=config&limit=1000")) {
        const QString action = record[u"action"].toString();
        if (action == QLatin1String("start") || action == QLatin1String("stop")) found.append(record);
      }
      return found;
    };
    const auto hashOf = [](const QJsonValue &record) {
      return record[u"details"][u"files"][0][u"sha256"].toString().toLatin1();
    };
    const QByteArray first = manifest();
    QCOMPARE(hashOf(starts()[0]), QCryptographicHash::hash(first, QCryptographicHash::Sha256).toHex());
    QCOMPARE(m_program->terminate(), 0);
    const QByteArray second = first + "// changed\n";
    QVERIFY2(m_program->start(second), qPrintable(m_program->errors()));
    QTRY_COMPARE(starts()[0][u"action"].toString(), QStringLiteral("start"));
    QCOMPARE(hashOf(starts()[0]), QCryptographicHash::hash(second, QCryptographicHash::Sha256).toHex());
    QCOMPARE(starts()[1][u"action"].toString(), QStringLiteral("stop"));
    QCOMPARE(hashOf(starts()[1]), hashOf(starts()[2]));
    QCOMPARE(starts()[0][u"subject"].toString(), starts()[1][u"subject"].toString());
  }

  void aDamagedTrailDoesNotKeepItFromStarting() {
    QCOMPARE(m_program->terminate(), 0);
    QFile trail(m_program->file("var/audit.db"));
    QVERIFY(trail.open(QIODevice::WriteOnly) && trail.write(QByteArray(9000, 'x')) == 9000);
    trail.close();
    QVERIFY(verify(1).contains("is no audit trail"));
    QVERIFY2(m_program->start(manifest()), qPrintable(m_program->errors()));
    QTRY_COMPARE(records().size(), 2);
    QVERIFY(records("?kind=audit")[0][u"details"][u"put_aside_as"].toString().startsWith(
        QLatin1String("audit.db.damaged-")));
    QVERIFY2(verify().startsWith("ok: 2 records"), verify().constData());
    QVERIFY(http(m_port, "GET", "/metrics").body.contains("tagwire_audit_failed_total 0"));
  }
};

TAGWIRE_TEST(AuditTest)

}  // namespace audit_test

#include "audit_test.moc"
