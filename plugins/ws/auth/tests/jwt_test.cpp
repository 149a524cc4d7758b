// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>

#include <QTest>

#include "auth/jwt.h"
#include "auth/tests/tokenmaker.h"
#include "testprogram.h"

namespace jwt_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

const QByteArray secret = "a secret of thirty-two bytes, yes";
const Time now = fromMilliseconds(1'700'000'000'000);

JwtConfig withSecret() {
  JwtConfig config;
  config.key = Secret(QString::fromUtf8(secret));
  return config;
}

JwtConfig withPem(JwtAlgorithm algorithm, const QString &pem) {
  JwtConfig config;
  config.algorithm = algorithm;
  config.key = Secret(pem);
  return config;
}

Result<JwtClaims> verify(const JwtConfig &config, const QByteArray &token) {
  const auto verifier = JwtVerifier::fromConfig(config);
  if (!verifier) return failure(QStringLiteral("key: ") + verifier.error());
  return verifier->verify(token, now);
}

Result<JwtClaims> verifyPayload(const QByteArray &payload, const JwtConfig &config = withSecret()) {
  return verify(config, hs256Token(secret, payload));
}

QString errorOf(const Result<JwtClaims> &claims) { return claims ? QStringLiteral("accepted") : claims.error(); }

/// A payload that is good but for `more`.
QByteArray payloadWith(const QByteArray &more) {
  return "{\"exp\":1700000060" + (more.isEmpty() ? QByteArray() : ',' + more) + '}';
}

QString keyError(const JwtConfig &config) {
  const auto verifier = JwtVerifier::fromConfig(config);
  return verifier ? QStringLiteral("accepted") : verifier.error();
}

}  // namespace

class JwtTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R3_6_theExamplesOfTheStandard();
  void R3_6_takesEachAlgorithm();
  void R3_6_takesNoOtherAlgorithm();
  void R3_6_noKeyTurnsIntoAnother();
  void R3_6_expiryIsRequiredAndHasALeeway();
  void R3_6_times_data();
  void R3_6_times();
  void R3_6_permissions_data();
  void R3_6_permissions();
  void audiences_data();
  void audiences();
  void issuers();
  void subjects_data();
  void subjects();
  void headers_data();
  void headers();
  void keysThatAreRefused();
  void brokenKeysAreRefused();
  void leavesNoErrorBehind();

 private:
  EvpKey m_rsa = makeRsaKey(2048);
  EvpKey m_curve = makeCurveKey("P-256");
};

void JwtTest::R3_6_theExamplesOfTheStandard() {
  const QByteArray payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const auto hmac = JwsKey::fromSecret(
      fromBase64Url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
  QVERIFY(hmac);
  const auto first = hmac->verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", {"jwt"});
  QVERIFY2(first, first ? "" : qPrintable(first.error()));
  QCOMPARE(*requiredText(first->get(), "iss"), QStringLiteral("joe"));

  const auto curve = JwsKey::fromText(
      JwtAlgorithm::ES256, QStringLiteral("-----BEGIN PUBLIC KEY-----\n"
                                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
                                          "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                                          "-----END PUBLIC KEY-----\n"));
  QVERIFY2(curve, curve ? "" : qPrintable(curve.error()));
  const QByteArray signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  QVERIFY(curve->verify("eyJhbGciOiJFUzI1NiJ9." + payload + '.' + signature, {""}));
  QVERIFY(!curve->verify("eyJhbGciOiJFUzI1NiJ9." + payload + ".E" + signature.mid(1), {""}));
}

void JwtTest::R3_6_takesEachAlgorithm() {
  const QByteArray payload = payloadWith("\"sub\":\"ann\",\"permissions\":[\"alarms:read\"]");
  const auto hmac = verifyPayload(payload);
  const auto rsa = verify(withPem(JwtAlgorithm::RS256, publicPem(m_rsa)), rs256Token(m_rsa, payload));
  const auto curve = verify(withPem(JwtAlgorithm::ES256, publicPem(m_curve)), es256Token(m_curve, payload));
  for (const auto &claims : {hmac, rsa, curve}) {
    QVERIFY2(claims, qPrintable(errorOf(claims)));
    QCOMPARE(claims->subject, QStringLiteral("ann"));
    QCOMPARE(claims->permissions.texts(), QStringList{QStringLiteral("alarms:read")});
    QCOMPARE(claims->unreadPermissions, 0);
    QCOMPARE(claims->validUntil, fromMilliseconds(1'700'000'070'000));
  }
}

void JwtTest::R3_6_takesNoOtherAlgorithm() {
  const QByteArray payload = payloadWith({});
  for (const char *name : {"none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "dir"}) {
    const QByteArray header = QByteArray("{\"alg\":\"") + name + "\"}";
    QVERIFY2(errorOf(verify(withSecret(), hs256Token(secret, payload, header))).contains(u"HS256"), name);
    const QByteArray text = unsignedToken(header, payload);
    QVERIFY(!verify(withSecret(), text + '.'));
    QVERIFY(!verify(withSecret(), text));
  }
  for (const char *header : {"{}", "{\"alg\":null}", "{\"alg\":[\"HS256\"]}", "{\"alg\":{\"HS256\":1}}"}) {
    QVERIFY2(!verify(withSecret(), hs256Token(secret, payload, header)), header);
  }
}

void JwtTest::R3_6_noKeyTurnsIntoAnother() {
  const QByteArray payload = payloadWith({});
  const QString pem = publicPem(m_rsa);
  // Signed with the public key as if it were a secret, which everybody can do who knows it.
  for (const QByteArray &key : {pem.toLatin1(), pem.trimmed().toLatin1()}) {
    QVERIFY(!verify(withPem(JwtAlgorithm::RS256, pem), hs256Token(key, payload)));
    QVERIFY(!verify(withPem(JwtAlgorithm::RS256, pem), hs256Token(key, payload, "{\"alg\":\"RS256\"}")));
  }
  QVERIFY(keyError(withPem(JwtAlgorithm::HS256, pem)).contains(u"PEM"));
  // A key that the token brings along is not looked at.
  const QByteArray header =
      "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"" + toBase64Url(QByteArray(32, 'x')) + "\"}}";
  QVERIFY(!verify(withSecret(), hs256Token(QByteArray(32, 'x'), payload, header)));
  QVERIFY(verify(withSecret(), hs256Token(secret, payload, header)));
  // Two keys of the same kind.
  QVERIFY(!verify(withPem(JwtAlgorithm::RS256, pem), rs256Token(makeRsaKey(2048), payload)));
  QVERIFY(!verify(withPem(JwtAlgorithm::ES256, publicPem(m_curve)), es256Token(makeCurveKey("P-256"), payload)));
}

void JwtTest::R3_6_expiryIsRequiredAndHasALeeway() {
  QVERIFY(errorOf(verifyPayload("{\"sub\":\"ann\"}")).contains(u"`exp` is missing"));
  JwtConfig config = withSecret();
  QCOMPARE(config.leeway, 10);
  QVERIFY(verifyPayload("{\"exp\":1699999991}"));
  QVERIFY(verifyPayload("{\"exp\":1699999990.5}"));
  QVERIFY(errorOf(verifyPayload("{\"exp\":1699999990}")).contains(u"expired"));
  config.leeway = 0;
  QVERIFY(!verifyPayload("{\"exp\":1700000000}", config));
  QVERIFY(verifyPayload("{\"exp\":1700000000.001}", config));
  config.leeway = 50;
  QVERIFY(verifyPayload("{\"exp\":1699999951}", config));
}

void JwtTest::R3_6_times_data() {
  QTest::addColumn<QByteArray>("payload");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *payload, const char *error) {
    QTest::newRow(payload) << QByteArray(payload) << QString::fromLatin1(error);
  };
  row("{\"exp\":1700000060}", "accepted");
  row("{\"exp\":1.70000006e9}", "accepted");
  row("{\"exp\":9000000000}", "accepted");
  row("{\"exp\":1700000060000}", "`exp` is no time");  // milliseconds
  row("{\"exp\":1e300}", "`exp` is no time");
  row("{\"exp\":1e999}", "no JSON object");
  row("{\"exp\":99999999999999999999}", "no JSON object");
  row("{\"exp\":-1}", "`exp` is no time");
  row("{\"exp\":\"1700000060\"}", "`exp` is no time");
  row("{\"exp\":null}", "`exp` is no time");
  row("{\"exp\":true}", "`exp` is no time");
  row("{\"exp\":[1700000060]}", "`exp` is no time");
  row("{\"exp\":1,\"exp\":1700000060}", "no JSON object");
  row("{\"exp\":1700000060,\"nbf\":1700000010}", "accepted");
  row("{\"exp\":1700000060,\"nbf\":1700000011}", "not valid yet");
  row("{\"exp\":1700000060,\"nbf\":\"1700000000\"}", "`nbf` is no time");
  row("{\"exp\":1700000060,\"iat\":1700000000.25}", "accepted");
  row("{\"exp\":1700000060,\"iat\":1700000010.5}", "not valid yet");
  row("{\"exp\":1700000060,\"iat\":-5}", "`iat` is no time");
}

void JwtTest::R3_6_times() {
  QFETCH(QByteArray, payload);
  QFETCH(QString, error);
  const QString found = errorOf(verifyPayload(payload));
  QVERIFY2(found.contains(error), qPrintable(found));
}

void JwtTest::R3_6_permissions_data() {
  QTest::addColumn<QByteArray>("claims");
  QTest::addColumn<QString>("permissions");
  QTest::addColumn<int>("unread");
  const auto row = [](const char *name, const char *claims, const char *permissions, int unread) {
    QTest::newRow(name) << QByteArray(claims) << QString::fromLatin1(permissions) << unread;
  };
  row("none", "", "", 0);
  row("array", "\"permissions\":[\"alarms:read\",\"points:boiler/*:read\"]", "alarms:read points:boiler/*:read", 0);
  row("scope", "\"scope\":\"alarms:read ws:stats\"", "alarms:read ws:stats", 0);
  row("spaces", "\"scope\":\"  alarms:read   ws:stats \"", "alarms:read ws:stats", 0);
  row("foreign scopes", "\"scope\":\"openid profile alarms:read\"", "alarms:read", 2);
  row("the array wins", "\"permissions\":[\"alarms:read\"],\"scope\":\"*:*\"", "alarms:read", 0);
  row("an empty array wins", "\"permissions\":[],\"scope\":\"*:*\"", "", 0);
  row("nothing is widened", "\"permissions\":[\"alarms\",\"alarms:\",\"*\",\"alarms:read:\",\"alarm:read\"]", "", 5);
  row("no texts", "\"permissions\":[1,null,true,[\"*:*\"],{\"*:*\":1},\"ws:stats\"]", "ws:stats", 5);
  row("other case", "\"permissions\":[\"Alarms:Read\"]", "", 1);
}

void JwtTest::R3_6_permissions() {
  QFETCH(QByteArray, claims);
  QFETCH(QString, permissions);
  QFETCH(int, unread);
  const auto found = verifyPayload(payloadWith(claims));
  QVERIFY2(found, qPrintable(errorOf(found)));
  QCOMPARE(found->permissions.texts().join(u' '), permissions);
  QCOMPARE(found->unreadPermissions, unread);
  for (const char *wrong : {"\"permissions\":\"*:*\"", "\"permissions\":{\"*:*\":true}",
                            "\"permissions\":null,\"scope\":\"*:*\"", "\"scope\":[\"*:*\"]"}) {
    QVERIFY2(!verifyPayload(payloadWith(wrong)), wrong);
  }
}

void JwtTest::audiences_data() {
  QTest::addColumn<QString>("configured");
  QTest::addColumn<QByteArray>("claims");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const char *configured, const char *claims, const char *error) {
    QTest::newRow(name) << QString::fromLatin1(configured) << QByteArray(claims) << QString::fromLatin1(error);
  };
  row("none at all", "", "", "accepted");
  row("for somebody, we have no name", "", "\"aud\":\"mail\"", "names an audience");
  row("ours", "plant", "\"aud\":\"plant\"", "accepted");
  row("ours among others", "plant", "\"aud\":[\"mail\",\"plant\"]", "accepted");
  row("another", "plant", "\"aud\":\"plant2\"", "another audience");
  row("others", "plant", "\"aud\":[\"mail\",1,null]", "another audience");
  row("other case", "plant", "\"aud\":\"Plant\"", "another audience");
  row("nobody", "plant", "\"aud\":[]", "another audience");
  row("missing", "plant", "", "missing");
  row("no text", "plant", "\"aud\":{\"plant\":\"plant\"}", "another audience");
}

void JwtTest::audiences() {
  QFETCH(QString, configured);
  QFETCH(QByteArray, claims);
  QFETCH(QString, error);
  JwtConfig config = withSecret();
  if (!configured.isEmpty()) config.audience = configured;
  const QString found = errorOf(verifyPayload(payloadWith(claims), config));
  QVERIFY2(found.contains(error), qPrintable(found));
}

void JwtTest::issuers() {
  JwtConfig config = withSecret();
  QVERIFY(verifyPayload(payloadWith("\"iss\":\"https://id.example\""), config));
  config.issuer = QStringLiteral("https://id.example");
  QVERIFY(verifyPayload(payloadWith("\"iss\":\"https://id.example\""), config));
  QVERIFY(errorOf(verifyPayload(payloadWith({}), config)).contains(u"missing"));
  QVERIFY(errorOf(verifyPayload(payloadWith("\"iss\":\"https://id.example/\""), config)).contains(u"another issuer"));
  QVERIFY(!verifyPayload(payloadWith("\"iss\":[\"https://id.example\"]"), config));
}

void JwtTest::subjects_data() {
  QTest::addColumn<QByteArray>("claims");
  QTest::addColumn<QString>("subject");  // null: refused
  const auto row = [](const char *name, const QByteArray &claims, const QString &subject) {
    QTest::newRow(name) << claims << subject;
  };
  row("absent", "", QStringLiteral(""));
  row("plain", "\"sub\":\"ann\"", QStringLiteral("ann"));
  row("spaces and letters", "\"sub\":\"Zoë M. 山田\"", QStringLiteral("Zoë M. 山田"));
  row("longest", "\"sub\":\"" + QByteArray(128, 'a') + '"', QString(128, u'a'));
  row("too long", "\"sub\":\"" + QByteArray(129, 'a') + '"', {});
  row("empty", "\"sub\":\"\"", {});
  row("number", "\"sub\":1", {});
  row("line feed", "\"sub\":\"ann\\nERROR all is lost\"", {});
  row("escape", "\"sub\":\"\\u001b[31mann\"", {});
  row("turned round", "\"sub\":\"ann\\u202enimda\"", {});
  row("line separator", "\"sub\":\"ann\\u2028\"", {});
  row("NUL", "\"sub\":\"ann\\u0000\"", {});
  row("half a character", "\"sub\":\"\\ud800\"", {});
  row("no UTF-8", "\"sub\":\"\xff\xfe\"", {});
}

void JwtTest::subjects() {
  QFETCH(QByteArray, claims);
  QFETCH(QString, subject);
  const auto found = verifyPayload(payloadWith(claims));
  QCOMPARE(found.has_value(), !subject.isNull());
  if (found) QCOMPARE(found->subject, subject);
}

void JwtTest::headers_data() {
  QTest::addColumn<QByteArray>("header");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *header, const char *error) {
    QTest::newRow(header) << QByteArray(header) << QString::fromLatin1(error);
  };
  row("{\"alg\":\"HS256\"}", "accepted");
  row("{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"1\"}", "accepted");
  row("{\"alg\":\"HS256\",\"typ\":\"jwt\"}", "accepted");
  row("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "accepted");
  row("{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", "accepted");
  row("{\"alg\":\"HS256\",\"typ\":\"\"}", "another type");
  row("{\"alg\":\"HS256\",\"typ\":\"application/\"}", "another type");
  row("{\"alg\":\"HS256\",\"typ\":null}", "another type");
  row("{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\"}", "another type");
  row("{\"alg\":\"HS256\",\"typ\":\"tagwire-session+jwt\"}", "another type");
  row("{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", "`crit`");
  row("{\"alg\":\"HS256\",\"b64\":true}", "`b64`");
  row("{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", "`crit`");
  row("{\"alg\":\"none\",\"alg\":\"HS256\"}", "no JSON object");
  row("{\"alg\":\"HS256\"", "no JSON object");
  row("{\"alg\":\"HS256\"}x", "no JSON object");
  row("{\"alg\":\"HS256\",}", "no JSON object");
  row("/**/{\"alg\":\"HS256\"}", "no JSON object");
  row("[\"HS256\"]", "no JSON object");
}

void JwtTest::headers() {
  QFETCH(QByteArray, header);
  QFETCH(QString, error);
  const QString found = errorOf(verify(withSecret(), hs256Token(secret, payloadWith({}), header)));
  QVERIFY2(found.contains(error), qPrintable(found));
}

void JwtTest::keysThatAreRefused() {
  const QString pem = publicPem(m_rsa);
  const auto rsa = [](const QString &text) { return keyError(withPem(JwtAlgorithm::RS256, text)); };
  const auto curve = [](const QString &text) { return keyError(withPem(JwtAlgorithm::ES256, text)); };
  const auto hmac = [](const QString &text) { return keyError(withPem(JwtAlgorithm::HS256, text)); };
  QCOMPARE(rsa(pem), QStringLiteral("accepted"));
  QCOMPARE(curve(publicPem(m_curve)), QStringLiteral("accepted"));
  QVERIFY(rsa(publicPem(makeRsaKey(1024))).contains(u"1024 bits"));
  QVERIFY(rsa(publicPem(makeRsaKey(2040))).contains(u"2040 bits"));
  QVERIFY(rsa(publicPem(m_curve)).contains(u"RSA"));
  QVERIFY(curve(pem).contains(u"P-256"));
  QVERIFY(curve(publicPem(makeCurveKey("P-384"))).contains(u"P-256"));
  QVERIFY(curve(publicPem(makeCurveKey("secp256k1"))).contains(u"P-256"));
  QVERIFY(rsa(privatePem(m_rsa)).contains(u"private key"));
  QVERIFY(rsa(pem + pem).contains(u"more than one"));
  QVERIFY(rsa(QString(500, u'x')).contains(u"no PEM"));
  QVERIFY(rsa(QString()).contains(u"no PEM"));
  QVERIFY(hmac(QString()).contains(u"0 bytes"));
  QVERIFY(hmac(QString(31, u'x')).contains(u"31 bytes"));
  QCOMPARE(hmac(QString(32, u'x')), QStringLiteral("accepted"));
  QCOMPARE(hmac(QString(1024, u'x')), QStringLiteral("accepted"));
  QVERIFY(hmac(QString(1025, u'x')).contains(u"1024"));
  for (const qsizetype size : {32, 1024}) {  // libjose has limits of its own
    const QByteArray key(size, 'x');
    QVERIFY(verify(withPem(JwtAlgorithm::HS256, QString::fromLatin1(key)), hs256Token(key, payloadWith({}))));
  }
  const EvpKey large = makeRsaKey(3072);
  QVERIFY(verify(withPem(JwtAlgorithm::RS256, publicPem(large)), rs256Token(large, payloadWith({}))));
}

void JwtTest::brokenKeysAreRefused() {
  const QString pem = publicPem(m_curve);
  const auto good = keyError(withPem(JwtAlgorithm::ES256, pem));
  QCOMPARE(good, QStringLiteral("accepted"));
  for (qsizetype cut = 0; cut < pem.size() - 1; cut += 7) {
    const QString found = keyError(withPem(JwtAlgorithm::ES256, pem.left(cut)));
    QVERIFY2(found.contains(u"allowed for ES256"), qPrintable(found));
  }
  QString point = pem;  // no longer on the curve, or not even base64
  const qsizetype at = point.indexOf(u'\n', point.indexOf(u'\n') + 1) - 3;
  point[at] = point[at] == u'A' ? u'B' : u'A';
  QVERIFY(keyError(withPem(JwtAlgorithm::ES256, point)) != good);
  QVERIFY(keyError(withPem(JwtAlgorithm::RS256, QStringLiteral("-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
                                                               "DEK-Info: AES-128-CBC,00\n\nAAAA\n"
                                                               "-----END PUBLIC KEY-----\n")))
              .contains(u"public key"));
}

void JwtTest::leavesNoErrorBehind() {
  ERR_clear_error();
  const QByteArray payload = payloadWith({});
  const QByteArray good = rs256Token(m_rsa, payload);
  const auto config = withPem(JwtAlgorithm::RS256, publicPem(m_rsa));
  QVERIFY(verify(config, good));
  QVERIFY(!verify(config, good.left(good.lastIndexOf('.') + 1) + toBase64Url(QByteArray(256, 'x'))));
  QVERIFY(!verify(config, good.left(good.lastIndexOf('.') + 1) + toBase64Url(QByteArray(3000, 'x'))));
  keyError(
      withPem(JwtAlgorithm::RS256, QStringLiteral("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")));
  QCOMPARE(ERR_peek_error(), 0UL);  // a TLS socket of this thread would stumble over it
}

TAGWIRE_TEST(JwtTest)

}  // namespace jwt_test

#include "jwt_test.moc"
