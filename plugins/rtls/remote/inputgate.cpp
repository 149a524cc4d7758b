// SPDX-License-Identifier: Apache-2.0
#include "remote/inputgate.h"

namespace tagwire::rtls {

namespace {

/// Frames are worked off by the portion, some 2,000 of the smallest.
constexpr qint64 portion = 4 * 1024;
/// A frame is waited for in the read buffer, with its header.
constexpr qint64 wholeFrame = InputGate::longestMessage + 16;
/// Answers that wait for a site that does not read.
constexpr qint64 mostUnsent = 256 * 1024;
/// The answer to an empty PING: header and mask.
constexpr qint64 smallestAnswer = 6;

}  // namespace

InputGate::InputGate(QWebSocket &socket, const Clock &clock) : m_socket(socket), m_clock(clock) {
  // The socket's own limits stay as they are: it would close with the code 1009, as does a site that we asked too much.
  connect(&socket, &QWebSocket::textFrameReceived, this,
          [this](const QString &text, bool isLast) { textCame(text.size(), isLast); });
  connect(&socket, &QWebSocket::binaryFrameReceived, this, [this] { refuse(Offence::Binary); });
  connect(&socket, &QWebSocket::pong, this, [this](quint64, const QByteArray &payload) { count(1, payload.size()); });
}

void InputGate::watch() {
  m_socket.setReadBufferSize(wholeFrame);
  m_transport = m_socket.findChild<QTcpSocket *>(QString(), Qt::FindDirectChildrenOnly);
  if (!m_transport) return;
  // What QWebSocket tells itself says some bytes twice.
  connect(m_transport, &QIODevice::bytesWritten, this, [this](qint64 bytes) { m_written += bytes; });
  // The socket works off what came in a call of its own that is queued already: ours comes after it.
  connect(m_transport, &QIODevice::readyRead, this, &InputGate::portionRead, Qt::QueuedConnection);
}

void InputGate::opened() {
  m_isOpen = true;
  m_accounted = written();
  if (m_transport) m_socket.setReadBufferSize(portion);
}

void InputGate::send(const QByteArray &text) {
  look();
  if (m_isShut) return;
  const qint64 before = written();
  m_socket.sendTextMessage(QString::fromUtf8(text));
  m_accounted += written() - before;
}

void InputGate::look() {
  if (m_socket.bytesToWrite() > mostUnsent) refuse(Offence::Unread);
}

void InputGate::portionRead() {
  if (!m_isOpen || m_isShut || !m_transport) return;
  const qint64 answers = written() - m_accounted;
  m_accounted += answers;
  look();
  if (answers > 0) count((answers + smallestAnswer - 1) / smallestAnswer, answers);
  // Half a frame costs a turn of the loop, too.
  if (!std::exchange(m_sawFrame, false)) count(1, 0);
  const qint64 waiting = m_transport->bytesAvailable();
  m_socket.setReadBufferSize(waiting < portion ? portion : wholeFrame);
  // TLS would hold back what came while the buffer was full.
  m_transport->flush();
  // A frame that fits may be there as a whole by now, and still has to be worked off.
  if (waiting >= wholeFrame) QMetaObject::invokeMethod(this, &InputGate::endIfTooLong, Qt::QueuedConnection);
}

void InputGate::endIfTooLong() {
  if (m_transport && m_transport->bytesAvailable() >= wholeFrame) refuse(Offence::TooLong);
}

void InputGate::textCame(qint64 size, bool isLast) {
  count(1, size);
  m_message += size;
  if (m_message > longestMessage) refuse(Offence::TooLong);
  if (isLast) m_message = 0;
}

void InputGate::count(qint64 frames, qint64 bytes) {
  m_sawFrame = true;
  if (!m_flood.admits(frames, bytes, m_clock.elapsed())) refuse(Offence::Flood);
}

void InputGate::refuse(Offence offence) {
  if (m_isShut) return;
  shut();
  Q_EMIT offended(offence);
}

void InputGate::shut() {
  m_isShut = true;
  if (m_transport) QObject::disconnect(m_transport, &QIODevice::readyRead, &m_socket, nullptr);
}

}  // namespace tagwire::rtls
