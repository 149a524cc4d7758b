// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "endpointlimits.h"
#include "http/stream.h"
#include "metrics.h"
#include "timestamp.h"
#include "websocket/session.h"

namespace tagwire::ws {

class OutboundSession;
class WebSocketSession;

/// Who holds the sessions; the gateway.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// flush() is due at the end of this event-loop turn.
  virtual void flushDue(OutboundSession &session) = 0;
  /// One piece of several frames.
  virtual QByteArray join(const QList<QByteArray> &frames) = 0;
  virtual void textArrived(WebSocketSession &session, const QByteArray &text) = 0;
  /// Only where the endpoint's limits say `takesBinary`.
  virtual void binaryArrived(WebSocketSession &session, const QByteArray &bytes) = 0;
  /// One message more than the endpoint's rate admits: it is not carried out, and the client is to be told.
  virtual void textRefused(WebSocketSession &session) = 0;
  virtual void sessionDrained(OutboundSession &session) = 0;
  /// The session is over; comes from the event loop, never from within a call of the session's own members.
  virtual void sessionOver(OutboundSession &session) = 0;
};

/// Counts the sessions of one endpoint that we ended, by their close code. Plain class.
class CloseCounter {
 public:
  CloseCounter(Metrics &metrics, Metrics::Labels labels) : m_metrics(metrics), m_labels(std::move(labels)) {}
  void add(quint16 code);

 private:
  Metrics &m_metrics;
  Metrics::Labels m_labels;
};

/// What the sessions of one endpoint count together.
struct SessionCounters {
  CloseCounter closed;
  Counter sentBytes;
  Counter sentMessages;
  Counter receivedMessages;
  Counter refusedMessages;
  Counter droppedMessages;
  Counter slowClients;
};

/// The way out to one client, the same for WebSockets and event streams: writes ready-made pieces itself, all of one
/// turn in one write, and keeps at most the endpoint's `queue_messages` for a client that does not read. Thread-bound;
/// owned by the gateway.
class OutboundSession : public QObject, public Session, protected StreamUser {
  Q_OBJECT
 public:
  OutboundSession(quint64 id, std::unique_ptr<Stream> stream, Upgrade upgrade, const Limits &limits, const Clock &clock,
                  SessionHost &host, SessionCounters &counters);
  ~OutboundSession() override;

  /// Begins to read; `rest` came behind the head of the request.
  virtual void begin(const QByteArray &rest);
  /// Time-outs; called a few times a second.
  virtual void tick();
  /// Writes what waits, unless the client has yet to take what it got before.
  virtual void flush();
  bool isOver() const { return m_isOver; }
  /// For its farewell, when it is over.
  std::unique_ptr<Stream> takeStream() { return std::move(m_stream); }
  /// When it was opened.
  Time since() const { return m_since; }
  /// Pieces that wait for the client, of this turn or for as long as it is congested.
  qsizetype waiting() const { return m_waiting.size(); }
  /// When the client last answered a PING, where there are any.
  virtual std::optional<Time> pongAt() const { return std::nullopt; }
  /// Messages of the client that were over its rate and not carried out.
  virtual quint64 refusedMessages() const { return 0; }
  /// Why it is over: "1001 the server stops".
  const QString &ending() const { return m_ending; }

  quint64 id() const override { return m_id; }
  QString peer() const override { return m_upgrade.peer; }
  const Upgrade &upgrade() const override { return m_upgrade; }
  const CallerPointer &caller() const override { return m_caller; }
  void setCaller(const CallerPointer &caller) { m_caller = caller; }
  bool isCongested() const override { return m_isCongested; }
  void close(quint16 code, const QString &reason) override;

 protected:
  static constexpr qsizetype bytesPerWrite = 256 * 1024;

  virtual void take(const QByteArray &bytes) = 0;
  /// The last words of a session that ends like this, behind all that it was sent.
  virtual QByteArray farewell(quint16 code, const QString &reason) const = 0;
  void queue(const QByteArray &bytes);
  void requestFlush();
  void addToEnding(const QString &text) { m_ending += text; }

  const Limits m_limits;
  const Clock &m_clock;
  SessionHost &m_host;
  SessionCounters &m_counters;

 private:
  static constexpr qsizetype mostWaiting = 16 * 1024 * 1024;
  static constexpr qsizetype keptCapacity = 64;       ///< pieces: 1.5 KiB for each client
  static constexpr qint64 leastProgress = 64 * 1024;  ///< within the write time-out, or the client is too slow

  void streamReadable() override;
  void streamTook(qint64 bytes) override;
  void streamEnded() override;
  QByteArray takePiece();
  void writeOn();
  void end(const QString &why);

  quint64 m_id;
  Time m_since;
  std::unique_ptr<Stream> m_stream;
  Upgrade m_upgrade;
  CallerPointer m_caller;  ///< null until somebody proved who they are
  QString m_ending;
  QList<QByteArray> m_waiting;  ///< for the end of the turn, or for a congested client
  qsizetype m_waitingSize = 0;
  qint64 m_progress = 0;  ///< bytes the peer took since m_progressSince
  std::chrono::nanoseconds m_progressSince{0};
  std::optional<std::chrono::nanoseconds> m_overfullSince;  ///< more than `queue_messages` wait
  bool m_isCongested = false;
  bool m_isHeldBack = false;  ///< it said something while congested
  bool m_isFlushDue = false;
  bool m_isOver = false;
};

}  // namespace tagwire::ws
