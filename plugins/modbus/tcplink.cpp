// SPDX-License-Identifier: Apache-2.0
#include "tcplink.h"

#include <QNetworkProxy>

namespace tagwire::modbus {

void TcpLink::open() {
  m_socket = new QTcpSocket(this);
  m_socket->setProxy(QNetworkProxy::NoProxy);
  m_socket->setReadBufferSize(readBufferBytes);
  connect(m_socket, &QTcpSocket::connected, this, [this] {
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    Q_EMIT opened();
  });
  connect(m_socket, &QTcpSocket::readyRead, this, &Link::readable);
  connect(m_socket, &QTcpSocket::errorOccurred, this, [this] { Q_EMIT broken(m_socket->errorString()); });
  m_socket->connectToHost(m_endpoint.host, m_endpoint.port);
}

void TcpLink::close() {
  if (!m_socket) return;
  m_socket->disconnect(this);
  m_socket->abort();
  m_socket->deleteLater();
  m_socket = nullptr;
}

}  // namespace tagwire::modbus
