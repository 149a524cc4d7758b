// SPDX-License-Identifier: Apache-2.0
#include "identityfixture.h"
#include "testprogram.h"

namespace identity_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Fixture = IdentityFixture;

class IdentityTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R2_11_aTokenOpensWhatItAllows();
  void aTokenByFirstMessage();
  void R3_2_noMessageInTimeIs4401();
  void nothingIsSentBeforeAuth();
  void revokedTokenEndsOpenConnections();
  void expiredTokenEndsOpenConnections();
  void freshAuthKeepsTheStream();
  void R3_6_jwt();
  void loginGivesASession();
  void aSessionWritesOnlyWithItsCsrfToken();
  void aForeignPageHasNoSession();
  void cookieOpensAWebSocketOfOurOwnPage();
  void changedPasswordEndsSessions();
  void tenFailedLoginsLock();
  void usersAreAdministered();
  void theLastAdministratorStays();
  void twoProgramsOnOneHost();
  void secretsAreNowhere();
};

void IdentityTest::R2_11_aTokenOpensWhatItAllows() {
  Fixture fixture;
  const QByteArray token = fixture.makeToken("reader", {QStringLiteral("points:read")});
  QCOMPARE(fixture.ask("GET", "/api/v1/points").status, 401);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(token)).status, 200);
  QCOMPARE(fixture.ask("GET", "/metrics", Fixture::bearer(token)).status, 403);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(token + 'x')).status, 403);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/live", Fixture::bearer(token)));
  QTRY_COMPARE(client.status(), 101);
  QTRY_COMPARE(fixture.heard.open.size(), 1);
  QCOMPARE(fixture.heard.open.first()->caller()->name, QStringLiteral("reader"));
}

void IdentityTest::aTokenByFirstMessage() {
  Fixture fixture;
  const QByteArray token = fixture.makeToken("reader", {QStringLiteral("points:read")});
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(authMessage(token));
  QCOMPARE(client.nextFrame().payload, QByteArray("{\"op\":\"authenticated\"}"));
  client.send(clientText("hello"));
  QCOMPARE(client.nextFrame().payload, QByteArray("hello"));

  RawClient wrong(fixture.gateway.port());
  QVERIFY(wrong.upgrade("/ws/live"));
  wrong.send(authMessage("tw_nonsense"));
  QCOMPARE(wrong.closeCode(), 4401);
  RawClient hasty(fixture.gateway.port());
  QVERIFY(hasty.upgrade("/ws/live"));
  hasty.send(clientText("hello"));
  QCOMPARE(hasty.closeCode(), 4401);
}

void IdentityTest::R3_2_noMessageInTimeIs4401() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  fixture.passTime(9s);
  QVERIFY(client.isConnected());
  QVERIFY(client.input().isEmpty());
  fixture.passTime(2s);
  QCOMPARE(client.closeCode(), 4401);
}

void IdentityTest::nothingIsSentBeforeAuth() {
  Fixture fixture;
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  fixture.gateway.write({Sample()});
  fixture.gateway.notify(Event());
  QTRY_COMPARE(fixture.heard.flushes, 2);  // both endpoints
  QVERIFY(client.input().isEmpty());
  QVERIFY(fixture.heard.open.isEmpty());
}

void IdentityTest::revokedTokenEndsOpenConnections() {
  Fixture fixture;
  const QByteArray token = fixture.makeToken("reader", {QStringLiteral("points:read")});
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/live", Fixture::bearer(token)));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  TokenStore store(fixture.context.dataDir());
  store.refresh();
  QVERIFY(store.revoke(QStringLiteral("reader")));
  fixture.passTime(2s);
  QCOMPARE(client.closeCode(), 4401);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(token)).status, 403);
}

void IdentityTest::expiredTokenEndsOpenConnections() {
  Fixture fixture;
  const QByteArray token =
      fixture.makeToken("reader", {QStringLiteral("points:read")}, fixture.context.clock().now() + 20s);
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/live", Fixture::bearer(token)));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  fixture.passTime(15s);
  QVERIFY(client.input().isEmpty());
  fixture.passTime(5s);
  QCOMPARE(client.closeCode(), 4401);
}

void IdentityTest::freshAuthKeepsTheStream() {
  Fixture fixture;
  const QByteArray old = fixture.makeToken("old", {QStringLiteral("points:read")}, fixture.context.clock().now() + 20s);
  const QByteArray fresh = fixture.makeToken("fresh", {QStringLiteral("points:read")});
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(authMessage(old));
  QCOMPARE(client.nextFrame().payload, QByteArray("{\"op\":\"authenticated\"}"));
  client.send(authMessage(fresh));
  QCOMPARE(client.nextFrame().payload, QByteArray("{\"op\":\"authenticated\"}"));
  fixture.passTime(25s);
  client.send(clientText("still here"));
  QCOMPARE(client.nextFrame().payload, QByteArray("still here"));
  QCOMPARE(fixture.heard.open.first()->caller()->name, QStringLiteral("fresh"));
}

void IdentityTest::R3_6_jwt() {
  Fixture fixture;
  const qint64 now = toMilliseconds(fixture.context.clock().now()) / 1000;
  const auto token = [&](qint64 expires) {
    return hs256Token(jwtKey,
                      R"({"sub":"ann","exp":)" + QByteArray::number(expires) + R"(,"permissions":["points:read"]})");
  };
  QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(token(now + 20))).status, 200);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", Fixture::bearer(token(now - 60))).status, 403);
  RawClient client(fixture.gateway.port());
  QVERIFY(client.upgrade("/ws/live"));
  client.send(authMessage(token(now + 20)));
  QCOMPARE(client.nextFrame().payload, QByteArray("{\"op\":\"authenticated\"}"));
  QCOMPARE(fixture.heard.open.first()->caller()->name, QStringLiteral("ann"));
  fixture.passTime(31s);  // and 10 s of leeway
  QCOMPARE(client.closeCode(), 4401);
}

void IdentityTest::loginGivesASession() {
  Fixture fixture;
  fixture.makeUser("ann", "viewer", "correct horse battery");
  QCOMPARE(fixture.login("ann", "wrong horse battery").status, 401);
  QCOMPARE(fixture.login("bob", "correct horse battery").status, 401);
  const HttpAnswer reply = fixture.login("ann", "correct horse battery");
  QCOMPARE(reply.status, 200);
  QVERIFY2(reply.head.contains("HttpOnly") && reply.head.contains("SameSite=Strict"), reply.head.constData());
  QVERIFY(reply.json.value(QStringLiteral("permissions")).toArray().contains(QStringLiteral("*:read")));
  const QByteArray cookie = "Cookie: " + reply.cookie + "\r\n";
  QCOMPARE(fixture.ask("GET", "/api/v1/points", cookie).status, 200);
  QCOMPARE(fixture.ask("GET", "/api/v1/session", cookie).json.value(QStringLiteral("name")), QStringLiteral("ann"));
  // In use it is renewed after half its life.
  fixture.passTime(16min);
  const HttpAnswer renewed = fixture.ask("GET", "/api/v1/session", cookie);
  QVERIFY(!renewed.cookie.isEmpty());
  fixture.passTime(20min);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", cookie).status, 401);
  const QByteArray fresh = "Cookie: " + renewed.cookie + "\r\n";
  QCOMPARE(fixture.ask("GET", "/api/v1/points", fresh).status, 200);
  const QByteArray csrf = "X-CSRF-Token: " + renewed.json.value(QStringLiteral("csrf")).toString().toLatin1() + "\r\n";
  QCOMPARE(fixture.ask("POST", "/api/v1/logout", fresh + csrf).status, 204);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", fresh).status, 401);
}

void IdentityTest::aSessionWritesOnlyWithItsCsrfToken() {
  Fixture fixture;
  fixture.makeUser("ann", "admin", "correct horse battery");
  const HttpAnswer reply = fixture.login("ann", "correct horse battery");
  const QByteArray cookie = "Cookie: " + reply.cookie + "\r\n";
  const QByteArray csrf = "X-CSRF-Token: " + reply.json.value(QStringLiteral("csrf")).toString().toLatin1() + "\r\n";
  const QByteArray body = R"({"name":"bob","role":"viewer","password":"another horse battery"})";
  QCOMPARE(fixture.ask("POST", "/api/v1/users", cookie, body).status, 403);
  QCOMPARE(fixture.ask("POST", "/api/v1/users", cookie + "X-CSRF-Token: wrong\r\n", body).status, 403);
  QCOMPARE(fixture.ask("POST", "/api/v1/users", cookie + csrf, body).status, 201);
}

void IdentityTest::aForeignPageHasNoSession() {
  Fixture fixture;
  fixture.makeUser("ann", "admin", "correct horse battery");
  const QByteArray cookie = "Cookie: " + fixture.login("ann", "correct horse battery").cookie + "\r\n";
  QCOMPARE(fixture.ask("GET", "/api/v1/points", cookie + "Origin: https://evil.example\r\n").status, 403);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", cookie + "Origin: http://localhost\r\n").status, 200);
}

void IdentityTest::cookieOpensAWebSocketOfOurOwnPage() {
  Fixture fixture;
  fixture.makeUser("ann", "viewer", "correct horse battery");
  const QByteArray cookie = "Cookie: " + fixture.login("ann", "correct horse battery").cookie + "\r\n";
  RawClient own(fixture.gateway.port());
  own.send(RawClient::upgradeHead("/ws/live", cookie + "Origin: http://localhost\r\n"));
  QTRY_COMPARE(fixture.heard.open.size(), 1);
  QCOMPARE(fixture.heard.open.first()->caller()->kind, Caller::Kind::User);
  // Without an Origin nobody knows which page it was: it may still bring a credential by message.
  RawClient unknown(fixture.gateway.port());
  unknown.send(RawClient::upgradeHead("/ws/live", cookie));
  QTRY_COMPARE(unknown.status(), 101);
  QCOMPARE(fixture.heard.open.size(), 1);
  RawClient foreign(fixture.gateway.port());
  foreign.send(RawClient::upgradeHead("/ws/live", cookie + "Origin: https://evil.example\r\n"));
  QTRY_COMPARE(foreign.status(), 403);
}

void IdentityTest::changedPasswordEndsSessions() {
  Fixture fixture;
  fixture.makeUser("ann", "viewer", "correct horse battery");
  const QByteArray cookie = "Cookie: " + fixture.login("ann", "correct horse battery").cookie + "\r\n";
  RawClient client(fixture.gateway.port());
  client.send(RawClient::upgradeHead("/ws/live", cookie + "Origin: http://localhost\r\n"));
  QTRY_COMPARE(client.status(), 101);
  client.dropHead();
  UserStore store(fixture.context.dataDir());
  store.refresh();
  QVERIFY(store.setPassword(QStringLiteral("ann"), QStringLiteral("another horse battery")));
  fixture.passTime(2s);
  QCOMPARE(client.closeCode(), 4401);
  QCOMPARE(fixture.ask("GET", "/api/v1/points", cookie).status, 401);
}

void IdentityTest::tenFailedLoginsLock() {
  Fixture fixture;
  fixture.makeUser("ann", "viewer", "correct horse battery");
  for (int i = 0; i < 10; ++i) QCOMPARE(fixture.login("ann", "wrong horse battery").status, 401);
  const HttpAnswer locked = fixture.login("ann", "correct horse battery");
  QCOMPARE(locked.status, 429);
  QVERIFY(locked.head.contains("Retry-After: "));
  fixture.passTime(61s);
  QCOMPARE(fixture.login("ann", "correct horse battery").status, 200);
}

void IdentityTest::usersAreAdministered() {
  Fixture fixture;
  fixture.makeUser("lead", "shift_lead", "correct horse battery");
  const HttpAnswer reply = fixture.login("lead", "correct horse battery");
  const QByteArray fields = "Cookie: " + reply.cookie +
                            "\r\nX-CSRF-Token: " + reply.json.value(QStringLiteral("csrf")).toString().toLatin1() +
                            "\r\n";
  const auto add = [&](const QByteArray &role, const QByteArray &password) {
    return fixture
        .ask("POST", "/api/v1/users", fields,
             R"({"name":"bob","role":")" + role + R"(","password":")" + password + "\"}")
        .status;
  };
  QCOMPARE(add("admin", "another horse battery"), 403);  // more than a shift lead may do
  QCOMPARE(add("owner", "another horse battery"), 400);
  QCOMPARE(add("viewer", "short"), 400);
  QCOMPARE(add("viewer", "another horse battery"), 201);
  QCOMPARE(add("viewer", "another horse battery"), 409);
  fixture.passTime(1s);
  QCOMPARE(fixture.ask("PUT", "/api/v1/users/bob", fields, R"({"role":"admin"})").status, 403);
  QCOMPARE(fixture.ask("PUT", "/api/v1/users/bob", fields, R"({"password":"a third horse"})").status, 204);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/carl", fields).status, 404);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/bob", fields).status, 204);
}

/// Else nobody could administer by a browser any more.
void IdentityTest::theLastAdministratorStays() {
  Fixture fixture;
  fixture.makeUser("ann", "admin", "correct horse battery");
  fixture.makeUser("vera", "viewer", "correct horse battery");
  const HttpAnswer reply = fixture.login("ann", "correct horse battery");
  const QByteArray fields = "Cookie: " + reply.cookie +
                            "\r\nX-CSRF-Token: " + reply.json.value(QStringLiteral("csrf")).toString().toLatin1() +
                            "\r\n";
  const auto change = [&](const char *user, const QByteArray &role) {
    return fixture.ask("PUT", "/api/v1/users/" + QByteArray(user), fields, R"({"role":")" + role + "\"}");
  };
  const HttpAnswer refused = change("ann", "operator");
  QCOMPARE(refused.status, 409);
  QCOMPARE(refused.json.value(QStringLiteral("error")).toString(),
           QStringLiteral("ann is the last who may administer users: give somebody else such a role first"));
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/ann", fields).status, 409);
  // One who may administer some users only is none.
  QCOMPARE(change("vera", "viewer").status, 204);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/ann", fields).status, 409);
  QCOMPARE(change("vera", "shift_lead").status, 204);
  QCOMPARE(fixture.ask("DELETE", "/api/v1/users/ann", fields).status, 204);
}

/// Browsers send the cookies of a host to all of its ports.
void IdentityTest::twoProgramsOnOneHost() {
  Fixture first;
  Fixture second;
  first.makeUser("ann", "viewer", "correct horse battery");
  second.makeUser("bob", "viewer", "another horse battery");
  const QByteArray one = first.login("ann", "correct horse battery").cookie;
  const QByteArray other = second.login("bob", "another horse battery").cookie;
  QVERIFY(one.startsWith("tagwire_session_") && other.startsWith("tagwire_session_"));
  QVERIFY(one.left(one.indexOf('=')) != other.left(other.indexOf('=')));
  const QByteArray both = "Cookie: " + one + "; " + other + "\r\n";
  const auto who = [&both](Fixture &fixture) {
    return fixture.ask("GET", "/api/v1/session", both).json.value(QStringLiteral("name")).toString();
  };
  QCOMPARE(who(first), QStringLiteral("ann"));
  QCOMPARE(who(second), QStringLiteral("bob"));
}

void IdentityTest::secretsAreNowhere() {
  static QString logged;
  logged.clear();
  const auto before = qInstallMessageHandler(
      [](QtMsgType, const QMessageLogContext &, const QString &text) { logged += text + u'\n'; });
  QByteArray answers;
  {
    Fixture fixture;
    const QByteArray token = fixture.makeToken("reader", {QStringLiteral("*:*")});
    fixture.makeUser("ann", "viewer", "correct horse battery");
    answers += fixture.login("ann", "wrong horse battery").head;
    RawClient client(fixture.gateway.port());
    QVERIFY(client.upgrade("/ws/live"));
    client.send(authMessage(token));
    QCOMPARE(client.nextFrame().opcode, 1);
    for (const char *target : {"/metrics", "/api/v1/users", "/api/v1/session", "/healthz"}) {
      RawClient asking(fixture.gateway.port());
      asking.send(RawClient::head("GET", target, Fixture::bearer(token) + "Connection: close\r\n"));
      QTRY_VERIFY(!asking.isConnected());
      answers += asking.input();
    }
    for (const QByteArray &secret : {token, QByteArray("horse"), QByteArray("argon2")}) {
      QVERIFY2(!answers.contains(secret), secret.constData());
      QVERIFY2(!logged.contains(QString::fromLatin1(secret)), secret.constData());
    }
  }
  qInstallMessageHandler(before);
}

TAGWIRE_TEST(IdentityTest)

}  // namespace identity_test

#include "identity_test.moc"
