// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "access/tokenstore.h"
#include "clientframe.h"
#include "protocols/makeprotocol.h"
#include "protocols/omloxprotocol.h"
#include "protocols/tests/fakertls.h"
#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace omlox_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

struct Bench {
  Bench() : omlox(context, limits()) { context.answerWith(&hub); }
  static Limits limits() {
    Limits limits;
    limits.subscriptions = 3;
    return limits;
  }
  void send(RecordingSession &session, const char *text) { omlox.received(session, text); }
  /// Subscribes and waits for the answer.
  void subscribe(RecordingSession &session, const char *topic, const char *params = "{\"crs\":\"local\"}") {
    const qsizetype before = session.count();
    omlox.received(session,
                   QByteArray("{\"event\":\"subscribe\",\"topic\":\"") + topic + "\",\"params\":" + params + '}');
    QTRY_COMPARE(session.count(), before + 1);
  }
  /// What the hub says at once; flush() sends it.
  void tell(const HubNews &news) {
    const auto listener = hub.listener.lock();
    QVERIFY(listener);
    if (listener->wants(news.topic, news.crs)) listener->tell(news);
    omlox.flush();
  }

  TestContext context{QStringLiteral("web")};
  FakeRtls hub;
  OmloxProtocol omlox;
};

HubNews locationOf(const char *tag, const QByteArray &json = "{\"a\":1}") {
  HubNews news;
  news.json = json;
  news.tags = {QString::fromLatin1(tag)};
  news.zones = {QStringLiteral("room"), QStringLiteral("hall")};
  news.trackables = {QStringLiteral("trackable-") + QLatin1String(tag)};
  news.providers = {QString::fromLatin1(tag)};
  news.subject = QString::fromLatin1(tag);
  return news;
}

HubNews entryOf(const char *tag, const char *fence) {
  HubNews news = locationOf(tag);
  news.topic = HubTopic::FenceEvents;
  news.fence = QString::fromLatin1(fence);
  news.isEvent = true;
  news.subject.clear();
  return news;
}

WsConfig socketConfig(const QStringList &anonymous = {}) {
  WsConfig config = RestFixture::config(anonymous);
  config.endpoints = {{*EndpointPath::fromText(QStringLiteral("/v2/ws/socket")), ProtocolKind::Omlox, {}}};
  return config;
}

/// A gateway with the real protocol, and a hub behind it.
struct Gate : RestFixture {
  explicit Gate(const QStringList &anonymous = {}) : RestFixture(socketConfig(anonymous), &makeProtocol) {
    context.answerWith(&hub);
  }
  QByteArray token(const char *permission) {
    TokenStore store(context.dataDir());
    const auto made = store.create(QStringLiteral("t"), *Permissions::fromTexts({QString::fromLatin1(permission)}),
                                   std::nullopt, context.clock().now(), QStringLiteral("test"));
    gateway.stop();  // it would notice within a second
    gateway.start();
    return made.value_or(QByteArray());
  }
  static QByteArray subscribe(const QByteArray &token) {
    return clientText(
        "{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"crs\":\"local\",\"token\":\"" + token +
        "\"}}");
  }
  FakeRtls hub;
};

}  // namespace

/// The omlox socket, and the way to the hub's REST API.
class OmloxTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void subscribeAndUnsubscribe();
  void errors_data();
  void errors();
  void messagesOfATurnAreOne();
  void filters_data();
  void filters();
  void eachObjectNeedsThePermission();
  void longitudesOnlyWhereThereAreSome();
  void subscriptionsAreBounded();
  void slowClientsGetTheNewest();
  void locationsGoToTheHub();
  void refusedLocationsAreTold();
  void withoutAHub();
  void tokenComesWithAMessage();
  void wrongTokens();
  void tokenWithoutThePermission();
  void olderClientsUseV1();
  void requestsReachTheHub();
  void errorsInTheHubsWords();
  void nothingOfItWithoutAnEndpoint();
};

void OmloxTest::subscribeAndUnsubscribe() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.subscribe(session, "location_updates");
  QCOMPARE(session.text(0),
           QByteArray("{\"event\":\"subscribed\",\"topic\":\"location_updates\",\"subscription_id\":0}"));
  bench.subscribe(session, "trackable_motions");
  QCOMPARE(session.last().value(QStringLiteral("subscription_id")).toInt(), 1);
  bench.tell(locationOf("SIM1"));
  QCOMPARE(session.text(2), QByteArray("{\"event\":\"message\",\"topic\":\"location_updates\",\"subscription_id\":0,"
                                       "\"payload\":[{\"a\":1}]}"));
  bench.send(session, "{\"event\":\"unsubscribe\",\"subscription_id\":0}");
  QCOMPARE(session.text(3), QByteArray("{\"event\":\"unsubscribed\",\"subscription_id\":0}"));
  bench.tell(locationOf("SIM1"));
  QCOMPARE(session.count(), 4);
  QCOMPARE(bench.omlox.activityOf(session).streams, 1);
  bench.omlox.closed(session);
  QVERIFY(!bench.hub.listener.lock()->wants(HubTopic::TrackableMotions, HubCrs::Local));
}

void OmloxTest::errors_data() {
  QTest::addColumn<QByteArray>("message");
  QTest::addColumn<int>("code");
  const auto row = [](const char *message, int code) { QTest::newRow(message) << QByteArray(message) << code; };
  row("no JSON", 10005);
  row("{}", 10000);
  row("{\"event\":\"dance\"}", 10000);
  row("{\"event\":\"subscribe\",\"topic\":\"weather\"}", 10001);
  row("{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"crs\":\"EPSG:1\"}}", 10002);
  row("{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"zone_id\":7}}", 10002);
  row("{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"zone_id\":[\"x\",7]}}", 10002);
  const QByteArray many = "[\"x\"" + QByteArray(",\"x\"").repeated(100) + ']';
  QTest::newRow("101 ids") << "{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"fence_id\":" +
                                  many + "}}"
                           << 10002;
  row("{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"accuracy\":\"good\"}}", 10002);
  row("{\"event\":\"unsubscribe\",\"subscription_id\":5}", 10003);
  row("{\"event\":\"unsubscribe\"}", 10003);
  row("{\"event\":\"message\",\"topic\":\"fence_events\",\"payload\":[{}]}", 10001);
  row("{\"event\":\"message\",\"topic\":\"location_updates\",\"payload\":[]}", 10005);
  row("{\"event\":\"message\",\"topic\":\"location_updates\",\"payload\":{}}", 10005);
}

void OmloxTest::errors() {
  QFETCH(QByteArray, message);
  QFETCH(int, code);
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.omlox.received(session, message);
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.last().value(QStringLiteral("event")).toString(), QStringLiteral("error"));
  QCOMPARE(session.last().value(QStringLiteral("code")).toInt(), code);
  QVERIFY(!session.last().value(QStringLiteral("description")).toString().isEmpty());
}

void OmloxTest::messagesOfATurnAreOne() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.subscribe(session, "location_updates");
  const auto listener = bench.hub.listener.lock();
  for (int i = 0; i < 250; ++i) listener->tell(locationOf("SIM1", QByteArray::number(i)));
  QCOMPARE(session.count(), 1);
  QTRY_COMPARE(session.count(), 3);
  QCOMPARE(session.message(1).value(QStringLiteral("payload")).toArray().size(), 200);
  QCOMPARE(session.message(2).value(QStringLiteral("payload")).toArray().last().toInt(), 249);
}

void OmloxTest::filters_data() {
  QTest::addColumn<QByteArray>("params");
  QTest::addColumn<bool>("isWanted");
  const auto row = [](const char *params, bool isWanted) { QTest::newRow(params) << QByteArray(params) << isWanted; };
  row("", true);
  row(",\"zone_id\":\"room\"", true);
  row(",\"zone_id\":\"hall\"", true);
  row(",\"zone_id\":\"yard\"", false);
  row(",\"zone_id\":[\"yard\",\"hall\"]", true);
  row(",\"fence_id\":\"F\"", true);
  row(",\"fence_id\":\"G\"", false);
  row(",\"trackable_id\":\"trackable-SIM1\"", true);
  row(",\"trackable_id\":\"trackable-SIM2\"", false);
  row(",\"provider_id\":\"SIM1\"", true);
  row(",\"provider_id\":\"SIM2\",\"zone_id\":\"hall\"", false);
  row(",\"accuracy\":0.5", true);
  row(",\"accuracy\":\"0.5\"", true);
  row(",\"accuracy\":0.4", false);
}

void OmloxTest::filters() {
  QFETCH(QByteArray, params);
  QFETCH(bool, isWanted);
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.subscribe(session, "fence_events", ("{\"crs\":\"local\"" + params + '}').constData());
  HubNews news = entryOf("SIM1", "F");
  news.accuracy = 0.5;
  bench.tell(news);
  QCOMPARE(session.count(), isWanted ? 2 : 1);
}

void OmloxTest::eachObjectNeedsThePermission() {
  Bench bench;
  RecordingSession ofOne;
  ofOne.allow({QStringLiteral("positions:SIM1:read")});
  RecordingSession ofEvents;
  ofEvents.allow({QStringLiteral("events:read")});
  for (RecordingSession *each : {&ofOne, &ofEvents}) {
    bench.omlox.opened(*each);
    bench.subscribe(*each, "fence_events");
    bench.subscribe(*each, "location_updates");
  }
  QCOMPARE(ofEvents.last().value(QStringLiteral("code")).toInt(), 10004);
  for (const char *tag : {"SIM1", "SIM2"}) {
    bench.tell(locationOf(tag));
    bench.tell(entryOf(tag, "F"));
  }
  QCOMPARE(ofOne.each("event").mid(2), (QStringList{QStringLiteral("message"), QStringLiteral("message")}));
  QCOMPARE(ofEvents.each("event").mid(2), (QStringList{QStringLiteral("message"), QStringLiteral("message")}));
  HubNews both = entryOf("SIM1", "F");
  both.tags << QStringLiteral("SIM2");
  bench.tell(both);
  QCOMPARE(ofOne.count(), 4);
  QCOMPARE(ofEvents.count(), 5);
  // Rights that are gone count at once.
  ofOne.allow({QStringLiteral("positions:SIM2:read")});
  bench.omlox.callerChanged(ofOne);
  bench.tell(locationOf("SIM1"));
  QCOMPARE(ofOne.count(), 4);
}

void OmloxTest::longitudesOnlyWhereThereAreSome() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.subscribe(session, "location_updates", "{}");
  QCOMPARE(session.last().value(QStringLiteral("code")).toInt(), 10002);
  QVERIFY(session.text(0).contains("\\\"crs\\\":\\\"local\\\""));
  // What has no place is the same in both.
  bench.subscribe(session, "fence_events", "{}");
  QCOMPARE(session.last().value(QStringLiteral("event")).toString(), QStringLiteral("subscribed"));
  bench.tell(entryOf("SIM1", "F"));
  QCOMPARE(session.count(), 3);
  bench.hub.isGeoreferenced = true;
  bench.subscribe(session, "location_updates", "{}");
  bench.tell(locationOf("SIM1"));
  QCOMPARE(session.count(), 4);
  HubNews news = locationOf("SIM1");
  news.crs = HubCrs::Wgs84;
  bench.tell(news);
  QCOMPARE(session.count(), 5);
}

void OmloxTest::subscriptionsAreBounded() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  for (int i = 0; i < 4; ++i) bench.subscribe(session, "location_updates");
  QCOMPARE(session.each("event"), (QStringList{QStringLiteral("subscribed"), QStringLiteral("subscribed"),
                                               QStringLiteral("subscribed"), QStringLiteral("error")}));
}

void OmloxTest::slowClientsGetTheNewest() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.subscribe(session, "location_updates");
  bench.subscribe(session, "fence_events");
  session.congested = true;
  for (int i = 0; i < 5; ++i) bench.tell(locationOf("SIM1", QByteArray::number(i)));
  QCOMPARE(session.count(), 2);
  bench.tell(entryOf("SIM1", "F"));
  QCOMPARE(session.count(), 3);
  session.congested = false;
  bench.omlox.drained(session);
  QCOMPARE(session.last().value(QStringLiteral("payload")).toArray(), QJsonArray{4});
  QCOMPARE(bench.omlox.activityOf(session).dropped, quint64(4));
}

void OmloxTest::locationsGoToTheHub() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  bench.hub.hubAnswer = {204, {}};
  bench.send(session, "{\"event\":\"message\",\"topic\":\"location_updates\",\"payload\":[{\"provider_id\":\"A\"}]}");
  bench.send(session, "{\"event\":\"message\",\"topic\":\"proximity_updates\",\"payload\":[{\"provider_id\":\"B\"}]}");
  QTRY_COMPARE(bench.hub.requests.size(), 2);
  QCOMPARE(bench.hub.requests[0].method, QByteArray("PUT"));
  QCOMPARE(bench.hub.requests[0].path, (QStringList{QStringLiteral("providers"), QStringLiteral("locations")}));
  QCOMPARE(bench.hub.requests[0].body, QByteArray("[{\"provider_id\":\"A\"}]"));
  QCOMPARE(bench.hub.requests[1].path.value(1), QStringLiteral("proximities"));
  QVERIFY(bench.hub.requests[0].permissions.allow(right::writePositions, u"A"));
  QCoreApplication::processEvents();
  QCOMPARE(session.count(), 0);
}

void OmloxTest::refusedLocationsAreTold() {
  Bench bench;
  RecordingSession session;
  bench.omlox.opened(session);
  for (const int status : {400, 403}) {
    bench.hub.hubAnswer = {status, "{\"message\":\"[0]: source is unknown\"}"};
    bench.send(session, "{\"event\":\"message\",\"topic\":\"location_updates\",\"payload\":[{}]}");
    QTRY_VERIFY(session.count() > 0);
    QCOMPARE(session.last().value(QStringLiteral("code")).toInt(), status == 403 ? 10004 : 10005);
    QCOMPARE(session.last().value(QStringLiteral("description")).toString(), QStringLiteral("[0]: source is unknown"));
    session.clear();
  }
}

void OmloxTest::withoutAHub() {
  Bench bench;
  bench.context.answerWith(nullptr);
  RecordingSession session;
  bench.omlox.opened(session);
  bench.subscribe(session, "location_updates");
  QCOMPARE(session.last().value(QStringLiteral("code")).toInt(), 10002);
  bench.send(session, "{\"event\":\"message\",\"topic\":\"location_updates\",\"payload\":[{}]}");
  QTRY_COMPARE(session.count(), 2);
  QCOMPARE(session.last().value(QStringLiteral("code")).toInt(), 10005);
}

void OmloxTest::tokenComesWithAMessage() {
  Gate gate;
  const QByteArray token = gate.token("positions:read");
  RawClient client(gate.gateway.port());
  client.send(RawClient::upgradeHead("/v2/ws/socket"));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  client.send(Gate::subscribe(token));
  QVERIFY(client.nextFrame().payload.contains("\"subscribed\""));
  // The same token with every message, or none, is as good.
  client.send(Gate::subscribe(token) + clientText("{\"event\":\"unsubscribe\",\"subscription_id\":0}"));
  QVERIFY(client.nextFrame().payload.contains("\"subscription_id\":"));
  QVERIFY(client.nextFrame().payload.contains("\"subscription_id\":"));
  client.send(Gate::subscribe("tw_wrong"));
  QVERIFY(client.nextFrame().payload.contains("10006"));
  QCOMPARE(client.nextFrame().closeCode(), 4401);
}

void OmloxTest::wrongTokens() {
  Gate gate;
  for (const QByteArray &text :
       {Gate::subscribe("tw_wrong"), clientText("{\"event\":\"subscribe\",\"topic\":\"location_updates\"}"),
        clientText("{\"type\":\"auth\",\"access_token\":\"x\"}")}) {
    RawClient client(gate.gateway.port());
    client.send(RawClient::upgradeHead("/v2/ws/socket"));
    QTRY_COMPARE(client.status(), 101);
    client.dropHead();
    client.send(text);
    const QByteArray said = client.nextFrame().payload;
    QVERIFY2(said.startsWith("{\"event\":\"error\",\"code\":10006,"), said.constData());
    QCOMPARE(client.nextFrame().closeCode(), 4401);
  }
}

void OmloxTest::tokenWithoutThePermission() {
  Gate gate;
  const QByteArray token = gate.token("history:read");
  RawClient client(gate.gateway.port());
  client.send(RawClient::upgradeHead("/v2/ws/socket"));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  client.send(Gate::subscribe(token));
  QVERIFY(client.nextFrame().payload.contains("10004"));
  QCOMPARE(client.nextFrame().closeCode(), 4403);
}

void OmloxTest::olderClientsUseV1() {
  Gate gate({QStringLiteral("*:*")});
  RawClient client(gate.gateway.port());
  client.send(RawClient::upgradeHead("/v1/ws/socket"));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  client.send(clientText("{\"event\":\"subscribe\",\"topic\":\"location_updates\",\"params\":{\"crs\":\"local\"}}"));
  QVERIFY(client.nextFrame().payload.contains("\"subscribed\""));
}

void OmloxTest::requestsReachTheHub() {
  Gate gate({QStringLiteral("*:*")});
  gate.hub.hubAnswer = {201, "{\"id\":\"x\"}"};
  const HttpReply made = gate.send("POST", "/v2/zones", "{\"type\":\"uwb\"}");
  QCOMPARE(made.status, 201);
  QCOMPARE(made.body, QByteArray("{\"id\":\"x\"}"));
  QVERIFY(made.head.contains("Content-Type: application/json"));
  QCOMPARE(gate.hub.requests[0].body, QByteArray("{\"type\":\"uwb\"}"));
  gate.hub.hubAnswer = {204, {}};
  QCOMPARE(gate.send("PUT", "/v1/providers/AA%3A01/location", "{}").status, 204);
  QCOMPARE(gate.hub.requests[1].path,
           (QStringList{QStringLiteral("providers"), QStringLiteral("AA:01"), QStringLiteral("location")}));
  gate.hub.hubAnswer = {200, "[]"};
  QCOMPARE(gate.get("/v2/providers/locations?crs=local").status, 200);
  QCOMPARE(gate.hub.requests[2].crs, QStringLiteral("local"));
  QCOMPARE(gate.hub.requests[2].method, QByteArray("GET"));
}

void OmloxTest::errorsInTheHubsWords() {
  Gate nobody;
  const auto check = [](const HttpReply &reply, int status, const char *type) {
    QCOMPARE(reply.status, status);
    QCOMPARE(reply.object().value(QStringLiteral("code")).toInt(), status);
    QCOMPARE(reply.object().value(QStringLiteral("type")).toString(), QString::fromLatin1(type));
    QVERIFY(!reply.object().value(QStringLiteral("message")).toString().isEmpty());
  };
  check(nobody.get("/v2/zones"), 401, "unauthorized");
  for (const char *path : {"/v1/nothing", "/v2/nothing", "/v2/zones/a/b/c", "/v2", "/v1", "/v2/", "/v2?crs=local"}) {
    check(nobody.get(path), 404, "not found");
  }
  check(nobody.send("PUT", "/v2/zones", "{}"), 405, "method not allowed");
  check(nobody.send("PATCH", "/v1/fences/x", "{}"), 405, "method not allowed");
  QVERIFY(nobody.get("/v20").object().contains(QStringLiteral("success")));
  const auto tooLong = [&nobody](const char *path, const char *length) {
    RawClient client(nobody.gateway.port());
    client.send(QByteArray("POST ") + path + " HTTP/1.1\r\nHost: x\r\n" + length + "\r\n\r\n20000000\r\n");
    return nobody.wait(client);
  };
  for (const char *length : {"Content-Length: 99999999", "Transfer-Encoding: chunked"}) {
    check(tooLong("/v2/zones", length), 413, "content too large");
    QVERIFY(tooLong("/api/v1/x", length).object().contains(QStringLiteral("success")));
  }
  Gate reader({QStringLiteral("positions:read")});
  check(reader.send("POST", "/v2/zones", "{}"), 403, "forbidden");
  check(reader.send("DELETE", "/v2/providers/locations", "{}"), 403, "forbidden");
  reader.hub.hubAnswer = {404, "{\"type\":\"not found\",\"code\":404,\"message\":\"there is no \\\"x\\\"\"}"};
  check(reader.get("/v2/zones/x"), 404, "not found");
  reader.context.answerWith(nullptr);
  check(reader.get("/v2/zones"), 503, "service unavailable");
  // Elsewhere nothing is changed.
  QVERIFY(reader.get("/api/v1/nothing").object().contains(QStringLiteral("success")));
}

void OmloxTest::nothingOfItWithoutAnEndpoint() {
  RestFixture fixture;
  const HttpReply reply = fixture.get("/v2/zones");
  QCOMPARE(reply.status, 404);
  QVERIFY(reply.object().contains(QStringLiteral("success")));
}

TAGWIRE_TEST(OmloxTest)

}  // namespace omlox_test

#include "omlox_test.moc"
