// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCryptographicHash>
#include <QPointer>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>

namespace tagwire::rtls {

/// A site that speaks WebSocket by hand, so that it can send what no library would: it answers the upgrade and
/// BeginStream, and then writes `flood` again and again.
class RawSite : public QTcpServer {
 public:
  explicit RawSite(const QSslConfiguration *tls = nullptr) : m_tls(tls) {
    if (!listen(QHostAddress::LocalHost)) qFatal("can't listen");
  }
  QString url() const {
    return QStringLiteral("%1://127.0.0.1:%2/ws/M").arg(QLatin1String(m_tls ? "wss" : "ws")).arg(serverPort());
  }

  static QByteArray frame(char head, const QByteArray &payload) {
    const auto size = static_cast<quint64>(payload.size());
    QByteArray bytes(1, head);
    if (size < 126) return bytes + static_cast<char>(size) + payload;
    const int width = size < 65536 ? 2 : 8;
    bytes += static_cast<char>(width == 2 ? 126 : 127);
    for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>((size >> (8 * i)) & 0xff);
    return bytes + payload;
  }
  static QByteArray text(const QByteArray &payload) { return frame('\x81', payload); }

  QByteArray flood;
  qint64 most = 0;  ///< bytes of it in all, over each connection
  int connections = 0;
  QPointer<QTcpSocket> client;
  QByteArray said;  ///< by the other side after the upgrade, as it came

 protected:
  void incomingConnection(qintptr descriptor) override {
    ++connections;
    m_isUpgraded = m_isBegun = false;
    m_sent = 0;
    said.clear();
    auto *socket = m_tls ? new QSslSocket(this) : new QTcpSocket(this);
    socket->setSocketDescriptor(descriptor);
    if (auto *encrypted = qobject_cast<QSslSocket *>(socket)) {
      encrypted->setSslConfiguration(*m_tls);
      encrypted->startServerEncryption();
    }
    client = socket;
    connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(*socket); });
    connect(socket, &QTcpSocket::bytesWritten, this, [this, socket] { more(*socket); });
  }

 private:
  void read(QTcpSocket &socket) {
    said += socket.readAll();
    if (!m_isUpgraded) return upgrade(socket);
    if (!std::exchange(m_isBegun, true)) {
      socket.write(text("{\"type\":\"response\",\"reqid\":\"tagwire\",\"response\":\"BeginStream\"}"));
      more(socket);
    }
  }
  void upgrade(QTcpSocket &socket) {
    if (!said.contains("\r\n\r\n")) return;
    const QByteArray name = "sec-websocket-key: ";
    const auto at = said.toLower().indexOf(name) + name.size();
    const QByteArray key = said.mid(at, said.indexOf('\r', at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    m_isUpgraded = true;
    said.clear();
    socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        QCryptographicHash::hash(key, QCryptographicHash::Sha1).toBase64() + "\r\n\r\n");
  }
  void more(QTcpSocket &socket) {
    while (m_isBegun && m_sent < most && socket.bytesToWrite() < (1 << 20)) {
      m_sent += flood.size();
      socket.write(flood);
    }
  }

  const QSslConfiguration *m_tls;
  bool m_isUpgraded = false;
  bool m_isBegun = false;
  qint64 m_sent = 0;
};

}  // namespace tagwire::rtls
