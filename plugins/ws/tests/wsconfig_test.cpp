// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTest>

#include "access/permissions.h"
#include "testcontext.h"
#include "testprogram.h"
#include "wsconfig.h"

namespace wsconfig_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

std::optional<WsConfig> read(const QByteArray &json, QString *problems = nullptr) {
  Problems found;
  const ConfigNode node = parseJson(json, QStringLiteral("test.json"), found);
  std::optional<WsConfig> config;
  if (!hasErrors(found)) {
    ConfigReader reader(node, QStringLiteral("config"), found);
    config = WsConfig::read(reader);
  }
  if (problems) {
    for (const Problem &problem : found) *problems += toText(problem) + u'\n';
  }
  return config;
}

QByteArray withEndpoints(const QByteArray &endpoints) {
  return R"({"listen":"127.0.0.1:0","endpoints":[)" + endpoints + "]}";
}

}  // namespace

class WsConfigTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void defaults();
  void R5_8_defaultLimitsOfAPanel();
  void manifestLimitsWin();
  void R5_16_tiles();
  void refuses_data();
  void refuses();
  void everyErrorIsReported();
  void R1_35_managerBringsTheEvents();
  void checksPermissions();
  void matchesPaths();
  void schemaNamesEveryKey();
};

void WsConfigTest::defaults() {
  QString problems;
  const auto config = read(R"({"listen":"[::1]:8080"})", &problems);
  QVERIFY2(config, qPrintable(problems));
  QCOMPARE(config->listen.port, quint16{8080});
  QCOMPARE(config->listen.address, QHostAddress(QHostAddress::LocalHostIPv6));
  QCOMPARE(config->endpoints->size(), 1);
  QCOMPARE(config->endpoints->first().path.text(), QStringLiteral("/ws/live"));
  QCOMPARE(config->endpoints->first().protocol, ProtocolKind::Live);
  QVERIFY(config->serves(Served::Ws) && config->serves(Served::Rest));
  QCOMPARE(config->endpoints->first().effectiveLimits().connections, 1000);
}

void WsConfigTest::R5_8_defaultLimitsOfAPanel() {
  const Limits panel = defaultLimits(ProtocolKind::Panel);
  QCOMPARE(panel.connections, 100);
  QCOMPARE(panel.messagesPerSecond, 10);
  QCOMPARE(panel.subscriptions, 50);
  QCOMPARE(panel.pingInterval, 30'000ms);
  QCOMPARE(panel.pongTimeout, 60'000ms);
  const Limits rooms = defaultLimits(ProtocolKind::Rooms);
  QCOMPARE(rooms.messageBytes, 512);
  QCOMPARE(rooms.pingInterval, 54'000ms);
}

void WsConfigTest::manifestLimitsWin() {
  const auto config = read(withEndpoints(
      R"({"path":"/ws","protocol":"panel","limits":{"connections":5,"ping_interval_ms":1000,"pong_timeout_ms":3000}})"));
  QVERIFY(config);
  const Limits limits = config->endpoints->first().effectiveLimits();
  QCOMPARE(limits.connections, 5);
  QCOMPARE(limits.pingInterval, 1000ms);
  QCOMPARE(limits.pongTimeout, 3000ms);
  QCOMPARE(limits.messagesPerSecond, 10);
}

void WsConfigTest::R5_16_tiles() {
  const auto config =
      read(R"({"listen":"127.0.0.1:0","event_limits":{"connections":7},"tiles":[{"id":3,"name":"HLT","type":"gauge",)"
           R"("endpointIds":[59],"points":["plc1/pump/run"],"x":0,"y":1.5,"area":"brewhouse"}]})");
  QVERIFY(config);
  const Tile tile = config->tiles.value(0);
  QCOMPARE(tile.id, 3);
  QCOMPARE(tile.endpointIds, QList<qint64>{59});
  QCOMPARE(tile.points.value(0).name, QStringLiteral("plc1/pump/run"));
  QCOMPARE(tile.y, 1.5);
  const Limits limits = config->eventLimits.effectiveLimits();
  QCOMPARE(limits.connections, 7);
  QCOMPARE(limits.subscriptions, 50);
}

void WsConfigTest::refuses_data() {
  QTest::addColumn<QByteArray>("json");
  QTest::addColumn<QString>("path");
  QTest::addColumn<QString>("words");
  const auto row = [](const char *name, const QByteArray &json, const char *path, const char *words) {
    QTest::newRow(name) << json << QString::fromLatin1(path) << QString::fromLatin1(words);
  };
  row("no listen", "{}", "config", "listen");
  row("unknown key", R"({"listen":"127.0.0.1:0","listn":1})", "listn", "listen");
  row("R2-1 device token in the clear",
      R"({"listen":"0.0.0.0:8080","endpoints":[{"path":"/d/{device_id}","protocol":"device"}]})",
      "endpoints[0].protocol", "trusted_proxies");
  row("name", R"({"listen":"plant.example:8080"})", "listen", "127.0.0.1:port");
  row("no port", R"({"listen":"127.0.0.1"})", "listen", "127.0.0.1:port");
  row("large port", R"({"listen":"127.0.0.1:65536"})", "listen", "0 to 65535");
  row("signed port", R"({"listen":"127.0.0.1:+80"})", "listen", "0 to 65535");
  row("IPv6 without brackets", R"({"listen":"::1:80"})", "listen", "numeric address");
  row("unknown protocol", withEndpoints(R"({"path":"/ws","protocol":"pannel"})"), "endpoints[0].protocol", "panel");
  row("relative path", withEndpoints(R"({"path":"ws","protocol":"live"})"), "endpoints[0].path", "begin with");
  row("path with query", withEndpoints(R"({"path":"/ws?x=1","protocol":"live"})"), "endpoints[0].path", "segment");
  row("path with dots", withEndpoints(R"({"path":"/ws/..","protocol":"live"})"), "endpoints[0].path", "segment");
  row("half a variable", withEndpoints(R"({"path":"/ws/x{manager}","protocol":"rtls-manager"})"), "endpoints[0].path",
      "segment");
  row("empty variable", withEndpoints(R"({"path":"/ws/{}","protocol":"rtls-manager"})"), "endpoints[0].path", "name");
  row("no manager", withEndpoints(R"({"path":"/ws/m","protocol":"rtls-manager"})"), "endpoints[0].path", "{manager}");
  row("no device id", withEndpoints(R"({"path":"/ws/{device}","protocol":"device"})"), "endpoints[0].path",
      "{device_id}");
  row("variable for nothing", withEndpoints(R"({"path":"/ws/{x}","protocol":"live"})"), "endpoints[0].path",
      "no variable");
  row("same path", withEndpoints(R"({"path":"/ws","protocol":"live"},{"path":"/ws","protocol":"panel"})"),
      "endpoints[1].path", "endpoints[0]");
  row("R1-35 path of the events",
      withEndpoints(R"({"path":"/ws/{manager}","protocol":"rtls-manager"},{"path":"/ws/events","protocol":"live"})"),
      "endpoints[1].path", "trigger events");
  row("R1-34 none recent", R"({"listen":"127.0.0.1:0","recent":0})", "recent", "1");
  row("pong before ping", withEndpoints(R"({"path":"/ws","protocol":"live","limits":{"pong_timeout_ms":30000}})"),
      "endpoints[0].limits.pong_timeout_ms", "ping_interval_ms");
  row("no connections", withEndpoints(R"({"path":"/ws","protocol":"live","limits":{"connections":0}})"),
      "endpoints[0].limits.connections", "1");
  row("plain secret", R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"HS256","key":"s3cret"}}})", "auth.jwt.key",
      "$env");
  row("algorithm none", R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"none","key":{"$env":"PATH"}}}})",
      "auth.jwt.algorithm", "HS256");
  row("no PEM", R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"RS256","key":{"$env":"PATH"}}}})",
      "auth.jwt.key", "PEM");
  qputenv("TAGWIRE_TEST_SHORT", "only 16 bytes...");
  qputenv("TAGWIRE_TEST_PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
  row("short secret",
      R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"HS256","key":{"$env":"TAGWIRE_TEST_SHORT"}}}})",
      "auth.jwt.key", "16 bytes");
  row("PEM as secret",
      R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"HS256","key":{"$env":"TAGWIRE_TEST_PEM"}}}})",
      "auth.jwt.key", "allowed for HS256: a secret");
  row("broken PEM",
      R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"ES256","key":{"$env":"TAGWIRE_TEST_PEM"}}}})",
      "auth.jwt.key", "no public key that can be read");
  row("bad permission", R"({"listen":"127.0.0.1:0","auth":{"anonymous":["points:raed"]}})", "auth.anonymous[0]",
      "read");
  row("built-in role", R"({"listen":"127.0.0.1:0","auth":{"roles":{"admin":["points:read"]}}})", "auth.roles", "admin");
  row("bad role", R"({"listen":"127.0.0.1:0","auth":{"roles":{"lead":["alarm:ack"]}}})", "auth.roles.lead[0]",
      "alarms");
  row("bad origin", R"({"listen":"127.0.0.1:0","allowed_origins":["panel.example.org"]})", "allowed_origins[0]",
      "scheme://");
  row("origin with path", R"({"listen":"127.0.0.1:0","allowed_origins":["https://a.example/x"]})", "allowed_origins[0]",
      "scheme://");
  row("bad proxy", R"({"listen":"127.0.0.1:0","trusted_proxies":["nginx"]})", "trusted_proxies[0]", "IP address");
  const auto house = [](const char *rooms, const char *entities) {
    return R"({"listen":"127.0.0.1:0","rooms":[)" + QByteArray(rooms) + R"(],"entities":[)" + entities + "]}";
  };
  const char *hall = R"({"id":1,"name":"Hall"})";
  row("R4-8 room twice", house(R"({"id":1,"name":"Hall"},{"id":1,"name":"Hall"})", ""), "rooms[1].id", "rooms[0]");
  row("R4-8 room without a number", house(R"({"id":"hall","name":"Hall"})", ""), "rooms[0].id", "1 to 2147483647");
  row("R4-8 room zero", house(R"({"id":0,"name":"Hall"})", ""), "rooms[0].id", "1 to 2147483647");
  row("R4-8 room without a name", house(R"({"id":1,"name":" "})", ""), "rooms[0].name", "1 to 200");
  row("R4-6 entity twice", house(hall, R"({"id":"a","room":1,"state":"p/a"},{"id":"a","room":1,"state":"p/b"})"),
      "entities[1].id", "entities[0]");
  row("R4-6 entity of no room", house(hall, R"({"id":"a","room":2,"state":"p/a"})"), "entities[0].room", "no room 2");
  row("R4-6 entity without a state", house(hall, R"({"id":"a","room":1})"), "entities[0]", "state");
  row("R4-6 entity without a name", house(hall, R"({"id":"","room":1,"state":"p/a"})"), "entities[0].id",
      "light.living_room");
  row("R4-6 word that is none", house(hall, R"({"id":"a","room":1,"state":"p/a","words":{"0":0}})"),
      "entities[0].words.0", "string");
  row("R4-6 attribute without a name", house(hall, R"({"id":"a","room":1,"state":"p/a","attributes":{"":"p/b"}})"),
      "entities[0].attributes", "brightness");
  row("leeway beyond what an expired credential may last",
      R"({"listen":"127.0.0.1:0","auth":{"jwt":{"algorithm":"HS256","key":{"$env":"HOME"},"leeway_s":51}}})",
      "leeway_s", "0 to 50");
  row("tile twice", R"({"listen":"127.0.0.1:0","tiles":[{"id":1,"name":"a"},{"id":1,"name":"b"}]})", "tiles[1].id",
      "each id once");
  row("tile without a name", R"({"listen":"127.0.0.1:0","tiles":[{"id":1}]})", "tiles[0]", "name");
  row("limit that event streams do not have", R"({"listen":"127.0.0.1:0","event_limits":{"messages_per_s":1}})",
      "event_limits.messages_per_s", "queue_messages");
  row("unknown part", R"({"listen":"127.0.0.1:0","serve":["web"]})", "serve[0]", "metrics");
}

void WsConfigTest::refuses() {
  QFETCH(QByteArray, json);
  QFETCH(QString, path);
  QFETCH(QString, words);
  QString problems;
  QVERIFY(!read(json, &problems));
  QVERIFY2(problems.contains(path + u':') || path == u"config", qPrintable(problems));
  QVERIFY2(problems.contains(words), qPrintable(problems));
  QVERIFY2(!problems.contains(QStringLiteral("s3cret")), qPrintable(problems));
  QVERIFY2(!problems.contains(QStringLiteral("only 16 bytes...")), qPrintable(problems));
}

void WsConfigTest::R1_35_managerBringsTheEvents() {
  const auto without = read(withEndpoints(R"({"path":"/ws/events","protocol":"live"})"));
  QCOMPARE(without->servedEndpoints().size(), 1);
  QCOMPARE(without->recent, 100);
  const auto with = read(withEndpoints(
      R"({"path":"/ws","protocol":"panel"},{"path":"/m/{manager}","protocol":"rtls-manager","limits":{"connections":7}})"));
  const QList<EndpointConfig> served = with->servedEndpoints();
  QCOMPARE(served.size(), 4);
  QCOMPARE(served[2].path.text(), QStringLiteral("/ws/events"));
  QCOMPARE(served[3].path.text(), QStringLiteral("/api/ws/events/{zone_id}"));
  QCOMPARE(served[3].protocol, ProtocolKind::RtlsEvents);
  QCOMPARE(served[3].effectiveLimits().connections, 7);
}

void WsConfigTest::everyErrorIsReported() {
  QString problems;
  QVERIFY(
      !read(withEndpoints(R"({"path":"/a","protocol":"rtls-manager"},{"path":"/a","protocol":"device"})"), &problems));
  QCOMPARE(problems.count(u'\n'), 3);
}

void WsConfigTest::checksPermissions() {
  for (const char *good : {"points:read", "points:boiler/*:read", "*:read", "alarms:*", "device:ems_001:publish",
                           "alarms:cold-store/*:ack", "*:*"}) {
    QVERIFY2(permissionProblem(QString::fromLatin1(good)).isEmpty(), good);
  }
  for (const char *bad : {"", "points", "points:", ":read", "points::read", "pionts:read", "points:ack", "*:fly"}) {
    QVERIFY2(!permissionProblem(QString::fromLatin1(bad)).isEmpty(), bad);
  }
}

void WsConfigTest::matchesPaths() {
  const auto path = EndpointPath::fromText(QStringLiteral("/ws/{manager}"));
  QVERIFY(path);
  const auto match = path->match({QStringLiteral("ws"), QStringLiteral("Manager1")});
  QVERIFY(match);
  QCOMPARE(match->value(QStringLiteral("manager")), QStringLiteral("Manager1"));
  QVERIFY(!path->match({QStringLiteral("ws")}));
  QVERIFY(!path->match({QStringLiteral("ws"), QString()}));
  QVERIFY(!path->match({QStringLiteral("wx"), QStringLiteral("Manager1")}));
  QVERIFY(path->isSameAs(*EndpointPath::fromText(QStringLiteral("/ws/{other}"))));
  QVERIFY(!path->isSameAs(*EndpointPath::fromText(QStringLiteral("/ws/other"))));
}

void WsConfigTest::schemaNamesEveryKey() {
  const QJsonObject properties = schemaOf<WsConfig>().json.value(QStringLiteral("properties")).toObject();
  for (const char *key : {"listen", "auth", "endpoints", "allowed_origins", "trusted_proxies", "serve", "tls", "rooms",
                          "entities", "event_limits", "tiles"}) {
    QVERIFY2(properties.contains(QLatin1String(key)), key);
  }
}

TAGWIRE_TEST(WsConfigTest)

}  // namespace wsconfig_test

#include "wsconfig_test.moc"
