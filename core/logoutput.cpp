// SPDX-License-Identifier: Apache-2.0
#include "logoutput.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "timestamp.h"

namespace tagwire {

namespace {

/// At most so many bytes, without half a character at the end.
QByteArray cutLine(const QByteArray &text, qsizetype most) {
  if (text.size() <= most) return text;
  const QByteArray mark = "…";
  qsizetype end = most - mark.size();
  while (end > 0 && (static_cast<uchar>(text[end]) & 0xc0) == 0x80) --end;
  return text.left(end) + mark;
}

LogOutput::Outcome outcomeOfError() {
  return errno == EAGAIN || errno == ENOBUFS ? LogOutput::Outcome::Full : LogOutput::Outcome::Failed;
}

}  // namespace

LogOutput::~LogOutput() = default;

StreamOutput::StreamOutput(int descriptor) : m_descriptor(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  m_isSocket = S_ISSOCK(status.st_mode);
  // O_NONBLOCK on the descriptor itself would be that of every process that shares it, a shell's terminal say.
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return;
  const QByteArray path = "/proc/self/fd/" + QByteArray::number(descriptor);
  m_own = ::open(path.constData(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

StreamOutput::~StreamOutput() {
  if (m_own >= 0) ::close(m_own);
}

/// Where it may not be opened again (it is somebody else's): a pipe with room for a byte has it for a whole line.
bool StreamOutput::hasRoom() const {
  if (m_own >= 0 || m_isSocket || m_descriptor < 0) return true;
  pollfd descriptor{m_descriptor, POLLOUT, 0};
  return ::poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLOUT) != 0;
}

LogOutput::Outcome StreamOutput::write(const LogLine &line) {
  QByteArray text = m_isInLine ? "\n" : "";
  text += toIso(std::chrono::system_clock::now()).toLatin1() + ' ' + line.level + ' ' + line.origin + ": " + line.text;
  text = cutLine(text, longestLine - 1) + '\n';
  if (!hasRoom()) return Outcome::Full;
  const auto size = static_cast<size_t>(text.size());
  ssize_t written = -1;
  do {
    written = m_isSocket ? ::send(m_descriptor, text.constData(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                         : ::write(m_own >= 0 ? m_own : m_descriptor, text.constData(), size);
  } while (written < 0 && errno == EINTR);
  if (written < 0) return outcomeOfError();
  m_isInLine = written < text.size();
  return m_isInLine ? Outcome::Full : Outcome::Written;
}

JournalOutput::JournalOutput(const char *path) : m_path(path) {}

JournalOutput::~JournalOutput() {
  if (m_socket >= 0) ::close(m_socket);
}

bool JournalOutput::connectNow() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (m_path.size() >= static_cast<qsizetype>(sizeof address.sun_path)) return false;
  std::memcpy(address.sun_path, m_path.constData(), static_cast<size_t>(m_path.size()) + 1);
  m_socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (m_socket < 0) return false;
  if (::connect(m_socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) return true;
  ::close(std::exchange(m_socket, -1));
  return false;
}

LogOutput::Outcome JournalOutput::write(const LogLine &line) {
  if (m_socket < 0 && !connectNow()) return Outcome::Failed;
  QByteArray entry = "MESSAGE=" + cutLine(line.text, longestLine) + "\nPRIORITY=" + QByteArray::number(line.priority) +
                     "\nSYSLOG_IDENTIFIER=tagwire\nTAGWIRE_PLUGIN=" + line.origin + '\n';
  for (const auto &[name, value] : line.fields) entry += name + '=' + cutLine(value, longestLine) + '\n';
  ssize_t sent = -1;
  do {
    sent = ::send(m_socket, entry.constData(), static_cast<size_t>(entry.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return Outcome::Written;
  const Outcome outcome = outcomeOfError();
  // The journal was restarted: the next line finds its new socket.
  if (outcome == Outcome::Failed) ::close(std::exchange(m_socket, -1));
  return outcome;
}

}  // namespace tagwire
