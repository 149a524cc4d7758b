// SPDX-License-Identifier: Apache-2.0
#include <QSslKey>

#include "deskfixture.h"
#include "hookserver.h"
#include "testing/testauthority.h"
#include "testprogram.h"

namespace webhooktrust_test {

using namespace tagwire;
using namespace tagwire::alarms;

namespace {

QByteArray target(const QByteArray &id, const QByteArray &url, const QByteArray &keys = {}) {
  return "{\"id\":\"" + id + "\",\"type\":\"webhook\",\"url\":\"" + url + "\"" + keys + "}";
}

}  // namespace

/// Whom a webhook trusts, and what it tells nobody.
class WebhookTrustTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase();
  void tlsIsVerified();
  void tlsWithAPrivateAuthority();
  void noProxyOfTheEnvironment();
  void aSecretIsNeverSaid();
};

void WebhookTrustTest::initTestCase() {
  qputenv("HOOK_SECRET", "hunter2-secret");
  qputenv("HOOK_TOKEN", "hunter2-token");
}

void WebhookTrustTest::tlsIsVerified() {
  const TestAuthority authority("IP:127.0.0.1");
  const QSslConfiguration tls = tlsOf(authority);
  HookServer server(&tls);
  DeskFixture fixture(target("ops", server.url("https"), ",\"token\":{\"$env\":\"HOOK_TOKEN\"}"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  QVERIFY(server.requests.isEmpty());
}

void WebhookTrustTest::tlsWithAPrivateAuthority() {
  const TestAuthority authority("IP:127.0.0.1");
  const TestAuthority other("DNS:other.example");
  const QSslConfiguration tls = tlsOf(authority);
  const QSslConfiguration otherTls = tlsOf(other);
  HookServer server(&tls);
  HookServer otherServer(&otherTls);
  QTemporaryDir folder;
  for (const auto &[name, pem] : {std::pair{"ca.pem", authority.authority}, {"other.pem", other.authority}}) {
    QFile file(folder.filePath(QLatin1String(name)));
    QVERIFY(file.open(QFile::WriteOnly));
    file.write(pem);
  }
  const auto withCa = [&](const char *file) {
    return ",\"ca_file\":\"" + folder.filePath(QLatin1String(file)).toUtf8() + '"';
  };
  DeskFixture fixture(target("ops", server.url("https"), withCa("ca.pem")) + ',' +
                      target("wrong", server.url("https"), withCa("other.pem")) + ',' +
                      target("name", otherServer.url("https"), withCa("other.pem")));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.settled, QList<qint64>{1});
  QTRY_COMPARE(fixture.postponed.size(), 2);
  QCOMPARE(server.requests.size(), 1);
  QVERIFY(otherServer.requests.isEmpty());
}

void WebhookTrustTest::noProxyOfTheEnvironment() {
  HookServer proxy;
  HookServer server;
  qputenv("http_proxy", proxy.url());
  DeskFixture fixture(target("ops", server.url()));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.settled.size(), 1);
  qunsetenv("http_proxy");
  QCOMPARE(proxy.connections, 0);
  DeskFixture by(
      target("ops", "http://example.invalid/hook", ",\"proxy\":\"" + proxy.url().replace("/hook", "") + '"'));
  by.desk->start();
  by.raise();
  QTRY_COMPARE(by.settled.size(), 1);
  QCOMPARE(proxy.requests.first().line, QByteArray("POST http://example.invalid/hook HTTP/1.1"));
}

void WebhookTrustTest::aSecretIsNeverSaid() {
  LogCatcher log;
  HookServer server;
  server.status = "401 hunter2-token hunter2-secret";
  server.body = "who is hunter2-token?";
  DeskFixture fixture(
      target("ops", server.url(), ",\"secret\":{\"$env\":\"HOOK_SECRET\"},\"token\":{\"$env\":\"HOOK_TOKEN\"}"));
  fixture.desk->start();
  fixture.raise();
  QTRY_COMPARE(fixture.postponed.size(), 1);
  QCOMPARE(LogCatcher::count(QStringLiteral("HTTP status 401")), 1);
  QCOMPARE(LogCatcher::count(QStringLiteral("hunter2")), 0);
  QVERIFY(!QString::fromStdString(fixture.context.metrics().text()).contains(QLatin1String("hunter2")));
  QVERIFY(!server.requests.first().body.contains("hunter2"));
}

TAGWIRE_TEST(WebhookTrustTest)

}  // namespace webhooktrust_test

#include "webhooktrust_test.moc"
