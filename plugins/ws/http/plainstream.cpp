// SPDX-License-Identifier: Apache-2.0
#include "plainstream.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace tagwire::ws {

namespace {

bool isTemporary(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

PlainStream::PlainStream(Descriptor socket, const QHostAddress &peerAddress, quint16 peerPort)
    : Stream(peerAddress, peerPort), m_socket(std::move(socket)), m_readable(m_socket.number(), QSocketNotifier::Read) {
  connect(&m_readable, &QSocketNotifier::activated, this, [this] {
    if (user()) {
      user()->streamReadable();
    } else {
      m_readable.setEnabled(false);
    }
  });
}

QByteArray PlainStream::read() {
  if (hasEnded() || !m_socket.isOpen()) return {};
  std::array<char, readAtOnce> buffer;  // NOLINT: filled by recv
  ssize_t size = 0;
  do {
    size = ::recv(m_socket.number(), buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size > 0) return {buffer.data(), static_cast<qsizetype>(size)};
  if (size == 0) {
    m_readable.setEnabled(false);
    setEnded();
  } else if (!isTemporary(errno)) {
    lose();
  }
  return {};
}

void PlainStream::setReading(bool on) {
  if (!hasEnded() && m_socket.isOpen() && m_readable.isEnabled() != on) m_readable.setEnabled(on);
}

/// How far the kernel has taken `bytes`.
qsizetype PlainStream::push(const QByteArray &bytes, qsizetype from) {
  while (from < bytes.size()) {
    const ssize_t sent =
        ::send(m_socket.number(), bytes.constData() + from, static_cast<size_t>(bytes.size() - from), MSG_NOSIGNAL);
    if (sent >= 0) {
      from += sent;
    } else if (errno != EINTR) {
      if (!isTemporary(errno)) lose();
      break;
    }
  }
  return from;
}

void PlainStream::write(const QByteArray &bytes) {
  if (!m_socket.isOpen() || m_endsWriting) return;
  if (bytesToWrite() > 0) return keep(bytes);
  const qsizetype taken = push(bytes, 0);
  if (taken == bytes.size() || !m_socket.isOpen()) return;
  m_waiting = bytes;
  m_taken = taken;
  if (!m_writable) {
    m_writable = std::make_unique<QSocketNotifier>(m_socket.number(), QSocketNotifier::Write);
    connect(m_writable.get(), &QSocketNotifier::activated, this, &PlainStream::writeOn);
  }
  m_writable->setEnabled(true);
}

void PlainStream::keep(const QByteArray &bytes) {
  if (m_taken > m_waiting.size() / 2) m_waiting.remove(0, std::exchange(m_taken, 0));
  m_waiting += bytes;
}

void PlainStream::writeOn() {
  const qsizetype reached = push(m_waiting, m_taken);
  if (!m_socket.isOpen()) return;
  const qint64 taken = reached - std::exchange(m_taken, reached);
  if (bytesToWrite() == 0) {
    dropWaiting();
    if (m_endsWriting) ::shutdown(m_socket.number(), SHUT_WR);
  }
  if (taken > 0 && user()) user()->streamTook(taken);
}

void PlainStream::dropWaiting() {
  m_waiting = {};
  m_taken = 0;
  if (m_writable) m_writable->setEnabled(false);
}

void PlainStream::endWriting() {
  if (!m_socket.isOpen() || std::exchange(m_endsWriting, true)) return;
  if (bytesToWrite() == 0) ::shutdown(m_socket.number(), SHUT_WR);
}

void PlainStream::lose() {
  abort();
  setEnded();
}

void PlainStream::abort() {
  dropWaiting();
  m_readable.setEnabled(false);
  m_socket.close();
}

}  // namespace tagwire::ws
