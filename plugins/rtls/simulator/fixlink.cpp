// SPDX-License-Identifier: Apache-2.0
#include "fixlink.h"

#include <QHostAddress>
#include <QNetworkRequest>

namespace tagwire::rtls {

std::unique_ptr<FixLink> FixLink::to(const QUrl &url, const QByteArray &token) {
  if (url.scheme() == QLatin1String("udp")) return std::make_unique<UdpLink>(url);
  if (url.scheme() == QLatin1String("tcp")) return std::make_unique<TcpLink>(url);
  return std::make_unique<WebSocketLink>(url, token);
}

WebSocketLink::WebSocketLink(const QUrl &url, const QByteArray &token) : m_url(url), m_token(token) {
  m_socket.setMaxAllowedIncomingMessageSize(1 << 20);
  connect(&m_socket, &QWebSocket::connected, this, &FixLink::opened);
  connect(&m_socket, &QWebSocket::disconnected, this, [this] {
    Q_EMIT closed(m_socket.closeReason().isEmpty() ? m_socket.errorString() : m_socket.closeReason());
  });
  connect(&m_socket, &QWebSocket::textMessageReceived, this,
          [this](const QString &text) { Q_EMIT received(text.toUtf8()); });
}

WebSocketLink::~WebSocketLink() {
  // The socket reports its end while it is destroyed, when half of us is gone.
  m_socket.disconnect(this);
}

void WebSocketLink::open() {
  QNetworkRequest request(m_url);
  if (!m_token.isEmpty()) request.setRawHeader("Authorization", "Bearer " + m_token);
  m_socket.open(request);
}

TcpLink::TcpLink(const QUrl &url) : m_url(url) {
  m_socket.setReadBufferSize(LineReader::longest);
  connect(&m_socket, &QTcpSocket::connected, this, [this] {
    m_socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_reader = LineReader();
    Q_EMIT opened();
  });
  connect(&m_socket, &QTcpSocket::stateChanged, this, [this](QAbstractSocket::SocketState state) {
    if (state == QAbstractSocket::UnconnectedState) Q_EMIT closed(m_socket.errorString());
  });
  connect(&m_socket, &QTcpSocket::readyRead, this, &TcpLink::read);
}

TcpLink::~TcpLink() { m_socket.disconnect(this); }

void TcpLink::open() { m_socket.connectToHost(m_url.host(), static_cast<quint16>(m_url.port())); }

void TcpLink::read() {
  const auto read = m_reader.add(m_socket.readAll());
  for (const QByteArray &line : read.lines) Q_EMIT received(line);
}

UdpLink::UdpLink(const QUrl &url) : m_url(url) {
  connect(
      &m_socket, &QUdpSocket::connected, this,
      [this] {
        if (!std::exchange(m_isOpen, true)) Q_EMIT opened();
      },
      Qt::QueuedConnection);
  connect(
      &m_socket, &QUdpSocket::errorOccurred, this,
      [this] {
        if (!m_isOpen) Q_EMIT closed(m_socket.errorString());
      },
      Qt::QueuedConnection);
}

UdpLink::~UdpLink() { m_socket.disconnect(this); }

void UdpLink::open() { m_socket.connectToHost(m_url.host(), static_cast<quint16>(m_url.port())); }

void UdpLink::send(const QByteArray &json) {
  // An earlier one may have met nobody, which Qt takes for the end; with UDP it is none.
  if (m_socket.state() == QAbstractSocket::UnconnectedState) open();
  m_socket.write(json + '\n');
}

}  // namespace tagwire::rtls
