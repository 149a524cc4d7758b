// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QRegularExpression>

#include "identityfixture.h"
#include "testprogram.h"

namespace credentials_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = IdentityFixture;

namespace {

/// A gateway that can be started again on the same data.
struct Restarting {
  Restarting() { start(); }
  void start() {
    gateway.reset();
    gateway = std::make_unique<Gateway>(
        strictConfig(), context, [](const EndpointConfig &, GatewayState &) { return std::unique_ptr<Protocol>(); });
    gateway->start();
  }
  int statusOf(const QByteArray &method, const QByteArray &target, const QByteArray &fields,
               const QByteArray &body = {}) {
    RawClient client(gateway->port());
    client.send(
        RawClient::head(method, target,
                        fields + "Connection: close\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n") +
        body);
    (void)tagwire::testing::waitFor([&] { return client.status() != 0 && !client.isConnected(); });
    input = client.input();
    return client.status();
  }
  /// Cookie and X-CSRF-Token of a new session of ann.
  QByteArray login() {
    const QByteArray body = "{\"user\":\"ann\",\"password\":\"correct horse battery\"}";
    if (statusOf("POST", "/api/v1/login", {}, body) != 200) return {};
    const qsizetype at = input.indexOf("Set-Cookie: ") + 12;
    const QByteArray cookie = "Cookie: " + input.mid(at, input.indexOf(';', at) - at) + "\r\n";
    (void)statusOf("GET", "/api/v1/session", cookie);
    const qsizetype csrf = input.indexOf("\"csrf\":\"") + 8;
    return cookie + "X-CSRF-Token: " + input.mid(csrf, input.indexOf('"', csrf) - csrf) + "\r\n";
  }
  void makeAnn() {
    UserStore store(context.dataDir());
    QVERIFY(store.add(QStringLiteral("ann"), QStringLiteral("viewer"), QStringLiteral("correct horse battery"),
                      context.clock().now()));
    start();
  }
  TestContext context;
  std::unique_ptr<Gateway> gateway;
  QByteArray input;
};

}  // namespace

/// What becomes of a credential: how narrow it is, whose it is, when it ends.
class CredentialsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void narrowRightsOnUsers();
  void rolesOfAllGateways();
  void aDamagedFileIsToldAndItsMending();
  void R3_6_jwtWithoutSubject();
  void R3_6_refusedJwtsAreToldOnce();
  void namesWithTheirKind();
  void loggedOutStaysSoOverARestart();
  void unknownEndsEndEverySession();
  void aStreamEndsWithItsSession();
  void loginWithALiveSession();
};

void CredentialsTest::narrowRightsOnUsers() {
  Fixture fixture;
  fixture.makeUser("alice", "viewer", "correct horse battery");
  fixture.makeUser("bob", "viewer", "correct horse battery");
  const QByteArray fields =
      Fixture::bearer(fixture.makeToken("clerk", {QStringLiteral("users:bob:admin"), QStringLiteral("*:read")}));
  const QByteArray password = "{\"password\":\"another horse battery\"}";
  RawClient list(fixture.gateway.port());
  list.send(RawClient::head("GET", "/api/v1/users", fields + "Connection: close\r\n"));
  QTRY_VERIFY(!list.isConnected());
  QVERIFY2(list.input().contains("\"bob\"") && !list.input().contains("alice"), list.input().constData());
  QCOMPARE(fixture.ask("PUT", "/api/v1/users/alice", fields, password).status, 403);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/alice", fields).status, 403);
  QCOMPARE(fixture.ask("PUT", "/api/v1/users/carl", fields, password).status, 403);
  QCOMPARE(fixture
               .ask("POST", "/api/v1/users", fields,
                    "{\"name\":\"carl\",\"role\":\"viewer\",\"password\":\"another horse battery\"}")
               .status,
           403);
  QCOMPARE(fixture.ask("PUT", "/api/v1/users/bob", fields, password).status, 204);
  QCOMPARE(fixture.login("alice", "correct horse battery").status, 200);
}

/// What was known goes on; where nothing was, that is said. Either way the gateway is degraded until it is mended.
void CredentialsTest::aDamagedFileIsToldAndItsMending() {
  Restarting host;
  const QString path = host.context.dataDir() + QStringLiteral("/tokens.json");
  const auto put = [&](const QByteArray &text) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
  };
  put("{\"version\": 1, \"tok");
  host.gateway = std::make_unique<Gateway>(
      strictConfig(), host.context, [](const EndpointConfig &, GatewayState &) { return std::unique_ptr<Protocol>(); });
  QString text;
  PluginState state = PluginState::Stopped;
  connect(host.gateway.get(), &Plugin::statusChanged, this, [&](PluginState now, const QString &why) {
    state = now;
    text = why;
  });
  const auto look = [&] {
    host.context.manualClock().advance(1s);
    QTest::qWait(250);
  };
  host.gateway->start();
  QCOMPARE(state, PluginState::Degraded);
  QVERIFY2(text.contains(u"tokens.json") && text.endsWith(u"until that is mended, no token is taken"),
           qPrintable(text));
  put("{\"version\": 1, \"tokens\": []}");
  look();
  QTRY_COMPARE(state, PluginState::Running);
  QCOMPARE(text, QString());
  put("{\"version\": 1, \"tok");
  look();
  QTRY_COMPARE(state, PluginState::Degraded);
  QVERIFY2(text.endsWith(u"until that is mended, what was read before goes on"), qPrintable(text));
  host.gateway.reset();
}

/// A role of one gateway's manifest entry holds at the others.
void CredentialsTest::rolesOfAllGateways() {
  Fixture fixture;
  const auto book = RoleBook::of(fixture.context);
  book->enter(QStringLiteral("other"), {{QStringLiteral("night"), {QStringLiteral("points:read")}}});
  fixture.makeUser("ann", "night", "correct horse battery");
  const HttpAnswer reply = fixture.login("ann", "correct horse battery");
  QCOMPARE(reply.status, 200);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", "Cookie: " + reply.cookie + "\r\n").status, 200);
  book->leave(QStringLiteral("other"));
  QCOMPARE(fixture.ask("GET", "/api/v1/points", "Cookie: " + reply.cookie + "\r\n").status, 401);
  QVERIFY(book->roles().names().contains(QStringLiteral("shift_lead")));
}

void CredentialsTest::R3_6_jwtWithoutSubject() {
  Fixture fixture;
  const qint64 now = toMilliseconds(fixture.context.clock().now()) / 1000;
  const auto nameOf = [&](qint64 expires) {
    const QByteArray token =
        hs256Token(jwtKey, "{\"exp\":" + QByteArray::number(expires) + ",\"permissions\":[\"points:read\"]}");
    return fixture.ask("GET", "/api/v1/session", Fixture::bearer(token)).json.value(QStringLiteral("name")).toString();
  };
  static const QRegularExpression form(QStringLiteral("^unnamed [0-9a-f]{8}$"));
  QVERIFY2(form.match(nameOf(now + 20)).hasMatch(), qPrintable(nameOf(now + 20)));
  QCOMPARE(nameOf(now + 20), nameOf(now + 20));
  QVERIFY(nameOf(now + 20) != nameOf(now + 21));
}

void CredentialsTest::R3_6_refusedJwtsAreToldOnce() {
  static QStringList told;
  told.clear();
  const auto before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &text) {
    if (text.contains(QLatin1String("JSON Web Token"))) told << text;
  });
  {
    Fixture fixture;
    const QByteArray now = QByteArray::number(toMilliseconds(fixture.context.clock().now()) / 1000 + 20);
    const QByteArray forSomebody = hs256Token(jwtKey, "{\"aud\":\"mes\",\"exp\":" + now + "}");
    const QByteArray endless = hs256Token(jwtKey, "{\"sub\":\"ann\"}");
    for (const QByteArray &token :
         {forSomebody, forSomebody, endless, forSomebody, endless, QByteArray("tw_nonsense")}) {
      QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(token)).status, 403);
    }
    fixture.passTime(61s);
    QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(endless)).status, 403);
    QCOMPARE(told.size(), 2);  // it stands there last, so there is nothing new to tell
    QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(forSomebody)).status, 403);
    for (const QString &each : std::as_const(told)) QVERIFY(!each.contains(QLatin1String(forSomebody.right(20))));
  }
  qInstallMessageHandler(before);
  QCOMPARE(told.size(), 3);
  QVERIFY2(told[0].contains(QLatin1String("auth.jwt.audience does not")), qPrintable(told[0]));
  QVERIFY2(told[1].contains(QLatin1String("`exp` is missing")), qPrintable(told[1]));
}

void CredentialsTest::namesWithTheirKind() {
  Caller caller;
  caller.name = QStringLiteral("ann");
  caller.kind = Caller::Kind::User;
  QCOMPARE(nameWithKind(caller), QStringLiteral("user ann"));
  caller.kind = Caller::Kind::Token;
  QCOMPARE(nameWithKind(caller), QStringLiteral("token ann"));
  caller.kind = Caller::Kind::Jwt;
  QCOMPARE(nameWithKind(caller), QStringLiteral("jwt ann"));
  caller.kind = Caller::Kind::Anonymous;
  caller.name = QStringLiteral("anonymous");
  QCOMPARE(nameWithKind(caller), QStringLiteral("anonymous"));
}

void CredentialsTest::loggedOutStaysSoOverARestart() {
  Restarting site;
  site.makeAnn();
  const QByteArray left = site.login();
  const QByteArray stays = site.login();
  QCOMPARE(site.statusOf("GET", "/api/v1/points", left), 200);
  QCOMPARE(site.statusOf("POST", "/api/v1/logout", left), 204);
  QCOMPARE(site.statusOf("GET", "/api/v1/points", left), 401);
  site.start();
  QCOMPARE(site.statusOf("GET", "/api/v1/points", left), 401);
  QCOMPARE(site.statusOf("GET", "/api/v1/points", stays), 200);
  QFile file(site.context.dataDir() + QStringLiteral("/ended-sessions.json"));
  QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
           QFile::Permissions());
  // It is struck out as soon as nobody could use it any more.
  site.context.manualClock().advance(13h);
  site.start();
  const QByteArray next = site.login();
  QCOMPARE(site.statusOf("POST", "/api/v1/logout", next), 204);
  QVERIFY(file.open(QIODevice::ReadOnly));
  QCOMPARE(file.readAll().count("\"until\""), 1);
}

/// Rather everybody logs in again than that a copied cookie comes back to life.
void CredentialsTest::unknownEndsEndEverySession() {
  Restarting site;
  site.makeAnn();
  const QByteArray before = site.login();
  QFile file(site.context.dataDir() + QStringLiteral("/ended-sessions.json"));
  QVERIFY(file.open(QIODevice::WriteOnly) && file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
  file.write("{ broken");
  file.close();
  site.context.manualClock().advance(2s);
  site.start();
  QCOMPARE(site.statusOf("GET", "/api/v1/points", before), 401);
  const QByteArray after = site.login();
  QCOMPARE(site.statusOf("GET", "/api/v1/points", after), 200);
  QCOMPARE(site.statusOf("POST", "/api/v1/logout", after), 503);
  QVERIFY2(site.input.contains("Set-Cookie: tagwire_session_") && !site.input.contains(".json"), site.input);
  QCOMPARE(site.statusOf("GET", "/api/v1/points", after), 401);
}

void CredentialsTest::aStreamEndsWithItsSession() {
  WsConfig settings = strictConfig();
  for (EndpointConfig &each : *settings.endpoints) {  // nobody sends a PONG here
    each.limits.pingInterval = 1h;
    each.limits.pongTimeout = 2h;
  }
  Fixture fixture(settings);
  fixture.makeUser("ann", "viewer", "correct horse battery");
  const QByteArray lapses = "Cookie: " + fixture.login("ann", "correct horse battery").cookie + "\r\n";
  const QByteArray renewed = "Cookie: " + fixture.login("ann", "correct horse battery").cookie + "\r\n";
  const auto upgrade = [&](RawClient &client, const QByteArray &cookie) {
    client.send(RawClient::upgradeHead("/ws/live", cookie + "Origin: http://localhost\r\n"));
    return tagwire::testing::waitFor([&] { return client.status() == 101; }) && client.dropHead();
  };
  RawClient forgotten(fixture.gateway.port());
  RawClient kept(fixture.gateway.port());
  QVERIFY(upgrade(forgotten, lapses) && upgrade(kept, renewed));
  fixture.passTime(16min);
  const HttpAnswer fresh = fixture.ask("GET", "/api/v1/session", renewed);
  QVERIFY(!fresh.cookie.isEmpty());
  fixture.passTime(13min);
  QVERIFY(forgotten.isConnected() && forgotten.input().isEmpty());
  fixture.passTime(1min + 1s);
  QCOMPARE(forgotten.closeCode(), 4401);
  kept.send(clientText("still here"));
  QCOMPARE(kept.nextFrame().payload, QByteArray("still here"));
  fixture.passTime(16min);
  QCOMPARE(kept.closeCode(), 4401);
}

void CredentialsTest::loginWithALiveSession() {
  Fixture fixture;
  fixture.makeUser("ann", "viewer", "correct horse battery");
  const QByteArray cookie = "Cookie: " + fixture.login("ann", "correct horse battery").cookie + "\r\n";
  const QByteArray body = "{\"user\":\"ann\",\"password\":\"correct horse battery\"}";
  QCOMPARE(fixture.ask("POST", "/api/v1/login", cookie, body).status, 200);
  QCOMPARE(fixture.ask("POST", "/api/v1/login", cookie + "Origin: https://evil.example\r\n", body).status, 403);
  QCOMPARE(fixture.ask("POST", "/api/v1/logout", cookie).status, 403);
}

TAGWIRE_TEST(CredentialsTest)

}  // namespace credentials_test

#include "credentials_test.moc"
