// SPDX-License-Identifier: Apache-2.0
// What of Qt lives on an event loop, as eventloop_test.cpp: on EpollDispatcher and on Qt's own loop.
#include <QAbstractEventDispatcher>
#include <QLocalServer>
#include <QLocalSocket>
#include <QProcess>
#include <QRandomGenerator>
#include <QSslCertificate>
#include <QSslKey>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QTimer>

#include "eventloopmain.h"

namespace eventlooppeers_test {

namespace {

/// Sends back what comes.
void echo(QIODevice &device) {
  QObject::connect(&device, &QIODevice::readyRead, &device, [&device] { device.write(device.readAll()); });
}

/// A server whose connections are encrypted, with a certificate made for this test.
class EncryptedServer : public QTcpServer {
 public:
  EncryptedServer(const QSslCertificate &certificate, const QSslKey &key) : m_certificate(certificate), m_key(key) {}

 protected:
  void incomingConnection(qintptr descriptor) override {
    auto *socket = new QSslSocket(this);
    socket->setSocketDescriptor(descriptor);
    socket->setLocalCertificate(m_certificate);
    socket->setPrivateKey(m_key);
    echo(*socket);
    socket->startServerEncryption();
  }

 private:
  QSslCertificate m_certificate;
  QSslKey m_key;
};

QByteArray noise(int size) {
  QByteArray bytes(size, Qt::Uninitialized);
  QRandomGenerator random(1);
  for (char &each : bytes) each = static_cast<char>(random.bounded(256));
  return bytes;
}

}  // namespace

class EventLoopPeersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tcpSocketsCarryMegabytes() {
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
    connect(&server, &QTcpServer::newConnection, this, [&] { echo(*server.nextPendingConnection()); });
    std::vector<std::unique_ptr<QTcpSocket>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<QTcpSocket>());
      clients.back()->connectToHost(QHostAddress::LocalHost, server.serverPort());
      exchange(*clients.back());
    }
    for (const auto &client : clients) QTRY_COMPARE(m_came.value(client.get()), m_sent);
  }
  void smallReadBufferIsFilledAgainAndAgain() {
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
    connect(&server, &QTcpServer::newConnection, this, [&] { server.nextPendingConnection()->write(m_sent); });
    QTcpSocket client;
    client.setReadBufferSize(1000);
    client.connectToHost(QHostAddress::LocalHost, server.serverPort());
    QByteArray came;
    connect(&client, &QTcpSocket::readyRead, this, [&] { came += client.read(700); });
    QTimer rest;  // what the buffer holds without a further readyRead
    connect(&rest, &QTimer::timeout, this, [&] { came += client.read(700); });
    rest.start(0);
    QTRY_COMPARE(came.size(), m_sent.size());
    QCOMPARE(came, m_sent);
  }
  void refusedConnectionIsAnError() {
    quint16 port = 0;
    {
      QTcpServer server;
      QVERIFY(server.listen(QHostAddress::LocalHost, 0));
      port = server.serverPort();
    }
    QTcpSocket client;
    client.connectToHost(QHostAddress::LocalHost, port);
    QTRY_COMPARE(client.error(), QAbstractSocket::ConnectionRefusedError);
  }
  void hungUpPeerIsNoticed() {
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
    QTcpSocket client;
    client.connectToHost(QHostAddress::LocalHost, server.serverPort());
    QTRY_VERIFY(server.hasPendingConnections());
    QTRY_COMPARE(client.state(), QAbstractSocket::ConnectedState);
    server.nextPendingConnection()->abort();
    QTRY_COMPARE(client.state(), QAbstractSocket::UnconnectedState);
  }
  void localSocketsCarryMegabytes() {
    QTemporaryDir folder;
    QLocalServer server;
    QVERIFY(server.listen(folder.filePath(QStringLiteral("socket"))));
    connect(&server, &QLocalServer::newConnection, this, [&] { echo(*server.nextPendingConnection()); });
    QLocalSocket client;
    exchange(client);
    client.connectToServer(server.fullServerName());
    QVERIFY(client.waitForConnected());
    client.write(m_sent);
    QTRY_COMPARE(m_came.value(&client), m_sent);
  }
  void encryptedSocketsCarryMegabytes() {
    QTemporaryDir folder;
    QProcess openssl;
    openssl.setWorkingDirectory(folder.path());
    openssl.start(QStringLiteral("openssl"),
                  QStringLiteral("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out "
                                 "certificate.pem -days 2 -subj /CN=localhost")
                      .split(u' '));
    if (!QSslSocket::supportsSsl() || !openssl.waitForStarted()) QSKIP("no TLS or no openssl here");
    QTRY_COMPARE(openssl.state(), QProcess::NotRunning);
    QFile keyFile(folder.filePath(QStringLiteral("key.pem")));
    QVERIFY(keyFile.open(QIODevice::ReadOnly));
    const auto certificates = QSslCertificate::fromPath(folder.filePath(QStringLiteral("certificate.pem")));
    QCOMPARE(certificates.size(), 1);
    EncryptedServer server(certificates.first(), QSslKey(&keyFile, QSsl::Ec));
    QVERIFY(server.listen(QHostAddress::LocalHost, 0));
    QSslSocket client;
    connect(&client, &QSslSocket::sslErrors, &client, [&] { client.ignoreSslErrors(); });
    exchange(client);
    connect(&client, &QSslSocket::encrypted, this, [&] { client.write(m_sent); });
    client.connectToHostEncrypted(QStringLiteral("localhost"), server.serverPort());
    QTRY_COMPARE(m_came.value(&client), m_sent);
  }
  void processesAreReadWrittenAndReaped() {
    std::vector<std::unique_ptr<QProcess>> processes;
    int ended = 0;
    for (int i = 0; i < 10; ++i) {
      processes.push_back(std::make_unique<QProcess>());
      QProcess &process = *processes.back();
      connect(&process, &QProcess::started, this, [&] {
        process.write(m_sent);
        process.closeWriteChannel();
      });
      connect(&process, &QProcess::readyRead, this, [&] { m_came[&process] += process.readAll(); });
      connect(&process, &QProcess::finished, this, [&] { ++ended; });
      process.start(QStringLiteral("cat"), {});
    }
    QTRY_COMPARE(ended, 10);
    for (const auto &process : processes) QCOMPARE(m_came.value(process.get()), m_sent);
  }
  void threadsAnswerEachOther() {
    QThread thread;
    QObject there;
    there.moveToThread(&thread);
    thread.start();
    int rounds = 0;
    QEventLoop loop;
    std::function<void()> ask = [&] {
      QMetaObject::invokeMethod(
          &there,
          [&] {
            QMetaObject::invokeMethod(
                this,
                [&] {
                  if (++rounds < 2000) return ask();
                  loop.quit();
                },
                Qt::QueuedConnection);
          },
          Qt::QueuedConnection);
    };
    ask();
    loop.exec();
    QCOMPARE(rounds, 2000);
    thread.quit();
    thread.wait();
  }

  void cleanup() { m_came.clear(); }

 private:
  /// Writes everything when connected, and gathers what comes back.
  void exchange(QIODevice &device) {
    connect(&device, &QIODevice::readyRead, this, [&] { m_came[&device] += device.readAll(); });
    if (auto *socket = qobject_cast<QTcpSocket *>(&device); socket && !qobject_cast<QSslSocket *>(&device)) {
      connect(socket, &QTcpSocket::connected, this, [this, socket] { socket->write(m_sent); });
    }
  }

  const QByteArray m_sent = noise(2'000'000);
  QHash<const QIODevice *, QByteArray> m_came;
};

EVENT_LOOP_TEST(EventLoopPeersTest)

}  // namespace eventlooppeers_test

#include "eventlooppeers_test.moc"
