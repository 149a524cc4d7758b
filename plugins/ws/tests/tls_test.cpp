// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <QSignalSpy>
#include <QSslKey>

#include "http/connection.h"
#include "http/farewell.h"
#include "http/tlsidentity.h"
#include "manualclock.h"
#include "rawclient.h"
#include "streamfixture.h"
#include "testprogram.h"

namespace tls_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

QString commonName(const QSslSocket &client) {
  return client.peerCertificate().subjectInfo(QSslCertificate::CommonName).value(0);
}

/// A ClientHello as an old client would send it; `version` 2: TLS 1.1, 3: TLS 1.2.
QByteArray clientHello(char version) {
  const QByteArray ciphers = QByteArray::fromHex("c02bc02fc009c013009c002f");
  const QByteArray extensions = QByteArray::fromHex("000a000400020017000b00020100000d0006000404030401");
  const auto sized = [](const QByteArray &bytes, int digits) {
    return QByteArray::fromHex(QByteArray::number(bytes.size(), 16).rightJustified(digits, '0')) + bytes;
  };
  const QByteArray body = QByteArray("\x03") + version + QByteArray(32, 'r') + QByteArray(1, '\0') + sized(ciphers, 4) +
                          QByteArray::fromHex("0100") + sized(extensions, 4);
  return QByteArray::fromHex("160301") + sized(QByteArray(1, '\x01') + sized(body, 6), 4);
}

/// Answers every request with its path.
struct PathHost : HttpHost {
  void requestArrived(HttpConnection &connection, const Request &request) override {
    connection.answer({200, "text/plain", request.target});
  }
  void requestRefused(int) override {}
  void connectionOver(HttpConnection &connection) override {
    ++over;
    farewells.add(connection.takeStream());
  }
  void unsentChanged(qint64) override {}
  bool isBacklogged() const override { return false; }

  Farewells farewells;
  int over = 0;
};

}  // namespace

/// TLS at the front door: who gets in, and with which certificate.
class TlsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void plaintextIsNotServed();
  void oldVersionsAreRefused_data();
  void oldVersionsAreRefused();
  void newVersionsAreTaken_data();
  void newVersionsAreTaken();
  void handshakeThatNeverComesEndsWithTheHeadTime();
  void whatWasWrittenBeforeTheHandshakeArrives();
  void servesHttp();
  void reloadIsForNewConnections();
  void badReloadChangesNothing();
  void namesWhatIsWrong_data();
  void namesWhatIsWrong();
  void warnsOfDates();
  void acceptsInTurns();
  void pausesWithoutDescriptors();
};

void TlsTest::plaintextIsNotServed() {
  StreamFixture fixture(true);
  RawClient client(fixture.listener.port());
  client.send(RawClient::head("GET", "/"));
  QTRY_VERIFY(!fixture.users.empty());
  QTRY_COMPARE(fixture.last().ended, 1);
  QVERIFY(fixture.last().input.isEmpty());
  QVERIFY(!client.input().startsWith("HTTP"));
}

void TlsTest::oldVersionsAreRefused_data() {
  QTest::addColumn<char>("version");
  QTest::addColumn<QByteArray>("answer");
  QTest::newRow("TLS 1.0") << '\1' << QByteArray::fromHex("15");
  QTest::newRow("TLS 1.1") << '\2' << QByteArray::fromHex("15");
  QTest::newRow("TLS 1.2") << '\3' << QByteArray::fromHex("16");
}

void TlsTest::oldVersionsAreRefused() {
  QFETCH(char, version);
  QFETCH(QByteArray, answer);
  StreamFixture fixture(true);
  RawClient client(fixture.listener.port());
  client.send(clientHello(version));
  QTRY_VERIFY(client.input().size() >= 7);
  QCOMPARE(client.input().left(1).toHex(), answer.toHex());
  constexpr char protocolVersion = 70;
  if (version < 3) QCOMPARE(client.input()[6], protocolVersion);
}

void TlsTest::newVersionsAreTaken_data() {
  QTest::addColumn<QSsl::SslProtocol>("version");
  QTest::newRow("TLS 1.2") << QSsl::TlsV1_2;
  QTest::newRow("TLS 1.3") << QSsl::TlsV1_3;
}

void TlsTest::newVersionsAreTaken() {
  QFETCH(QSsl::SslProtocol, version);
  for (const bool isRsa : {false, true}) {
    StreamFixture fixture(true);
    QVERIFY(fixture.listener.useTls(TestCertificate("pair", -60, isRsa).config(fixture.folder), Clock().now()));
    QSslSocket client;
    client.setPeerVerifyMode(QSslSocket::VerifyNone);
    client.setProtocol(version);
    client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), fixture.listener.port());
    QTRY_VERIFY(client.isEncrypted());
    QCOMPARE(client.sessionProtocol(), version);
    QCOMPARE(commonName(client), QStringLiteral("pair"));
  }
}

void TlsTest::handshakeThatNeverComesEndsWithTheHeadTime() {
  ManualClock clock;
  PathHost host;
  StreamFixture fixture(true);
  RawClient client(fixture.listener.port());
  QTRY_VERIFY(!fixture.users.empty());
  HttpConnection connection(std::move(fixture.last().stream), HttpLimits(), clock, host);
  connection.begin();
  client.send(clientHello('\3').left(20));
  clock.advance(9s);
  connection.checkDeadline();
  QCOMPARE(host.over, 0);
  clock.advance(1s);
  connection.checkDeadline();
  QCOMPARE(host.over, 1);
  QTRY_VERIFY(!client.isConnected());
}

void TlsTest::whatWasWrittenBeforeTheHandshakeArrives() {
  StreamFixture fixture(true);
  Farewells farewells;
  connect(&fixture.listener, &Listener::arrived, this, [&] {
    fixture.last().stream->write("no room");
    farewells.add(std::move(fixture.last().stream));
  });
  QSslSocket client;
  client.setPeerVerifyMode(QSslSocket::VerifyNone);
  QByteArray got;
  connect(&client, &QSslSocket::readyRead, this, [&] { got += client.readAll(); });
  client.connectToHostEncrypted(QStringLiteral("127.0.0.1"), fixture.listener.port());
  QTRY_COMPARE(got, QByteArray("no room"));
  QTRY_COMPARE(client.state(), QAbstractSocket::UnconnectedState);
  QTRY_VERIFY(farewells.children().isEmpty());
}

void TlsTest::servesHttp() {
  ManualClock clock;
  PathHost host;
  StreamFixture fixture(true);
  const auto client = fixture.client(true);
  QVERIFY(client);
  HttpConnection connection(std::move(fixture.last().stream), HttpLimits(), clock, host);
  connection.begin();
  client->write(RawClient::head("GET", "/one") + RawClient::head("GET", "/two", "Connection: close\r\n"));
  QByteArray got;
  QTRY_VERIFY((got += client->readAll(), got.endsWith("/two")));
  QCOMPARE(got.count("HTTP/1.1 200 OK"), 2);
  QVERIFY(got.contains("\r\n\r\n/one"));
  QTRY_COMPARE(client->state(), QAbstractSocket::UnconnectedState);
  QCOMPARE(client->error(), QAbstractSocket::RemoteHostClosedError);
}

void TlsTest::reloadIsForNewConnections() {
  StreamFixture fixture(true);
  const auto before = fixture.client(true);
  QVERIFY(before);
  QCOMPARE(commonName(*before), QStringLiteral("one"));
  QVERIFY(fixture.listener.useTls(TestCertificate("two").config(fixture.folder), Clock().now()));
  const auto after = fixture.client(true);
  QVERIFY(after);
  QCOMPARE(commonName(*after), QStringLiteral("two"));
  fixture.users.front()->stream->write("still here");
  QTRY_COMPARE(before->bytesAvailable(), 10);
  QCOMPARE(before->readAll(), QByteArray("still here"));
}

void TlsTest::badReloadChangesNothing() {
  StreamFixture fixture(true);
  TlsConfig bad = TestCertificate("two").config(fixture.folder);
  bad.key = Secret(QString::fromLatin1(TestCertificate("three").key()));
  QVERIFY(!fixture.listener.useTls(bad, Clock().now()));
  const auto client = fixture.client(true);
  QVERIFY(client);
  QCOMPARE(commonName(*client), QStringLiteral("one"));
}

void TlsTest::namesWhatIsWrong_data() {
  QTest::addColumn<QByteArray>("certificate");
  QTest::addColumn<QByteArray>("key");
  QTest::addColumn<QString>("error");
  const TestCertificate good("good");
  const TestCertificate other("other");
  const QByteArray pem = good.certificate();
  QTest::newRow("good") << pem << good.key() << QString();
  QTest::newRow("chain") << pem + other.certificate() << good.key() << QString();
  QTest::newRow("no file") << QByteArray() << good.key() << QStringLiteral("certificate: can't read");
  QTest::newRow("no certificate") << QByteArray("hello") << good.key()
                                  << QStringLiteral("certificate: no certificate in");
  QTest::newRow("key for certificate") << good.key() << good.key() << QStringLiteral("certificate: no certificate in");
  QTest::newRow("broken certificate") << pem.left(200) << good.key() << QStringLiteral("certificate: ");
  QTest::newRow("wrong order") << other.certificate() + pem << good.key() << QStringLiteral("key: does not belong");
  QTest::newRow("other key") << pem << other.key() << QStringLiteral("key: does not belong");
  QTest::newRow("no key") << pem << QByteArray() << QStringLiteral("key: no private key");
  QTest::newRow("certificate for key") << pem << pem << QStringLiteral("key: no private key");
  QTest::newRow("passphrase") << pem << good.key("secret") << QStringLiteral("key: no private key");
}

void TlsTest::namesWhatIsWrong() {
  QFETCH(QByteArray, certificate);
  QFETCH(QByteArray, key);
  QFETCH(QString, error);
  QTemporaryDir folder;
  TlsConfig config{folder.filePath(QStringLiteral("certificate.pem")), Secret(QString::fromLatin1(key))};
  QFile file(config.certificate);
  if (!certificate.isEmpty()) {
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(certificate);
    file.close();
  }
  const auto identity = TlsIdentity::read(config, Clock().now());
  QCOMPARE(identity.has_value(), error.isEmpty());
  if (identity) {
    QCOMPARE(identity->warning, QString());
    return;
  }
  QVERIFY2(identity.error().startsWith(error), qPrintable(identity.error()));
  QVERIFY(key.isEmpty() || !identity.error().contains(QString::fromLatin1(key.mid(40, 20))));
}

void TlsTest::warnsOfDates() {
  QTemporaryDir folder;
  const auto warning = [&](long validFrom) {
    return TlsIdentity::read(TestCertificate("dated", validFrom).config(folder), Clock().now())->warning;
  };
  const QString file = QStringLiteral("the certificate in ") + folder.path();
  QVERIFY(warning(-7200).startsWith(file) && warning(-7200).contains(QStringLiteral(" has expired at 20")));
  QVERIFY(warning(7200).startsWith(file) && warning(7200).contains(QStringLiteral(" is valid only from 20")));
}

void TlsTest::acceptsInTurns() {
  StreamFixture fixture(false);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(std::make_unique<RawClient>(fixture.listener.port()));
  QCOMPARE(fixture.users.size(), 0U);
  QCoreApplication::processEvents();
  QVERIFY(fixture.users.size() <= 64);
  QTRY_COMPARE(fixture.users.size(), 150U);
}

void TlsTest::pausesWithoutDescriptors() {
  StreamFixture fixture(false);
  QSignalSpy failed(&fixture.listener, &Listener::acceptFailed);
  RawClient client(fixture.listener.port());
  // The first look of the sanitizers at an object's type takes a pipe: it has to come while there are descriptors.
  fixture.listener.resume();
  Q_EMIT fixture.listener.acceptFailed(QString());
  failed.clear();
  rlimit before{};
  QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlim_t next = static_cast<rlim_t>(Descriptor(::dup(0)).number());
  const rlimit none{next, before.rlim_max};
  QCOMPARE(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool isTold = tagwire::testing::waitFor([&] { return !failed.isEmpty(); });
  QTest::qWait(20);
  QCOMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
  QVERIFY(isTold);
  QCOMPARE(failed.size(), 1);
  QVERIFY(failed[0][0].toString().contains(QStringLiteral("open files")));
  QVERIFY(fixture.users.empty());
  fixture.listener.resume();
  QTRY_COMPARE(fixture.users.size(), 1U);
}

TAGWIRE_TEST(TlsTest)

}  // namespace tls_test

#include "tls_test.moc"
