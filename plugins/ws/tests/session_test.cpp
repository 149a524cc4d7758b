// SPDX-License-Identifier: Apache-2.0
#include <QSignalSpy>
#include <QTest>

#include "gatewayfixture.h"
#include "rawclient.h"
#include "testprogram.h"

namespace session_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = GatewayFixture;

class SessionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void samplesOfOneTurnAreFlushedOnce();
  void framesBehindTheHeadAreRead();
  void protocolMayCloseAtOnce();
  void brokenFramesEndOneClientOnly_data();
  void brokenFramesEndOneClientOnly();
  void closeHandshake();
  void R5_8_eleventhMessageIsRefused();
  void R5_8_pingAndDeadClient();
  void pingFloodIs1008();
  void messagesHaveAnEnd_data();
  void messagesHaveAnEnd();
  void R4_12_aFullQueueHasTheWriteTimeout();
  void aFreshTokenMayBeLongerThanAMessage();
  void slowReaderIs1013AndOthersAreServed();
  void slowReaderThatCatchesUpLosesNothing();
  void writeTimeoutIs1013();
  void complaintsHaveTheProtocolsShape();
};

void SessionTest::samplesOfOneTurnAreFlushedOnce() {
  Fixture fixture(config({endpoint("/ws/live", ProtocolKind::Live)}));
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  QSignalSpy written(&fixture.gateway, &Plugin::written);
  fixture.gateway.write({Sample(), Sample()});
  fixture.gateway.write({Sample()});
  QTRY_VERIFY(!written.isEmpty());
  QCOMPARE(fixture.heard.flushes, 1);
  QCOMPARE(client.nextFrame().payload, QByteArray("3"));
}

void SessionTest::messagesHaveAnEnd_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::newRow("half a head") << clientText("bird").left(1);
  QTest::newRow("half a frame") << clientText("bird").left(8);
  QTest::newRow("no last fragment") << ClientFrame{1, "bird", false}.bytes();
  QTest::newRow("behind a whole one") << clientText("early") + clientText("bird").left(8);
}

void SessionTest::messagesHaveAnEnd() {
  QFETCH(QByteArray, bytes);
  LimitsConfig limits;
  limits.messageTimeout = 5s;
  Fixture fixture(limits);
  RawClient slow(fixture.gateway.port());
  RawClient good(fixture.gateway.port());
  QVERIFY(slow.upgrade("/ws/live"));
  QVERIFY(good.upgrade("/ws/live"));
  slow.send(bytes);
  good.send(clientText("whole"));
  QCOMPARE(good.nextFrame().payload, QByteArray("whole"));
  fixture.context.manualClock().advance(4900ms);
  fixture.gateway.tick();
  QCOMPARE(fixture.heard.closed, 0);
  fixture.context.manualClock().advance(200ms);
  fixture.gateway.tick();
  QCOMPARE(slow.closeCode(), 1008);
  good.send(clientText("still"));
  QCOMPARE(good.nextFrame().payload, QByteArray("still"));
}

void SessionTest::framesBehindTheHeadAreRead() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/live") + clientText("early") + clientText("bird").left(3));
  QTRY_COMPARE(client.status(), 101);
  client.send(clientText("bird").mid(3));
  client.dropHead();
  QCOMPARE(client.nextFrame().payload, QByteArray("early"));
  QCOMPARE(client.nextFrame().payload, QByteArray("bird"));
}

void SessionTest::protocolMayCloseAtOnce() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/nobody"));
  QCOMPARE(client.closeCode(), 1008);
  QTRY_COMPARE(fixture.heard.closed, 1);
}

void SessionTest::brokenFramesEndOneClientOnly_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<int>("code");
  QTest::newRow("unmasked") << ClientFrame{1, "x", true, false}.bytes() << 1002;
  QTest::newRow("binary") << ClientFrame{2, "x"}.bytes() << 1003;
  QTest::newRow("bad UTF-8") << clientText("\xff") << 1007;
  QTest::newRow("too large") << clientText(QByteArray(200'000, 'x')) << 1009;
  QTest::newRow("HTTP again") << RawClient::head("GET", "/healthz") << 1002;
  QTest::newRow("a megabyte behind it") << ClientFrame{2, "x"}.bytes() + QByteArray(1'000'000, 'x') << 1003;
}

void SessionTest::brokenFramesEndOneClientOnly() {
  QFETCH(QByteArray, bytes);
  QFETCH(int, code);
  Fixture fixture;
  RawClient good(fixture.gateway.port());
  QVERIFY(good.upgrade("/ws/live"));
  RawClient bad(fixture.gateway.port());
  QVERIFY(bad.upgrade("/ws/live"));
  bad.send(bytes);
  QCOMPARE(bad.closeCode(), code);
  QTRY_VERIFY(!bad.isConnected());
  QTRY_COMPARE(fixture.heard.closed, 1);
  good.send(clientText("still here"));
  QCOMPARE(good.nextFrame().payload, QByteArray("still here"));
}

void SessionTest::closeHandshake() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(ClientFrame{8, QByteArray("\x0f\xa1", 2)}.bytes());  // 4001
  QCOMPARE(client.closeCode(), 4001);
  QTRY_VERIFY(!client.isConnected());
  QTRY_COMPARE(fixture.heard.closed, 1);
  // Its code may be any, so that one does not become a label.
  QCOMPARE(fixture.metric("tagwire_ws_closed_total{code=\"other\",endpoint=\"/ws/live\""), 1.0);

  RawClient other(fixture.gateway.port());
  QVERIFY(other.upgrade("/ws/live"));
  other.send(clientText("close") + clientText("not heard"));
  QCOMPARE(other.nextFrame().payload, QByteArray("close"));
  const auto frame = other.nextFrame();
  QCOMPARE(frame.closeCode(), 1000);
  QCOMPARE(frame.payload.mid(2), QByteArray("as you wish"));
  QCOMPARE(fixture.metric("tagwire_ws_closed_total{code=\"1000\",endpoint=\"/ws/live\""), 1.0);
  QTRY_VERIFY(!other.isConnected());
  QTRY_COMPARE(fixture.heard.closed, 2);
  QVERIFY(!fixture.heard.texts.contains(QStringLiteral("not heard")));
}

void SessionTest::R5_8_eleventhMessageIsRefused() {
  Fixture fixture(config({endpoint("/ws", ProtocolKind::Panel)}));
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws"));
  for (int i = 0; i < 11; ++i) client.send(clientText(QByteArray::number(i)));
  for (int i = 0; i < 10; ++i) QCOMPARE(client.nextFrame().payload, QByteArray::number(i));
  const auto refusal = client.nextFrame();
  QVERIFY2(refusal.payload.startsWith(R"({"message":"more than 10 messages)"), refusal.payload.constData());
  QVERIFY(refusal.payload.contains(R"("type":"error")"));
  QCOMPARE(fixture.heard.texts.size(), 10);

  fixture.context.manualClock().advance(1001ms);
  client.send(clientText("again"));
  QCOMPARE(client.nextFrame().payload, QByteArray("again"));
  // Twenty messages in each of the next seconds: it goes on, and ends with 1008.
  int code = 0;
  for (int second = 0; second < 8 && code == 0; ++second) {
    fixture.context.manualClock().advance(900ms);
    for (int i = 0; i < 20; ++i) client.send(clientText("flood"));
    QTest::qWait(0);
    QTRY_VERIFY(fixture.metric("tagwire_ws_received_messages_total{endpoint=\"/ws\"") >= 12 + 20.0 * (second + 1) ||
                fixture.heard.closed == 1);
    if (fixture.heard.closed == 1) code = client.closeCode();
  }
  QCOMPARE(code, 1008);
}

void SessionTest::R5_8_pingAndDeadClient() {
  Fixture fixture(config({endpoint("/ws", ProtocolKind::Panel)}));
  RawClient alive(fixture.gateway.port());
  QVERIFY(alive.upgrade("/ws"));
  RawClient dead(fixture.gateway.port());
  QVERIFY(dead.upgrade("/ws"));
  fixture.context.manualClock().advance(30s);
  QCOMPARE(alive.nextFrame().opcode, 9);
  QCOMPARE(dead.nextFrame().opcode, 9);
  alive.send(ClientFrame{10, ""}.bytes() + clientText("ponged"));
  QCOMPARE(alive.nextFrame().payload, QByteArray("ponged"));
  fixture.context.manualClock().advance(30s);
  QCOMPARE(dead.closeCode(), 1008);
  QTRY_COMPARE(fixture.heard.open.size(), 1);
  QCOMPARE(alive.nextFrame().opcode, 9);
  QVERIFY(alive.isConnected());
}

void SessionTest::pingFloodIs1008() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(ClientFrame{9, "x"}.bytes().repeated(21));
  for (int i = 0; i < 20; ++i) {
    const auto frame = client.nextFrame();
    QCOMPARE(frame.opcode, 10);
    QCOMPARE(frame.payload, QByteArray("x"));
  }
  QCOMPARE(client.nextFrame().closeCode(), 1008);
}

void SessionTest::slowReaderIs1013AndOthersAreServed() {
  LimitsConfig limits;
  limits.queueMessages = 8;
  Fixture fixture(config({endpoint("/ws/live", ProtocolKind::Live, limits)}));
  RawClient slow(fixture.gateway.port());
  QVERIFY(slow.upgrade("/ws/live"));
  Session *session = fixture.heard.open.first();
  RawClient quick(fixture.gateway.port());
  QVERIFY(quick.upgrade("/ws/live"));
  slow.stopReading();

  const Frame large = Frame::text(QByteArray(1024 * 1024, 'x'));
  int sent = 0;
  for (; sent < 100 && !session->isCongested(); ++sent) {
    session->send(large);
    QTest::qWait(0);
  }
  QVERIFY(session->isCongested());
  for (int i = 0; i < 8; ++i) session->send(large);
  QCOMPARE(fixture.heard.closed, 0);
  session->send(large);
  QTRY_COMPARE(fixture.heard.closed, 1);
  QCOMPARE(fixture.heard.open.size(), 1);
  QCOMPARE(fixture.metric("tagwire_ws_slow_clients_total{endpoint=\"/ws/live\""), 1.0);
  QVERIFY(fixture.metric("tagwire_ws_dropped_messages_total{endpoint=\"/ws/live\"") >= 8.0);

  quick.send(clientText("served"));
  QCOMPARE(quick.nextFrame().payload, QByteArray("served"));
  slow.readAgain();
  QCOMPARE(slow.closeCode(), 1013);
}

void SessionTest::R4_12_aFullQueueHasTheWriteTimeout() {
  LimitsConfig limits;
  limits.queueMessages = 8;
  Fixture fixture(config({endpoint("/ws/rooms", ProtocolKind::Rooms, limits)}));
  RawClient slow(fixture.gateway.port());
  QVERIFY(slow.upgrade("/ws/rooms"));
  Session *session = fixture.heard.open.first();
  slow.stopReading();
  const Frame large = Frame::text(QByteArray(512 * 1024, 'x'));
  for (int sent = 0; sent < 100 && !session->isCongested(); ++sent) {
    session->send(large);
    QTest::qWait(0);
  }
  QVERIFY(session->isCongested());
  for (int i = 0; i < 20; ++i) session->send(large);
  QTest::qWait(0);
  QCOMPARE(fixture.heard.closed, 0);
  fixture.context.manualClock().advance(9900ms);
  fixture.gateway.tick();
  QTest::qWait(0);
  QCOMPARE(fixture.heard.closed, 0);
  fixture.context.manualClock().advance(200ms);
  QTRY_COMPARE(fixture.heard.closed, 1);
  QCOMPARE(fixture.metric("tagwire_ws_slow_clients_total{endpoint=\"/ws/rooms\""), 1.0);
}

void SessionTest::aFreshTokenMayBeLongerThanAMessage() {
  LimitsConfig limits;
  limits.messageBytes = 512;
  Fixture fixture(config({endpoint("/ws", ProtocolKind::Panel, limits)}));
  const QByteArray token(4000, 't');
  const auto codeOf = [&](const QByteArray &text) {
    RawClient client(fixture.gateway.port());
    if (!client.upgrade("/ws")) return -1;
    client.send(clientText("hello"));
    client.send(clientText(text));
    return client.closeCode();
  };
  QCOMPARE(codeOf("{\"type\":\"auth\",\"access_token\":\"" + token + "\"}"), 4401);  // looked at, and wrong
  QCOMPARE(codeOf("{\"type\":\"ping\",\"access_token\":\"" + token + "\"}"), 1009);
  QCOMPARE(codeOf("{\"type\":\"ping\",\"x\":\"" + token + "\"}"), 1009);
}

void SessionTest::slowReaderThatCatchesUpLosesNothing() {
  Fixture fixture(config({endpoint("/ws/live", ProtocolKind::Live)}));
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  Session *session = fixture.heard.open.first();
  client.stopReading();
  int sent = 0;
  for (; sent < 100 && !session->isCongested(); ++sent) {
    session->send(Frame::text(QByteArray::number(sent).rightJustified(1024 * 1024)));
    QTest::qWait(0);
  }
  QVERIFY(session->isCongested());
  for (const int last = sent + 5; sent < last; ++sent) session->send(Frame::text(QByteArray::number(sent)));
  client.readAgain();
  for (int i = 0; i < sent; ++i) QCOMPARE(client.nextFrame().payload.trimmed(), QByteArray::number(i));
  QTRY_COMPARE(fixture.heard.drained, 1);
  QVERIFY(!session->isCongested());
}

void SessionTest::writeTimeoutIs1013() {
  Fixture fixture(config({endpoint("/ws/live", ProtocolKind::Live)}));
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  Session *session = fixture.heard.open.first();
  client.stopReading();
  for (int i = 0; i < 100 && !session->isCongested(); ++i) {
    session->send(Frame::text(QByteArray(1024 * 1024, 'x')));
    QTest::qWait(0);
  }
  QVERIFY(session->isCongested());
  fixture.context.manualClock().advance(10s);
  QTRY_COMPARE(fixture.heard.closed, 1);
  client.readAgain();
  QCOMPARE(client.closeCode(), 1013);
}

void SessionTest::complaintsHaveTheProtocolsShape() {
  const QString text = QStringLiteral("slow down");
  QCOMPARE(complaint(ProtocolKind::Live, text, Time()), QByteArray(R"({"message":"slow down","op":"error"})"));
  QCOMPARE(complaint(ProtocolKind::Panel, text, Time()), QByteArray(R"({"message":"slow down","type":"error"})"));
  QCOMPARE(complaint(ProtocolKind::RtlsManager, text, Time()),
           QByteArray(R"({"message":"slow down","reqid":"","response":"Unknown","type":"response"})"));
}

TAGWIRE_TEST(SessionTest)

}  // namespace session_test

#include "session_test.moc"
