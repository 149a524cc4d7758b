// SPDX-License-Identifier: Apache-2.0
#include "farewell.h"

#include <sys/socket.h>

namespace tagwire::ws {

using namespace std::chrono_literals;

Farewell::Farewell(std::unique_ptr<QTcpSocket> socket, QObject *parent) : QObject(parent), m_socket(std::move(socket)) {
  m_socket->disconnect();
  connect(m_socket.get(), &QTcpSocket::readyRead, this, [this] { m_socket->readAll(); });
  connect(m_socket.get(), &QTcpSocket::bytesWritten, this, &Farewell::endOurDirection);
  connect(m_socket.get(), &QTcpSocket::disconnected, this, &QObject::deleteLater);
  connect(&m_deadline, &QTimer::timeout, this, &QObject::deleteLater);
  m_deadline.setSingleShot(true);
  m_deadline.start(2s);
  m_socket->readAll();
  m_socket->flush();
  endOurDirection();
  if (m_socket->state() != QAbstractSocket::ConnectedState) deleteLater();  // lost while we flushed
}

void Farewell::endOurDirection() {
  if (m_socket->bytesToWrite() == 0) ::shutdown(static_cast<int>(m_socket->socketDescriptor()), SHUT_WR);
}

void Farewells::add(std::unique_ptr<QTcpSocket> socket) {
  if (!socket || socket->state() != QAbstractSocket::ConnectedState) {
    if (socket) socket.release()->deleteLater();
  } else if (children().size() < most) {
    new Farewell(std::move(socket), this);
  } else {
    socket->abort();
    socket.release()->deleteLater();
  }
}

}  // namespace tagwire::ws
