// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <QPointer>

#include "http/addressgroup.h"

namespace tagwire::ws {

HttpConnection::HttpConnection(std::unique_ptr<Stream> stream, const HttpLimits &limits, const Clock &clock,
                               HttpHost &host)
    : m_stream(std::move(stream)),
      m_limits(limits),
      m_clock(clock),
      m_host(host),
      m_peerAddress(m_stream->peerAddress()),
      m_peerPort(m_stream->peerPort()),
      m_group(addressGroup(m_peerAddress)) {
  expectRequest();
}

HttpConnection::~HttpConnection() {
  if (m_stream) m_stream->setUser(nullptr);
}

void HttpConnection::begin() {
  m_stream->setUser(this);
  m_stream->setReading(true);
}

void HttpConnection::expectRequest() {
  m_reader = std::make_unique<RequestReader>(m_limits, [this](const Request &head) {
    const qint64 usual = m_limits.bodyBytes;
    const qint64 longest = std::max(usual, m_host.longestBody(*this, head));
    m_takesLongBody = longest > usual;
    return longest;
  });
  m_takesLongBody = false;
  m_state = State::Reading;
  m_toldToContinue = false;
  m_waitsSince = m_clock.elapsed();
  m_deadline = m_waitsSince + m_limits.headTime;
  m_progress = 0;
}

/// Reads on while a request is answered, so that we hear of a client that leaves.
void HttpConnection::streamReadable() {
  m_input += m_stream->read();
  advance();
}

/// A long answer over a thin line takes its time.
void HttpConnection::streamTook(qint64 bytes) {
  m_progress += bytes;
  if (m_state == State::Reading && !m_reader->hasBegun() && m_progress >= leastProgress) {
    m_deadline = m_clock.elapsed() + m_limits.headTime;
    m_progress = 0;
  }
  tellUnsent();
  advance();
}

void HttpConnection::advance() {
  if (m_isAdvancing) return;  // an answer given at once comes back here, to answerSome()
  m_isAdvancing = true;
  if (!m_goesOnLater) answerSome();
  m_isAdvancing = false;
  if (m_input.isEmpty()) m_input = {};  // an idle client keeps no buffer
  if (m_stream) m_stream->setReading(m_input.size() < mostAhead);
}

void HttpConnection::answerSome() {
  const quint64 before = m_requests;
  const auto begun = m_clock.elapsed();
  while (m_state == State::Reading && !m_input.isEmpty() &&
         m_stream->bytesToWrite() < (m_host.isBacklogged() ? 1 : mostUnread)) {
    const quint64 answered = m_requests - before;
    if (answered >= mostPerTurn || (answered > 0 && m_clock.elapsed() - begun >= timePerTurn)) return goOnLater();
    if (!readRequest()) return;
  }
}

void HttpConnection::goOnLater() {
  m_goesOnLater = true;
  const auto goOn = [this] {
    m_goesOnLater = false;
    advance();
  };
  QMetaObject::invokeMethod(this, goOn, Qt::QueuedConnection);
}

void HttpConnection::tellUnsent() {
  const qint64 now = m_stream ? m_stream->bytesToWrite() : 0;
  if (const qint64 by = now - std::exchange(m_unsent, now); by != 0) m_host.unsentChanged(by);
}

/// False: there is not enough to go on.
bool HttpConnection::readRequest() {
  const bool hadHead = m_reader->isHeadComplete();
  const RequestReader::Step step = m_reader->feed(m_input);
  if (step == RequestReader::Step::Refused) {
    refuse(m_reader->refusal());
    return false;
  }
  if (step == RequestReader::Step::Complete) {
    const Request request = m_reader->takeRequest();
    m_state = State::Answering;
    m_takesLongBody = false;
    ++m_requests;
    m_wantsHead = request.method == "HEAD";
    // Who is refused an upgrade has nothing more to ask, and many a client waits for the end.
    m_keepsAlive = request.keepAlive && !request.wantsWebSocket();
    m_host.requestArrived(*this, request);
    return true;
  }
  if (!hadHead && m_reader->isHeadComplete()) m_deadline = m_clock.elapsed() + m_limits.bodyTime;
  if (m_reader->expectsContinue() && !std::exchange(m_toldToContinue, true)) {
    m_stream->write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  return false;
}

void HttpConnection::refuse(const Refusal &refusal) {
  m_state = State::Answering;
  m_keepsAlive = false;
  m_wantsHead = false;
  m_host.requestRefused(refusal.status);
  answer(m_host.reworded(m_reader->request().target, errorResponse(refusal, m_clock.now())));
}

void HttpConnection::answer(const Response &response) {
  if (m_state != State::Answering || !m_stream) return;
  m_stream->write(response.encode(m_keepsAlive, m_wantsHead, m_clock.now()));
  tellUnsent();
  if (!m_keepsAlive) return end();
  expectRequest();
  advance();
}

Answer HttpConnection::laterAnswer() {
  return [self = QPointer<HttpConnection>(this), request = m_requests](const Response &response) {
    if (self && self->m_requests == request) self->answer(response);
  };
}

std::unique_ptr<Stream> HttpConnection::takeStream(QByteArray &rest) {
  rest = std::exchange(m_input, {});
  std::unique_ptr<Stream> stream = takeStream();
  end();
  return stream;
}

std::unique_ptr<Stream> HttpConnection::takeStream() {
  if (m_stream) m_stream->setUser(nullptr);
  std::unique_ptr<Stream> stream = std::move(m_stream);
  tellUnsent();
  return stream;
}

void HttpConnection::giveWay() {
  if (isIdle()) return end();
  refuse({503, QStringLiteral("too many connections: this one has waited longest for its request"), {}});
}

void HttpConnection::checkDeadline() {
  if (m_state != State::Reading || m_clock.elapsed() < m_deadline) return;
  const bool isSlowReader = m_stream->bytesToWrite() > 0;
  if (!m_reader->hasBegun() || isSlowReader) return end();
  refuse({408, m_reader->isHeadComplete() ? QStringLiteral("the body took too long")
                                          : QStringLiteral("the head took too long")});
}

void HttpConnection::end() {
  if (m_state == State::Over) return;
  m_state = State::Over;
  m_host.connectionOver(*this);
}

}  // namespace tagwire::ws
