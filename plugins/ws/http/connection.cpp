// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <QPointer>

#include "listenaddress.h"

namespace tagwire::ws {

HttpConnection::HttpConnection(std::unique_ptr<QTcpSocket> socket, const HttpLimits &limits, const Clock &clock,
                               HttpHost &host)
    : m_socket(std::move(socket)),
      m_limits(limits),
      m_clock(clock),
      m_host(host),
      m_peerAddress(m_socket->peerAddress()),
      m_peer(addressText(m_peerAddress, m_socket->peerPort())) {
  m_socket->setReadBufferSize(64 * 1024);
  expectRequest();
}

HttpConnection::~HttpConnection() {
  if (m_socket) m_socket->disconnect(this);
}

void HttpConnection::begin() {
  connect(m_socket.get(), &QTcpSocket::readyRead, this, &HttpConnection::readMore);
  connect(m_socket.get(), &QTcpSocket::bytesWritten, this, &HttpConnection::readMore);
  connect(m_socket.get(), &QTcpSocket::disconnected, this, &HttpConnection::end);
  readMore();
}

void HttpConnection::expectRequest() {
  m_reader = std::make_unique<RequestReader>(m_limits);
  m_state = State::Reading;
  m_toldToContinue = false;
  m_deadline = m_clock.elapsed() + m_limits.headTime;
}

void HttpConnection::readMore() {
  if (m_isReading) return;  // an answer given at once comes back here, to the loop below
  m_isReading = true;
  while (m_state == State::Reading && m_socket->bytesToWrite() < mostUnread &&
         (m_socket->bytesAvailable() > 0 || !m_input.isEmpty())) {
    m_input += m_socket->readAll();
    const bool hadHead = m_reader->isHeadComplete();
    const RequestReader::Step step = m_reader->feed(m_input);
    if (step == RequestReader::Step::Refused) {
      refuse(m_reader->refusal());
    } else if (step == RequestReader::Step::Complete) {
      const Request request = m_reader->takeRequest();
      m_state = State::Answering;
      ++m_requests;
      m_wantsHead = request.method == "HEAD";
      m_keepsAlive = request.keepAlive;
      m_host.requestArrived(*this, request);
    } else {
      if (!hadHead && m_reader->isHeadComplete()) m_deadline = m_clock.elapsed() + m_limits.bodyTime;
      if (m_reader->expectsContinue() && !std::exchange(m_toldToContinue, true)) {
        m_socket->write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      break;
    }
  }
  m_isReading = false;
}

void HttpConnection::refuse(const Refusal &refusal) {
  m_state = State::Answering;
  m_keepsAlive = false;
  m_wantsHead = false;
  m_host.requestRefused(refusal.status);
  answer(errorResponse(refusal, m_clock.now()));
}

void HttpConnection::answer(const Response &response) {
  if (m_state != State::Answering || !m_socket) return;
  m_socket->write(response.encode(m_keepsAlive, m_wantsHead, m_clock.now()));
  if (!m_keepsAlive) return end();
  m_socket->flush();
  expectRequest();
  readMore();
}

Answer HttpConnection::laterAnswer() {
  return [self = QPointer<HttpConnection>(this), request = m_requests](const Response &response) {
    if (self && self->m_requests == request) self->answer(response);
  };
}

std::unique_ptr<QTcpSocket> HttpConnection::takeSocket(QByteArray &rest) {
  rest = std::exchange(m_input, {});
  std::unique_ptr<QTcpSocket> socket = takeSocket();
  end();
  return socket;
}

std::unique_ptr<QTcpSocket> HttpConnection::takeSocket() {
  if (m_socket) m_socket->disconnect(this);
  return std::move(m_socket);
}

void HttpConnection::checkDeadline() {
  if (m_state != State::Reading || m_clock.elapsed() < m_deadline) return;
  const bool isSlowReader = m_socket->bytesToWrite() > 0;
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
