// SPDX-License-Identifier: Apache-2.0
#include "othersite.h"
#include "testprogram.h"

namespace remoteclient_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Whole instances of `rtls` against a WebSocket server of somebody else's making, which may be hostile.
class RemoteClientTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_30_asksForTheStreamWithItsToken();
  void R1_30_eventsComeIn();
  void R1_30_positionsBecomePoints();
  void R1_30_localFixesOfItsTagsAreRefused();
  void R1_32_heartbeatsAreAnsweredAtOnce();
  void R1_31_asksAgainAfterEachReconnect();
  void R1_5_manyTagsAreAskedForInParts();
  void R1_31_dialsUntilSomebodyIsThere();
  void twoRemotesOfOneEndpoint();
  void noRouteIsNoEnd();
  void R1_33_namesAreReadAgainWhenTheyChanged();
  void R1_36_directoryHoldsItsTriggers();
  void R1_31_repetitionsBeforeTheAnswerAreNotTaken();
  void stopWithoutStartAndTwice();
  void nothingAfterStop();
  void stopSaysFarewell();
  void destroyWhileConnected();

 private:
  int m_changes = 0;
};

void RemoteClientTest::R1_30_asksForTheStreamWithItsToken() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.write("token", "tw_secret\n");
  auto rtls = fixture.make(site.url(), "\"zone\":417,\"token\":{\"$file\":\"token\"}");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  QCOMPARE(site.requested.path(), QStringLiteral("/ws/Manager1"));
  QVERIFY(!site.requested.hasQuery());
  QCOMPARE(site.authorization, QByteArray("Bearer tw_secret"));
  QCOMPARE(site.received.size(), 1);
  QCOMPARE(site.received.first().value(QStringLiteral("request")).toString(), QStringLiteral("BeginStream"));
  QCOMPARE(site.received.first().value(QStringLiteral("zone_id")).toInt(), 417);
}

void RemoteClientTest::R1_30_eventsComeIn() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.write("static.json",
                "{\"triggers\":[{\"id\":900,\"name\":\"Entry Gate\",\"zone_id\":417}],"
                "\"tags\":[{\"id\":\"SIM1\",\"name\":\"Employee Badge 1\"}]}");
  auto rtls = fixture.make(site.url(), "\"zone\":417,\"static_data\":\"static.json\"");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.sendEvent(900, "SIM1", ",\"timestamp\":\"2025-05-05T12:34:56.789Z\"");
  site.sendEvent(900, "SIM3");
  site.sendEvent(901, "SIM2");
  QTRY_COMPARE(fixture.events.size(), 2);
  QCOMPARE(toIso(fixture.events.at(0).time), QStringLiteral("2025-05-05T12:34:56.789Z"));
  QCOMPARE(fixture.trigger(0).triggerName, QStringLiteral("Entry Gate"));
  QCOMPARE(fixture.trigger(0).tagName, QStringLiteral("Employee Badge 1"));
  QCOMPARE(fixture.trigger(0).zoneId, 417);
  QCOMPARE(fixture.trigger(0).origin, site.url());
  QCOMPARE(fixture.trigger(1).triggerId, 901);
  QCOMPARE(fixture.refused("not_asked"), 1.0);
}

void RemoteClientTest::R1_30_positionsBecomePoints() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), "\"positions\":true,\"zone\":417", ",\"timeout_ms\":100");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  const PointId point = fixture.context.points().find(QStringLiteral("uwb/tag/SIM1/position"));
  QVERIFY(point != PointId::None);
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  const QByteArray fix = "{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":1.5,\"Y\":2.5,\"zone_id\":417}";
  site.send(fix);
  QTRY_VERIFY(fixture.samples.size() >= 1);
  QCOMPARE(fixture.samples.first().point, point);
  QCOMPARE(std::get<Position>(fixture.samples.first().value).y, 2.5);
  QCOMPARE(std::get<Position>(fixture.samples.first().value).fix->zone, 417);
  QTRY_COMPARE(fixture.samples.last().quality, Quality::bad(QualityReason::Lost));
  site.send(fix);
  QTRY_VERIFY(fixture.samples.last().quality.isGood());
  site.client->abort();
  QTRY_VERIFY(fixture.samples.last().quality.isBad());
}

void RemoteClientTest::R1_30_localFixesOfItsTagsAreRefused() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), "\"positions\":true", ",\"managers\":[\"Here\"]");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  IncomingFix fix;
  fix.fix.tag = QStringLiteral("SIM1");
  QString reason;
  rtls->take([&](const Result<bool> &taken) { reason = taken ? QString() : taken.error(); }, fix);
  QCOMPARE(reason, QStringLiteral("the position of tag \"SIM1\" comes from another site"));
}

void RemoteClientTest::R1_32_heartbeatsAreAnsweredAtOnce() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.send("{\"type\":\"HeartBeat\",\"ts\":1746448496789}");
  site.send("{\"type\":\"HeartBeat\",\"ts\":1746448526789}");
  QTRY_COMPARE(site.count("ts", 1746448526789.0), 1);
  QCOMPARE(site.count("ts", 1746448496789.0), 1);
  QCOMPARE(site.count("type", QStringLiteral("HeartBeat")), 2);
}

void RemoteClientTest::R1_31_asksAgainAfterEachReconnect() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), "\"heartbeat_interval_ms\":100");
  rtls->start();
  for (int connection = 1; connection <= 3; ++connection) {
    QTRY_VERIFY(site.connections >= connection && fixture.isRunning());
    site.sendEvent(900 + connection);
    site.sendEvent(800, "SIM1", ",\"timestamp\":\"2025-05-05T12:34:56.789Z\"");  // each time the same
    QTRY_VERIFY(std::any_of(fixture.events.cbegin(), fixture.events.cend(), [&](const Event &event) {
      return std::get<TriggerEvent>(event.body).triggerId == 900 + connection;
    }));
    if (connection == 2) {
      QTRY_VERIFY(site.connections == 3);  // silence: heartbeats do not come
    } else {
      QTRY_VERIFY(fixture.refused("repeated") >= connection - 1);
      site.client->abort();
    }
    QTRY_VERIFY(site.connections > connection);
  }
  const auto first = std::count_if(fixture.events.cbegin(), fixture.events.cend(), [](const Event &event) {
    return std::get<TriggerEvent>(event.body).triggerId == 800;
  });
  QCOMPARE(first, 1);
}

void RemoteClientTest::R1_5_manyTagsAreAskedForInParts() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), manyTags());
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  for (int connection = 1; connection <= 2; ++connection) {
    QTRY_VERIFY(fixture.isRunning() && site.connections == connection);
    QSet<QString> asked;
    for (const QJsonObject &message : std::as_const(site.received)) {
      for (const QJsonValue &tag : message.value(QLatin1String("params")).toArray()) {
        asked.insert(tag.toObject().value(QLatin1String("id")).toString());
      }
    }
    QCOMPARE(asked.size(), 5000);
    QCOMPARE(site.count("request", QStringLiteral("BeginStream")), 1);
    QVERIFY(site.count("request", QStringLiteral("AddTag")) >= 2);
    QCOMPARE(site.received.first().value(QLatin1String("request")).toString(), QStringLiteral("BeginStream"));
    site.sendEvent(900 + connection, "T4999");
    QTRY_COMPARE(fixture.events.size(), connection);
    if (connection == 1) site.client->abort();
    QTRY_VERIFY(connection == 2 || site.connections == 2);
  }
}

void RemoteClientTest::R1_31_dialsUntilSomebodyIsThere() {
  auto site = std::make_unique<OtherSite>();
  const QString url = site->url();
  const quint16 port = site->server.serverPort();
  site.reset();
  RemoteFixture fixture;
  auto rtls = fixture.make(url);
  rtls->start();
  QCOMPARE(fixture.states, QList<PluginState>{PluginState::Degraded});
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("refused")), qPrintable(fixture.state));
  OtherSite again;
  again.server.close();
  again.listen(port);
  QTRY_VERIFY(fixture.isRunning());
  QCOMPARE(fixture.state, QString());
}

/// For different tags; only one of them is let in.
void RemoteClientTest::twoRemotesOfOneEndpoint() {
  OtherSite site;
  RemoteFixture fixture;
  const QByteArray one =
      "{\"retry_ms\":3600000,\"longest_retry_ms\":3600000,\"endpoint\":\"" + site.url().toUtf8() + "\",\"tags\":[\"";
  auto rtls = fixture.makeWith("\"remotes\":[" + one + "SIM1\"]}," + one + "SIM2\"]}]");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  site.uponConnection = [&](QWebSocket &socket) {
    site.uponConnection = nullptr;
    socket.close(QWebSocketProtocol::CloseCodePolicyViolated);
  };
  rtls->start();
  const auto up = [&](int entry, int value) {
    const QString line = QStringLiteral("tagwire_rtls_remote_up{entry=\"%1\",remote=\"%2\"} %3\n");
    return fixture.context.metrics().text().find(line.arg(entry).arg(site.url()).arg(value).toStdString()) !=
           std::string::npos;
  };
  QTRY_VERIFY((up(0, 1) && up(1, 0)) || (up(0, 0) && up(1, 1)));
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("closed with 1008")), qPrintable(fixture.state));
  const int down = up(0, 1) ? 1 : 0;
  QVERIFY2(fixture.state.startsWith(QStringLiteral("remote %1 (remotes[%2]): ").arg(site.url()).arg(down)),
           qPrintable(fixture.state));
}

/// Connecting fails before it has begun: the address is one for broadcasts.
void RemoteClientTest::noRouteIsNoEnd() {
  RemoteFixture fixture;
  auto rtls = fixture.make(QStringLiteral("ws://255.255.255.255:81/ws/M"));
  rtls->start();
  QTRY_VERIFY2(!fixture.state.isEmpty() && !fixture.state.contains(QLatin1String("not connected so far")),
               qPrintable(fixture.state));
  QVERIFY(!fixture.isRunning());
  rtls->stop();
  rtls->start();
  rtls.reset();
  QCoreApplication::processEvents();
}

void RemoteClientTest::R1_33_namesAreReadAgainWhenTheyChanged() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.write("static.json", "{\"triggers\":[{\"id\":900,\"name\":\"Old\"}]}");
  auto rtls = fixture.make(site.url(), "\"static_data\":\"static.json\"");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  const auto nameAfter = [&](const QByteArray &text) {
    fixture.write("static.json", text);
    QFile file(fixture.folder.filePath(QStringLiteral("static.json")));
    if (!file.open(QIODevice::ReadWrite) ||
        !file.setFileTime(QDateTime::currentDateTime().addSecs(++m_changes), QFileDevice::FileModificationTime)) {
      return QStringLiteral("no time set");
    }
    file.close();
    const int connections = site.connections;
    site.client->abort();
    if (!tagwire::testing::waitFor([&] { return site.connections > connections && site.received.size() == 1; }))
      return QString();
    const qsizetype before = fixture.events.size();
    if (!tagwire::testing::waitFor([&] { return fixture.isRunning(); })) return QString();
    site.sendEvent(900);
    if (!tagwire::testing::waitFor([&] { return fixture.events.size() > before; })) return QString();
    return fixture.trigger(before).triggerName;
  };
  QTRY_VERIFY(fixture.isRunning());
  QCOMPARE(nameAfter("{\"triggers\":[{\"id\":900,\"name\":\"New\"}]}"), QStringLiteral("New"));
  QCOMPARE(nameAfter("{\"triggers\":[{\"id\":\"cut"), QStringLiteral("New"));
  QCOMPARE(nameAfter("{\"triggers\":[{\"id\":900,\"name\":\"Newest\"}]}"), QStringLiteral("Newest"));
}

void RemoteClientTest::R1_36_directoryHoldsItsTriggers() {
  RemoteFixture fixture;
  fixture.write("static.json",
                "{\"triggers\":[{\"id\":900,\"name\":\"Entry Gate\",\"zone_id\":417,"
                "\"direction\":\"OnEnter\",\"is_portable\":true}],"
                "\"zones\":[{\"id\":418,\"name\":\"Gate\",\"parent\":417}]}");
  auto rtls = fixture.make(QStringLiteral("ws://127.0.0.1:9/ws/M"), "\"zone\":417,\"static_data\":\"static.json\"",
                           ",\"managers\":[\"Here\"],\"tags\":[{\"id\":\"SIM1\",\"name\":\"Ann\"}],"
                           "\"zones\":[{\"id\":1,\"name\":\"Own\",\"polygon\":[[0,0],[9,0],[9,9]]}]");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  ZoneDirectory directory;
  rtls->directory([&](const Result<ZoneDirectory> &answer) { directory = *answer; });
  QCOMPARE(directory.triggers.size(), 1);
  QCOMPARE(directory.triggers.first().name, QStringLiteral("Entry Gate"));
  QVERIFY(directory.triggers.first().isPortable && directory.triggers.first().isRemote);
  QCOMPARE(directory.zones.size(), 3);
  QVERIFY(!directory.zones.first().isRemote);
  QVERIFY(directory.isWithin(418, 417));
  QCOMPARE(directory.tags.size(), 1);
  QCOMPARE(directory.tags.first().name, QStringLiteral("Ann"));
}

/// It sends before it answers.
void RemoteClientTest::R1_31_repetitionsBeforeTheAnswerAreNotTaken() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  const QByteArray time = ",\"timestamp\":\"2025-05-05T12:34:56.789Z\"";
  site.sendEvent(900, "SIM1", time);
  QTRY_COMPARE(fixture.events.size(), 1);
  site.answers = false;
  site.client->abort();
  QTRY_VERIFY(site.connections == 2 && site.received.size() == 1);
  site.sendEvent(900, "SIM1", time);
  site.sendEvent(901, "SIM1", time);
  site.send("{\"type\":\"response\",\"reqid\":\"tagwire\",\"response\":\"BeginStream\"}");
  site.sendEvent(901, "SIM1", time);
  site.sendEvent(902, "SIM1", time);
  QTRY_COMPARE(fixture.events.size(), 4);
  QCOMPARE(fixture.trigger(1).triggerId, 901);
  QCOMPARE(fixture.trigger(2).triggerId, 901);
  QCOMPARE(fixture.trigger(3).triggerId, 902);
  QCOMPARE(fixture.refused("repeated"), 1.0);
}

void RemoteClientTest::stopWithoutStartAndTwice() {
  RemoteFixture fixture;
  OtherSite site;
  auto rtls = fixture.make(site.url());
  rtls->stop();
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  rtls->stop();
  rtls->stop();
  rtls->start();
  QTRY_COMPARE(site.connections, 2);
  QTRY_VERIFY(fixture.isRunning());
}

void RemoteClientTest::nothingAfterStop() {
  RemoteFixture fixture;
  OtherSite site;
  auto rtls = fixture.make(site.url(), "\"positions\":true");
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.send("{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":1,\"Y\":2}");
  QTRY_COMPARE(fixture.samples.size(), 1);
  site.sendEvent(900);
  const auto states = fixture.states;
  rtls->stop();
  QTRY_COMPARE(site.client->state(), QAbstractSocket::UnconnectedState);
  QCoreApplication::processEvents();
  QCOMPARE(fixture.states, states);
  QCOMPARE(fixture.samples.size(), 1);
  QVERIFY(fixture.events.isEmpty());
  QCOMPARE(site.connections, 1);
}

void RemoteClientTest::stopSaysFarewell() {
  RemoteFixture fixture;
  OtherSite site;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  rtls->stop();
  QTRY_COMPARE(site.client->state(), QAbstractSocket::UnconnectedState);
  QCOMPARE(site.client->closeCode(), QWebSocketProtocol::CloseCodeGoingAway);
}

void RemoteClientTest::destroyWhileConnected() {
  RemoteFixture fixture;
  OtherSite site;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.sendEvent(900);
  rtls.reset();
  QTRY_COMPARE(site.client->state(), QAbstractSocket::UnconnectedState);
}

TAGWIRE_TEST(RemoteClientTest)

}  // namespace remoteclient_test

#include "remoteclient_test.moc"
