// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointer>
#include <QSocketNotifier>
#include <QTcpServer>
#include <QTcpSocket>

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <functional>
#include <memory>

namespace tagwire::modbus {

/// A serial port for tests: a program opens device(), the test has the other end. Thread-bound; owned by the test.
class Pseudoterminal : public QObject {
 public:
  Pseudoterminal() {
    termios raw{};
    cfmakeraw(&raw);
    cfsetspeed(&raw, B115200);
    char name[128] = {};
    if (openpty(&m_master, &m_slave, name, &raw, nullptr) != 0) qFatal("no pseudoterminal");
    m_device = QString::fromLatin1(name);
    fcntl(m_master, F_SETFL, O_NONBLOCK);
    fcntl(m_master, F_SETFD, FD_CLOEXEC);
    fcntl(m_slave, F_SETFD, FD_CLOEXEC);
    m_notifier = std::make_unique<QSocketNotifier>(m_master, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this] { read(); });
  }
  ~Pseudoterminal() override { unplug(); }

  QString device() const { return m_device; }
  void write(const QByteArray &bytes) {
    if (m_master >= 0 && ::write(m_master, bytes.constData(), static_cast<size_t>(bytes.size())) != bytes.size()) {
      qWarning("the pseudoterminal is full");
    }
  }
  /// As when somebody pulls the adapter: whoever has it open gets errors, and the device is gone.
  void unplug() {
    if (m_master < 0) return;
    // The notifier first: closing wakes it.
    m_notifier->setEnabled(false);
    ::close(m_master);
    ::close(m_slave);
    m_master = m_slave = -1;
  }

  /// What the program sent.
  std::function<void(const QByteArray &)> onBytes;

 private:
  void read() {
    QByteArray bytes(4096, '\0');
    const auto count = ::read(m_master, bytes.data(), static_cast<size_t>(bytes.size()));
    if (count > 0 && onBytes) onBytes(bytes.left(count));
  }

  int m_master = -1;
  int m_slave = -1;  ///< kept open: else the master hangs up whenever the program closes its end
  QString m_device;
  std::unique_ptr<QSocketNotifier> m_notifier;
};

/// Two serial ports with a cable between them. Thread-bound; owned by the test.
class SerialCable {
 public:
  SerialCable() {
    near.onBytes = [this](const QByteArray &bytes) {
      if (!isCut) far.write(bytes);
    };
    far.onBytes = [this](const QByteArray &bytes) {
      if (!isCut) near.write(bytes);
    };
  }

  Pseudoterminal near;
  Pseudoterminal far;
  bool isCut = false;
};

/// A serial device server: passes the bytes of its TCP client on to a line, and those of the line to whoever is its
/// client just then. Thread-bound; owned by the test.
class SerialDeviceServer : public QObject {
 public:
  explicit SerialDeviceServer(const std::function<void(const QByteArray &)> &toLine) {
    m_server.listen(QHostAddress::LocalHost);
    connect(&m_server, &QTcpServer::newConnection, this, [this, toLine] {
      m_client = m_server.nextPendingConnection();
      connect(m_client, &QTcpSocket::readyRead, this, [client = m_client, toLine] { toLine(client->readAll()); });
      connect(m_client, &QTcpSocket::disconnected, m_client, &QObject::deleteLater);
    });
  }

  quint16 port() const { return m_server.serverPort(); }
  void send(const QByteArray &bytes) {
    if (m_client) m_client->write(bytes);
  }

 private:
  QTcpServer m_server;
  QPointer<QTcpSocket> m_client;
};

}  // namespace tagwire::modbus
