// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "http/requestreader.h"
#include "http/response.h"
#include "http/stream.h"
#include "timestamp.h"

namespace tagwire::ws {

class HttpConnection;

/// Who answers the requests of all connections; the gateway.
class HttpHost {
 public:
  virtual ~HttpHost() = default;
  /// A whole request. Answered by connection.answer(), now or later, or by taking the stream.
  virtual void requestArrived(HttpConnection &connection, const Request &request) = 0;
  /// A request that can't be read was answered by ourselves.
  virtual void requestRefused(int status) = 0;
  /// An error that is told before the request was whole, in the words of whom it was meant for. `target` may be empty.
  virtual Response reworded(const QByteArray &target, const Response &response) const {
    (void)target;
    return response;
  }
  /// How long the body of this request may be, in bytes, if that is more than the limits say: asked before any of it is
  /// read.
  virtual qint64 longestBody(HttpConnection &connection, const Request &head) {
    (void)connection;
    (void)head;
    return 0;
  }
  /// Nothing more will come; takeStream() has what is left, if anything. May not delete the connection at once.
  virtual void connectionOver(HttpConnection &connection) = 0;
  /// So many bytes more (or fewer) wait to be sent on a connection.
  virtual void unsentChanged(qint64 by) = 0;
  /// So much waits on all connections together that none gets an answer before its client has taken the last one.
  virtual bool isBacklogged() const = 0;
};

/// One connection as long as it speaks HTTP/1: one request after the other, the next is read only when the last was
/// answered, and few in one turn of the event loop, so that the others get theirs. Thread-bound; owned by the gateway.
class HttpConnection : public QObject, private StreamUser {
  Q_OBJECT
 public:
  HttpConnection(std::unique_ptr<Stream> stream, const HttpLimits &limits, const Clock &clock, HttpHost &host);
  ~HttpConnection() override;

  /// Begins to read.
  void begin();
  /// Ends it from our side, for a client that needs its place: with 503 when a request has begun.
  void giveWay();
  /// Ends what takes too long; called a few times a second.
  void checkDeadline();
  /// Answers the request that arrived last.
  void answer(const Response &response);
  /// The same as a function for whoever answers later.
  Answer laterAnswer();
  /// The stream for another protocol or its farewell, and what already came behind the request. Null the second time.
  std::unique_ptr<Stream> takeStream(QByteArray &rest);
  std::unique_ptr<Stream> takeStream();

  const QHostAddress &peerAddress() const { return m_peerAddress; }
  quint16 peerPort() const { return m_peerPort; }
  const QByteArray &group() const { return m_group; }
  /// A whole request came at some time.
  bool hasAsked() const { return m_requests > 0; }
  /// For the next request or the rest of one.
  bool isWaiting() const { return m_state == State::Reading; }
  /// Between two requests.
  bool isIdle() const { return isWaiting() && !m_reader->hasBegun() && m_input.isEmpty(); }
  /// Since when it waits for a whole request (Clock::elapsed).
  std::chrono::nanoseconds waitsSince() const { return m_waitsSince; }
  /// The body of the request that is read now may be longer than the limits say.
  bool takesLongBody() const { return m_takesLongBody; }

 private:
  enum class State : quint8 { Reading, Answering, Over };
  static constexpr qint64 mostUnread = 256 * 1024;   ///< answers a client may leave before we read its next request
  static constexpr qsizetype mostAhead = 64 * 1024;  ///< of the next requests, while we answer
  static constexpr quint64 mostPerTurn = 8;          ///< requests, or as many as take this long:
  static constexpr std::chrono::milliseconds timePerTurn{2};
  static constexpr qint64 leastProgress = 64 * 1024;  ///< of an answer within the head's time

  void streamReadable() override;
  void streamTook(qint64 bytes) override;
  void streamEnded() override { end(); }
  void advance();
  void answerSome();
  void goOnLater();
  bool readRequest();
  void tellUnsent();
  void refuse(const Refusal &refusal);
  void expectRequest();
  void end();

  std::unique_ptr<Stream> m_stream;
  HttpLimits m_limits;
  const Clock &m_clock;
  HttpHost &m_host;
  QHostAddress m_peerAddress;
  quint16 m_peerPort;
  QByteArray m_group;
  std::unique_ptr<RequestReader> m_reader;
  QByteArray m_input;
  State m_state = State::Reading;
  std::chrono::nanoseconds m_waitsSince{0};
  std::chrono::nanoseconds m_deadline{0};
  qint64 m_progress = 0;  ///< bytes of answers that the client took since the deadline was set
  quint64 m_requests = 0;
  qint64 m_unsent = 0;  ///< as the host was told last
  bool m_wantsHead = false;
  bool m_keepsAlive = false;
  bool m_toldToContinue = false;
  bool m_takesLongBody = false;
  bool m_isAdvancing = false;
  bool m_goesOnLater = false;  ///< this turn had its requests
};

}  // namespace tagwire::ws
