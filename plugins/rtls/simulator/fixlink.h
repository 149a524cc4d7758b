// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpSocket>
#include <QTimer>
#include <QUdpSocket>
#include <QUrl>
#include <QWebSocket>

#include <memory>

#include "intake/linereader.h"

namespace tagwire::rtls {

/// The way of a simulator's fixes to whom they are for. Thread-bound; owned by RtlsSimulator.
class FixLink : public QObject {
  Q_OBJECT
 public:
  /// By the scheme of a URL that SimulatorOptions allowed. `token` goes to WebSockets only; empty: none.
  static std::unique_ptr<FixLink> to(const QUrl &url, const QByteArray &token);

  /// Begins to dial; opened() or closed() tell how it went.
  virtual void open() = 0;
  virtual bool isClosed() const = 0;
  virtual void abort() = 0;
  virtual void send(const QByteArray &json) = 0;
  /// Bytes that wait.
  virtual qint64 unsent() const = 0;

 Q_SIGNALS:
  void opened();
  void closed(const QString &why);
  void received(const QByteArray &json);
};

/// One message each.
class WebSocketLink : public FixLink {
  Q_OBJECT
 public:
  WebSocketLink(const QUrl &url, const QByteArray &token);
  ~WebSocketLink() override;
  void open() override;
  bool isClosed() const override { return m_socket.state() == QAbstractSocket::UnconnectedState; }
  void abort() override { m_socket.abort(); }
  void send(const QByteArray &json) override { m_socket.sendTextMessage(QString::fromUtf8(json)); }
  qint64 unsent() const override { return m_socket.bytesToWrite(); }

 private:
  const QUrl m_url;
  const QByteArray m_token;
  QWebSocket m_socket;
};

/// One line each.
class TcpLink : public FixLink {
  Q_OBJECT
 public:
  explicit TcpLink(const QUrl &url);
  ~TcpLink() override;
  void open() override;
  bool isClosed() const override { return m_socket.state() == QAbstractSocket::UnconnectedState; }
  void abort() override { m_socket.abort(); }
  void send(const QByteArray &json) override { m_socket.write(json + '\n'); }
  qint64 unsent() const override { return m_socket.bytesToWrite(); }

 private:
  void read();

  const QUrl m_url;
  QTcpSocket m_socket;
  LineReader m_reader;
};

/// One datagram each. Nobody says whether they arrive.
class UdpLink : public FixLink {
  Q_OBJECT
 public:
  explicit UdpLink(const QUrl &url);
  ~UdpLink() override;
  void open() override;
  bool isClosed() const override { return m_socket.state() == QAbstractSocket::UnconnectedState; }
  void abort() override { m_socket.abort(); }
  void send(const QByteArray &json) override;
  qint64 unsent() const override { return 0; }

 private:
  const QUrl m_url;
  QUdpSocket m_socket;
  bool m_isOpen = false;  ///< once the name was found, for good
};

}  // namespace tagwire::rtls
