// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryFile>
#include <QTest>

#include "access/tokenstore.h"
#include "accesstable.h"
#include "auth/eventaccess.h"
#include "fakehistory.h"
#include "fakemanifest.h"
#include "protocols/makeprotocol.h"
#include "protocols/tests/fakertls.h"
#include "protocols/tests/recordingsession.h"
#include "restfixture.h"
#include "testprogram.h"

namespace access_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// Who asks.
enum class Role { Nobody, Reader, Exact, Other, WrongToken };
constexpr std::array roles{Role::Nobody, Role::Reader, Role::Exact, Role::Other, Role::WrongToken};
const char *wordOf(Role role) {
  constexpr std::array words{"nobody", "anonymous *:read", "token with exactly", "token with another than",
                             "wrong token for"};
  return words[static_cast<size_t>(role)];
}

bool isRead(const QString &right) {
  return right.endsWith(QLatin1String(":read")) || right.endsWith(QLatin1String(":watch")) || right == statistics;
}

const QByteArray wrongToken = "Authorization: Bearer tw_ThisOneWasNeverMadeByAnybodyNeitherHereNorThere0\r\n";

QStringList anonymousFor(Role role) {
  return role == Role::Reader ? QStringList{QStringLiteral("*:read")} : QStringList();
}

/// A gateway with everything on it, where whoever comes from this machine holds the permissions `anonymous`, and
/// something of everything to be seen: points, an alarm, a command, a trigger event.
struct Fixture : RestFixture {
  explicit Fixture(const QStringList &anonymous = {}) : RestFixture(whole(anonymous), &makeProtocol) {
    alarms.active = {{context.clock().now(), alarmOf(77, AlarmState::Alarm, AlarmState::Ok, "hall")}};
    alarms.areaList = {{QStringLiteral("hall"), AlarmState::Alarm, Severity::Critical, 1, 1, 1}};
    AlarmRule rule;
    rule.id = 77;
    rule.rule = {{QStringLiteral("id"), 77}, {QStringLiteral("area"), QStringLiteral("hall")}};
    alarms.ruleList = {rule};
    alarms.versions[77] = {rule};
    context.answerWith(&alarms);
    context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), &rtls);
    rtls.everybody = {{QStringLiteral("SIM1"), {}, {}, Whereabouts::State::Present, 417, Position{1, 2, 0, {}}, {}}};
    if (plan.open() && plan.write("<svg/>") && plan.flush()) rtls.planFile = {plan.fileName(), "image/svg+xml"};
    rtls.planOf = 417;
    history.series = {{{QStringLiteral("plc1/boiler/temp"), ValueType::Double, {}, {}}, {}, {}, {}}};
    context.addInstance(QStringLiteral("archive"), QStringLiteral("sql"), &history);
    InterlockStatus interlock;
    interlock.id = 5;
    context.commands().interlockList = {interlock};
    context.setManifest(&manifest);
    SceneStatus scene;
    scene.id = 1;
    scene.points = {ids[0]};
    context.commands().sceneList = {scene};
    addDevice();
    gateway.notify({1, context.clock().now(), QStringLiteral("uwb"), triggerOf("SIM1", 417)});
    tell(QStringLiteral("c1"), CommandState::Succeeded);
    QObject::connect(&gateway, &Plugin::commandRequested, &gateway,
                     [this](const Command &command) { tell(command.id, CommandState::Succeeded); });
  }
  static WsConfig whole(const QStringList &anonymous) {
    WsConfig settings = config();
    settings.auth->anonymous = anonymous;
    RoomConfig room;
    room.id = 1;
    room.name = QStringLiteral("Living Room");
    settings.rooms = {room};
    Tile tile;
    tile.id = 1;
    tile.name = QStringLiteral("Boiler");
    tile.endpointIds = {59};
    settings.tiles = {tile};
    settings.endpoints = QList<EndpointConfig>();
    for (const auto &[path, kind] :
         {std::pair{"/ws/{manager}", ProtocolKind::RtlsManager}, std::pair{"/ws/alarms", ProtocolKind::Alarms},
          std::pair{"/ws", ProtocolKind::Panel}, std::pair{"/ws/live", ProtocolKind::Live},
          std::pair{"/ws/device/{device_id}", ProtocolKind::Device}, std::pair{"/rooms", ProtocolKind::Rooms},
          std::pair{"/v2/ws/socket", ProtocolKind::Omlox}}) {
      settings.endpoints->append({*EndpointPath::fromText(QString::fromLatin1(path)), kind, {}});
    }
    return settings;
  }
  void addDevice() {
    WsConfig settings = config();
    settings.models[QStringLiteral("ems")].fields.insert(QStringLiteral("soc"), FieldConfig());
    settings.devices = {{QStringLiteral("ems_001"), QStringLiteral("ems")}};
    Problems problems;
    const ConfigNode nothing;
    ConfigReader reader(nothing, QString(), problems);
    (void)DeviceBook::join(settings, context, reader);
  }
  /// The Authorization of a new token with this permission.
  QByteArray tokenWith(const QString &permission) {
    TokenStore store(context.dataDir());
    const auto token = store.create(QStringLiteral("t%1").arg(++m_tokens), *Permissions::fromTexts({permission}),
                                    std::nullopt, context.clock().now(), QStringLiteral("test"));
    gateway.stop();  // it would notice within a second
    gateway.start();
    return "Authorization: Bearer " + token.value_or(QByteArray()) + "\r\n";
  }
  QByteArray credentialOf(Role role, const QString &right) {
    if (role == Role::WrongToken) return wrongToken;
    if (role == Role::Other) return tokenWith(right == writeHistory ? rooms : writeHistory);
    // For what is open to everybody a token of any kind is as good as none.
    if (role == Role::Exact) return tokenWith(right.isEmpty() ? QStringLiteral("history:write") : right);
    return {};
  }
  HttpReply ask(const RouteRow &row, const QByteArray &credential) {
    return RestFixture::ask(QByteArray(row.method).toUpper(), row.target, credential, row.body);
  }

  FakeAlarms alarms;
  FakeRtls rtls;
  FakeHistory history;
  FakeManifest manifest;
  QTemporaryFile plan;

 private:
  int m_tokens = 0;
};

QStringList keysOf(const QJsonObject &document) {
  QStringList keys;
  const QJsonObject paths = document.value(QStringLiteral("paths")).toObject();
  for (auto path = paths.begin(); path != paths.end(); ++path) {
    for (const QString &method : path->toObject().keys()) keys << method + u' ' + path.key();
  }
  return keys;
}

/// Whether a role's permissions cover one of these rights.
bool isPermitted(Role role, const QStringList &rights) {
  return role == Role::Exact || (role == Role::Reader && std::any_of(rights.begin(), rights.end(), isRead));
}

/// The list of an answer, as it is or wrapped (R4-8).
QJsonArray listOf(const HttpReply &reply) {
  if (!reply.array().isEmpty()) return reply.array();
  const QJsonObject object = reply.object();
  for (const QString &key : {QStringLiteral("zones"), QStringLiteral("points")}) {
    if (object.contains(key)) return object.value(key).toArray();
  }
  return object.value(QStringLiteral("data")).toArray();
}

/// What is answered whatever the credential.
bool isProbe(const QString &path) { return path == u"/healthz" || path == u"/readyz"; }

int expectedStatus(const RouteRow &row, Role role) {
  if (role == Role::WrongToken) return isProbe(QLatin1String(row.path)) ? 200 : 403;
  if (row.rights.isEmpty()) return row.granted;
  if (role == Role::Nobody) return 401;
  return isPermitted(role, row.rights) ? row.granted : 403;
}

}  // namespace

/// Walks every route and every wire contract with every kind of credential.
class AccessTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyRouteHasARow();
  void everyProtocolHasARow();
  void routes_data();
  void routes();
  void otherMethods_data();
  void otherMethods();
  void rightsForOtherThings_data();
  void rightsForOtherThings();
  void sockets_data();
  void sockets();
  void eventsByWhatTheyAreAbout();
  void R4_10_whoMayBroadcastToEverybody();
};

void AccessTest::everyRouteHasARow() {
  QStringList rows;
  for (const RouteRow &row : routeRows) rows << QString::fromLatin1(row.method) + u' ' + QLatin1String(row.path);
  QStringList served = keysOf(Fixture().get("/api/v1/openapi.json").object());
  QVERIFY(!served.isEmpty());
  rows.sort();
  served.sort();
  QCOMPARE(rows, served);
}

/// The contracts that makeProtocol() knows, wherever the manifest may put them.
void AccessTest::everyProtocolHasARow() {
  TestContext context;
  GatewayState state(Fixture::whole({}), context);
  QList<ProtocolKind> kinds{ProtocolKind::RtlsEvents};
  for (const auto &[word, kind] : enumWords(ProtocolKind())) kinds << kind;
  for (const ProtocolKind kind : std::as_const(kinds)) {
    const bool isThere = makeProtocol({{}, kind, {}}, state) != nullptr;
    const auto rows =
        std::count_if(socketRows.begin(), socketRows.end(), [kind](const SocketRow &row) { return row.kind == kind; });
    QVERIFY2(rows == (isThere ? 1 : 0), tagwire::ws::wordOf(kind));
  }
}

void AccessTest::routes_data() {
  QTest::addColumn<int>("row");
  QTest::addColumn<int>("role");
  QTest::addColumn<QString>("right");
  for (qsizetype i = 0; i < routeRows.size(); ++i) {
    const RouteRow &row = routeRows[i];
    if (row.isAlias) continue;
    for (const Role role : roles) {
      for (const QString &right : row.rights.isEmpty() ? QStringList{QString()} : row.rights) {
        QTest::addRow("%s %s, %s %s", row.method, row.path, wordOf(role), qPrintable(right))
            << static_cast<int>(i) << static_cast<int>(role) << right;
      }
    }
  }
}

void AccessTest::routes() {
  QFETCH(int, row);
  QFETCH(int, role);
  QFETCH(QString, right);
  const auto who = static_cast<Role>(role);
  Fixture fixture(anonymousFor(who));
  const QLatin1String path(routeRows[row].path);
  if (path == QLatin1String("/api/os/events") || path == QLatin1String("/api/v1/history/export")) {
    // A stream: its head tells.
    QCOMPARE(fixture.statusOf("HEAD", routeRows[row].target, fixture.credentialOf(who, right)),
             expectedStatus(routeRows[row], who));
    return;
  }
  const HttpReply reply = fixture.ask(routeRows[row], fixture.credentialOf(who, right));
  QCOMPARE(reply.status, expectedStatus(routeRows[row], who));
  QCOMPARE(reply.head.contains("\r\nWWW-Authenticate: Bearer\r\n"), reply.status == 401);
  if (reply.status < 400) return;
  if (QByteArray(routeRows[row].path).startsWith("/v")) {
    QCOMPARE(reply.object().value(QStringLiteral("code")), QJsonValue(reply.status));
    QCOMPARE(reply.object().keys().join(u' '), QStringLiteral("code message type"));
  } else {
    QCOMPARE(reply.object().value(QStringLiteral("success")), QJsonValue(false));
  }
}

void AccessTest::otherMethods_data() {
  QTest::addColumn<QString>("path");
  QStringList paths;
  for (const RouteRow &row : routeRows) {
    const auto path = QString::fromLatin1(row.path);
    if (row.isAlias || paths.contains(path)) continue;
    paths << path;
    QTest::newRow(row.path) << path;
  }
}

/// What a path does not serve is 405 for everybody but the bearer of a wrong token (probes ask for none); HEAD is as
/// GET.
void AccessTest::otherMethods() {
  QFETCH(QString, path);
  const auto rowFor = [&](const QByteArray &name) {
    return std::find_if(routeRows.begin(), routeRows.end(), [&](const RouteRow &row) {
      return QLatin1String(row.path) == path && QByteArray(row.method).toUpper() == name;
    });
  };
  const auto any = std::find_if(routeRows.begin(), routeRows.end(),
                                [&](const RouteRow &each) { return QLatin1String(each.path) == path; });
  Fixture all({QStringLiteral("*:*")});
  Fixture nobody;
  for (const QByteArray method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
    const auto row = rowFor(method == "HEAD" ? QByteArray("GET") : method);
    const int served = method == "OPTIONS" ? 204 : 405;
    if (row == routeRows.end()) {
      QVERIFY2(all.statusOf(method, any->target) == served, method);
      QVERIFY2(nobody.statusOf(method, any->target) == served, method);
    } else if (method == "HEAD") {
      QVERIFY2(all.statusOf(method, row->target) == 200, method);
      QVERIFY2(nobody.statusOf(method, row->target) == (row->rights.isEmpty() ? 200 : 401), method);
    }
    const bool isProbed = isProbe(path) && (method == "GET" || method == "HEAD");
    QVERIFY2(nobody.statusOf(method, any->target, wrongToken) == (isProbed ? 200 : 403), method);
  }
}

void AccessTest::rightsForOtherThings_data() {
  QTest::addColumn<int>("row");
  for (qsizetype i = 0; i < routeRows.size(); ++i) {
    if (routeRows[i].elsewhere.isEmpty()) continue;
    QTest::addRow("%s %s", routeRows[i].method, routeRows[i].path) << static_cast<int>(i);
  }
}

void AccessTest::rightsForOtherThings() {
  QFETCH(int, row);
  const RouteRow &route = routeRows[row];
  Fixture fixture;
  const HttpReply reply = fixture.ask(route, fixture.tokenWith(route.elsewhere));
  QCOMPARE(reply.status, route.elsewhereStatus);
  if (reply.status != 200) return;
  // The list has nothing of ours, although there is something.
  QVERIFY2(listOf(reply).isEmpty(), reply.body.constData());
  Fixture all({QStringLiteral("*:*")});
  QVERIFY(!listOf(all.ask(route, QByteArray())).isEmpty());
}

void AccessTest::sockets_data() {
  QTest::addColumn<int>("row");
  QTest::addColumn<int>("role");
  QTest::addColumn<QString>("right");
  for (qsizetype i = 0; i < socketRows.size(); ++i) {
    for (const Role role : roles) {
      for (const QString &right : socketRows[i].rights) {
        QTest::addRow("%s, %s %s", socketRows[i].path, wordOf(role), qPrintable(right))
            << static_cast<int>(i) << static_cast<int>(role) << right;
      }
    }
  }
}

/// Who brings a credential that is not good for it is refused before the upgrade. Who brings none may do so by message:
/// the upgrade succeeds, nothing is sent, and anything but a good credential closes with 4401.
void AccessTest::sockets() {
  QFETCH(int, row);
  QFETCH(int, role);
  QFETCH(QString, right);
  const auto who = static_cast<Role>(role);
  Fixture fixture(anonymousFor(who));
  const QByteArray credential = fixture.credentialOf(who, right);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead(socketRows[row].path, credential));
  QTRY_VERIFY(client.status() != 0);
  if (socketRows[row].kind == ProtocolKind::Device && (who == Role::Nobody || who == Role::Reader)) {
    QCOMPARE(client.status(), 401);  // takes no first message
    return;
  }
  if (who == Role::WrongToken || who == Role::Other) {
    QCOMPARE(client.status(), 403);
    return;
  }
  QCOMPARE(client.status(), 101);
  if (socketRows[row].kind == ProtocolKind::Device) return;  // it is the device that has to say something
  client.dropHead();
  client.send(clientText("{\"type\":\"HeartBeat\",\"ts\":1}"));
  const bool isIn = isPermitted(who, socketRows[row].rights);
  RawClient::ServerFrame first = client.nextFrame();
  if (!isIn && socketRows[row].kind == ProtocolKind::Omlox) {
    QVERIFY(first.payload.contains("10006"));  // says it before it closes
    first = client.nextFrame();
  }
  QCOMPARE(first.closeCode(), isIn ? 0 : 4401);
  QCOMPARE(first.opcode, isIn ? 1 : 8);
}

void AccessTest::eventsByWhatTheyAreAbout() {
  TestContext context(QStringLiteral("plc1"));
  const PointId point = declarePoint(context, "boiler/temp", 59);
  const EventAccess access(context.points());
  const auto may = [&](const char *permission, const decltype(Event::body) &body) {
    return access.allow(*Permissions::fromTexts({QString::fromLatin1(permission)}), {1, {}, {}, body});
  };
  const AlarmTransition noArea = alarmOf(77, AlarmState::Alarm, AlarmState::Ok);
  QVERIFY(may("alarms:read", noArea) && may("alarms:#:read", noArea) && may("alarms:admin", noArea));
  QVERIFY(!may("alarms:hall/*:read", noArea) && !may("events:read", noArea) && !may("alarms:ack", noArea));

  CommandStatus status;
  status.point = point;
  QVERIFY(may("commands:plc1/boiler/*:read", status) && !may("commands:write", status));
  status.point = PointId::None;  // of whatever point it was, only who may see every one
  QVERIFY(may("commands:read", status) && !may("commands:plc1/boiler/*:read", status));

  status.scene = 1;
  status.scenePoints = {point};
  QVERIFY(may("commands:plc1/boiler/*:read", status) && !may("commands:plc1/pump/*:read", status));
  status.scenePoints = {point, declarePoint(context, "pump/speed", 60)};  // of a scene all of its points count
  QVERIFY(may("commands:plc1/#:read", status) && !may("commands:plc1/boiler/*:read", status));

  // What a plugin from outside calls alarm is none.
  const CustomEvent custom{QStringLiteral("alarm"), "1"};
  QVERIFY(may("events:read", custom) && may("events:alarm:read", custom) && !may("alarms:read", custom));
  QVERIFY(!may("positions:read", custom) && !may("events:system:read", custom));
}

void AccessTest::R4_10_whoMayBroadcastToEverybody() {
  Fixture fixture;
  const QByteArray toAll = "{\"type\":\"notice\",\"data\":{}}";
  const QByteArray toRoom = "{\"type\":\"notice\",\"data\":{},\"room_id\":1}";
  const auto statuses = [&](const char *permission) {
    const QByteArray credential = fixture.tokenWith(QLatin1String(permission));
    const auto send = [&](const QByteArray &body) {
      return fixture.RestFixture::ask("POST", "/api/v1/websocket/broadcast", credential, body).status;
    };
    return QPair(send(toAll), send(toRoom));
  };
  QCOMPARE(statuses("ws:broadcast"), QPair(200, 200));
  QCOMPARE(statuses("ws:#:broadcast"), QPair(200, 200));
  QCOMPARE(statuses("ws:*:broadcast"), QPair(403, 200));
  QCOMPARE(statuses("ws:1:broadcast"), QPair(403, 200));
  QCOMPARE(statuses("ws:2:broadcast"), QPair(403, 403));
}

TAGWIRE_TEST(AccessTest)

}  // namespace access_test

#include "access_test.moc"
