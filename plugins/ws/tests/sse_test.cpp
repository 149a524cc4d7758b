// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "listener.h"
#include "restfixture.h"
#include "testprogram.h"
#include "websocket/endpoints.h"

namespace sse_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

constexpr const char *path = "/api/os/events?channels=telemetry,alarms&endpointIds=59";

struct Fixture : RestFixture {
  using RestFixture::RestFixture;

  void put(double value) {
    const Samples samples{{ids[0], Quality::good(), context.clock().now(), value}};
    context.pointTable().update(samples);
    gateway.write(samples);
  }
  void alarm(const QString &message = QStringLiteral("too warm")) {
    AlarmTransition alarm;
    alarm.alarmId = 42;
    alarm.state = AlarmState::Alarm;
    alarm.message = message;
    Event event;
    event.time = context.clock().now();
    event.body = alarm;
    gateway.notify(event);
  }
  double metric(const QByteArray &line) {
    const QByteArray text = QByteArray::fromStdString(context.metrics().text());
    const qsizetype at = text.indexOf('\n' + line);
    if (at < 0) return -1;
    const qsizetype from = text.indexOf("} ", at) + 2;
    return text.mid(from, text.indexOf('\n', from) - from).toDouble();
  }
};

/// A browser's EventSource, as far as a test needs it: reads lines as the HTML standard says.
class EventSource {
 public:
  explicit EventSource(quint16 port, const QByteArray &lastEventId = {}, const QByteArray &target = path,
                       const QByteArray &fields = {})
      : m_client(port) {
    const QByteArray last = lastEventId.isEmpty() ? QByteArray() : "Last-Event-ID: " + lastEventId + "\r\n";
    m_client.send(RawClient::head("GET", target, "Accept: text/event-stream\r\n" + last + fields));
  }
  RawClient &client() { return m_client; }
  QByteArray head() const { return m_client.input().left(m_client.input().indexOf("\r\n\r\n") + 2); }
  /// `data` of each event so far.
  QByteArrayList events() {
    read();
    return m_events;
  }
  QByteArray lastEventId() {
    read();
    return m_lastId;
  }
  int comments() {
    read();
    return m_comments;
  }

 private:
  void read() {
    m_events.clear();
    m_comments = 0;
    const QByteArray body = m_client.input().mid(m_client.input().indexOf("\r\n\r\n") + 4);
    for (const QByteArray &block : body.left(body.lastIndexOf("\n\n") + 1).split('\n')) {
      if (block.startsWith("id: ")) m_lastId = block.mid(4);
      if (block.startsWith("data: ")) m_events << block.mid(6);
      if (block.startsWith(":")) ++m_comments;
    }
  }

  RawClient m_client;
  QByteArrayList m_events;
  QByteArray m_lastId;
  int m_comments = 0;
};

/// Endpoints without a gateway, for a caller whom the test makes.
struct Door : HttpHost {
  Door()
      : state(RestFixture::config(), context),
        endpoints(
            state, [](auto &&...) { return nullptr; }, farewells) {
    listener.open({QHostAddress(QHostAddress::LocalHost), 0});
    QObject::connect(&listener, &Listener::arrived, &listener, [this] {
      connection = std::make_unique<HttpConnection>(listener.take(), HttpLimits(), context.clock(), *this);
      connection->begin();
    });
  }
  void requestArrived(HttpConnection &from, const Request &request) override {
    const auto target = Target::parse(request.target);
    const auto refusal = endpoints.openEvents({request,
                                               *target,
                                               {},
                                               {from.peerAddress(), addressText(from.peerAddress(), from.peerPort())},
                                               caller,
                                               from.laterAnswer(),
                                               from});
    if (refusal) from.answer(errorResponse(*refusal, context.clock().now()));
  }
  void requestRefused(int) override {}
  void connectionOver(HttpConnection &) override {}
  void unsentChanged(qint64) override {}
  bool isBacklogged() const override { return false; }

  TestContext context;
  GatewayState state;
  Farewells farewells;
  Endpoints endpoints;
  Listener listener;
  CallerPointer caller;
  std::unique_ptr<HttpConnection> connection;
};

}  // namespace

class SseTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_13_theSameJsonAsEvents();
  void R5_13_aCommentEvery15Seconds();
  void R5_13_lastEventIdGoesOn();
  void R5_13_refusals_data();
  void R5_13_refusals();
  void R5_13_anExpiredCredentialEndsTheStream();
  void R5_13_aRevokedTokenEndsTheStream();
  void R5_13_headIsEmpty();
  void R5_13_pagesOfAllowedOriginsMayRead();
  void R5_13_whoDoesNotReadIsDropped();
  void R5_13_whoReadsTooSlowlyLosesNoEventSilently();
  void R5_13_whoSendsMoreThanARequestIsEnded();
  void R5_8_connectionsAreLimitedAndCounted();
  void stopEndsTheStream();
  void notServedWithoutRest();
};

void SseTest::R5_13_theSameJsonAsEvents() {
  Fixture fixture;
  fixture.put(180.5);
  EventSource source(fixture.gateway.port());
  QTRY_COMPARE(source.events().size(), 1);
  QCOMPARE(source.client().status(), 200);
  for (const char *field : {"\r\nContent-Type: text/event-stream\r\n", "\r\nCache-Control: no-store\r\n",
                            "\r\nX-Accel-Buffering: no\r\n", "\r\nConnection: close\r\n"}) {
    QVERIFY2(source.head().contains(field), field);
  }
  QVERIFY(!source.head().contains("Content-Length"));
  QVERIFY(source.client().input().contains("\r\n\r\nretry: 3000\n\n"));
  QCOMPARE(source.events()[0], QByteArray("{\"type\":\"telemetry\",\"endpointId\":59,\"value\":180.5,"
                                          "\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"quality\":\"good\"}"));
  fixture.put(181);
  fixture.put(181);
  fixture.alarm();
  QTRY_COMPARE(source.events().size(), 3);
  QVERIFY(source.events()[1].contains("\"value\":181"));
  QVERIFY(source.events()[2].startsWith("{\"type\":\"alarm\",\"alarmId\":42,"));
  QVERIFY(!source.lastEventId().isEmpty());
}

void SseTest::R5_13_aCommentEvery15Seconds() {
  Fixture fixture;
  EventSource source(fixture.gateway.port());
  QTRY_COMPARE(source.events().size(), 1);
  QCOMPARE(source.comments(), 0);
  for (int count = 1; count <= 3; ++count) {
    fixture.context.manualClock().advance(15s);
    QTRY_COMPARE(source.comments(), count);
  }
  QCOMPARE(source.events().size(), 1);
}

void SseTest::R5_13_lastEventIdGoesOn() {
  Fixture fixture;
  QByteArray id;
  {
    EventSource source(fixture.gateway.port());
    QTRY_COMPARE(source.events().size(), 1);
    fixture.put(1);
    QTRY_COMPARE(source.events().size(), 2);
    id = source.lastEventId();
  }
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/api/os/events\""), 0.0);
  fixture.put(2);
  fixture.alarm();
  fixture.put(3);
  EventSource again(fixture.gateway.port(), id);
  QTRY_COMPARE(again.events().size(), 3);
  QVERIFY(again.events()[0].contains("\"value\":2"));
  QVERIFY(again.events()[1].contains("\"type\":\"alarm\""));
  QVERIFY(again.events()[2].contains("\"value\":3"));
  // The event after the last one has its number: nothing comes twice.
  EventSource third(fixture.gateway.port(), again.lastEventId());
  fixture.put(4);
  QTRY_COMPARE(third.events().size(), 1);
  QVERIFY(third.events()[0].contains("\"value\":4"));
  EventSource stranger(fixture.gateway.port(), "otherrun-7");
  QTRY_COMPARE(stranger.events().size(), 2);
  QVERIFY(stranger.events()[0].contains("\"type\":\"gap\""));
  QVERIFY(stranger.events()[1].contains("\"value\":4"));
}

void SseTest::R5_13_refusals_data() {
  QTest::addColumn<QByteArray>("target");
  QTest::addColumn<QByteArray>("fields");
  QTest::addColumn<QStringList>("permissions");
  QTest::addColumn<int>("status");
  const QStringList all{QStringLiteral("*:*")};
  const QStringList alarms{QStringLiteral("alarms:read")};
  QTest::newRow("well") << QByteArray(path) << QByteArray() << all << 200;
  QTest::newRow("nobody") << QByteArray(path) << QByteArray() << QStringList() << 401;
  QTest::newRow("wrong token") << QByteArray(path) << QByteArray("Authorization: Bearer x\r\n") << all << 403;
  QTest::newRow("telemetry not permitted") << QByteArray(path) << QByteArray() << alarms << 403;
  QTest::newRow("alarms permitted") << QByteArray("/api/os/events?channels=alarms") << QByteArray() << alarms << 200;
  QTest::newRow("what is permitted") << QByteArray("/api/os/events") << QByteArray() << alarms << 200;
  QTest::newRow("nothing permitted") << QByteArray("/api/os/events") << QByteArray()
                                     << QStringList{QStringLiteral("ws:stats")} << 403;
  QTest::newRow("token in the query") << QByteArray("/api/os/events?token=x") << QByteArray() << all << 400;
  QTest::newRow("wrong channel") << QByteArray("/api/os/events?channels=x") << QByteArray() << all << 400;
  QTest::newRow("hostile page") << QByteArray(path) << QByteArray("Origin: https://evil.example\r\n") << all << 403;
}

void SseTest::R5_13_refusals() {
  QFETCH(QByteArray, target);
  QFETCH(QByteArray, fields);
  QFETCH(QStringList, permissions);
  QFETCH(int, status);
  Fixture fixture(Fixture::config(permissions));
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", target, fields));
  QTRY_COMPARE(client.status(), status);
  RawClient post(fixture.gateway.port());
  post.send(RawClient::head("POST", "/api/os/events", "Content-Length: 0\r\n"));
  QTRY_COMPARE(post.status(), 405);
}

void SseTest::R5_13_anExpiredCredentialEndsTheStream() {
  Door door;
  auto caller = std::make_shared<Caller>();
  caller->kind = Caller::Kind::Jwt;
  caller->permissions = *Permissions::fromTexts({QStringLiteral("alarms:read")});
  caller->expires = door.context.clock().now() + 60s;
  door.caller = caller;
  EventSource source(door.listener.port(), {}, "/api/os/events?channels=alarms");
  QTRY_COMPARE(source.client().status(), 200);
  door.context.manualClock().advance(59s);
  door.endpoints.tick();
  QTRY_VERIFY(source.comments() > 0);
  QVERIFY(source.events().isEmpty());
  door.context.manualClock().advance(1s);
  door.endpoints.tick();
  QTRY_COMPARE(source.events().size(), 1);
  QVERIFY(source.events()[0].contains("revoked or has expired"));
  QTRY_VERIFY(!source.client().isConnected());
}

void SseTest::R5_13_aRevokedTokenEndsTheStream() {
  Fixture fixture(Fixture::config({}));
  TokenStore tokens(fixture.context.dataDir());
  const auto token = tokens.create(QStringLiteral("panel"), *Permissions::fromTexts({QStringLiteral("alarms:read")}),
                                   std::nullopt, fixture.context.clock().now(), QStringLiteral("test"));
  QVERIFY(token);
  const QByteArray fields = "Authorization: Bearer " + *token + "\r\n";
  const auto status = [&] {
    RawClient client(fixture.gateway.port());
    client.send(RawClient::head("HEAD", "/api/os/events", fields));
    return tagwire::testing::waitFor([&] { return client.status() != 0; }) ? client.status() : 0;
  };
  fixture.context.manualClock().advance(1s);  // the gateway looks for new tokens once a second
  QTRY_COMPARE(status(), 200);
  EventSource source(fixture.gateway.port(), {}, "/api/os/events?channels=alarms", fields);
  QTRY_COMPARE(source.client().status(), 200);
  fixture.alarm();
  QTRY_COMPARE(source.events().size(), 1);
  QVERIFY(tokens.revoke(QStringLiteral("panel")));
  fixture.context.manualClock().advance(1s);
  QTRY_VERIFY(!source.client().isConnected());
  QVERIFY(source.events().last().contains("revoked or has expired"));
  QCOMPARE(status(), 403);
}

void SseTest::R5_13_headIsEmpty() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("HEAD", path));
  QTRY_COMPARE(client.status(), 200);
  QVERIFY(client.input().contains("Content-Type: text/event-stream\r\n"));
  QVERIFY(client.input().endsWith("\r\n\r\n"));
  client.send(RawClient::head("GET", "/healthz"));  // the connection goes on
  QTRY_VERIFY(client.input().contains("\"status\""));
}

void SseTest::R5_13_pagesOfAllowedOriginsMayRead() {
  WsConfig config = Fixture::config();
  config.allowedOrigins = {QStringLiteral("https://panel.example")};
  Fixture fixture(config);
  RawClient client(fixture.gateway.port());
  // A page from elsewhere is no local program: it needs a credential, and is told so in a form it may read.
  client.send(RawClient::head("GET", path, "Origin: https://panel.example\r\n"));
  QTRY_COMPARE(client.status(), 401);
  QVERIFY(client.input().contains("\r\nAccess-Control-Allow-Origin: https://panel.example\r\n"));
}

void SseTest::R5_13_whoDoesNotReadIsDropped() {
  WsConfig config = Fixture::config();
  config.eventLimits.queueMessages = 100'000;
  Fixture fixture(config);
  EventSource source(fixture.gateway.port());
  QTRY_COMPARE(source.events().size(), 1);
  source.client().stopReading();
  const QByteArray dropped = "tagwire_ws_slow_clients_total{endpoint=\"/api/os/events\"";
  const QByteArray sent = "tagwire_ws_sent_bytes_total{endpoint=\"/api/os/events\"";
  for (double before = -1; before < fixture.metric(sent);) {
    before = fixture.metric(sent);
    fixture.alarm(QString(60'000, u'x'));
    QTest::qWait(1);
  }
  QCOMPARE(fixture.metric(dropped), 0.0);
  fixture.context.manualClock().advance(10s);
  QTRY_COMPARE(fixture.metric(dropped), 1.0);
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/api/os/events\""), 0.0);
  QVERIFY(fixture.metric("tagwire_ws_dropped_messages_total{endpoint=\"/api/os/events\"") > 0);
}

void SseTest::R5_13_whoReadsTooSlowlyLosesNoEventSilently() {
  Fixture fixture;
  EventSource source(fixture.gateway.port());
  QTRY_COMPARE(source.events().size(), 1);
  source.client().stopReading();
  // More than the queue holds: the stream ends, and with it the promise that nothing is missing.
  for (int i = 0; i < 600; ++i) {
    fixture.alarm(QString(60'000, u'x'));
    QCoreApplication::processEvents();
  }
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/api/os/events\""), 0.0);
  QCOMPARE(fixture.metric("tagwire_ws_slow_clients_total{endpoint=\"/api/os/events\""), 1.0);
  source.client().readAgain();
  QTRY_VERIFY(!source.client().isConnected());
  const int had = static_cast<int>(source.events().size()) - 1;
  QVERIFY(had < 600);
  // What it had not is a gap, or comes again.
  EventSource again(fixture.gateway.port(), source.lastEventId());
  QTRY_VERIFY(!again.events().isEmpty());
  QVERIFY(again.events()[0].contains("\"type\":\"gap\"") || again.events().size() >= 600 - had);
}

void SseTest::R5_13_whoSendsMoreThanARequestIsEnded() {
  Fixture fixture;
  EventSource source(fixture.gateway.port());
  QTRY_COMPARE(source.events().size(), 1);
  source.client().send(QByteArray(20'000, 'x'));
  QTRY_COMPARE(source.events().size(), 2);
  QCOMPARE(source.events()[1], QByteArray("{\"type\":\"error\",\"message\":\"an event stream takes no messages\"}"));
  QTRY_VERIFY(!source.client().isConnected());
}

void SseTest::R5_8_connectionsAreLimitedAndCounted() {
  WsConfig config = Fixture::config();
  config.eventLimits.connections = 2;
  Fixture fixture(config);
  EventSource first(fixture.gateway.port());
  auto second = std::make_unique<EventSource>(fixture.gateway.port());
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/api/os/events\""), 2.0);
  EventSource third(fixture.gateway.port());
  QTRY_COMPARE(third.client().status(), 503);
  second.reset();
  QTRY_COMPARE(fixture.metric("tagwire_ws_sessions{endpoint=\"/api/os/events\""), 1.0);
  EventSource fourth(fixture.gateway.port());
  QTRY_COMPARE(fourth.client().status(), 200);
}

void SseTest::stopEndsTheStream() {
  Fixture fixture;
  EventSource source(fixture.gateway.port());
  QTRY_COMPARE(source.events().size(), 1);
  fixture.gateway.stop();
  QTRY_VERIFY(!source.client().isConnected());
  QCOMPARE(source.events().size(), 1);
}

void SseTest::notServedWithoutRest() {
  WsConfig config = Fixture::config();
  config.serve = QList<Served>{Served::Ws};
  Fixture fixture(config);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::head("GET", path));
  QTRY_COMPARE(client.status(), 404);
}

TAGWIRE_TEST(SseTest)

}  // namespace sse_test

#include "sse_test.moc"
