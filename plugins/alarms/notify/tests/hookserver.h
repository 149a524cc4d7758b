// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>

namespace tagwire::alarms {

/// What one POST said.
struct HookRequest {
  QByteArray line;
  QMap<QByteArray, QByteArray> headers;  ///< names in lower case
  QByteArray body;
  QJsonObject json() const { return QJsonDocument::fromJson(body).object(); }
};

/// A small HTTP server that keeps what it gets and answers as the test says.
class HookServer {
 public:
  explicit HookServer(const QSslConfiguration *tls = nullptr) {
    if (tls) {
      auto server = std::make_unique<QSslServer>();
      server->setSslConfiguration(*tls);
      m_server = std::move(server);
    } else {
      m_server = std::make_unique<QTcpServer>();
    }
    QObject::connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, m_server.get(), [this] { accept(); });
    if (!m_server->listen(QHostAddress::LocalHost)) qFatal("no port");
    m_port = m_server->serverPort();
  }

  QByteArray url(const QByteArray &scheme = "http") const {
    return scheme + "://127.0.0.1:" + QByteArray::number(m_port) + "/hook";
  }
  /// Connections are refused from now on.
  void goDown() { m_server->close(); }
  void comeBack() {
    if (!m_server->listen(QHostAddress::LocalHost, m_port)) qFatal("the port is gone");
  }

  QList<HookRequest> requests;
  int connections = 0;
  QByteArray status = "200 OK";
  QByteArray headers;  ///< each with CRLF
  QByteArray body;
  bool isSilent = false;        ///< takes requests and answers nothing
  bool hasEndlessBody = false;  ///< goes on writing

 private:
  void accept() {
    while (QTcpSocket *socket = m_server->nextPendingConnection()) {
      ++connections;
      QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
      QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] { read(socket); });
      read(socket);
    }
  }

  void read(QTcpSocket *socket) {
    QByteArray &buffer = m_buffers[socket];
    buffer += socket->readAll();
    const qsizetype end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    HookRequest request;
    QByteArrayList lines = buffer.first(end).split('\n');
    request.line = lines.takeFirst().trimmed();
    for (const QByteArray &line : lines) {
      const qsizetype colon = line.indexOf(':');
      request.headers.insert(line.first(colon).toLower(), line.mid(colon + 1).trimmed());
    }
    const qsizetype length = request.headers.value("content-length").toLongLong();
    if (buffer.size() < end + 4 + length) return;
    request.body = buffer.mid(end + 4, length);
    buffer.clear();
    requests << request;
    if (!isSilent) answer(socket);
  }

  void answer(QTcpSocket *socket) {
    socket->write("HTTP/1.1 " + status + "\r\n" + headers);
    if (!hasEndlessBody) {
      socket->write("Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
      return;
    }
    socket->write("\r\n");
    QObject::connect(socket, &QTcpSocket::bytesWritten, socket, [socket] { socket->write(QByteArray(16'384, 'x')); });
  }

  std::unique_ptr<QTcpServer> m_server;
  QHash<QTcpSocket *, QByteArray> m_buffers;
  quint16 m_port = 0;
};

}  // namespace tagwire::alarms
