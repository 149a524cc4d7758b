// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDeadlineTimer>
#include <QTcpSocket>
#include <QTest>
#include <QTimer>

#include "clientframe.h"
#include "patience.h"

namespace tagwire::ws {

/// Like QTest::qWaitFor, which sleeps for 10 ms at a time: hundreds of requests would add up.
template <class Condition>
bool waitUntil(Condition isMet) {
  const QDeadlineTimer deadline(5000);
  QTimer wake;
  wake.start(100);
  while (!isMet() && !deadline.hasExpired()) {
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
  }
  return isMet();
}

/// A client that says exactly what a test wants it to say, wrong things too.
class RawClient {
 public:
  /// `from`: which of this machine's addresses it comes from.
  explicit RawClient(quint16 port, const QHostAddress &from = {}) {
    if (!from.isNull()) m_socket.bind(from);
    m_socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    m_socket.waitForConnected();  // the system connects, without our event loop
    QObject::connect(&m_socket, &QTcpSocket::readyRead, &m_socket, [this] {
      if (m_isReading) m_input += m_socket.readAll();
    });
  }

  QTcpSocket &socket() { return m_socket; }
  const QByteArray &input() const { return m_input; }
  bool isConnected() const { return m_socket.state() == QAbstractSocket::ConnectedState; }

  void send(const QByteArray &bytes) {
    m_socket.write(bytes);
    m_socket.flush();
  }
  /// From now on nothing is taken from the socket, until readAgain().
  void stopReading() {
    m_isReading = false;
    m_socket.setReadBufferSize(1024);
  }
  void readAgain() {
    m_isReading = true;
    m_socket.setReadBufferSize(0);
    m_input += m_socket.readAll();
  }

  static QByteArray head(const QByteArray &method, const QByteArray &target, const QByteArray &more = {}) {
    return method + ' ' + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
  }
  static QByteArray upgradeHead(const QByteArray &target, const QByteArray &more = {}) {
    return head("GET", target,
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                    more);
  }

  /// Sends an upgrade; its status stands in status() once the answer is there.
  bool upgrade(const QByteArray &target) {
    send(upgradeHead(target));
    return testing::waitFor([this] { return status() != 0; }) && status() == 101 && dropHead();
  }
  /// Of the answer at the front of the input; 0 as long as its head is not there.
  int status() const { return m_input.contains("\r\n\r\n") ? m_input.mid(9, 3).toInt() : 0; }
  /// Removes the head of an answer.
  bool dropHead() {
    m_input.remove(0, m_input.indexOf("\r\n\r\n") + 4);
    return true;
  }

  struct ServerFrame {
    int opcode = -1;  ///< -1: none came
    QByteArray payload;
    int closeCode() const { return opcode == 8 ? qFromBigEndian<quint16>(payload.constData()) : 0; }
  };
  /// The next whole frame; waits for it.
  ServerFrame nextFrame() {
    ServerFrame frame;
    if (!testing::waitFor([&] { return takeFrame(frame); })) frame.opcode = -1;
    return frame;
  }
  /// Skips what came before it; 0 if none came.
  int closeCode() {
    for (;;) {
      const ServerFrame frame = nextFrame();
      if (frame.opcode == -1 || frame.opcode == 8) return frame.closeCode();
    }
  }
  /// The next frame, if the whole of it is there.
  bool takeFrame(ServerFrame &frame) {
    if (m_input.size() < 2) return false;
    qsizetype at = 2;
    quint64 size = static_cast<quint8>(m_input[1]);
    if (size == 126) {
      if (m_input.size() < 4) return false;
      size = qFromBigEndian<quint16>(m_input.constData() + 2);
      at = 4;
    } else if (size == 127) {
      if (m_input.size() < 10) return false;
      size = qFromBigEndian<quint64>(m_input.constData() + 2);
      at = 10;
    }
    const qsizetype end = at + static_cast<qsizetype>(size);
    if (m_input.size() < end) return false;
    frame = {m_input[0] & 0x0f, m_input.mid(at, end - at)};
    m_input.remove(0, end);
    return true;
  }

 private:
  QTcpSocket m_socket;
  QByteArray m_input;
  bool m_isReading = true;
};

}  // namespace tagwire::ws
