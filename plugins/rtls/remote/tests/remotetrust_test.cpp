// SPDX-License-Identifier: Apache-2.0
#include <QTcpServer>
#include <QTcpSocket>

#include "othersite.h"
#include "testing/testauthority.h"
#include "testprogram.h"

namespace remotetrust_test {

using namespace tagwire;
using namespace tagwire::rtls;

/// Other sites that are not what they should be, on the wire and in the manifest.
class RemoteTrustTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tlsWithAPrivateAuthority();
  void tlsWithoutItIsRefused();
  void tlsOfAnotherNameIsRefused();
  void hostileTextIsCountedAndNothingElse();
  void hostileHugeFrameEndsTheConnection();
  void hostileBinaryEndsTheConnection();
  void hostileFloodEndsTheConnection();
  void hostileGarbageInsteadOfAHandshake();
  void refusedByHttpOverAnOpenConnection();
  void refusals_data();
  void refusals();
  void tokenInTheClearIsWarnedOf();
  void eventsOfOurNumbersAreDropped();
};

void RemoteTrustTest::tlsWithAPrivateAuthority() {
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

void RemoteTrustTest::tlsWithoutItIsRefused() {
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

void RemoteTrustTest::tlsOfAnotherNameIsRefused() {
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

void RemoteTrustTest::hostileTextIsCountedAndNothingElse() {
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

void RemoteTrustTest::hostileHugeFrameEndsTheConnection() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  const QSharedPointer<QWebSocket> first(site.client.release());
  first->sendTextMessage(QString(70'000, u'x'));
  QTRY_VERIFY(site.connections >= 2);
  QTRY_VERIFY(fixture.isRunning());
  const QString all = fixture.texts.join(u'\n');
  QVERIFY2(all.contains(QLatin1String("it sent a message of over 64 KiB")), qPrintable(all));
  QCOMPARE(first->closeCode(), QWebSocketProtocol::CloseCodeTooMuchData);
  QCOMPARE(fixture.refused("malformed"), 1.0);
}

void RemoteTrustTest::hostileBinaryEndsTheConnection() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.client->sendBinaryMessage("x");
  QTRY_VERIFY(site.connections >= 2);
}

/// All in one second, however slow the machine: the clock stands still.
void RemoteTrustTest::hostileFloodEndsTheConnection() {
  OtherSite site;
  RemoteFixture fixture;
  fixture.context.isStill = true;
  auto rtls = fixture.make(site.url());
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  for (int i = 0; i <= FloodGate::mostMessages; ++i) site.sendEvent(900);
  QTRY_VERIFY(fixture.state.contains(QLatin1String("it sends more than 20000 messages")));
  QTRY_COMPARE(site.client->state(), QAbstractSocket::UnconnectedState);
  QCOMPARE(fixture.refused("flood"), 1.0);
  QVERIFY(fixture.events.size() < FloodGate::mostMessages);
}

void RemoteTrustTest::hostileGarbageInsteadOfAHandshake() {
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

void RemoteTrustTest::refusedByHttpOverAnOpenConnection() {
  QTcpServer server;
  QVERIFY(server.listen(QHostAddress::LocalHost));
  int connections = 0;
  connect(&server, &QTcpServer::newConnection, this, [&] {
    ++connections;
    QTcpSocket *socket = server.nextPendingConnection();
    connect(socket, &QTcpSocket::readyRead, socket, [socket] {
      socket->readAll();
      socket->write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}");
    });
  });
  RemoteFixture fixture;
  auto rtls = fixture.make(QStringLiteral("ws://127.0.0.1:%1/ws/M").arg(server.serverPort()));
  rtls->start();
  QTRY_VERIFY(connections >= 3);
  QVERIFY2(fixture.state.contains(QLatin1String("refused with HTTP status 401; a token is due")),
           qPrintable(fixture.state));
}

void RemoteTrustTest::refusals_data() {
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
  row("zone within ours", remote(",\"static_data\":\"within.json\"") + own, "remotes[0].static_data",
      "zone 500 lies in zone 417, which is one of `zones`");
  row("trigger within ours", remote(",\"static_data\":\"trigger.json\"") + own, "remotes[0].static_data",
      "trigger 900 lies in zone 417, which is one of `zones`");
  row("asked for twice",
      "\"remotes\":[{\"endpoint\":\"wss://o/ws/M\",\"tags\":[\"A\",\"B\"]},"
      "{\"endpoint\":\"wss://O:443/ws/M\",\"tags\":[\"C\",\"B\"]}]",
      "remotes[1].tags[1]", "tag \"B\" of this endpoint is asked for by an entry before");
  row("pauses", remote(",\"retry_ms\":120000"), "remotes[0].longest_retry_ms", "is less than `retry_ms`");
  row("no certificate", remote(",\"ca\":\"wrong.json\""), "remotes[0].ca", "holds no certificate");
  row("certificate without TLS", "\"remotes\":[{\"endpoint\":\"ws://o/ws/M\",\"tags\":[\"A\"],\"ca\":\"wrong.json\"}]",
      "remotes[0].ca", "means nothing without TLS");
  row("own zone", remote(",\"zone\":417") + own, "remotes[0].zone", "zone 417 is one of `zones`");
  row("zone of that number", remote(",\"static_data\":\"zone.json\"") + own, "remotes[0].static_data",
      "zone 417 is \"Yard\" here and \"Hall\" elsewhere");
  row("position of an own tag", remote(",\"positions\":true") + own, "remotes[0].tags[0]",
      "comes from elsewhere already");
}

void RemoteTrustTest::refusals() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, path);
  QFETCH(QString, message);
  RemoteFixture fixture;
  fixture.write("wrong.json", "{\"triggers\":[\n  {\"id\":\"x\",\"name\":\"Gate\"}]}");
  fixture.write("within.json", "{\"zones\":[{\"id\":500,\"name\":\"Yard\",\"parent\":417}]}");
  fixture.write("trigger.json", "{\"triggers\":[{\"id\":900,\"name\":\"Gate\",\"zone_id\":417}]}");
  fixture.write("zone.json", "{\"zones\":[{\"id\":417,\"name\":\"Yard\"}]}");
  QVERIFY(!fixture.makeWith(keys));
  QVERIFY2(fixture.errors.contains(path), qPrintable(fixture.errors));
  QVERIFY2(fixture.errors.contains(message), qPrintable(fixture.errors));
}

void RemoteTrustTest::tokenInTheClearIsWarnedOf() {
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

void RemoteTrustTest::eventsOfOurNumbersAreDropped() {
  OtherSite site;
  RemoteFixture fixture;
  auto rtls = fixture.make(site.url(), "\"zone\":417",
                           ",\"managers\":[\"M\"],"
                           "\"zones\":[{\"id\":1,\"name\":\"Own\",\"polygon\":[[0,0],[9,0],[9,9]]}],"
                           "\"triggers\":[{\"id\":123,\"name\":\"Gate\",\"zone\":1,\"direction\":\"OnEnter\","
                           "\"regions\":[{\"polygon\":[[1,0],[8,0],[8,1]]}]}]");
  QVERIFY2(rtls, qPrintable(fixture.errors));
  rtls->start();
  QTRY_VERIFY(fixture.isRunning());
  site.sendEvent(900, "SIM1", ",\"zone_id\":1");
  site.sendEvent(123);
  site.sendEvent(900);
  QTRY_COMPARE(fixture.events.size(), 1);
  QCOMPARE(fixture.trigger(0).triggerId, 900);
  QCOMPARE(fixture.trigger(0).zoneId, 417);
  QCOMPARE(fixture.refused("own_number"), 2.0);
}

TAGWIRE_TEST(RemoteTrustTest)

}  // namespace remotetrust_test

#include "remotetrust_test.moc"
