// SPDX-License-Identifier: Apache-2.0
#include <QTcpServer>
#include <QTcpSocket>

#include "othersite.h"
#include "testauthority.h"

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
  void R1_31_dialsUntilSomebodyIsThere();
  void tokenIsReadAgainForEachConnection();
  void R1_33_namesAreReadAgainWhenTheyChanged();
  void R1_36_directoryHoldsItsTriggers();
  void statusSaysWhy();
  void refusedStreamSaysWhy();
  void closeCodesAreSaidOnce();
  void tokenIsNeverSaid();
  void tlsWithAPrivateAuthority();
  void tlsWithoutItIsRefused();
  void tlsOfAnotherNameIsRefused();
  void hostileTextIsCountedAndNothingElse();
  void hostileHugeFrameEndsTheConnection();
  void hostileBinaryEndsTheConnection();
  void hostileFloodEndsTheConnection();
  void hostileGarbageInsteadOfAHandshake();
  void stopWithoutStartAndTwice();
  void nothingAfterStop();
  void stopSaysFarewell();
  void destroyWhileConnected();
  void refusals_data();
  void refusals();
  void tokenInTheClearIsWarnedOf();

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
  auto rtls = fixture.make(site.url(), "\"positions\":true", ",\"timeout_ms\":100");
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
    QTRY_VERIFY(!fixture.events.isEmpty() && fixture.trigger(fixture.events.size() - 1).triggerId >= 800);
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

void RemoteClientTest::tokenIsReadAgainForEachConnection() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.write("token", "first");
  auto rtls = fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}");
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  fixture.write("token", "second");
  site.client->close(static_cast<QWebSocketProtocol::CloseCode>(4401), QStringLiteral("expired"));
  QTRY_COMPARE(site.authorization, QByteArray("Bearer second"));
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
    if (!QTest::qWaitFor([&] { return site.connections > connections && site.received.size() == 1; })) return QString();
    const qsizetype before = fixture.events.size();
    if (!QTest::qWaitFor([&] { return fixture.isRunning(); })) return QString();
    site.sendEvent(900);
    if (!QTest::qWaitFor([&] { return fixture.events.size() > before; })) return QString();
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

void RemoteClientTest::statusSaysWhy() {
  OtherSite site;
  site.uponConnection = [](QWebSocket &socket) {
    socket.close(QWebSocketProtocol::CloseCodePolicyViolated, QStringLiteral("Manager not found"));
  };
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_COMPARE(fixture.state,
               QStringLiteral("remote %1: closed with 1008 Manager not found; look at the manager's name "
                              "in `endpoint`: GET /api/v1/rtls/managers lists them there")
                   .arg(site.url()));
  QTRY_VERIFY(site.connections >= 4);
  // At the start and when the reason was known, and not for each attempt.
  QCOMPARE(fixture.states, (QList<PluginState>{PluginState::Degraded, PluginState::Degraded}));
}

void RemoteClientTest::refusedStreamSaysWhy() {
  OtherSite site;
  site.answers = false;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(!site.received.isEmpty());
  site.send(
      "{\"type\":\"response\",\"reqid\":\"tagwire\",\"response\":\"Unknown\",\"message\":\"unknown zone_id 417\"}");
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("BeginStream is refused: unknown zone_id 417")),
               qPrintable(fixture.state));
  QTRY_VERIFY(site.connections >= 2);
}

static QStringList said;

static void listen(QtMsgType type, const QMessageLogContext &, const QString &text) {
  if (type == QtWarningMsg || type == QtInfoMsg) said << text;
}

void RemoteClientTest::closeCodesAreSaidOnce() {
  OtherSite site;
  int code = 4401;
  site.uponConnection = [&code](QWebSocket &socket) {
    socket.close(static_cast<QWebSocketProtocol::CloseCode>(code), QStringLiteral("no"));
  };
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  rtls->start();
  bool came = true;
  for (const int each : {4401, 4403, 4408}) {
    code = each;
    const int connections = site.connections;
    came = came && QTest::qWaitFor([&] { return site.connections > connections + 3; });
  }
  rtls->stop();
  qInstallMessageHandler(before);
  QVERIFY(came);
  QCOMPARE(said.size(), 3);
  QVERIFY(said.at(0).contains(QLatin1String("closed with 4401 no; the token is not taken")));
  QVERIFY(said.at(1).contains(QLatin1String("closed with 4403 no; the token lacks a permission")));
  QVERIFY(said.at(2).contains(QLatin1String("closed with 4408 no; our answer to its heartbeat came too late")));
}

void RemoteClientTest::tokenIsNeverSaid() {
  RemoteFixture fixture;
  fixture.write("token", "tw_known_to_nobody_else");
  OtherSite site;
  site.uponConnection = [](QWebSocket &socket) { socket.close(static_cast<QWebSocketProtocol::CloseCode>(4401)); };
  auto rtls = fixture.make(site.url(), "\"token\":{\"$file\":\"token\"}");
  said.clear();
  const auto before = qInstallMessageHandler(&listen);
  rtls->start();
  const bool came = QTest::qWaitFor([&] { return site.connections >= 3; });
  qInstallMessageHandler(before);
  QVERIFY(came);
  QVERIFY(!said.isEmpty());
  for (const QString &line :
       said + QStringList{fixture.state, fixture.errors, QString::fromStdString(fixture.context.metrics().text())}) {
    QVERIFY2(!line.contains(QLatin1String("tw_known")), qPrintable(line));
  }
}

namespace {

QSslConfiguration tlsOf(const TestAuthority &authority) {
  QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
  tls.setLocalCertificate(QSslCertificate(authority.certificate));
  tls.setPrivateKey(QSslKey(authority.key, QSsl::Ec));
  tls.setPeerVerifyMode(QSslSocket::VerifyNone);
  return tls;
}

}  // namespace

void RemoteClientTest::tlsWithAPrivateAuthority() {
  const TestAuthority authority("IP:127.0.0.1");
  const QSslConfiguration tls = tlsOf(authority);
  OtherSite site(&tls);
  RemoteFixture fixture;
  fixture.write("ca.pem", authority.authority);
  auto rtls = fixture.make(site.url("wss"), "\"ca\":\"ca.pem\"");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  QTRY_VERIFY2(fixture.isRunning(), qPrintable(fixture.state));
  site.sendEvent(900);
  QTRY_COMPARE(fixture.events.size(), 1);
}

void RemoteClientTest::tlsWithoutItIsRefused() {
  const TestAuthority authority("IP:127.0.0.1");
  const QSslConfiguration tls = tlsOf(authority);
  OtherSite site(&tls);
  RemoteFixture fixture;
  fixture.write("token", "tw_secret");
  auto rtls = fixture.make(site.url("wss"), "\"token\":{\"$file\":\"token\"}");
  rtls->start();
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("its certificate is not trusted")), qPrintable(fixture.state));
  QCOMPARE(site.connections, 0);  // so the token never left
}

void RemoteClientTest::tlsOfAnotherNameIsRefused() {
  const TestAuthority authority("DNS:other.example");
  const QSslConfiguration tls = tlsOf(authority);
  OtherSite site(&tls);
  RemoteFixture fixture;
  fixture.write("ca.pem", authority.authority);
  auto rtls = fixture.make(site.url("wss"), "\"ca\":\"ca.pem\"");
  rtls->start();
  QTRY_VERIFY2(fixture.state.contains(QLatin1String("its certificate is not trusted")), qPrintable(fixture.state));
  QCOMPARE(site.connections, 0);
}

void RemoteClientTest::hostileTextIsCountedAndNothingElse() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  for (const char *text : {"", "{", "[]", "null", "{\"type\":7}", "{\"type\":\"TriggerEvent\"}",
                           "{\"type\":\"GISData\",\"ID\":\"SIM1\",\"X\":1e999,\"Y\":0}"}) {
    site.send(text);
  }
  site.send(QByteArray(60'000, '['));
  site.sendEvent(900);
  QTRY_COMPARE(fixture.events.size(), 1);
  QCOMPARE(fixture.refused("malformed"), 8.0);
  QCOMPARE(site.connections, 1);
}

void RemoteClientTest::hostileHugeFrameEndsTheConnection() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.send(QByteArray(70'000, 'x'));
  QTRY_VERIFY(site.connections >= 2);
  QTRY_VERIFY(fixture.isRunning());
}

void RemoteClientTest::hostileBinaryEndsTheConnection() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.client->sendBinaryMessage("x");
  QTRY_VERIFY(site.connections >= 2);
}

void RemoteClientTest::hostileFloodEndsTheConnection() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < FloodGate::mostMessages / 2; ++j) site.sendEvent(900);
    QCoreApplication::processEvents();
    if (site.connections > 1) break;
  }
  QTRY_VERIFY(site.connections >= 2);
  QVERIFY(fixture.refused("flood") >= 1.0);
  QVERIFY(fixture.events.size() <= FloodGate::mostMessages * 2);
}

void RemoteClientTest::hostileGarbageInsteadOfAHandshake() {
  QTcpServer server;
  QVERIFY(server.listen(QHostAddress::LocalHost));
  int connections = 0;
  connect(&server, &QTcpServer::newConnection, this, [&] {
    ++connections;
    QTcpSocket *socket = server.nextPendingConnection();
    socket->write("SSH-2.0-OpenSSH_9.2\r\n\r\n" + QByteArray(1 << 20, 'x'));
    socket->disconnectFromHost();
  });
  RemoteFixture fixture;
  auto rtls = fixture.make(QStringLiteral("ws://127.0.0.1:%1/ws/M").arg(server.serverPort()));
  rtls->start();
  QTRY_VERIFY(connections >= 3);
  QVERIFY(fixture.events.isEmpty());
  rtls->stop();
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

void RemoteClientTest::refusals_data() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("path");
  QTest::addColumn<QString>("message");
  const auto row = [](const char *name, const QByteArray &keys, const char *path, const char *message) {
    QTest::newRow(name) << keys << QString::fromLatin1(path) << QString::fromLatin1(message);
  };
  const auto remote = [](const char *keys) {
    return QByteArray("\"remotes\":[{\"endpoint\":\"wss://other/ws/M\",\"tags\":[\"SIM1\"]") + keys + "}]";
  };
  const QByteArray own =
      ",\"managers\":[\"M\"],\"zones\":[{\"id\":417,\"name\":\"Hall\",\"polygon\":[[0,0],[9,0],[9,9]]}],"
      "\"tags\":[{\"id\":\"SIM1\"}]";
  row("neither", "\"zones\":[]", "config.managers", "is missing (allowed without it: `remotes`)");
  row("no tags", "\"remotes\":[{\"endpoint\":\"ws://other/ws/M\"}]", "remotes[0]", "\"tags\" is missing");
  row("http", "\"remotes\":[{\"endpoint\":\"http://other/ws/M\",\"tags\":[\"A\"]}]", "remotes[0].endpoint",
      "not the URL of a WebSocket (allowed: ws://");
  row("user", "\"remotes\":[{\"endpoint\":\"ws://me@other/ws/M\",\"tags\":[\"A\"]}]", "remotes[0].endpoint",
      "no name or password");
  row("query", "\"remotes\":[{\"endpoint\":\"ws://other/ws/M?a=b\",\"tags\":[\"A\"]}]", "remotes[0].endpoint",
      "nothing may follow the path");
  row("re-broadcast", "\"remotes\":[{\"endpoint\":\"ws://other/ws/events\",\"tags\":[\"A\"]}]", "remotes[0].endpoint",
      "a manager is due");
  row("plain token", remote(",\"token\":\"abc\""), "remotes[0].token", "a reference is due");
  row("tag twice", "\"remotes\":[{\"endpoint\":\"ws://o/ws/M\",\"tags\":[\"A\",\"A\"]}]", "remotes[0].tags[1]",
      "A is there twice");
  row("wrong tag", "\"remotes\":[{\"endpoint\":\"ws://o/ws/M\",\"tags\":[\"A/B\"]}]", "remotes[0].tags[0]",
      "a tag's id may not hold");
  row("no such file", remote(",\"static_data\":\"nowhere.json\""), "remotes[0].static_data", "can't be read");
  row("wrong file", remote(",\"static_data\":\"wrong.json\""), "remotes[0].static_data",
      "wrong.json:2:9: triggers[0].id: ");
  row("no certificate", remote(",\"ca\":\"wrong.json\""), "remotes[0].ca", "holds no certificate");
  row("certificate without TLS", "\"remotes\":[{\"endpoint\":\"ws://o/ws/M\",\"tags\":[\"A\"],\"ca\":\"wrong.json\"}]",
      "remotes[0].ca", "means nothing without TLS");
  row("own zone", remote(",\"zone\":417") + own, "remotes[0].zone", "zone 417 is one of `zones`");
  row("zone of that number", remote(",\"static_data\":\"zone.json\"") + own, "remotes[0].static_data",
      "zone 417 is \"Yard\" here and \"Hall\" elsewhere");
  row("position of an own tag", remote(",\"positions\":true") + own, "remotes[0].tags[0]",
      "comes from elsewhere already");
}

void RemoteClientTest::refusals() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, path);
  QFETCH(QString, message);
  RemoteFixture fixture;
  fixture.write("wrong.json", "{\"triggers\":[\n  {\"id\":\"x\",\"name\":\"Gate\"}]}");
  fixture.write("zone.json", "{\"zones\":[{\"id\":417,\"name\":\"Yard\"}]}");
  QVERIFY(!fixture.makeWith(keys));
  QVERIFY2(fixture.errors.contains(path), qPrintable(fixture.errors));
  QVERIFY2(fixture.errors.contains(message), qPrintable(fixture.errors));
}

void RemoteClientTest::tokenInTheClearIsWarnedOf() {
  RemoteFixture fixture;
  fixture.write("token", "tw_secret");
  QVERIFY(
      fixture.makeWith("\"remotes\":[{\"endpoint\":\"ws://other.example/ws/M\",\"tags\":[\"A\"],"
                   "\"token\":{\"$file\":\"token\"}}]"));
  QVERIFY2(fixture.errors.contains(QLatin1String("crosses the network in the clear")), qPrintable(fixture.errors));
  fixture.write("token", "tw\nX-Header: 1");
  QVERIFY(
      !fixture.makeWith("\"remotes\":[{\"endpoint\":\"wss://other.example/ws/M\",\"tags\":[\"A\"],"
                    "\"token\":{\"$file\":\"token\"}}]"));
  QVERIFY(!fixture.errors.contains(QLatin1String("X-Header")));
}

QTEST_GUILESS_MAIN(RemoteClientTest)
#include "remoteclient_test.moc"
