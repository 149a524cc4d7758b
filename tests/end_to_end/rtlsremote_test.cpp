// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTest>

#include "runningprogram.h"
#include "testprogram.h"

namespace rtlsremote_test {

namespace {

const auto origin = QStringLiteral("ws://127.0.0.1:%1/ws/Manager1");

}  // namespace

/// Two sites, each the real program: one has the tags and triggers, the other listens to it. The first listens to the
/// second, too: nothing may go round.
class RtlsRemoteTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    m_port = freePort();
    m_farPort = freePort();
    write(m_site, "token", "not made yet");
    QVERIFY2(m_site.start(manifest()), qPrintable(m_site.errors()));
    qInfo("A up");
    const HttpAnswer names = http(m_port, "GET", "/api/v1/rtls/static?manager=Manager1");
    QCOMPARE(names.status, 200);
    write(m_far, "static.json", names.body);
    m_token = makeToken();
    QVERIFY(!m_token.isEmpty());
    write(m_far, "token", m_token);
    QVERIFY2(m_far.start(farManifest()), qPrintable(m_far.errors()));
    qInfo("B ready");
    QVERIFY2(isUp(m_farPort), qPrintable(m_far.errors()));
    qInfo("B up");
    QVERIFY2(isUp(m_port), qPrintable(m_site.errors()));
  }
  void cleanupTestCase() {
    QCOMPARE(m_far.terminate(), 0);
    QCOMPARE(m_site.terminate(), 0);
    QVERIFY2(!m_far.errors().contains(QString::fromUtf8(m_token)), "the token stands in the log");
  }

  void R1_30_R1_33_R1_35_eventsReachTheClientsOfTheOtherSite() {
    Client all(ws(m_farPort, "/ws/events"));
    Client hall(ws(m_farPort, "/api/ws/events/417"));
    QVERIFY(all.waitOpen() && hall.waitOpen());
    QTRY_COMPARE(streams(), 2);
    const QString time = walkIn();
    const QJsonObject event = all.waitFor(isEvent);
    QCOMPARE(event.value(QLatin1String("trigger_id")).toInt(), 123);
    QCOMPARE(event.value(QLatin1String("trigger_name")).toString(), QStringLiteral("Entry Gate"));
    QCOMPARE(event.value(QLatin1String("tag_name")).toString(), QStringLiteral("Employee Badge 1"));
    QCOMPARE(event.value(QLatin1String("zone_id")).toInt(), 418);
    QCOMPARE(event.value(QLatin1String("timestamp")).toString(), time);
    QCOMPARE(event.value(QLatin1String("origin")).toString(), origin.arg(m_port));
    QCOMPARE(hall.waitFor(isEvent), event);  // 418 lies in 417, as its static data say
  }
  void R1_34_recentEvents() {
    const qsizetype before = recent(m_farPort).size();
    const QString time = walkIn();
    QTRY_COMPARE(recent(m_farPort).size(), before + 1);
    const QJsonObject event = recent(m_farPort).last().toObject();
    QCOMPARE(event.value(QLatin1String("trigger_name")).toString(), QStringLiteral("Entry Gate"));
    QCOMPARE(event.value(QLatin1String("timestamp")).toString(), time);
    QCOMPARE(recent(m_farPort, "?tag_id=SIM2").size(), 0);
    QCOMPARE(recent(m_farPort, "?tag_id=SIM1&trigger_id=123").size(), before + 1);
  }
  void R1_36_triggersOfTheOtherSite() {
    const QJsonArray triggers = QJsonDocument::fromJson(http(m_farPort, "GET", "/api/list_triggers").body).array();
    QCOMPARE(triggers, QJsonDocument::fromJson(http(m_port, "GET", "/api/list_triggers").body).array());
    QCOMPARE(triggers.size(), 1);
  }
  void R1_30_positionsArePoints() {
    walkIn();
    QTRY_VERIFY(http(m_farPort, "GET", "/api/v1/points/far/tag/SIM1/position").body.contains("15"));
  }
  void nothingGoesRound() {
    const qsizetype before = recent(m_farPort).size();
    const qsizetype here = recent(m_port).size();
    walkIn();
    QTRY_COMPARE(recent(m_farPort).size(), before + 1);
    // What went out before this answer would be here by now, and again, and again.
    for (int i = 0; i < 20; ++i) QCOMPARE(http(m_port, "GET", "/api/v1/plugins").status, 200);
    QCOMPARE(recent(m_port).size(), here + 1);
    QCOMPARE(recent(m_farPort).size(), before + 1);
  }
  void R1_31_theOtherSiteComesBack() {
    const qsizetype before = recent(m_farPort).size();
    m_site.kill();
    QTRY_VERIFY(!isUpNow(m_farPort));
    QVERIFY2(m_site.start(manifest()), qPrintable(m_site.errors()));
    qInfo("B ready");
    QVERIFY2(isUp(m_farPort), qPrintable(m_far.errors()));
    qInfo("B up");
    walkIn();
    QTRY_COMPARE(recent(m_farPort).size(), before + 1);
    QVERIFY(m_far.errors().contains(QLatin1String("is not connected")));
  }
  void aRevokedTokenIsSaid() {
    QVERIFY(token({QStringLiteral("revoke"), QStringLiteral("far")}));
    QTRY_VERIFY(m_far.errors().contains(QLatin1String("the token is not taken")));
    QTRY_VERIFY(!isUpNow(m_farPort));
    QVERIFY(token({QStringLiteral("create"), QStringLiteral("far2"), QStringLiteral("--allow"),
                   QStringLiteral("events:read"), QStringLiteral("--allow"), QStringLiteral("positions:read")}));
    write(m_far, "token", m_said);
    QVERIFY2(isUp(m_farPort), qPrintable(m_far.errors()));
  }

 private:
  static bool isEvent(const QJsonObject &message) {
    return message.value(QLatin1String("type")) == QLatin1String("TriggerEvent");
  }
  static QString ws(quint16 port, const char *path) {
    return QStringLiteral("ws://127.0.0.1:%1%2").arg(port).arg(QLatin1String(path));
  }
  static void write(const RunningProgram &program, const char *name, const QByteArray &text) {
    QFile file(program.file(name));
    if (!file.open(QIODevice::WriteOnly)) qFatal("can't write %s", name);
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    file.write(text);
  }
  static QJsonArray recent(quint16 port, const QByteArray &filter = {}) {
    return QJsonDocument::fromJson(http(port, "GET", "/recent_events" + filter).body).array();
  }
  static bool isUpNow(quint16 port) {
    const QByteArray metrics = http(port, "GET", "/metrics").body;
    const auto at = metrics.indexOf("\ntagwire_rtls_remote_up{");
    return at > 0 && metrics.mid(metrics.indexOf("} ", at) + 2, 1) == "1";
  }
  static bool isUp(quint16 port) {
    return tagwire::testing::waitFor([port] { return isUpNow(port); });
  }
  int streams() const {
    int count = 0;
    const QJsonArray all = QJsonDocument::fromJson(http(m_farPort, "GET", "/api/v1/connections").body).array();
    for (const QJsonValue &each : all) {
      const QJsonObject connection = each.toObject();
      if (!connection.value(QLatin1String("path")).toString().contains(QLatin1String("events"))) continue;
      count += connection.value(QLatin1String("streams")).toInt();
    }
    return count;
  }
  /// SIM1 goes out of the gate and then into it; the time at which it did.
  QString walkIn() {
    Client client(ws(m_port, "/ws/Manager1"));
    if (!client.waitOpen()) return {};
    const auto fix = [&](int second, const char *place) {
      client.send("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"TS\":\"2025-05-05T12:00:0" + QByteArray::number(second) +
                  "Z\"," + place + '}');
    };
    fix(m_second++, "\"X\":5,\"Y\":5,\"Z\":1");
    fix(m_second++, "\"X\":15,\"Y\":15,\"Z\":1");
    // A question behind them: when it is answered, they were taken.
    client.send("{\"type\":\"request\",\"request\":\"RemoveTag\",\"reqid\":\"r\",\"params\":[]}");
    (void)client.waitFor([](const QJsonObject &m) { return m.contains(QLatin1String("response")); });
    return QStringLiteral("2025-05-05T12:00:0%1.000Z").arg(m_second - 1);
  }
  bool token(const QStringList &arguments) {
    QProcess process;
    process.start(QStringLiteral(TAGWIRE_PROGRAM), QStringList(QStringLiteral("token")) + arguments +
                                                       QStringList{QStringLiteral("--data-dir"), m_site.file("var")});
    if (!process.waitForFinished() || process.exitCode() != 0) return false;
    m_said = process.readAllStandardOutput().trimmed();
    return true;
  }
  QByteArray makeToken() {
    const bool isMade =
        token({QStringLiteral("create"), QStringLiteral("far"), QStringLiteral("--allow"),
               QStringLiteral("events:read"), QStringLiteral("--allow"), QStringLiteral("positions:read")});
    return isMade ? m_said : QByteArray();
  }
  static QByteArray web(quint16 port) {
    return "{\"id\":\"web\",\"type\":\"ws\",\"config\":{\"listen\":\"127.0.0.1:" + QByteArray::number(port) +
           "\",\"auth\":{\"anonymous\":[\"*:*\"]},\"endpoints\":[{\"path\":\"/ws/{manager}\",\"protocol\":"
           "\"rtls-manager\"},{\"path\":\"/ws/live\",\"protocol\":\"live\"}]}}";
  }
  QByteArray manifest() const {
    return "{\"data_dir\":\"var\",\"plugins\":[{\"id\":\"uwb\",\"type\":\"rtls\",\"config\":{\"managers\":["
           "\"Manager1\"],"
           "\"zones\":[{\"id\":417,\"name\":\"Hall\",\"level\":\"building\",\"polygon\":[[0,0],[100,0],[100,60],[0,60]]"
           "},"
           "{\"id\":418,\"name\":\"Gate\",\"parent\":417,\"polygon\":[[10,10],[20,10],[20,20],[10,20]]}],"
           "\"tags\":[{\"id\":\"SIM1\",\"name\":\"Employee Badge 1\"}],"
           "\"triggers\":[{\"id\":123,\"name\":\"Entry Gate\",\"zone\":418,\"direction\":\"OnEnter\","
           "\"regions\":[{\"polygon\":[[10,10],[20,10],[20,20],[10,20]]}]}],"
           "\"remotes\":[{\"endpoint\":\"ws://127.0.0.1:" +
           QByteArray::number(m_farPort) +
           "/ws/Far\",\"tags\":[\"SIM1\"],\"retry_ms\":200,\"longest_retry_ms\":500}]}}," + web(m_port) + "]}";
  }
  QByteArray farManifest() const {
    return "{\"data_dir\":\"var\",\"plugins\":[{\"id\":\"far\",\"type\":\"rtls\",\"config\":{\"managers\":[\"Far\"],"
           "\"remotes\":[{\"endpoint\":\"ws://127.0.0.1:" +
           QByteArray::number(m_port) +
           "/ws/Manager1\",\"tags\":[\"SIM1\"],\"zone\":417,\"token\":{\"$file\":\"token\"},\"positions\":true,"
           "\"static_data\":\"static.json\",\"retry_ms\":200,\"longest_retry_ms\":500}]}}," +
           web(m_farPort) + "]}";
  }

  quint16 m_port = 0;
  quint16 m_farPort = 0;
  RunningProgram m_site;
  RunningProgram m_far;
  QByteArray m_token;
  QByteArray m_said;
  int m_second = 0;
};

TAGWIRE_TEST(RtlsRemoteTest)

}  // namespace rtlsremote_test

#include "rtlsremote_test.moc"
