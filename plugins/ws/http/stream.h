// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>

namespace tagwire::ws {

/// Who uses a stream. Told from the event loop only, never from within one of its own calls.
class StreamUser {
 public:
  /// There is something to read.
  virtual void streamReadable() = 0;
  /// The peer took `bytes` of what waited for it.
  virtual void streamTook(qint64 bytes) = 0;
  /// The peer has ended its direction, or the connection is lost. Comes once.
  virtual void streamEnded() = 0;

 protected:
  ~StreamUser() = default;
};

/// One byte stream to one client. Writes at once what the kernel takes and keeps the rest, without a limit of its own:
/// who writes looks at bytesToWrite(). Never deleted from within a call of its user's (deleteLater). Thread-bound;
/// owned by whoever speaks on it: HttpConnection, WebSocketSession, Farewell, one after the other.
class Stream : public QObject {
  Q_OBJECT
 public:
  /// What one read() takes at most. Tiny messages are hundreds even so; those of others come in between.
  static constexpr qsizetype readAtOnce = 8 * 1024;

  /// Not owned; null: nobody is told.
  void setUser(StreamUser *user) { m_user = user; }
  const QHostAddress &peerAddress() const { return m_peerAddress; }
  quint16 peerPort() const { return m_peerPort; }

  /// What is there, empty when nothing is.
  virtual QByteArray read() = 0;
  /// False: the user is not told of input, and what the kernel can't hold waits with the peer.
  virtual void setReading(bool on) = 0;
  virtual void write(const QByteArray &bytes) = 0;
  virtual qint64 bytesToWrite() const = 0;
  /// Ends our direction once the peer took all that waits; it may still send.
  virtual void endWriting() = 0;
  /// Ends both directions at once; what waits is lost. Nobody is told.
  virtual void abort() = 0;
  /// Nothing more will come from the peer. (The user may not have been told yet.)
  bool hasEnded() const { return m_hasEnded; }

 protected:
  Stream(const QHostAddress &peerAddress, quint16 peerPort) : m_peerAddress(peerAddress), m_peerPort(peerPort) {}

  StreamUser *user() const { return m_user; }
  /// Has the user told, once, by the event loop.
  void setEnded();

 private:
  StreamUser *m_user = nullptr;
  QHostAddress m_peerAddress;
  quint16 m_peerPort;
  bool m_hasEnded = false;
};

}  // namespace tagwire::ws
