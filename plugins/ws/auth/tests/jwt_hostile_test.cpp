// SPDX-License-Identifier: Apache-2.0
// Tokens that nobody would issue: they are refused, never taken for another, and never end the program.
#include <QTest>

#include <random>

#include "auth/jwt.h"
#include "auth/tests/tokenmaker.h"
#include "testprogram.h"

namespace jwt_hostile_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

const QByteArray secret = "a secret of thirty-two bytes, yes";
const QByteArray payload =
    "{\"sub\":\"ann\",\"exp\":1700000060,\"nbf\":1699999000,\"iat\":1699999000.5,\"aud\":[\"plant\",\"x\"],"
    "\"iss\":\"joe\",\"permissions\":[\"alarms:read\",\"points:boiler/*:read\"],\"scope\":\"ws:stats a b\"}";
const Time now = fromMilliseconds(1'700'000'000'000);

JwtVerifier makeVerifier(JwtAlgorithm algorithm, const QString &key) {
  JwtConfig config;
  config.algorithm = algorithm;
  config.key = Secret(key);
  config.audience = QStringLiteral("plant");
  config.issuer = QStringLiteral("joe");
  return std::move(*JwtVerifier::fromConfig(config));
}

JwtVerifier makeVerifier() { return makeVerifier(JwtAlgorithm::HS256, QString::fromUtf8(secret)); }

/// Changes a text here and there; the same seed gives the same changes.
class Mutation {
 public:
  explicit Mutation(unsigned seed) : m_random(seed) {}

  QByteArray of(QByteArray text) {
    for (int changes = 1 + below(3); changes > 0; --changes) change(text);
    return text;
  }

 private:
  int below(qsizetype end) { return static_cast<int>(m_random() % static_cast<unsigned>(std::max<qsizetype>(end, 1))); }
  QByteArray piece() {
    static const QByteArrayList pieces{"\"",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       ":",
                                       ",",
                                       "\\u0000",
                                       "\\ud800",
                                       "1e9",
                                       "-",
                                       "null",
                                       "true",
                                       ".",
                                       "..",
                                       "=",
                                       "A",
                                       "\xff",
                                       "\xc3",
                                       "9999999999999",
                                       "\"exp\":1,",
                                       "\"alg\":\"none\",",
                                       "*:*",
                                       "[[[[[[[[",
                                       QByteArray(1, '\0'),
                                       " ",
                                       "\n"};
    return pieces[below(pieces.size())];
  }
  void change(QByteArray &text) {
    const qsizetype at = below(text.size());
    switch (below(6)) {
      case 0:
        if (!text.isEmpty()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        text.insert(at, piece());
        break;
      case 2:
        text.remove(at, 1 + below(8));
        break;
      case 3:
        text.truncate(at);
        break;
      case 4:
        text.insert(at, text.mid(below(text.size()), below(40)));
        break;
      default:
        text.replace(at, 1, piece());
    }
  }

  std::mt19937 m_random;
};

/// Empty when what was accepted is what may be accepted.
QString claimsProblem(const JwtClaims &claims) {
  for (const QString &permission : claims.permissions.texts()) {
    if (!permissionProblem(permission).isEmpty()) return QStringLiteral("permission ") + permission;
  }
  if (!claims.subject.isEmpty() && !isName(claims.subject, 128)) return QStringLiteral("subject ") + claims.subject;
  return claims.validUntil > now ? QString() : QStringLiteral("expired");
}

}  // namespace

class JwtHostileTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void tokens_data();
  void tokens();
  void errorsHoldNothingOfTheToken();
  void R3_6_mutatedTokensAreRefused();
  void R3_6_mutatedSignaturesOfPublicKeysAreRefused();
  void signedRubbishIsReadSafely();
};

void JwtHostileTest::tokens_data() {
  QTest::addColumn<QByteArray>("token");
  const QByteArray good = hs256Token(secret, payload);
  const QByteArrayList parts = good.split('.');
  const auto row = [](const char *name, const QByteArray &token) { QTest::newRow(name) << token; };
  row("empty", "");
  row("a dot", ".");
  row("two dots", "..");
  row("three dots", "...");
  row("many dots", QByteArray(8000, '.'));
  row("one letter", "a");
  row("short parts", "a.b.c");
  row("short header", "e." + parts[1] + '.' + parts[2]);
  row("NULs", QByteArray(100, '\0'));
  row("no signature", parts[0] + '.' + parts[1] + '.');
  row("no payload", parts[0] + ".." + parts[2]);
  row("no header", '.' + parts[1] + '.' + parts[2]);
  row("two parts", parts[0] + '.' + parts[1]);
  row("four parts", good + '.' + parts[2]);
  row("five parts, a JWE", good + ".a.b");
  row("space in front", ' ' + good);
  row("line feed behind", good + '\n');
  row("NUL behind", good + '\0');
  row("padded", good + '=');
  row("standard base64", QByteArray(good).replace('-', '+').replace('_', '/') + '+');
  row("percent escape", QByteArray(good).replace(0, 1, "%65"));
  row("short signature", good.chopped(2));
  row("long signature", good + "AA");
  row("signature of zeros", parts[0] + '.' + parts[1] + '.' + toBase64Url(QByteArray(32, '\0')));
  row("other payload", parts[0] + '.' + toBase64Url("{\"exp\":9000000000}") + '.' + parts[2]);
  row("spare bits", good.chopped(1) + static_cast<char>(good.back() + 1));
  row("array as payload", hs256Token(secret, "[1]"));
  row("text as payload", hs256Token(secret, "\"ann\""));
  row("number as payload", hs256Token(secret, "1"));
  row("null as payload", hs256Token(secret, "null"));
  row("a token as payload", hs256Token(secret, good));
  row("comments", hs256Token(secret, "/**/" + payload));
  row("trailing comma", hs256Token(secret, payload.chopped(1) + ",}"));
  row("more behind", hs256Token(secret, payload + "{}"));
  row("BOM", hs256Token(secret, "\xEF\xBB\xBF" + payload));
  row("key twice, escaped", hs256Token(secret, payload.chopped(1) + ",\"\\u0065xp\":1}"));
  row("deep arrays", hs256Token(secret, "{\"exp\":" + QByteArray(5000, '[')));
  row("deep objects", hs256Token(secret, QByteArray("{\"a\":").repeated(1000) + '1' + QByteArray(1000, '}')));
  row("deep and closed", hs256Token(secret, "{\"a\":" + QByteArray(2900, '[') + QByteArray(2900, ']') + '}'));
  row("long number", hs256Token(secret, "{\"exp\":" + QByteArray(5000, '9') + '}'));
  row("long fraction", hs256Token(secret, "{\"exp\":1." + QByteArray(5000, '9') + '}'));
  row("over 8 KiB", hs256Token(secret, payload.chopped(1) + ",\"x\":\"" + QByteArray(6000, 'x') + "\"}"));
  row("huge", QByteArray(50'000'000, 'a'));
  row("huge, of three parts", parts[0] + '.' + QByteArray(50'000'000, 'a') + '.' + parts[2]);
}

void JwtHostileTest::tokens() {
  QFETCH(QByteArray, token);
  const auto claims = makeVerifier().verify(token, now);
  QVERIFY(!claims);
  QVERIFY2(!claims.error().isEmpty() && claims.error().size() < 100, qPrintable(claims.error()));
  QVERIFY(makeVerifier().verify(hs256Token(secret, payload), now));
}

void JwtHostileTest::errorsHoldNothingOfTheToken() {
  const QByteArray mark = "hunter2";
  const QByteArrayList payloads{"{\"exp\":\"hunter2\"}",
                                "{\"exp\":1700000060,\"aud\":\"hunter2\"}",
                                "{\"exp\":1700000060,\"aud\":\"plant\",\"iss\":\"hunter2\"}",
                                "{\"exp\":1700000060,\"aud\":\"plant\",\"iss\":\"joe\",\"sub\":\"hunter2\\n\"}",
                                "{\"hunter2\":1,\"hunter2\":2}",
                                "hunter2"};
  for (const QByteArray &each : payloads) {
    const auto claims = makeVerifier().verify(hs256Token(secret, each), now);
    QVERIFY2(!claims, each);
    QVERIFY2(!claims.error().contains(QString::fromLatin1(mark)), qPrintable(claims.error()));
  }
  for (const QByteArray &header :
       {QByteArray("{\"alg\":\"hunter2\"}"), QByteArray("{\"alg\":\"HS256\",\"typ\":\"hunter2\"}")}) {
    const auto claims = makeVerifier().verify(hs256Token(secret, payload, header), now);
    QVERIFY(!claims && !claims.error().contains(QString::fromLatin1(mark)));
  }
}

void JwtHostileTest::R3_6_mutatedTokensAreRefused() {
  const JwtVerifier verifier = makeVerifier();
  const QByteArray good = hs256Token(secret, payload);
  QVERIFY(verifier.verify(good, now));
  Mutation mutation(1);
  for (int i = 0; i < 50'000; ++i) {
    const QByteArray token = mutation.of(good);
    QVERIFY2(token == good || !verifier.verify(token, now), token);
  }
}

void JwtHostileTest::R3_6_mutatedSignaturesOfPublicKeysAreRefused() {
  const EvpKey rsa = makeRsaKey(2048);
  const EvpKey curve = makeCurveKey("P-256");
  const JwtVerifier rsaVerifier = makeVerifier(JwtAlgorithm::RS256, publicPem(rsa));
  const JwtVerifier curveVerifier = makeVerifier(JwtAlgorithm::ES256, publicPem(curve));
  const QByteArray rsaToken = rs256Token(rsa, payload);
  const QByteArray curveToken = es256Token(curve, payload);
  QVERIFY(rsaVerifier.verify(rsaToken, now) && curveVerifier.verify(curveToken, now));
  QVERIFY(!rsaVerifier.verify(curveToken, now) && !curveVerifier.verify(rsaToken, now));

  const auto withSignature = [](const QByteArray &token, const QByteArray &signature) {
    return token.left(token.lastIndexOf('.') + 1) + toBase64Url(signature);
  };
  Mutation mutation(2);
  for (int i = 0; i < 5'000; ++i) {
    for (const auto &[verifier, token] : {std::pair{&rsaVerifier, &rsaToken}, {&curveVerifier, &curveToken}}) {
      const QByteArray signature = fromBase64Url(token->mid(token->lastIndexOf('.') + 1));
      const QByteArray mutated = withSignature(*token, mutation.of(signature));
      QVERIFY2(mutated == *token || !verifier->verify(mutated, now), mutated);
    }
  }
  for (const qsizetype size : {1, 31, 63, 64, 65, 96, 255, 256, 257, 1000, 5000}) {
    for (const char fill : {'\0', '\1', '\xff'}) {
      const QByteArray signature(size, fill);
      QVERIFY(!rsaVerifier.verify(withSignature(rsaToken, signature), now));
      QVERIFY(!curveVerifier.verify(withSignature(curveToken, signature), now));
    }
  }
}

void JwtHostileTest::signedRubbishIsReadSafely() {
  const JwtVerifier verifier = makeVerifier();
  Mutation mutation(3);
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    const bool changesHeader = i % 5 == 0;
    const QByteArray header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    const QByteArray token = hs256Token(secret, changesHeader ? payload : mutation.of(payload),
                                        changesHeader ? mutation.of(header) : header);
    const auto claims = verifier.verify(token, now);
    if (!claims) continue;
    ++accepted;
    QVERIFY2(claimsProblem(*claims).isEmpty(), qPrintable(claimsProblem(*claims)));
  }
  QVERIFY2(accepted > 500 && accepted < 25'000, qPrintable(QString::number(accepted)));  // both ways were gone
}

TAGWIRE_TEST(JwtHostileTest)

}  // namespace jwt_hostile_test

#include "jwt_hostile_test.moc"
