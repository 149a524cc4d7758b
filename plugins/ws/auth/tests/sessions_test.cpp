// SPDX-License-Identifier: Apache-2.0
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTest>

#include "auth/jwt.h"
#include "auth/secretbytes.h"
#include "auth/sessioncookie.h"
#include "auth/sessiontokens.h"
#include "auth/tests/tokenmaker.h"
#include "testprogram.h"

namespace sessions_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

const QByteArray key(32, 'k');
const Time login = fromMilliseconds(1'700'000'000'500);
const Time loginSecond = fromMilliseconds(1'700'000'000'000);
const QString ann = QStringLiteral("ann");
const QString generation = QStringLiteral("g1");

SessionTokens makeTokens(SessionLifetimes lifetimes = {}) { return std::move(*SessionTokens::withKey(key, lifetimes)); }

QString errorOf(const Result<SessionClaims> &claims) { return claims ? QStringLiteral("accepted") : claims.error(); }

/// A session token by somebody who has the key.
QByteArray signedClaims(const QByteArray &claims, const QByteArray &type = "tagwire-session+jwt") {
  return hs256Token(key, claims, "{\"alg\":\"HS256\",\"typ\":\"" + type + "\"}");
}

Request requestWith(const QByteArrayList &cookies) {
  Request request;
  request.fields.emplaceBack("host", "panel.example");
  for (const QByteArray &cookie : cookies) request.fields.emplaceBack("cookie", cookie);
  return request;
}

QString tokenIn(const QByteArrayList &cookies, bool overTls = false) {
  const auto token = SessionCookie(overTls, "0a1b2c3d").tokenOf(requestWith(cookies));
  return token ? QString::fromLatin1(*token) : QStringLiteral("refused");
}

}  // namespace

class SessionsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void issuedTokensAreTaken();
  void aTokenIsAnOrdinaryJwtWithoutARole();
  void csrfIsRandomAndStaysOverRenewals();
  void aTokenEndsAfterItsLife();
  void renewedInTheSecondHalfOfItsLife();
  void noSessionOutlivesItsWholeLife();
  void shorterLifetimesHoldForOldTokens();
  void loggedOutSessionsAreRefused();
  void onlySessionTokensOfThisKey();
  void wrongClaimsAreRefused_data();
  void wrongClaimsAreRefused();
  void namesAreBounded();
  void cookieTexts();
  void readsTheCookie_data();
  void readsTheCookie();
  void underTlsOnlyTheHostCookieCounts();
  void comparesSecrets();
};

void SessionsTest::issuedTokensAreTaken() {
  const SessionTokens tokens = makeTokens();
  const auto issued = tokens.issue(ann, generation, login);
  QVERIFY(issued);
  const auto claims = tokens.verify(issued->token, login);
  QVERIFY2(claims, qPrintable(errorOf(claims)));
  QCOMPARE(claims->user, ann);
  QCOMPARE(claims->generation, generation);
  QCOMPARE(claims->csrf, issued->claims.csrf);
  QCOMPARE(claims->issued, loginSecond);
  QCOMPARE(claims->started, loginSecond);
  QCOMPARE(claims->expires, loginSecond + 30min);
  QVERIFY(issued->token.size() < 1000);
}

void SessionsTest::aTokenIsAnOrdinaryJwtWithoutARole() {
  const auto issued = makeTokens().issue(ann, generation, login);
  const QByteArrayList parts = issued->token.split('.');
  QCOMPARE(parts.size(), 3);
  QCOMPARE(toBase64Url(hmacSignature(key, parts[0] + '.' + parts[1])), parts[2]);
  const QJsonObject payload = QJsonDocument::fromJson(fromBase64Url(parts[1])).object();
  QStringList names = payload.keys();
  QCOMPARE(names.join(u' '), QStringLiteral("csrf exp gen iat start sub"));
  QCOMPARE(payload.value(QStringLiteral("exp")).toInteger(), 1'700'001'800);
}

void SessionsTest::csrfIsRandomAndStaysOverRenewals() {
  const SessionTokens tokens = makeTokens();
  QSet<QByteArray> seen;
  for (int i = 0; i < 100; ++i) seen.insert(tokens.issue(ann, generation, login)->claims.csrf);
  QCOMPARE(seen.size(), 100);
  const auto issued = tokens.issue(ann, generation, login);
  QCOMPARE(fromBase64Url(issued->claims.csrf).size(), 24);
  const auto renewed = tokens.renew(issued->claims, login + 20min);
  QCOMPARE(renewed->claims.csrf, issued->claims.csrf);
  QCOMPARE(tokens.verify(renewed->token, login + 20min)->csrf, issued->claims.csrf);
}

void SessionsTest::aTokenEndsAfterItsLife() {
  const SessionTokens tokens = makeTokens();
  const QByteArray token = tokens.issue(ann, generation, login)->token;
  QVERIFY(tokens.verify(token, loginSecond + 30min - 1ns));
  QVERIFY(errorOf(tokens.verify(token, loginSecond + 30min)).contains(u"ended"));
  QVERIFY(tokens.verify(token, loginSecond - 10s));  // the clock was set back a little
  QVERIFY(errorOf(tokens.verify(token, loginSecond - 11s)).contains(u"future"));
}

void SessionsTest::renewedInTheSecondHalfOfItsLife() {
  const SessionTokens tokens = makeTokens();
  const auto issued = tokens.issue(ann, generation, login);
  QVERIFY(!tokens.isRenewalDue(issued->claims, loginSecond + 15min));
  QVERIFY(tokens.isRenewalDue(issued->claims, loginSecond + 15min + 1s));
  const auto renewed = tokens.renew(issued->claims, loginSecond + 16min);
  QVERIFY(renewed);
  const auto claims = tokens.verify(renewed->token, loginSecond + 45min);
  QVERIFY2(claims, qPrintable(errorOf(claims)));
  QCOMPARE(claims->expires, loginSecond + 46min);
  QCOMPARE(claims->started, loginSecond);
  QCOMPARE(claims->generation, generation);
}

void SessionsTest::noSessionOutlivesItsWholeLife() {
  const SessionTokens tokens = makeTokens();
  SessionToken session = *tokens.issue(ann, generation, login);
  int renewals = 0;
  Time now = loginSecond;
  for (; now < loginSecond + 13h; now += 1min) {
    const auto claims = tokens.verify(session.token, now);
    if (!claims) break;
    if (!tokens.isRenewalDue(*claims, now)) continue;
    session = *tokens.renew(*claims, now);
    ++renewals;
  }
  QCOMPARE(now, loginSecond + 12h);
  QVERIFY2(renewals > 40 && renewals < 50, qPrintable(QString::number(renewals)));
  QCOMPARE(session.claims.expires, loginSecond + 12h);
}

void SessionsTest::shorterLifetimesHoldForOldTokens() {
  const auto issued = makeTokens().issue(ann, generation, login);
  const SessionTokens shorter = makeTokens({5min, 1h});
  QVERIFY(shorter.verify(issued->token, loginSecond + 4min));
  QVERIFY(!shorter.verify(issued->token, loginSecond + 5min));
  const auto renewed = makeTokens().renew(issued->claims, loginSecond + 59min);
  QVERIFY(shorter.verify(renewed->token, loginSecond + 59min));
  QVERIFY(!shorter.verify(renewed->token, loginSecond + 60min));
}

void SessionsTest::loggedOutSessionsAreRefused() {
  SessionTokens tokens = makeTokens();
  const auto first = tokens.issue(ann, generation, login);
  const auto second = tokens.issue(ann, generation, login);
  const auto renewed = tokens.renew(first->claims, login + 16min);
  tokens.end(first->claims, login + 17min);
  QVERIFY(!tokens.verify(first->token, login + 17min));
  QVERIFY(!tokens.verify(renewed->token, login + 17min));
  QVERIFY(tokens.verify(second->token, login + 17min));
  SessionClaims other = second->claims;
  for (int i = 0; i < 10'005; ++i) {  // more than are remembered: those that would have ended first are forgotten
    other.csrf = QByteArray::number(i);
    other.started = login - 1h;
    tokens.end(other, login + 18min);
  }
  QVERIFY(!tokens.verify(renewed->token, login + 19min));
}

void SessionsTest::onlySessionTokensOfThisKey() {
  const SessionTokens tokens = makeTokens();
  const QByteArray token = tokens.issue(ann, generation, login)->token;
  const auto other = SessionTokens::withKey(QByteArray(32, 'x'), {});
  QVERIFY(errorOf(other->verify(token, login)).contains(u"signature"));
  QVERIFY(!SessionTokens::withKey(QByteArray(31, 'k'), {}));
  const QByteArray claims = fromBase64Url(token.split('.')[1]);
  QVERIFY(tokens.verify(signedClaims(claims), login));
  for (const char *type : {"JWT", "at+jwt", "session", ""})
    QVERIFY2(!tokens.verify(signedClaims(claims, type), login), type);
  QVERIFY(!tokens.verify(hs256Token(key, claims, "{\"alg\":\"HS256\"}"), login));
  // The other way round: no session token is a credential of the kind that others issue, even with one key for both.
  JwtConfig config;
  config.key = Secret(QString::fromLatin1(key));
  QVERIFY(!JwtVerifier::fromConfig(config)->verify(token, login));
  QVERIFY(JwtVerifier::fromConfig(config)->verify(signedClaims(claims, "JWT"), login));
}

void SessionsTest::wrongClaimsAreRefused_data() {
  QTest::addColumn<QByteArray>("name");
  QTest::addColumn<QByteArray>("value");  // empty: left out
  for (const char *name : {"sub", "gen", "csrf", "iat", "exp", "start"}) {
    for (const char *value : {"", "null", "[]", "true"}) {
      QTest::addRow("%s %s", name, value) << QByteArray(name) << QByteArray(value);
    }
  }
  QTest::newRow("sub number") << QByteArray("sub") << QByteArray("1");
  QTest::newRow("exp text") << QByteArray("exp") << QByteArray("\"1700001800\"");
  QTest::newRow("expired") << QByteArray("exp") << QByteArray("1700000000");
  QTest::newRow("lives too long") << QByteArray("iat") << QByteArray("1699998200");
  QTest::newRow("started too long ago") << QByteArray("start") << QByteArray("1699956800");
  QTest::newRow("starts later") << QByteArray("start") << QByteArray("1700000001");
}

void SessionsTest::wrongClaimsAreRefused() {
  QFETCH(QByteArray, name);
  QFETCH(QByteArray, value);
  const SessionTokens tokens = makeTokens();
  QMap<QByteArray, QByteArray> claims{{"sub", "\"ann\""},    {"gen", "\"g1\""},     {"csrf", "\"c\""},
                                      {"iat", "1700000000"}, {"exp", "1700001800"}, {"start", "1700000000"}};
  const auto text = [&claims] {
    QByteArrayList members;
    for (auto each = claims.cbegin(); each != claims.cend(); ++each) members << '"' + each.key() + "\":" + each.value();
    return '{' + members.join(',') + '}';
  };
  QVERIFY(tokens.verify(signedClaims(text()), login));
  claims[name] = value;
  if (value.isEmpty()) claims.remove(name);
  QVERIFY(!tokens.verify(signedClaims(text()), login));
}

void SessionsTest::namesAreBounded() {
  const SessionTokens tokens = makeTokens();
  QVERIFY(tokens.issue(QString(128, u'a'), generation, login));
  QVERIFY(!tokens.issue(QString(129, u'a'), generation, login));
  QVERIFY(!tokens.issue({}, generation, login));
  QVERIFY(!tokens.issue(ann, {}, login));
  QVERIFY(!tokens.issue(QStringLiteral("a\nb"), generation, login));
  const QString longest(128, QChar(0x5c71));  // three bytes each
  const auto issued = tokens.issue(longest, longest, login);
  QVERIFY(issued && tokens.verify(issued->token, login));
  QVERIFY(issued->token.size() < 2000);  // a browser keeps 4096
  QCOMPARE(tokenIn({"tagwire_session_0a1b2c3d=" + issued->token}), QString::fromLatin1(issued->token));
}

void SessionsTest::cookieTexts() {
  QCOMPARE(SessionCookie(false, "0a1b2c3d").setting("a.b.c", 1800s),
           QByteArray("tagwire_session_0a1b2c3d=a.b.c; HttpOnly; SameSite=Strict; Path=/; Max-Age=1800"));
  QCOMPARE(
      SessionCookie(true, "0a1b2c3d").setting("a.b.c", 1800s),
      QByteArray("__Host-tagwire_session_0a1b2c3d=a.b.c; HttpOnly; SameSite=Strict; Path=/; Max-Age=1800; Secure"));
  QVERIFY(SessionCookie(false, "0a1b2c3d").setting("a.b.c", -5s).endsWith("Max-Age=1"));
  QCOMPARE(SessionCookie(false, "0a1b2c3d").clearing(),
           QByteArray("tagwire_session_0a1b2c3d=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
  QCOMPARE(SessionCookie(true, "0a1b2c3d").clearing(),
           QByteArray("__Host-tagwire_session_0a1b2c3d=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0; Secure"));
}

void SessionsTest::readsTheCookie_data() {
  QTest::addColumn<QByteArrayList>("cookies");
  QTest::addColumn<QString>("token");
  const auto row = [](const char *name, const QByteArrayList &cookies, const char *token) {
    QTest::newRow(name) << cookies << QString::fromLatin1(token);
  };
  row("no field", {}, "");
  row("empty", {""}, "");
  row("ours", {"tagwire_session_0a1b2c3d=a.b-c.D_0"}, "a.b-c.D_0");
  row("among others", {"theme=dark; tagwire_session_0a1b2c3d=a.b.c; x"}, "a.b.c");
  row("without spaces", {"theme=dark;tagwire_session_0a1b2c3d=a.b.c;lang=en"}, "a.b.c");
  row("others only",
      {"theme=dark; tagwire_sessions=a; xtagwire_session_0a1b2c3d=a; Tagwire_Session_0a1b2c3d=a; tagwire_session=a; "
       "tagwire_session_0a1b2c3e=a"},
      "");
  row("in a value", {"x=tagwire_session_0a1b2c3d=a.b.c"}, "");
  row("name alone", {"tagwire_session_0a1b2c3d"}, "");
  row("twice", {"tagwire_session_0a1b2c3d=a.b.c; tagwire_session_0a1b2c3d=a.b.c"}, "refused");
  row("twice, one empty", {"tagwire_session_0a1b2c3d=; tagwire_session_0a1b2c3d=a.b.c"}, "refused");
  row("two fields", {"tagwire_session_0a1b2c3d=a.b.c", "theme=dark"}, "refused");
  row("no value", {"tagwire_session_0a1b2c3d="}, "refused");
  row("quoted", {"tagwire_session_0a1b2c3d=\"a.b.c\""}, "refused");
  row("comma", {"tagwire_session_0a1b2c3d=a.b.c, tagwire_session_0a1b2c3d=d.e.f"}, "refused");
  row("space inside", {"tagwire_session_0a1b2c3d=a.b .c"}, "refused");
  row("escape", {"tagwire_session_0a1b2c3d=a%2Eb"}, "refused");
  row("high byte", {"tagwire_session_0a1b2c3d=a\xffz"}, "refused");
  row("too long", {"tagwire_session_0a1b2c3d=" + QByteArray(4097, 'a')}, "refused");
  row("of TLS", {"__Host-tagwire_session_0a1b2c3d=a.b.c"}, "");
}

void SessionsTest::readsTheCookie() {
  QFETCH(QByteArrayList, cookies);
  QFETCH(QString, token);
  QCOMPARE(tokenIn(cookies), token);
}

void SessionsTest::underTlsOnlyTheHostCookieCounts() {
  QCOMPARE(tokenIn({"tagwire_session_0a1b2c3d=planted; __Host-tagwire_session_0a1b2c3d=a.b.c"}, true),
           QStringLiteral("a.b.c"));
  QCOMPARE(tokenIn({"tagwire_session_0a1b2c3d=planted"}, true), QString());
}

void SessionsTest::comparesSecrets() {
  QVERIFY(isSameSecret("abc", "abc"));
  QVERIFY(isSameSecret(QByteArray(), ""));
  QVERIFY(!isSameSecret("abc", "abd"));
  QVERIFY(!isSameSecret("abc", "ab"));
  QVERIFY(!isSameSecret("abc", "abcd"));
  QVERIFY(!isSameSecret(QByteArray("a\0b", 3), QByteArray("a\0c", 3)));
  QCOMPARE(fromBase64Url("AQID"), QByteArray("\1\2\3"));
  for (const char *text : {"", "A", "AQ=", "AQ==", "AR", "A Q", "+Q", "AQI D", "AQID=", "\n"}) {
    QVERIFY2(fromBase64Url(text).isEmpty(), text);
  }
  QVERIFY(randomBytes(32) && *randomBytes(32) != *randomBytes(32));
}

TAGWIRE_TEST(SessionsTest)

}  // namespace sessions_test

#include "sessions_test.moc"
