// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "gatewayfixture.h"
#include "rawclient.h"
#include "restfixture.h"
#include "testcertificate.h"
#include "testprogram.h"

namespace slow_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = GatewayFixture;

namespace {

/// What the gateways of this thread log while it lives.
class LogLines {
 public:
  LogLines() {
    s_lines.clear();
    m_before = qInstallMessageHandler(
        [](QtMsgType, const QMessageLogContext &, const QString &text) { s_lines.append(text); });
  }
  ~LogLines() { qInstallMessageHandler(m_before); }
  static qsizetype count(const char *text) { return s_lines.filter(QLatin1String(text)).size(); }

 private:
  static QStringList s_lines;
  QtMessageHandler m_before;
};
QStringList LogLines::s_lines;

/// One byte each second, so that something always comes. The bytes that are left.
QByteArray drip(Fixture &fixture, RawClient &client, QByteArray bytes, int seconds) {
  for (int i = 0; i < seconds; ++i) {
    client.send(bytes.left(1));
    bytes.remove(0, 1);
    QCoreApplication::processEvents();
    fixture.context.manualClock().advance(1s);
    fixture.gateway.tick();
  }
  return bytes;
}

WsConfig withoutAnonymous(const LimitsConfig &limits) {
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live, limits)});
  settings.auth->anonymous.clear();
  return settings;
}

}  // namespace

/// Clients that take their time: with a request, a handshake, a message, an answer. The clock is moved by hand.
class SlowTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aRequestThatDripsEnds_data();
  void aRequestThatDripsEnds();
  void aTlsHandshakeThatDripsEnds();
  void aMessageThatDripsEnds_data();
  void aMessageThatDripsEnds();
  void messagesThatOverlapReadsGoOn();
  void whoTakesMuchSlowlyIsNotDead();
  void halfHeadsDoNotKeepOthersOut();
  void onlyWhoKeepsUsWaitingMakesRoom();
  void sessionsWithoutAuthMakeRoom();
  void anAnswerMayTakeItsTimeWhileItIsTaken();
  void whoNeverTakesItsAnswersIsCutOff();
};

void SlowTest::aRequestThatDripsEnds_data() {
  QTest::addColumn<QByteArray>("begin");
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<int>("seconds");
  const QByteArray waits = "Expect: 100-continue\r\n";
  QTest::newRow("head") << QByteArray("G") << QByteArray("ET / HTTP/1.1\r\nHost: localhost") << 10;
  QTest::newRow("field") << QByteArray("GET / HTTP/1.1\r\nHost: localhost\r\nX: ") << QByteArray(20, 'x') << 10;
  QTest::newRow("body") << RawClient::head("POST", "/api/os/command", waits + "Content-Length: 60\r\n")
                        << QByteArray(40, '{') << 30;
  QTest::newRow("chunks") << RawClient::head("POST", "/api/os/command", waits + "Transfer-Encoding: chunked\r\n")
                          << QByteArray("1\r\nx\r\n").repeated(6) << 30;
  QTest::newRow("head of a chunk") << RawClient::head("POST", "/api/os/command",
                                                      waits + "Transfer-Encoding: chunked\r\n")
                                   << QByteArray("1;" + QByteArray(40, 'x')) << 30;
}

void SlowTest::aRequestThatDripsEnds() {
  QFETCH(QByteArray, begin);
  QFETCH(QByteArray, bytes);
  QFETCH(int, seconds);
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(begin);
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  if (begin.contains("Expect")) {
    QTRY_COMPARE(client.status(), 100);
    client.dropHead();
  }
  drip(fixture, client, bytes, seconds - 1);
  QVERIFY(client.isConnected());
  QCOMPARE(client.status(), 0);
  fixture.context.manualClock().advance(1s);
  QTRY_COMPARE(client.status(), 408);
  QTRY_VERIFY(!client.isConnected());
  QCOMPARE(fixture.metric("tagwire_http_responses_total{status=\"408\""), 1.0);
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 0.0);
}

void SlowTest::aTlsHandshakeThatDripsEnds() {
  const QTemporaryDir folder;
  WsConfig settings = config({endpoint("/ws/live", ProtocolKind::Live)});
  settings.tls = TestCertificate("slow").config(folder);
  Fixture fixture(settings);
  RawClient client(fixture.gateway.port());
  client.send(QByteArray::fromHex("160301020001"));  // the first bytes of a ClientHello
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  drip(fixture, client, QByteArray(20, '\1'), 9);
  QVERIFY(client.isConnected());
  fixture.context.manualClock().advance(1s);
  QTRY_VERIFY(!client.isConnected());
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 0.0);
}

void SlowTest::aMessageThatDripsEnds_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::newRow("one frame") << clientText(QByteArray(60, 'x'));
  QTest::newRow("fragments, and a PONG between")
      << ClientFrame{1, "x", false}.bytes() + ClientFrame{10, ""}.bytes() + ClientFrame{0, QByteArray(60, 'x')}.bytes();
  QTest::newRow("a PING") << ClientFrame{9, QByteArray(60, 'x')}.bytes();
}

void SlowTest::aMessageThatDripsEnds() {
  QFETCH(QByteArray, bytes);
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(bytes.left(1) + bytes.mid(1, 1));
  QTest::qWait(0);
  drip(fixture, client, bytes.mid(2), 29);
  QVERIFY(client.isConnected());
  fixture.context.manualClock().advance(2s);
  RawClient::ServerFrame frame = client.nextFrame();
  while (frame.opcode == 9) frame = client.nextFrame();
  QCOMPARE(frame.closeCode(), 1008);
  QCOMPARE(frame.payload.mid(2), QByteArray("a message was not whole in time"));
  QTRY_COMPARE(fixture.metric("tagwire_ws_closed_total{code=\"1008\",endpoint=\"/ws/live\""), 1.0);
}

/// Each read ends within a message, for longer than one message may take.
void SlowTest::messagesThatOverlapReadsGoOn() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  const QByteArray message = clientText("overlapping");
  client.send(message.left(5));
  for (int second = 0; second < 50; ++second) {
    client.send(message.mid(5) + message.left(5));
    RawClient::ServerFrame frame = client.nextFrame();
    if (frame.opcode == 9) frame = client.nextFrame();
    QCOMPARE(frame.payload, QByteArray("overlapping"));
    fixture.context.manualClock().advance(1s);
    fixture.gateway.tick();
  }
  QVERIFY(client.isConnected());
}

/// While it is congested we read nothing of it, so its PONG and the rest of its message are not missed.
void SlowTest::whoTakesMuchSlowlyIsNotDead() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  Session *session = fixture.heard.open.first();
  client.socket().setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 64 * 1024);
  const QByteArray message = clientText("a message");
  client.send(clientText("first") + message.left(9));
  QCOMPARE(client.nextFrame().payload, QByteArray("first"));
  client.stopReading();
  for (int i = 0; i < 100 && !session->isCongested(); ++i) {
    session->send(Frame::text(QByteArray(1024 * 1024, 'x')));
    QTest::qWait(0);
  }
  QVERIFY(session->isCongested());
  for (int i = 0; i < 12; ++i) session->send(Frame::text(QByteArray(1024 * 1024, 'x')));
  client.socket().setReadBufferSize(128 * 1024);
  client.send(message.mid(9));
  for (int round = 0; round < 9; ++round) {
    qint64 due = 1024 * 1024;
    QTRY_VERIFY((due -= client.socket().read(qMax(due, qint64{0})).size()) <= 0);
    fixture.context.manualClock().advance(9s);
    fixture.gateway.tick();
    QVERIFY(session->isCongested());
  }
  QCOMPARE(fixture.heard.texts.size(), 1);
  client.readAgain();
  QTRY_COMPARE(fixture.heard.texts.value(1), QStringLiteral("a message"));
  fixture.gateway.tick();
  QCOMPARE(fixture.heard.open.size(), 1);
}

void SlowTest::halfHeadsDoNotKeepOthersOut() {
  const LogLines lines;
  Fixture fixture;
  HttpLimits limits;
  limits.connections = 64;
  fixture.gateway.setHttpLimits(limits);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 400; ++i) {
    flood.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    flood.back()->send("GET / HTTP/1.1\r\nHost: loc");
    fixture.context.manualClock().advance(1ms);
    QTRY_COMPARE(fixture.metric("tagwire_http_connections_total "), i + 1.0 + (i / 20));
    QVERIFY(fixture.metric("tagwire_http_connections ") <= 64);
    if (i % 20 != 19) continue;
    RawClient honest(fixture.gateway.port());
    honest.send(RawClient::head("GET", "/healthz", "Connection: close\r\n"));
    QTRY_COMPARE(honest.status(), 200);
    QTRY_VERIFY(!honest.isConnected());
  }
  const double turnedAway = fixture.metric("tagwire_http_turned_away_total ");
  QVERIFY2(turnedAway >= 400 - 64, qPrintable(QString::number(turnedAway)));
  QCOMPARE(lines.count("connections are taken"), 1);
  QCOMPARE(lines.count("room for connections"), 0);
  flood.clear();
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 0.0);
  fixture.context.manualClock().advance(10s);
  QTRY_COMPARE(lines.count("room for connections"), 1);
}

void SlowTest::onlyWhoKeepsUsWaitingMakesRoom() {
  RestFixture fixture;
  HttpLimits limits;
  limits.connections = 3;
  fixture.gateway.setHttpLimits(limits);
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (const QByteArray id : {"c1", "c2", "c3"}) {
    waiting.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    waiting.back()->send(RestFixture::postHead("{\"endpointId\":59,\"value\":80,\"correlationId\":\"" + id + "\"}"));
  }
  // All of them wait for us, so nobody has to go.
  QTRY_COMPARE(fixture.commands.size(), 3);
  const auto busy = [&] {
    RawClient client(fixture.gateway.port());
    return QTest::qWaitFor([&] { return client.status() != 0; }, 500) ? client.status() : 0;
  };
  QTRY_COMPARE(busy(), 503);
  for (const Command &each : std::as_const(fixture.commands)) fixture.tell(each.id, CommandState::Succeeded);
  for (const auto &each : waiting) QTRY_COMPARE(each->status(), 200);
  QVERIFY(std::all_of(waiting.begin(), waiting.end(), [](const auto &each) { return each->isConnected(); }));
  fixture.context.manualClock().advance(1ms);
  QCOMPARE(fixture.get("/healthz").status, 200);
}

void SlowTest::sessionsWithoutAuthMakeRoom() {
  LimitsConfig limits;
  limits.connections = 10;
  Fixture fixture(withoutAnonymous(limits));
  const auto made = TokenStore(fixture.context.dataDir())
                        .create(QStringLiteral("t"), *Permissions::fromTexts({QStringLiteral("*:read")}), std::nullopt,
                                fixture.context.clock().now(), QStringLiteral("test"));
  QVERIFY(made);
  fixture.context.manualClock().advance(1s);
  fixture.gateway.tick();
  const QByteArray bearer = "Authorization: Bearer " + *made + "\r\n";
  std::vector<std::unique_ptr<RawClient>> honest;
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 20; ++j) {
      flood.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
      flood.back()->send(RawClient::upgradeHead("/ws/live"));
    }
    for (const auto &each : flood) QTRY_VERIFY(each->status() != 0);
    honest.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    honest.back()->send(RawClient::upgradeHead("/ws/live", bearer));
    QTRY_COMPARE(honest.back()->status(), 101);
    QTRY_VERIFY(fixture.metric("tagwire_ws_sessions{endpoint=\"/ws/live\"") <= 10);
  }
  // Who proved who they are stays; there is no more room then.
  QTRY_COMPARE(fixture.heard.open.size(), 10);
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/ws/live\""), 10.0);
  RawClient last(fixture.gateway.port());
  last.send(RawClient::upgradeHead("/ws/live", bearer));
  QTRY_COMPARE(last.status(), 503);
  QVERIFY(fixture.metric("tagwire_ws_closed_total{code=\"4401\",endpoint=\"/ws/live\"") >= 10);
  for (const auto &each : honest) QVERIFY(each->isConnected());
}

namespace {

/// A client that asks for 20 MB and has small buffers of its own.
struct SlowReader {
  explicit SlowReader(Fixture &fixture, int requests) : client(fixture.gateway.port()) {
    for (int i = 0; i < 10'000; ++i) {
      PointInfo point;
      point.name = QStringLiteral("point%1").arg(i);
      point.description = QString(2000, u'x');
      fixture.context.declare({point});
    }
    client.stopReading();
    client.socket().setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 64 * 1024);
    client.send(RawClient::head("GET", "/api/v1/points").repeated(requests));
  }
  bool takes(qint64 bytes) {
    return tagwire::testing::waitFor([&] {
      bytes -= client.socket().read(qMax(bytes, qint64{0})).size();
      return bytes <= 0;
    });
  }
  RawClient client;
};

}  // namespace

void SlowTest::anAnswerMayTakeItsTimeWhileItIsTaken() {
  Fixture fixture;
  SlowReader reader(fixture, 1);
  reader.client.socket().setReadBufferSize(256 * 1024);
  for (int i = 0; i < 8; ++i) {
    QVERIFY(reader.takes(2'000'000));
    fixture.context.manualClock().advance(9s);
    fixture.gateway.tick();
    QCOMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  }
  // What is on its way still counts; then nothing is taken any more.
  const auto isCutOff = [&] {
    fixture.context.manualClock().advance(10s);
    return fixture.metric("tagwire_http_connections ") == 0;
  };
  QTRY_VERIFY(isCutOff());
}

void SlowTest::whoNeverTakesItsAnswersIsCutOff() {
  Fixture fixture;
  SlowReader reader(fixture, 1000);
  QTRY_COMPARE(fixture.metric("tagwire_http_responses_total{status=\"200\""), 1.0);
  fixture.context.manualClock().advance(9s);
  fixture.gateway.tick();
  QCOMPARE(fixture.metric("tagwire_http_connections "), 1.0);
  fixture.context.manualClock().advance(1s);
  QTRY_COMPARE(fixture.metric("tagwire_http_connections "), 0.0);
  QCOMPARE(fixture.metric("tagwire_http_responses_total{status=\"200\""), 1.0);
}

TAGWIRE_TEST(SlowTest)

}  // namespace slow_test

#include "slow_test.moc"
