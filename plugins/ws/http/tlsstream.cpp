// SPDX-License-Identifier: Apache-2.0
#include "tlsstream.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace tagwire::ws {

TlsStream::TlsStream(Descriptor socket, const QHostAddress &peerAddress, quint16 peerPort,
                     const QSslConfiguration &configuration)
    : Stream(peerAddress, peerPort) {
  m_socket.setReadBufferSize(readBuffer);
  m_socket.setSslConfiguration(configuration);
  connect(&m_socket, &QSslSocket::readyRead, this, &TlsStream::noticeInput);
  connect(&m_socket, &QSslSocket::encryptedBytesWritten, this, &TlsStream::noticeProgress);
  connect(&m_socket, &QSslSocket::encrypted, this, [this] { noticeProgress(0); });
  connect(&m_socket, &QSslSocket::disconnected, this, &TlsStream::setEnded);
  if (m_socket.setSocketDescriptor(socket.number())) {
    socket.release();
    m_socket.startServerEncryption();
  } else {
    setEnded();
  }
}

/// QSslSocket reads while it writes: what it says then waits for the event loop.
void TlsStream::tell() {
  if (std::exchange(m_isTellDue, true)) return;
  QMetaObject::invokeMethod(
      this,
      [this] {
        m_isTellDue = false;
        if (m_endsWriting) sayGoodbye();
        const qint64 taken = std::exchange(m_taken, 0);
        if (taken > 0 && user()) user()->streamTook(taken);
        if (m_isReading && m_socket.bytesAvailable() > 0 && user()) user()->streamReadable();
      },
      Qt::QueuedConnection);
}

void TlsStream::noticeInput() {
  if (m_isReading) tell();
}

void TlsStream::noticeProgress(qint64 bytes) {
  m_taken += bytes;
  tell();
}

QByteArray TlsStream::read() {
  const QByteArray bytes = m_socket.read(readAtOnce);
  if (m_isReading && m_socket.bytesAvailable() > 0) tell();
  return bytes;
}

void TlsStream::setReading(bool on) {
  m_isReading = on;
  if (on && m_socket.bytesAvailable() > 0) tell();
}

void TlsStream::write(const QByteArray &bytes) {
  if (m_endsWriting || m_socket.state() != QAbstractSocket::ConnectedState) return;
  m_socket.write(bytes);
  m_socket.flush();
}

qint64 TlsStream::bytesToWrite() const {
  const bool isOpen = m_socket.state() == QAbstractSocket::ConnectedState;
  return isOpen ? m_socket.bytesToWrite() + m_socket.encryptedBytesToWrite() : 0;
}

void TlsStream::endWriting() {
  if (std::exchange(m_endsWriting, true)) return;
  tell();
}

/// QSslSocket's farewell (close_notify) closes the connection below too, and unread input would then reset it, before
/// the peer has read our last words. So that one stays open until the peer closes.
void TlsStream::sayGoodbye() {
  if (m_rest.isOpen() || m_socket.state() != QAbstractSocket::ConnectedState) return;
  if (!m_socket.isEncrypted() && bytesToWrite() == 0) return lose();
  if (bytesToWrite() > 0) return;
  m_rest = Descriptor(::dup(static_cast<int>(m_socket.socketDescriptor())));
  m_socket.disconnect(this);
  m_socket.disconnectFromHost();
  if (!m_rest.isOpen()) return setEnded();
  ::shutdown(m_rest.number(), SHUT_WR);
  m_restReadable = std::make_unique<QSocketNotifier>(m_rest.number(), QSocketNotifier::Read);
  connect(m_restReadable.get(), &QSocketNotifier::activated, this, &TlsStream::discardRest);
}

void TlsStream::discardRest() {
  std::array<char, readAtOnce> buffer;  // NOLINT: filled by recv
  const ssize_t size = ::recv(m_rest.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return;
  m_restReadable->setEnabled(false);
  setEnded();
}

void TlsStream::lose() {
  abort();
  setEnded();
}

void TlsStream::abort() {
  m_socket.disconnect(this);
  m_socket.abort();
  if (m_restReadable) m_restReadable->setEnabled(false);
  m_rest.close();
}

}  // namespace tagwire::ws
