// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>

#include <chrono>
#include <utility>

#include "auth/caller.h"

namespace tagwire::ws {

/// One WebSocket message in one frame, encoded once (header and payload, unmasked) and shared by every session it goes
/// to.
class Frame {
 public:
  Frame() = default;
  const QByteArray &bytes() const { return m_bytes; }
  /// The message alone; a view, valid as long as a frame with these bytes is.
  QByteArray payload() const { return QByteArray::fromRawData(m_bytes.constData() + m_head, m_bytes.size() - m_head); }
  /// `json` is UTF-8 text of one message.
  static Frame text(const QByteArray &json);
  static Frame binary(const QByteArray &bytes);

 private:
  static Frame whole(char head, const QByteArray &payload);

  QByteArray m_bytes;
  qsizetype m_head = 0;  ///< bytes before the payload
};

/// What the head of an accepted upgrade said.
struct Upgrade {
  QString peer;                              ///< "<ip>:<port>", the client's own when a trusted proxy stands between
  QString path;                              ///< "/ws/Manager1"
  QHash<QString, QString> variables;         ///< of the endpoint's pattern: {"manager": "Manager1"}
  QList<std::pair<QString, QString>> query;  ///< decoded
  QString agent;                             ///< User-Agent, at most 200 characters
  QByteArray lastEventId = {};               ///< where an event stream goes on that was broken off
};

/// One open WebSocket or event stream, as a protocol sees it. Thread-bound; owned by the gateway.
class Session {
 public:
  virtual ~Session() = default;

  /// Unique within this run, never reused.
  virtual quint64 id() const = 0;
  /// "<ip>:<port>"
  virtual QString peer() const = 0;
  virtual const Upgrade &upgrade() const = 0;
  /// Who it is; may become another caller later (Protocol::callerChanged).
  virtual const CallerPointer &caller() const = 0;
  /// Queues a frame; everything queued in one event-loop turn leaves in one write. Past the endpoint's `queue_messages`
  /// the session is closed with 1013 and Protocol::closed follows later.
  virtual void send(const Frame &frame) = 0;
  /// True while earlier frames still wait for the peer: hold back what can coalesce until Protocol::drained.
  virtual bool isCongested() const = 0;
  /// All up to `position` was sent: the client may go on from here when it comes back. Only event streams tell it.
  virtual void reached(const QByteArray &position) { Q_UNUSED(position); }
  /// When the client last answered a PING or was accepted (Clock::elapsed), where it gets any.
  virtual std::chrono::nanoseconds answeredAt() const { return {}; }
  /// Sends a close frame and ends. Protocol::closed follows; receive() is not called any more.
  virtual void close(quint16 code, const QString &reason) = 0;
};

}  // namespace tagwire::ws
