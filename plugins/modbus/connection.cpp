// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <algorithm>

#include "mbap.h"
#include "rtu.h"

namespace tagwire::modbus {

using namespace std::chrono_literals;

namespace {

/// Behind a garbled frame a line has to be silent for so long: USB adapters deliver in pieces.
constexpr std::chrono::milliseconds silenceAfterGarbage{20};
/// Bytes that nobody asked for, then the link is broken.
constexpr qsizetype mostStrayBytes = 64 * 1024;

constexpr size_t nobody = SIZE_MAX;

/// 3.5 characters, above 19200 baud fixed (serial line specification 2.5.1.1).
std::chrono::nanoseconds usualSilence(const Endpoint &endpoint) {
  if (endpoint.transport == Transport::Tcp) return 0ns;
  const double seconds = std::max(3.5 * endpoint.characterSeconds(), 0.00175);
  return std::chrono::nanoseconds(static_cast<qint64>(seconds * 1e9));
}

}  // namespace

Connection::Connection(const Endpoint &endpoint, int maxOutstanding)
    : m_endpoint(endpoint),
      m_maxOutstanding(static_cast<size_t>(endpoint.isLine() ? 1 : maxOutstanding)),
      m_deadline(this) {
  m_deadline.setSingleShot(true);
  m_deadline.setTimerType(Qt::PreciseTimer);
  connect(&m_deadline, &QTimer::timeout, this, &Connection::expire);
  makeEnds();
}

Connection::~Connection() { close(); }

void Connection::makeEnds() {
  // It may be the old link's own signal that leads here.
  if (m_link) m_link.release()->deleteLater();
  m_link = makeLink(m_endpoint);
  if (m_endpoint.isLine()) {
    m_decoder = std::make_unique<RtuDecoder>(RtuDecoder::Reads::Answers);
  } else {
    m_decoder = std::make_unique<MbapDecoder>();
  }
  connect(m_link.get(), &Link::opened, this, [this] {
    m_deadline.stop();
    m_state = State::Open;
    m_heardAt = now();
    Q_EMIT opened();
  });
  connect(m_link.get(), &Link::readable, this, &Connection::read);
  connect(m_link.get(), &Link::broken, this, [this](const QString &text) {
    if (m_state == State::Closed) return;
    // What arrived before the end may still be a whole answer, and whoever hears of it may open the next connection.
    const int attempt = m_attempt;
    if (!m_sent.empty()) read();
    if (m_state != State::Closed && attempt == m_attempt)
      end(QualityReason::NoConnection, text, m_sent.empty() ? nobody : 0);
  });
}

void Connection::setEndpoint(const Endpoint &endpoint) {
  if (endpoint == m_endpoint) return;
  m_endpoint = endpoint;
  makeEnds();
}

void Connection::open(std::chrono::milliseconds timeout) {
  m_decoder->clear();
  m_silence = usualSilence(m_endpoint);
  m_strayBytes = 0;
  ++m_attempt;
  m_state = State::Opening;
  m_openTimeout = timeout;
  m_armedFor = now() + timeout;
  m_deadline.start(timeout);
  m_link->open();
}

void Connection::close() {
  m_state = State::Closed;
  m_deadline.stop();
  m_sent.clear();
  m_link->close();
}

void Connection::hangUp(const QString &why) {
  if (m_state != State::Closed) end(QualityReason::NoConnection, why, nobody);
}

Connection::Moment Connection::now() { return std::chrono::steady_clock::now().time_since_epoch(); }

Connection::Moment Connection::silentAt() const { return m_heardAt + m_silence; }

void Connection::send(const Request &request) {
  Sent sent{request, ++m_transaction, now(), {}};
  sent.deadline = sent.at + request.timeout + transmissionTime(request.pdu);
  if (m_endpoint.isLine()) {
    m_decoder->clear();
    m_strayBytes = 0;
    m_silence = usualSilence(m_endpoint);
    m_oddAnswer.clear();
  }
  const Frame frame{sent.transaction, request.unit, request.pdu};
  m_sent.push_back(std::move(sent));
  armDeadline();
  m_link->write(m_endpoint.isLine() ? encodeRtu(frame) : encodeMbap(frame));
}

void Connection::disown(const BusClient *client) {
  for (Sent &sent : m_sent) {
    if (sent.request.client == client) sent.request.client = nullptr;
  }
}

/// Of the request and the longest answer it can have.
std::chrono::nanoseconds Connection::transmissionTime(const QByteArray &pdu) const {
  const double seconds = m_endpoint.characterSeconds() * static_cast<double>(pdu.size() + 3 + maxRtuBytes);
  return std::chrono::nanoseconds(static_cast<qint64>(seconds * 1e9));
}

void Connection::read() {
  const QByteArray bytes = m_link->read();
  if (m_endpoint.isLine()) m_heardAt = now();
  if (m_sent.empty()) {
    strayBytes(bytes.size());
  } else {
    m_decoder->add(bytes);
    readFrames();
  }
  if (m_state == State::Open) Q_EMIT readEnded();
}

void Connection::strayBytes(qsizetype count) {
  if (count == 0 || m_state != State::Open) return;
  m_strayBytes += count;
  const bool isBroken = !m_endpoint.isLine() || m_strayBytes > mostStrayBytes;
  if (isBroken) end(QualityReason::InvalidResponse, QStringLiteral("bytes that nobody asked for"), nobody);
}

void Connection::readFrames() {
  while (m_state == State::Open && !m_sent.empty()) {
    const auto frame = m_decoder->next();
    if (!frame) break;
    takeFrame(*frame);
  }
  if (m_state != State::Open) return;
  if (!m_decoder->error().isEmpty()) return garbled(m_decoder->error());
  if (m_sent.empty() && m_decoder->pending() > 0) {
    const qsizetype pending = m_decoder->pending();
    m_decoder->clear();
    strayBytes(pending);
  }
}

void Connection::takeFrame(const Frame &frame) {
  if (m_endpoint.isLine()) {
    takeUnnumbered(frame);
  } else {
    takeNumbered(frame);
  }
}

void Connection::takeNumbered(const Frame &frame) {
  const auto sent = std::find_if(m_sent.begin(), m_sent.end(),
                                 [&](const Sent &each) { return each.transaction == frame.transaction; });
  if (sent == m_sent.end()) {
    const QString text = QStringLiteral("transaction %1 in an answer, which is not under way").arg(frame.transaction);
    return end(QualityReason::InvalidResponse, text, 0);
  }
  const auto index = static_cast<size_t>(sent - m_sent.begin());
  if (frame.unit != sent->request.unit) {
    const QString text = QStringLiteral("unit id %1 in the answer (due: %2)").arg(frame.unit).arg(sent->request.unit);
    return end(QualityReason::InvalidResponse, text, index);
  }
  const Reply reply = checkReply(sent->request.pdu, frame.pdu);
  if (reply.kind == Reply::Kind::Invalid) return end(QualityReason::InvalidResponse, reply.error, index);
  tell(index, reply);
}

void Connection::takeUnnumbered(const Frame &frame) {
  const Request &request = m_sent.front().request;
  const Reply reply = checkReply(request.pdu, frame.pdu);
  if (frame.unit == request.unit && reply.kind != Reply::Kind::Invalid) return tell(0, reply);
  m_oddAnswer = frame.unit != request.unit ? QStringLiteral("an answer of unit %1").arg(frame.unit) : reply.error;
}

void Connection::tell(size_t index, const Reply &reply) {
  const Sent sent = std::move(m_sent[index]);
  m_sent.erase(m_sent.begin() + static_cast<std::ptrdiff_t>(index));
  Q_EMIT replied(sent.request, reply, now() - sent.at);
}

/// Frames can't be told apart any more.
void Connection::garbled(const QString &what) {
  if (m_endpoint.transport != Transport::Serial) return end(QualityReason::InvalidResponse, what, 0);
  m_decoder->clear();
  m_silence = std::max<std::chrono::nanoseconds>(m_silence, silenceAfterGarbage);
  const Sent sent = std::move(m_sent.front());
  m_sent.clear();
  Q_EMIT failed(sent.request, QualityReason::InvalidResponse, what);
}

void Connection::armDeadline() {
  Moment first = Moment::max();
  for (const Sent &sent : m_sent) first = std::min(first, sent.deadline);
  // Left running past answers: it looks again when it fires. Restarting it for each request would cost more.
  if (m_sent.empty() || (m_deadline.isActive() && m_armedFor <= first)) return;
  m_armedFor = first;
  m_deadline.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(first - now()), 0ms));
}

void Connection::expire() {
  if (m_state == State::Opening) {
    const QString text = QStringLiteral("no connection within %1 ms").arg(m_openTimeout.count());
    return end(QualityReason::NoConnection, text, nobody);
  }
  // Timers may come before sockets, and the process may have stood: what came meanwhile is no time-out. (A connection
  // that was made meanwhile is given up all the same: it is tried again, and no value was asked for yet.)
  m_link->takeIn();
  if (m_state != State::Open) return;
  const auto late =
      std::find_if(m_sent.begin(), m_sent.end(), [at = now()](const Sent &sent) { return sent.deadline <= at; });
  if (late == m_sent.end()) return armDeadline();
  if (m_endpoint.transport == Transport::Serial) return expireOnLine();
  const QString text = QStringLiteral("no answer within %1 ms").arg(late->request.timeout.count());
  if (m_endpoint.isLine() && !m_oddAnswer.isEmpty()) return end(QualityReason::InvalidResponse, m_oddAnswer, 0);
  end(QualityReason::Timeout, text, static_cast<size_t>(late - m_sent.begin()));
}

void Connection::expireOnLine() {
  const Sent sent = std::move(m_sent.front());
  m_sent.clear();
  if (m_decoder->pending() > 0) m_silence = std::max<std::chrono::nanoseconds>(m_silence, silenceAfterGarbage);
  m_decoder->clear();
  if (m_oddAnswer.isEmpty()) {
    const QString text = QStringLiteral("no answer within %1 ms").arg(sent.request.timeout.count());
    Q_EMIT failed(sent.request, QualityReason::Timeout, text);
  } else {
    Q_EMIT failed(sent.request, QualityReason::InvalidResponse, m_oddAnswer);
  }
  if (m_state == State::Open) Q_EMIT readEnded();
}

void Connection::end(QualityReason reason, const QString &text, size_t culprit) {
  const State before = m_state;
  const std::vector<Sent> sent = std::exchange(m_sent, {});
  close();
  for (size_t i = 0; i < sent.size(); ++i) {
    if (i == culprit) {
      Q_EMIT failed(sent[i].request, reason, text);
    } else {
      Q_EMIT interrupted(sent[i].request, text);
    }
  }
  Q_EMIT closed(reason, text, before, !sent.empty());
}

}  // namespace tagwire::modbus
