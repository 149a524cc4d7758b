// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "http/requestreader.h"
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
  /// Nothing more will come; takeStream() has what is left, if anything. May not delete the connection at once.
  virtual void connectionOver(HttpConnection &connection) = 0;
};

/// One connection as long as it speaks HTTP/1: one request after the other, the next is read only when the last was
/// answered. Thread-bound; owned by the gateway.
class HttpConnection : public QObject, private StreamUser {
  Q_OBJECT
 public:
  HttpConnection(std::unique_ptr<Stream> stream, const HttpLimits &limits, const Clock &clock, HttpHost &host);
  ~HttpConnection() override;

  /// Begins to read.
  void begin();
  /// Ends it from our side.
  void close() { end(); }
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
  /// "<ip>:<port>"
  const QString &peer() const { return m_peer; }
  /// Between two requests.
  bool isIdle() const { return m_state == State::Reading && !m_reader->hasBegun(); }

 private:
  enum class State : quint8 { Reading, Answering, Over };
  static constexpr qint64 mostUnread = 256 * 1024;   ///< answers a client may leave before we read its next request
  static constexpr qsizetype mostAhead = 64 * 1024;  ///< of the next requests, while we answer

  void streamReadable() override;
  void streamTook(qint64) override { advance(); }
  void streamEnded() override { end(); }
  void advance();
  bool readRequest();
  void refuse(const Refusal &refusal);
  void expectRequest();
  void end();

  std::unique_ptr<Stream> m_stream;
  HttpLimits m_limits;
  const Clock &m_clock;
  HttpHost &m_host;
  QHostAddress m_peerAddress;
  QString m_peer;
  std::unique_ptr<RequestReader> m_reader;
  QByteArray m_input;
  State m_state = State::Reading;
  std::chrono::nanoseconds m_deadline{0};
  quint64 m_requests = 0;
  bool m_wantsHead = false;
  bool m_keepsAlive = false;
  bool m_toldToContinue = false;
  bool m_isAdvancing = false;
};

}  // namespace tagwire::ws
