// SPDX-License-Identifier: Apache-2.0
#include <QRegularExpression>
#include <QTest>

#include "auth/setupcode.h"
#include "restfixture.h"
#include "testprogram.h"

namespace setup_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

/// What is logged while it lives.
class LoggedText {
 public:
  LoggedText() {
    text().clear();
    m_before = qInstallMessageHandler(&LoggedText::take);
  }
  ~LoggedText() { qInstallMessageHandler(m_before); }
  Q_DISABLE_COPY_MOVE(LoggedText)
  static QString &text() {
    static QString all;
    return all;
  }

 private:
  static void take(QtMsgType, const QMessageLogContext &, const QString &line) { text() += line + u'\n'; }
  QtMessageHandler m_before;
};

WsConfig nobodyGetsIn() {
  WsConfig config = RestFixture::config();
  config.auth.reset();
  return config;
}

const QByteArray password = "correct horse battery";

std::unique_ptr<Protocol> noProtocols(const EndpointConfig &, GatewayState &) { return nullptr; }

/// Whether GET /api/v1/setup answers that.
bool says(const Gateway &gateway, const char *body) {
  RawClient client(gateway.port());
  client.send(RawClient::head("GET", "/api/v1/setup"));
  return waitUntil([&] { return client.input().endsWith(body); });
}

struct Fixture {
  explicit Fixture(const WsConfig &config = nobodyGetsIn()) : rest(config) {
    static const QRegularExpression pattern(QStringLiteral("one-time code: ([0-9A-Z-]+)"));
    code = pattern.match(LoggedText::text()).captured(1).toLatin1();
  }
  HttpReply setUp(const QByteArray &typed, const QByteArray &name = "ann", const QByteArray &secret = password,
                  const QByteArray &fields = {}) {
    return rest.ask("POST", "/api/v1/setup", fields, body(typed, name, secret));
  }
  static QByteArray body(const QByteArray &typed, const QByteArray &name = "ann", const QByteArray &secret = password) {
    return "{\"code\":\"" + typed + "\",\"name\":\"" + name + "\",\"password\":\"" + secret + "\"}";
  }
  bool isNeeded() { return rest.get("/api/v1/setup").object().value(QStringLiteral("needed")).toBool(); }
  QStringList users() {
    UserStore store(rest.context.dataDir());
    store.refresh();
    QStringList names;
    for (const User &user : store.list()) names << user.name + u' ' + user.role;
    return names;
  }
  LoggedText logged;
  RestFixture rest;
  QByteArray code;
};

}  // namespace

class SetupTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void codesAreLongAndNeverTheSame();
  void whatPeopleType();
  void makesTheFirstAdministratorOnce();
  void aWrongCodeMakesNobody();
  void tooManyWrongCodesLockOut();
  void aWrongNameOrPasswordMayBeTriedAgain();
  void ofTwoAtOnceOneGetsThrough();
  void notWhereThereAreUsers();
  void notWithoutPages();
  void notWhenUsersCannotBeRead();
  void diesWithAUserFromElsewhere();
  void notFromForeignPages();
};

void SetupTest::codesAreLongAndNeverTheSame() {
  static const QRegularExpression shape(
      QStringLiteral("^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$"));  // 16 letters of 5 bits
  QSet<QString> seen;
  for (int i = 0; i < 100; ++i) {
    SetupCode code;
    const QString text = code.make().value_or(QString());
    QVERIFY2(shape.match(text).hasMatch(), qPrintable(text));
    QVERIFY(!seen.contains(text));
    seen.insert(text);
    QCOMPARE(code.make().value_or(QStringLiteral("error")), QString());  // shown once
  }
}

void SetupTest::whatPeopleType() {
  SetupCode code;
  QVERIFY(!code.isValid() && !code.fits(QString()));
  const QString text = *code.make();
  QVERIFY(code.fits(text) && code.fits(text.toLower()) && code.fits(QString(text).replace(u'-', u' ')));
  QVERIFY(code.fits(QString(text).replace(u'0', u'o').replace(u'1', u'l')));
  QVERIFY(!code.fits(QString()) && !code.fits(text.chopped(1)) && !code.fits(text + u'0'));
  QString other = text;
  other[0] = other[0] == u'A' ? u'B' : u'A';
  QVERIFY(!code.fits(other));
  code.end();
  QVERIFY(!code.isValid() && !code.fits(text) && !code.fits(QString()));
  QCOMPARE(code.make().value_or(QStringLiteral("error")), QString());  // over for good
}

void SetupTest::makesTheFirstAdministratorOnce() {
  Fixture fixture;
  QVERIFY(!fixture.code.isEmpty());
  QVERIFY(fixture.isNeeded());
  const HttpReply reply = fixture.setUp(fixture.code);
  QCOMPARE(reply.status, 201);
  QCOMPARE(reply.object().value(QStringLiteral("name")).toString(), QStringLiteral("ann"));
  QCOMPARE(reply.object().value(QStringLiteral("permissions")).toArray(), QJsonArray{QStringLiteral("*:*")});
  QCOMPARE(fixture.users(), QStringList{QStringLiteral("ann admin")});
  static const QRegularExpression cookie(QStringLiteral("\r\nSet-Cookie: ([^;]+);"));
  const QByteArray session = cookie.match(QString::fromLatin1(reply.head)).captured(1).toLatin1();
  QCOMPARE(fixture.rest.ask("GET", "/api/v1/users", "Cookie: " + session + "\r\n").status, 200);
  // What was done stands on record, without the code and the password.
  const auto made = fixture.rest.context.auditTrail().entries(QStringLiteral("user"));
  QCOMPARE(made.size(), 1);
  QCOMPARE(made[0].action + u' ' + made[0].subject + u' ' + made[0].actor, QStringLiteral("create ann anonymous"));
  QCOMPARE(made[0].address, QStringLiteral("127.0.0.1"));
  QCOMPARE(fixture.rest.context.auditTrail().entries(QStringLiteral("login")).size(), 1);
  QVERIFY(!LoggedText::text().contains(QLatin1String(password)));
  QCOMPARE(LoggedText::text().count(QLatin1String(fixture.code)), 1);

  QVERIFY(!fixture.isNeeded());
  QCOMPARE(fixture.setUp(fixture.code, "bob").status, 409);
  QCOMPARE(fixture.users().size(), 1);
  // Nor when that user is gone again.
  QVERIFY(UserStore(fixture.rest.context.dataDir()).remove(QStringLiteral("ann")));
  fixture.rest.gateway.stop();
  fixture.rest.gateway.start();
  QVERIFY(!fixture.isNeeded());
  QCOMPARE(fixture.setUp(fixture.code).status, 409);
}

void SetupTest::aWrongCodeMakesNobody() {
  Fixture fixture;
  for (const QByteArray wrong : {"AAAA-AAAA-AAAA-AAAA", "x", "0000"}) {
    const HttpReply reply = fixture.setUp(wrong);
    QCOMPARE(reply.status, 403);
    QVERIFY(!reply.body.contains(fixture.code) && !reply.head.contains("Set-Cookie"));
  }
  for (const QByteArray broken : {"", "[]", "{}", "{\"code\":1,\"name\":\"a\",\"password\":\"b\"}",
                                  "{\"code\":\"\",\"name\":\"a\",\"password\":\"b\"}"}) {
    QCOMPARE(fixture.rest.ask("POST", "/api/v1/setup", {}, broken).status, 400);
  }
  QVERIFY(fixture.users().isEmpty() && fixture.isNeeded());
  const auto failed = fixture.rest.context.auditTrail().entries(QStringLiteral("login"));
  QCOMPARE(failed.size(), 1);  // the others are counted into the next one
  QCOMPARE(failed[0].action, QStringLiteral("failed"));
}

void SetupTest::tooManyWrongCodesLockOut() {
  Fixture fixture;
  for (int i = 0; i < 10; ++i) QCOMPARE(fixture.setUp("AAAA-AAAA-AAAA-AAAA").status, 403);
  const HttpReply locked = fixture.setUp(fixture.code);
  QCOMPARE(locked.status, 429);
  QVERIFY(locked.head.contains("\r\nRetry-After: "));
  QVERIFY(fixture.users().isEmpty());
  fixture.rest.context.manualClock().advance(61s);
  QCOMPARE(fixture.setUp(fixture.code).status, 201);
}

void SetupTest::aWrongNameOrPasswordMayBeTriedAgain() {
  Fixture fixture;
  for (int i = 0; i < 12; ++i) {  // none of them counts as a wrong code
    QCOMPARE(fixture.setUp(fixture.code, i % 2 ? "ann" : "no name", i % 2 ? "short" : password).status, 400);
  }
  QVERIFY(fixture.isNeeded());
  QCOMPARE(fixture.setUp(fixture.code).status, 201);
}

void SetupTest::ofTwoAtOnceOneGetsThrough() {
  Fixture fixture;
  RawClient one(fixture.rest.gateway.port());
  RawClient other(fixture.rest.gateway.port());
  const auto request = [&](const QByteArray &name) {
    const QByteArray body = Fixture::body(fixture.code, name);
    return RawClient::head("POST", "/api/v1/setup", "Content-Length: " + QByteArray::number(body.size()) + "\r\n") +
           body;
  };
  one.send(request("ann"));
  other.send(request("bob"));
  QList<int> statuses{fixture.rest.wait(one).status, fixture.rest.wait(other).status};
  std::sort(statuses.begin(), statuses.end());
  QCOMPARE(statuses, (QList<int>{201, 409}));
  QCOMPARE(fixture.users().size(), 1);
}

void SetupTest::notWhereThereAreUsers() {
  TestContext context;
  QVERIFY(UserStore(context.dataDir())
              .add(QStringLiteral("eve"), QStringLiteral("viewer"), QString::fromLatin1(password), Time()));
  const LoggedText logged;
  Gateway gateway(nobodyGetsIn(), context, noProtocols);
  gateway.start();
  QVERIFY(!LoggedText::text().contains(QStringLiteral("one-time code")));
  QVERIFY(says(gateway, "{\"needed\":false}"));
}

void SetupTest::notWithoutPages() {
  WsConfig config = nobodyGetsIn();
  config.serve = {Served::Rest};
  Fixture fixture(config);
  QVERIFY(fixture.code.isEmpty() && !fixture.isNeeded());
  QCOMPARE(fixture.setUp("").status, 400);
  QCOMPARE(fixture.setUp("AAAA-AAAA-AAAA-AAAA").status, 409);
}

void SetupTest::notWhenUsersCannotBeRead() {
  TestContext context;
  QFile file(context.dataDir() + QStringLiteral("/users.json"));
  QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{") == 1);
  file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
  file.close();
  const LoggedText logged;
  Gateway gateway(nobodyGetsIn(), context, noProtocols);
  QString why;
  connect(&gateway, &Plugin::statusChanged, this, [&why](PluginState, const QString &text) { why = text; });
  gateway.start();
  QVERIFY(!LoggedText::text().contains(QStringLiteral("one-time code")));
  QVERIFY2(why.contains(u"users.json") && why.endsWith(u"nobody can log in"), qPrintable(why));
  QVERIFY(says(gateway, "{\"needed\":false}"));
}

void SetupTest::diesWithAUserFromElsewhere() {
  Fixture fixture;
  QVERIFY(fixture.isNeeded());
  QVERIFY(UserStore(fixture.rest.context.dataDir())
              .add(QStringLiteral("eve"), QStringLiteral("viewer"), QString::fromLatin1(password), Time()));
  // Before it was even noticed.
  QCOMPARE(fixture.setUp(fixture.code).status, 409);
  QVERIFY(!fixture.isNeeded());
  QCOMPARE(fixture.users(), QStringList{QStringLiteral("eve viewer")});
}

void SetupTest::notFromForeignPages() {
  Fixture fixture;
  QCOMPARE(fixture.setUp(fixture.code, "ann", password, "Origin: http://evil.example\r\n").status, 403);
  QVERIFY(fixture.users().isEmpty());
}

TAGWIRE_TEST(SetupTest)

}  // namespace setup_test

#include "setup_test.moc"
