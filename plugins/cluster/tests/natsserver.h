// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>

namespace tagwire::cluster {

/// A real nats-server of a test's own, on a free port of loopback, in a temporary folder. It ends with the object, by
/// its process id.
class NatsServer {
 public:
  /// `more` is added to its configuration; `domain` is its JetStream domain.
  explicit NatsServer(QByteArray more = {}, QByteArray domain = {});
  ~NatsServer();
  NatsServer(const NatsServer &) = delete;
  NatsServer &operator=(const NatsServer &) = delete;

  /// Again on the same port, with what is on its disk.
  bool start();
  void setMore(const QByteArray &more) { m_more = more; }
  /// With this configuration instead of one of ours; it listens on port().
  bool startWith(const QString &configuration);
  void kill();
  /// It is there and does nothing.
  void freeze();
  void thaw();
  QString url() const { return QStringLiteral("nats://127.0.0.1:%1").arg(m_port); }
  quint16 port() const { return m_port; }
  qint64 processId() const { return m_process.processId(); }
  QString output() const;

 private:
  QTemporaryDir m_folder;
  QByteArray m_more;
  QByteArray m_domain;
  quint16 m_port = 0;
  QProcess m_process;
};

/// A line to a port of loopback that can be cut.
class TcpGate {
 public:
  explicit TcpGate(quint16 target);
  quint16 port() const { return m_server.serverPort(); }
  void cut();
  void mend() { m_isCut = false; }

 private:
  void connectNext();

  const quint16 m_target;
  bool m_isCut = false;
  QTcpServer m_server;
};

/// A port that nobody listens on at this moment.
quint16 unusedPort();

}  // namespace tagwire::cluster
