// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointer>
#include <QTcpSocket>
#include <QWebSocket>

#include "remote/remoteschedule.h"
#include "timestamp.h"

namespace tagwire::rtls {

/// Bounds what the other site can make us do over one connection: reads in small portions, so that the loop comes round
/// between them, and counts every frame, control frames too. Thread-bound; owned by RemoteClient, next to the socket.
class InputGate : public QObject {
  Q_OBJECT
 public:
  static constexpr qint64 longestMessage = 64 * 1024;
  enum class Offence { Flood, Binary, TooLong, Unread };
  Q_ENUM(Offence)

  /// Before the socket is told to open.
  InputGate(QWebSocket &socket, const Clock &clock);

  /// After the socket was told to open.
  void watch();
  /// The handshake is over.
  void opened();
  /// All that we say goes through here: what else is written is answers to PINGs.
  void send(const QByteArray &text);
  /// To be called now and then: finds out that the other site does not read.
  void look();
  /// Nothing that comes is looked at any more.
  void shut();

 Q_SIGNALS:
  /// Once; nothing more is read.
  void offended(InputGate::Offence offence);

 private:
  void portionRead();
  void textCame(qint64 size, bool isLast);
  void endIfTooLong();
  void count(qint64 frames, qint64 bytes);
  void refuse(Offence offence);
  qint64 written() const { return m_written + m_socket.bytesToWrite(); }

  QWebSocket &m_socket;
  const Clock &m_clock;
  QPointer<QTcpSocket> m_transport;  ///< the socket's own
  FloodGate m_flood;
  qint64 m_written = 0;
  qint64 m_accounted = 0;  ///< of what was written: ours, and answers that were counted
  qint64 m_message = 0;    ///< size of the one whose fragments come
  bool m_sawFrame = false;
  bool m_isOpen = false;
  bool m_isShut = false;
};

}  // namespace tagwire::rtls
