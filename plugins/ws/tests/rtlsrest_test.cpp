// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/makeprotocol.h"
#include "protocols/tests/fakertls.h"
#include "restfixture.h"
#include "testprogram.h"

namespace rtlsrest_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

EndpointConfig endpointAt(const char *path, ProtocolKind kind) {
  return {*EndpointPath::fromText(QString::fromLatin1(path)), kind, {}};
}

WsConfig withManager(const QList<QString> &anonymous = {QStringLiteral("*:*")}) {
  WsConfig config = RestFixture::config();
  config.endpoints = {endpointAt("/ws/{manager}", ProtocolKind::RtlsManager),
                      endpointAt("/ws/live", ProtocolKind::Live)};
  config.auth->anonymous = anonymous;
  return config;
}

/// A gateway with its real protocols and an RTLS instance "uwb".
struct Fixture : RestFixture {
  explicit Fixture(const WsConfig &config = withManager()) : RestFixture(config, &makeProtocol) {
    rtls.zones.tags = {{QStringLiteral("SIM1"), QStringLiteral("Employee Badge 1")},
                       {QStringLiteral("SIM2"), QStringLiteral("Employee Badge 2")}};
    rtls.zones.triggers = {{123, QStringLiteral("Entry Gate"), 417, QStringLiteral("OnEnter"), false},
                           {124, QStringLiteral("Near forklift"), 417, QStringLiteral("OnEnter"), true}};
    context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), &rtls);
  }
  void trigger(const char *tag, int id = 123, int zone = 417) {
    gateway.notify({++sequence, context.clock().now(), QStringLiteral("uwb"), triggerOf(tag, zone, id)});
  }
  void raise(decltype(Event::body) body) {
    gateway.notify({++sequence, context.clock().now(), QStringLiteral("other"), std::move(body)});
  }
  QStringList tagsOf(const HttpReply &reply) {
    QStringList tags;
    for (const QJsonValue &each : reply.array()) tags << each.toObject().value(QStringLiteral("tag_id")).toString();
    return tags;
  }

  FakeRtls rtls;
  quint64 sequence = 0;
};

QStringList typesOf(const HttpReply &reply) {
  QStringList types;
  for (const QJsonValue &each : reply.array()) types << each.toObject().value(QStringLiteral("type")).toString();
  return types;
}

AlarmTransition alarmIn(const QString &area) {
  AlarmTransition alarm;
  alarm.ruleId = 77;
  alarm.area = area;
  return alarm;
}

}  // namespace

/// What page 1 serves by HTTP and beside its streams, through real sockets.
class RtlsRestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_2_managersOfEveryInstance();
  void R1_33_staticNames();
  void R1_33_namesOfOtherSitesAreTheirs();
  void R1_33_namesOfTagsNeedThePermission();
  void R1_34_recentEvents();
  void R1_34_filters_data();
  void R1_34_filters();
  void R1_34_onlyTheNewest();
  void R1_34_needsThePermission();
  void R1_35_servedBesideAManager();
  void R1_35_unknownZoneClosesWith1008();
  void R1_35_wrongFilterIs400BeforeTheUpgrade();
  void R1_36_listTriggers();
  void withoutAManagerTheyAreNotServed();
  void R1_37_connections();
  void R1_37_closeIsLoggedWithTheReason();
  void R1_37_connectionsInPieces();
  void eventsOfEveryKind();
  void eventsAreFiltered_data();
  void eventsAreFiltered();
  void eventsNeedThePermissionOfTheirKind_data();
  void eventsNeedThePermissionOfTheirKind();
  void eventsAreBounded();
};

void RtlsRestTest::R1_2_managersOfEveryInstance() {
  Fixture fixture;
  FakeRtls yard(QStringLiteral("Yard"));
  fixture.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  QCOMPARE(fixture.get("/api/v1/rtls/managers").body,
           QByteArray("[{\"i_prt\":8001,\"x_ip\":\"10.0.0.5\",\"x_nm_res\":\"Manager1\"},"
                      "{\"i_prt\":8001,\"x_ip\":\"10.0.0.5\",\"x_nm_res\":\"Yard\"}]"));
}

void RtlsRestTest::R1_33_staticNames() {
  Fixture fixture;
  FakeRtls yard(QStringLiteral("Yard"));
  yard.zones.zones = {{900, QStringLiteral("Gate"), QStringLiteral("area"), 0}};
  fixture.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  const QByteArray hall =
      "{\"tags\":[{\"id\":\"SIM1\",\"name\":\"Employee Badge 1\"},{\"id\":\"SIM2\",\"name\":\"Employee Badge 2\"}],"
      "\"triggers\":[{\"direction\":\"OnEnter\",\"id\":123,\"is_portable\":false,\"name\":\"Entry Gate\","
      "\"zone_id\":417},{\"direction\":\"OnEnter\",\"id\":124,\"is_portable\":true,\"name\":\"Near forklift\","
      "\"zone_id\":417}],\"zones\":[{\"id\":417,\"level\":\"building\",\"name\":\"Hall\",\"parent\":0},"
      "{\"id\":418,\"level\":\"room\",\"name\":\"Room\",\"parent\":417},"
      "{\"id\":500,\"level\":\"building\",\"name\":\"Yard\",\"parent\":0}";
  QCOMPARE(fixture.get("/api/v1/rtls/static").body,
           hall + ",{\"id\":900,\"level\":\"area\",\"name\":\"Gate\",\"parent\":0}]}");
  QCOMPARE(fixture.get("/api/v1/rtls/static?manager=Manager1").body, hall + "]}");
  QCOMPARE(fixture.get("/api/v1/rtls/static?manager=Nobody").status, 404);
}

/// Else two sites that listen to each other would get their own names back.
void RtlsRestTest::R1_33_namesOfOtherSitesAreTheirs() {
  Fixture fixture;
  fixture.rtls.zones.zones = {{417, QStringLiteral("Yonder"), {}, 0, true}};
  fixture.rtls.zones.tags = {{QStringLiteral("SIM9"), QStringLiteral("Visitor"), {}, true}};
  fixture.rtls.zones.triggers = {{900, QStringLiteral("Gate"), 417, QStringLiteral("OnEnter"), false, true}};
  QCOMPARE(fixture.get("/api/v1/rtls/static").body, QByteArray("{\"tags\":[],\"triggers\":[],\"zones\":[]}"));
  QCOMPARE(fixture.get("/api/list_triggers").array().size(), 1);
}

void RtlsRestTest::R1_33_namesOfTagsNeedThePermission() {
  Fixture fixture(withManager({QStringLiteral("positions:SIM2:read")}));
  const QJsonObject names = fixture.get("/api/v1/rtls/static").object();
  QCOMPARE(names.value(QStringLiteral("tags")).toArray().size(), 1);
  QCOMPARE(names.value(QStringLiteral("tags")).toArray().at(0).toObject().value(QStringLiteral("id")).toString(),
           QStringLiteral("SIM2"));
  QCOMPARE(names.value(QStringLiteral("zones")).toArray().size(), 3);
}

void RtlsRestTest::R1_34_recentEvents() {
  Fixture fixture;
  QCOMPARE(fixture.get("/recent_events").body, QByteArray("[]"));
  fixture.trigger("SIM1");
  fixture.raise(alarmIn({}));
  fixture.context.manualClock().advance(1500ms);
  fixture.trigger("SIM2", 124, 418);
  QCOMPARE(fixture.get("/recent_events").body,
           QByteArray("[{\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\",\"tag_name\":\"Badge\","
                      "\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"trigger_id\":123,"
                      "\"trigger_name\":\"Entry Gate\",\"x\":1,\"y\":2,\"z\":0,\"zone_id\":417},"
                      "{\"direction\":\"OnEnter\",\"tag_id\":\"SIM2\",\"tag_name\":\"Badge\","
                      "\"timestamp\":\"2026-01-01T00:00:01.500Z\",\"trigger_id\":124,"
                      "\"trigger_name\":\"Entry Gate\",\"x\":1,\"y\":2,\"z\":0,\"zone_id\":418}]"));
  TriggerEvent far = triggerOf("SIM1", 900, 900);
  far.origin = QStringLiteral("wss://other/ws/M");
  far.reason = QStringLiteral("timeout");
  fixture.raise(far);
  QCOMPARE(fixture.get("/recent_events").array().last().toObject().value(QStringLiteral("origin")).toString(),
           far.origin);
  QCOMPARE(fixture.get("/recent_events").array().last().toObject().value(QStringLiteral("reason")).toString(),
           far.reason);
}

void RtlsRestTest::R1_34_filters_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<int>("status");
  QTest::addColumn<QStringList>("tags");
  const QString one = QStringLiteral("SIM1");
  const QString two = QStringLiteral("SIM2");
  const QString three = QStringLiteral("SIM3");
  const auto row = [](const char *query, const QStringList &tags) {
    QTest::newRow(query) << QByteArray(query) << 200 << tags;
  };
  row("tag_id=SIM1", {one});
  row("tag_id=SIM1&tag_id=SIM3", {one, three});
  row("trigger_id=124", {two});
  row("trigger_id=124&trigger_id=123", {one, two, three});
  row("trigger_id=9", {});
  row("since=2026-01-01T00:00:01.000Z", {two, three});
  row("since=2026-01-01T00:00:01.001Z", {three});
  row("since=2026-01-01T02:00:02+02:00", {three});
  row("since=2026-01-01T02:00:02%2B02:00", {three});
  // Without an offset it is the site's.
  row("since=2026-01-01T05:30:01", {two, three});
  row("since=2026-01-01T00:00:01Z&tag_id=SIM1", {});
  for (const char *wrong : {"trigger_id=x", "since=yesterday", "since=", "since=2026-13-01T00:00:00"}) {
    QTest::newRow(wrong) << QByteArray(wrong) << 400 << QStringList{};
  }
}

void RtlsRestTest::R1_34_filters() {
  QFETCH(QByteArray, query);
  QFETCH(int, status);
  QFETCH(QStringList, tags);
  Fixture fixture;
  fixture.context.mutableSite().timeZone = QTimeZone("Asia/Kolkata");
  for (const auto &[tag, trigger] : {std::pair{"SIM1", 123}, std::pair{"SIM2", 124}, std::pair{"SIM3", 123}}) {
    fixture.trigger(tag, trigger);
    fixture.context.manualClock().advance(1s);
  }
  const HttpReply reply = fixture.get("/recent_events?" + query);
  QCOMPARE(reply.status, status);
  if (status == 200) QCOMPARE(fixture.tagsOf(reply), tags);
}

void RtlsRestTest::R1_34_onlyTheNewest() {
  Fixture usual;
  for (int count = 0; count < 150; ++count) usual.trigger("SIM1", count);
  const QJsonArray hundred = usual.get("/recent_events").array();
  QCOMPARE(hundred.size(), 100);
  QCOMPARE(hundred.at(99).toObject().value(QStringLiteral("trigger_id")).toInt(), 149);
  WsConfig config = withManager();
  config.recent = 2;
  Fixture few(config);
  for (const char *tag : {"SIM1", "SIM2", "SIM3"}) few.trigger(tag);
  QCOMPARE(few.tagsOf(few.get("/recent_events")), (QStringList{QStringLiteral("SIM2"), QStringLiteral("SIM3")}));
}

void RtlsRestTest::R1_34_needsThePermission() {
  Fixture ofOne(withManager({QStringLiteral("positions:SIM2:read")}));
  ofOne.trigger("SIM1");
  ofOne.trigger("SIM2");
  QCOMPARE(ofOne.tagsOf(ofOne.get("/recent_events")), QStringList{QStringLiteral("SIM2")});
  Fixture events(withManager({QStringLiteral("events:read")}));
  events.trigger("SIM1");
  QCOMPARE(events.get("/recent_events").array().size(), 1);
  Fixture other(withManager({QStringLiteral("points:read"), QStringLiteral("positions:write")}));
  QCOMPARE(other.get("/recent_events").status, 403);
  Fixture nobody(withManager({}));
  QCOMPARE(nobody.get("/recent_events").status, 401);
}

void RtlsRestTest::R1_35_servedBesideAManager() {
  Fixture fixture;
  RawClient all(fixture.gateway.port());
  RawClient room(fixture.gateway.port());
  RawClient badge(fixture.gateway.port());
  QVERIFY(all.upgrade("/ws/events"));
  QVERIFY(room.upgrade("/api/ws/events/418"));
  QVERIFY(badge.upgrade("/ws/events?tag_id=SIM2&trigger_id=123"));
  // The zone is looked up: until its directory is there, the list of connections says 0 streams.
  QTRY_COMPARE(fixture.get("/api/v1/connections").array().at(1).toObject().value(QStringLiteral("streams")).toInt(), 1);
  fixture.trigger("SIM1", 123, 417);
  fixture.trigger("SIM2", 123, 418);
  QVERIFY(all.nextFrame().payload.contains("\"tag_id\":\"SIM1\""));
  QVERIFY(all.nextFrame().payload.contains("\"tag_id\":\"SIM2\""));
  QVERIFY(room.nextFrame().payload.contains("\"tag_id\":\"SIM2\""));
  QVERIFY(badge.nextFrame().payload.contains("\"tag_id\":\"SIM2\""));
}

void RtlsRestTest::R1_35_unknownZoneClosesWith1008() {
  Fixture fixture;
  for (const char *target : {"/api/ws/events/9", "/api/ws/events/hall"}) {
    RawClient client(fixture.gateway.port());
    QVERIFY(client.upgrade(target));
    QCOMPARE(client.closeCode(), 1008);
  }
}

void RtlsRestTest::R1_35_wrongFilterIs400BeforeTheUpgrade() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/events?trigger_id=gate"));
  QTRY_COMPARE(client.status(), 400);
}

void RtlsRestTest::R1_36_listTriggers() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/list_triggers").body,
           QByteArray("[{\"direction\":\"OnEnter\",\"i_trg\":123,\"is_portable\":false,\"x_nm_trg\":\"Entry Gate\","
                      "\"zone_id\":417},{\"direction\":\"OnEnter\",\"i_trg\":124,\"is_portable\":true,"
                      "\"x_nm_trg\":\"Near forklift\",\"zone_id\":417}]"));
  fixture.context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), nullptr);
  fixture.context.manualClock().advance(6s);
  const HttpReply none = fixture.get("/api/list_triggers");
  QCOMPARE(none.status, 404);
  QVERIFY(none.object().value(QStringLiteral("error")).toString().contains(QStringLiteral("no running plugin")));
}

void RtlsRestTest::withoutAManagerTheyAreNotServed() {
  WsConfig config = withManager();
  config.endpoints = {endpointAt("/ws/live", ProtocolKind::Live)};
  Fixture fixture(config);
  QCOMPARE(fixture.get("/recent_events").status, 404);
  QCOMPARE(fixture.get("/api/list_triggers").status, 404);
  QCOMPARE(fixture.get("/api/v1/rtls/static").status, 200);
  for (const char *target : {"/ws/events", "/api/ws/events/417"}) {
    RawClient client(fixture.gateway.port());
    client.send(RawClient::upgradeHead(target));
    QTRY_COMPARE(client.status(), 404);
  }
}

void RtlsRestTest::R1_37_connections() {
  Fixture fixture;
  QCOMPARE(fixture.get("/api/v1/connections").body, QByteArray("[]"));
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/Manager1", "User-Agent: viewer/1.0\r\n"));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  client.send(clientText("{\"type\":\"request\",\"request\":\"BeginStream\",\"reqid\":\"r\",\"params\":[]}"));
  QVERIFY(client.nextFrame().payload.contains("BeginStream"));
  const HttpReply reply = fixture.get("/api/v1/connections");
  QVERIFY(reply.head.contains("X-Total-Count: 1\r\n"));
  QJsonObject info = reply.array().at(0).toObject();
  QCOMPARE(info.value(QStringLiteral("client_id")).toString(),
           QStringLiteral("127.0.0.1:%1").arg(client.socket().localPort()));
  info.remove(QStringLiteral("client_id"));
  QCOMPARE(QJsonDocument(info).toJson(QJsonDocument::Compact),
           QByteArray("{\"address\":\"127.0.0.1\",\"agent\":\"viewer/1.0\",\"caller\":\"anonymous\",\"drops\":0,"
                      "\"last_heartbeat\":null,\"path\":\"/ws/Manager1\",\"protocol\":\"rtls-manager\",\"queue\":0,"
                      "\"since\":\"2026-01-01T00:00:00.000Z\",\"streams\":1}"));
  fixture.context.manualClock().advance(2s);
  client.send(clientText("{\"type\":\"HeartBeat\",\"ts\":1}"));
  QVERIFY(client.nextFrame().payload.contains("HeartBeat"));
  info = fixture.get("/api/v1/connections").array().at(0).toObject();
  QCOMPARE(info.value(QStringLiteral("last_heartbeat")).toString(), QStringLiteral("2026-01-01T00:00:02.000Z"));
  QVERIFY(fixture.get("/metrics").body.contains("\ntagwire_ws_sessions{endpoint=\"/ws/{manager}\"} 1\n"));
  client.socket().disconnectFromHost();
  QTRY_COMPARE(fixture.get("/api/v1/connections").array().size(), 0);
  QCOMPARE(fixture.get("/api/v1/connections?limit=0").status, 400);
  QCOMPARE(fixture.get("/api/v1/connections?offset=-1").status, 400);
}

void RtlsRestTest::R1_37_closeIsLoggedWithTheReason() {
  static QStringList logged;
  logged.clear();
  const auto before =
      qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &text) { logged << text; });
  const auto wasLogged = [](const QString &text) {
    return tagwire::testing::waitFor([&] {
      return std::any_of(logged.begin(), logged.end(), [&](const QString &line) { return line.contains(text); });
    });
  };
  bool areAll = false;
  {
    Fixture fixture;
    RawClient closes(fixture.gateway.port());
    const QString id = QStringLiteral("127.0.0.1:%1 ").arg(closes.socket().localPort());
    areAll = closes.upgrade("/ws/Manager1") && wasLogged(id + QStringLiteral("opened /ws/Manager1 as anonymous"));
    closes.send(ClientFrame{8, QByteArray("\x03\xe8") + "bye"}.bytes());
    areAll = areAll && wasLogged(id + QStringLiteral("closed /ws/Manager1 - 1000 closed by the client bye"));
    RawClient unknown(fixture.gateway.port());
    areAll = areAll && unknown.upgrade("/ws/Nobody") && wasLogged(QStringLiteral("1008 Manager not found"));
  }
  qInstallMessageHandler(before);
  QVERIFY2(areAll, qPrintable(logged.join(u'\n')));
}

void RtlsRestTest::R1_37_connectionsInPieces() {
  Fixture fixture;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int count = 0; count < 3; ++count) {
    clients.push_back(std::make_unique<RawClient>(fixture.gateway.port()));
    QVERIFY(clients.back()->upgrade("/ws/live"));
  }
  const HttpReply piece = fixture.get("/api/v1/connections?offset=1&limit=1");
  QVERIFY(piece.head.contains("X-Total-Count: 3\r\n"));
  QCOMPARE(piece.array().size(), 1);
  QCOMPARE(piece.array().at(0).toObject().value(QStringLiteral("client_id")).toString(),
           QStringLiteral("127.0.0.1:%1").arg(clients[1]->socket().localPort()));
}

void RtlsRestTest::eventsOfEveryKind() {
  Fixture fixture;
  fixture.trigger("SIM1");
  fixture.raise(alarmIn(QStringLiteral("hall")));
  fixture.raise(CommandStatus{QStringLiteral("c1"), fixture.ids[0], CommandState::Succeeded, Value(5.0), {}});
  fixture.raise(SystemEvent{QStringLiteral("plugin_status"), QStringLiteral("uwb is failed"), Severity::Minor});
  fixture.raise(CustomEvent{QStringLiteral("gate"), "{\"open\":true}"});
  const HttpReply reply = fixture.get("/api/v1/events");
  QCOMPARE(typesOf(reply), (QStringList{QStringLiteral("trigger"), QStringLiteral("alarm"), QStringLiteral("command"),
                                        QStringLiteral("system"), QStringLiteral("gate")}));
  const QJsonObject first = reply.array().at(0).toObject();
  QCOMPARE(first.value(QStringLiteral("seq")).toInt(), 1);
  QCOMPARE(first.value(QStringLiteral("t")).toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
  QCOMPARE(first.value(QStringLiteral("source")).toString(), QStringLiteral("uwb"));
}

void RtlsRestTest::eventsAreFiltered_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<int>("status");
  QTest::addColumn<QStringList>("types");
  const QString trigger = QStringLiteral("trigger");
  const QString system = QStringLiteral("system");
  QTest::newRow("type") << QByteArray("type=trigger") << 200 << QStringList{trigger, trigger};
  QTest::newRow("unknown type") << QByteArray("type=colour") << 200 << QStringList{};
  QTest::newRow("newest") << QByteArray("limit=2") << 200 << QStringList{system, trigger};
  QTest::newRow("newest of a type") << QByteArray("limit=1&type=system") << 200 << QStringList{system};
  QTest::newRow("since") << QByteArray("since=2026-01-01T00:00:01Z") << 200 << QStringList{system, trigger};
  QTest::newRow("limit 0") << QByteArray("limit=0") << 400 << QStringList{};
  QTest::newRow("limit too large") << QByteArray("limit=1001") << 400 << QStringList{};
  QTest::newRow("limit of text") << QByteArray("limit=x") << 400 << QStringList{};
  QTest::newRow("since of text") << QByteArray("since=x") << 400 << QStringList{};
}

void RtlsRestTest::eventsAreFiltered() {
  QFETCH(QByteArray, query);
  QFETCH(int, status);
  QFETCH(QStringList, types);
  Fixture fixture;
  fixture.trigger("SIM1");
  fixture.context.manualClock().advance(1s);
  fixture.raise(SystemEvent{QStringLiteral("x"), {}, Severity::Info});
  fixture.trigger("SIM2");
  const HttpReply reply = fixture.get("/api/v1/events?" + query);
  QCOMPARE(reply.status, status);
  if (status == 200) QCOMPARE(typesOf(reply), types);
}

void RtlsRestTest::eventsNeedThePermissionOfTheirKind_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<QStringList>("kinds");
  const auto row = [](const char *permission, const QStringList &kinds) {
    QTest::newRow(permission) << QString::fromLatin1(permission) << kinds;
  };
  row("alarms:read", {QStringLiteral("alarm"), QStringLiteral("alarm")});
  row("alarms:hall/#:read", {QStringLiteral("alarm")});
  row("positions:read", {QStringLiteral("trigger")});
  row("positions:SIM2:read", {});
  row("commands:read", {QStringLiteral("command")});
  row("commands:plc1/pump/run:read", {});
  row("events:read", {QStringLiteral("trigger"), QStringLiteral("system"), QStringLiteral("gate")});
  row("events:gate:read", {QStringLiteral("gate")});
}

void RtlsRestTest::eventsNeedThePermissionOfTheirKind() {
  QFETCH(QString, permission);
  QFETCH(QStringList, kinds);
  Fixture fixture(withManager({permission}));
  fixture.raise(alarmIn(QStringLiteral("hall/1")));
  fixture.raise(alarmIn(QStringLiteral("yard")));
  fixture.trigger("SIM1");
  fixture.raise(CommandStatus{QStringLiteral("c1"), fixture.ids[0], CommandState::Queued, {}, {}});
  fixture.raise(SystemEvent{QStringLiteral("x"), {}, Severity::Info});
  fixture.raise(CustomEvent{QStringLiteral("gate"), "1"});
  QCOMPARE(typesOf(fixture.get("/api/v1/events")), kinds);
  for (const char *kind : {"alarm", "trigger", "command", "system", "gate"}) {
    const HttpReply reply = fixture.get(QByteArray("/api/v1/events?type=") + kind);
    if (kinds.contains(QLatin1String(kind))) QCOMPARE(reply.status, 200);
    if (reply.status == 200) QCOMPARE(typesOf(reply).size(), kinds.count(QLatin1String(kind)));
  }
  QCOMPARE(fixture.get("/api/v1/events?type=system").status, permission == u"events:read" ? 200 : 403);
}

void RtlsRestTest::eventsAreBounded() {
  Fixture fixture;
  for (int count = 0; count < 1100; ++count) fixture.raise(SystemEvent{QString::number(count), {}, Severity::Info});
  const QJsonArray all = fixture.get("/api/v1/events?limit=1000").array();
  QCOMPARE(all.size(), 1000);
  QCOMPARE(all.at(0).toObject().value(QStringLiteral("kind")).toString(), QStringLiteral("100"));
  // By their size too: each of these has 1 MiB.
  for (int count = 0; count < 20; ++count) {
    fixture.raise(CustomEvent{QStringLiteral("big"), '"' + QByteArray(1024 * 1024, 'x') + '"'});
  }
  QCOMPARE(fixture.get("/api/v1/events?limit=1000").array().size(), 7);
}

TAGWIRE_TEST(RtlsRestTest)

}  // namespace rtlsrest_test

#include "rtlsrest_test.moc"
