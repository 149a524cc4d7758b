// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

#include <memory>
#include <vector>

#include "intakeconfig.h"
#include "lineintake.h"
#include "network/descriptor.h"

namespace tagwire::rtls {

/// One sender that connected. While lines wait for their turn, nothing more is read of it. Thread-bound; owned by
/// TcpListener.
class LineClient : public QObject, public LineSource {
  Q_OBJECT
 public:
  LineClient(QTcpSocket *socket, const QString &connection, LineIntake &intake);
  ~LineClient() override;

  /// Lines may have come already.
  void begin() { wait(); }
  /// Answers and closes.
  void turnOff(LineIntake::Drop reason, const QString &why);
  std::chrono::nanoseconds heard() const { return m_heard; }
  /// Since when a line has no end; nothing: none was begun.
  std::optional<std::chrono::nanoseconds> halfSince() const { return m_halfSince; }

 Q_SIGNALS:
  void gone();

 private:
  static constexpr qint64 chunk = 64 * 1024;
  static constexpr qint64 mostUnsent = 64 * 1024;

  int takeSome(int most) override;
  int readChunk();
  void end();
  void answer(const QString &reason);

  std::unique_ptr<QTcpSocket> m_socket;
  const QString m_connection;
  const QString m_sender;
  LineIntake &m_intake;
  LineReader m_reader;
  QByteArrayList m_lines;
  qsizetype m_next = 0;  ///< of m_lines
  std::chrono::nanoseconds m_heard;
  std::optional<std::chrono::nanoseconds> m_halfSince;
};

/// Takes senders in that connect and send lines; each that is refused is answered (R1-7). Who leaves half a line for
/// too long is closed. When all places are taken, who was silent for a minute makes room. Thread-bound; owned by
/// Intake.
class TcpListener : public QObject {
  Q_OBJECT
 public:
  TcpListener(const IntakeConfig &config, LineIntake &intake);
  ~TcpListener() override;

  /// `socket`, if it is open, listens there already.
  Result<void> open(Descriptor socket);
  /// The listening socket once more.
  Descriptor socket() const { return Descriptor::duplicateOf(static_cast<int>(m_server.socketDescriptor())); }
  /// Why open() failed: somebody else listens there.
  bool isPortTaken() const { return m_server.serverError() == QAbstractSocket::AddressInUseError; }
  quint16 port() const { return m_server.serverPort(); }
  int connections() const { return static_cast<int>(m_clients.size()); }

 Q_SIGNALS:
  void connectionsChanged();

 private:
  void acceptAll();
  void welcome(QTcpSocket *socket);
  bool makeRoom();
  void drop(LineClient *client);
  void closeHalfLines();
  void acceptFailed();

  const IntakeConfig m_config;
  const int m_mostConnections;
  const std::chrono::nanoseconds m_lineTimeout;
  LineIntake &m_intake;
  QTcpServer m_server;
  QTimer m_ticks;
  std::vector<std::unique_ptr<LineClient>> m_clients;
  quint64 m_count = 0;  ///< of all connections so far
};

}  // namespace tagwire::rtls
