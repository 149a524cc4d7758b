// SPDX-License-Identifier: Apache-2.0
// packaging/nginx.conf.example with a real nginx.
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include "gatewayfixture.h"
#include "rawclient.h"
#include "testprogram.h"

namespace proxy_test {

using namespace tagwire;
using namespace tagwire::ws;

namespace {

/// nginx and openssl stand where a plain user's PATH may not reach.
QString program(const char *name) {
  const QString found = QStandardPaths::findExecutable(QLatin1String(name));
  if (!found.isEmpty()) return found;
  return QStandardPaths::findExecutable(QLatin1String(name), {QStringLiteral("/usr/sbin"), QStringLiteral("/sbin")});
}

QByteArray example() {
  QFile file(QStringLiteral(NGINX_EXAMPLE));
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

quint16 freePort() {
  QTcpServer server;
  server.listen(QHostAddress(QHostAddress::LocalHost));
  return server.serverPort();
}

/// An nginx of our own in a folder of its own, with the shipped example as its only site.
class Proxy {
 public:
  ~Proxy() {
    m_process.terminate();
    if (!m_process.waitForFinished(5000)) m_process.kill();
    m_process.waitForFinished(1000);
  }
  /// Speaks plain HTTP to its clients and hands on to `gateway`.
  bool start(quint16 gateway) {
    QByteArray site = example();
    site.replace("server 127.0.0.1:8080;", "server 127.0.0.1:" + QByteArray::number(gateway) + ';');
    site.replace("listen 443 ssl;", "listen 127.0.0.1:" + QByteArray::number(m_port) + ';');
    QByteArrayList lines = site.split('\n');
    lines.removeIf([](const QByteArray &line) { return line.trimmed().startsWith("ssl_"); });
    m_process.start(program("nginx"), arguments(lines.join('\n')));
    return tagwire::testing::waitFor([this] {
      QTcpSocket probe;
      probe.connectToHost(QHostAddress(QHostAddress::LocalHost), m_port);
      return probe.waitForConnected(100);
    });
  }
  /// What `nginx -t` says to the example as it is, with a certificate of the test's.
  QByteArray check() {
    const QString key = m_folder.filePath(QStringLiteral("key.pem"));
    const QString certificate = m_folder.filePath(QStringLiteral("certificate.pem"));
    QProcess openssl;
    openssl.start(program("openssl"),
                  {QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"),
                   QStringLiteral("rsa:2048"), QStringLiteral("-nodes"), QStringLiteral("-subj"),
                   QStringLiteral("/CN=test"), QStringLiteral("-keyout"), key, QStringLiteral("-out"), certificate});
    openssl.waitForFinished();
    QByteArray site = example();
    site.replace("/etc/ssl/certs/tagwire.example.org.pem", certificate.toUtf8());
    site.replace("/etc/ssl/private/tagwire.example.org.key", key.toUtf8());
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.start(program("nginx"), QStringList{QStringLiteral("-t")} + arguments(site));
    m_process.waitForFinished();
    return m_process.exitCode() == 0 ? QByteArray() : m_process.readAll() + '.';
  }
  quint16 port() const { return m_port; }

 private:
  QStringList arguments(const QByteArray &site) {
    const auto write = [this](const char *name, const QByteArray &bytes) {
      QFile file(m_folder.filePath(QLatin1String(name)));
      file.open(QIODevice::WriteOnly);
      file.write(bytes);
    };
    QByteArray main = "daemon off;\nmaster_process off;\npid pid;\nevents {}\nhttp {\n  access_log off;\n";
    for (const char *each : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      main += "  " + QByteArray(each) + "_temp_path " + each + ";\n";
    }
    write("nginx.conf", main + "  include site.conf;\n}\n");
    write("site.conf", site);
    return {QStringLiteral("-p"), m_folder.path(),
            QStringLiteral("-c"), m_folder.filePath(QStringLiteral("nginx.conf")),
            QStringLiteral("-e"), m_folder.filePath(QStringLiteral("error.log"))};
  }

  QTemporaryDir m_folder;
  QProcess m_process;
  const quint16 m_port = freePort();
};

WsConfig behindProxy() {
  WsConfig settings = config({endpoint("/ws", ProtocolKind::Panel)});
  settings.trustedProxies = {QStringLiteral("127.0.0.1")};
  return settings;
}

}  // namespace

class ProxyTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    if (program("nginx").isEmpty()) QSKIP("there is no nginx here");
    QVERIFY(!example().isEmpty());
  }
  void R5_15_nginxAcceptsTheExample();
  void R5_15_webSocketsPassAndTheClientsAddressIsKnown();
  void R5_15_onlyConfiguredProxiesAreBelieved();
  void R5_15_eventsComeAtOnce();
};

void ProxyTest::R5_15_nginxAcceptsTheExample() {
  if (program("openssl").isEmpty()) QSKIP("there is no openssl here");
  Proxy proxy;
  const QByteArray problem = proxy.check();
  QVERIFY2(problem.isEmpty(), problem.constData());
}

void ProxyTest::R5_15_webSocketsPassAndTheClientsAddressIsKnown() {
  GatewayFixture fixture(behindProxy());
  Proxy proxy;
  QVERIFY(proxy.start(fixture.gateway.port()));
  RawClient client(proxy.port(), QHostAddress(QStringLiteral("127.0.0.5")));
  // What the client says of itself stands before what nginx saw.
  client.send(RawClient::upgradeHead("/ws", "X-Forwarded-For: 203.0.113.7\r\nForwarded: for=203.0.113.8\r\n"));
  QTRY_COMPARE(client.status(), 101);
  QTRY_COMPARE(fixture.heard.open.size(), 1);
  // R1-37: with a port, that of nginx's connection to us.
  const QString peer = fixture.heard.open.first()->peer();
  QVERIFY2(peer.startsWith(QStringLiteral("127.0.0.5:")) && peer.section(u':', 1).toInt() > 0, qPrintable(peer));
  client.dropHead();
  client.send(clientText("hello"));
  QCOMPARE(client.nextFrame().payload, QByteArray("hello"));
}

void ProxyTest::R5_15_onlyConfiguredProxiesAreBelieved() {
  WsConfig settings = behindProxy();
  settings.trustedProxies.clear();
  GatewayFixture fixture(settings);
  Proxy proxy;
  QVERIFY(proxy.start(fixture.gateway.port()));
  for (const quint16 port : {proxy.port(), fixture.gateway.port()}) {
    RawClient client(port);
    client.send(RawClient::head("GET", "/api/v1/points", "X-Forwarded-For: 127.0.0.1\r\n"));
    QTRY_COMPARE(client.status(), 401);
  }
  RawClient direct(fixture.gateway.port());
  direct.send(RawClient::head("GET", "/api/v1/points"));
  QTRY_COMPARE(direct.status(), 200);
}

void ProxyTest::R5_15_eventsComeAtOnce() {
  GatewayFixture fixture(behindProxy());
  PointInfo info;
  info.name = QStringLiteral("temp");
  info.number = 59;
  const PointId point = fixture.context.declare({info}).first();
  Proxy proxy;
  QVERIFY(proxy.start(fixture.gateway.port()));
  RawClient client(proxy.port());
  client.send(RawClient::head("GET", "/api/os/events?endpointIds=59", "Accept-Encoding: gzip\r\n"));
  QTRY_COMPARE(client.status(), 200);
  QTRY_VERIFY(client.input().contains("waiting_for_first_value"));
  for (const char *value : {"1.5", "2.5"}) {
    const Samples samples{{point, Quality::good(), fixture.context.clock().now(), QByteArray(value).toDouble()}};
    fixture.context.pointTable().update(samples);
    fixture.gateway.write(samples);
    QTRY_VERIFY(client.input().contains("\"value\":" + QByteArray(value)));
  }
}

TAGWIRE_TEST(ProxyTest)

}  // namespace proxy_test

#include "proxy_test.moc"
