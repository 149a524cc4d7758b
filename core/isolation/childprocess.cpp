// SPDX-License-Identifier: Apache-2.0
#include "childprocess.h"

#include <QElapsedTimer>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tagwire {

namespace {

constexpr int socketInChild = 3;
constexpr qsizetype pieceBytes = 64 * 1024;  ///< read in one turn: some thousand samples, a millisecond of the hub
constexpr qsizetype longestLine = 2000;
constexpr std::chrono::milliseconds endAfterClosing{500};
constexpr int mostPieces = 64;

/// Everything that others may need to know (keys, tokens) stands in the environment too, so this is a list of what
/// passes.
QProcessEnvironment environmentForChild() {
  static const QStringList names{
      QStringLiteral("PATH"),           QStringLiteral("HOME"),          QStringLiteral("USER"),
      QStringLiteral("LANG"),           QStringLiteral("LANGUAGE"),      QStringLiteral("TZ"),
      QStringLiteral("TZDIR"),          QStringLiteral("TMPDIR"),        QStringLiteral("LD_LIBRARY_PATH"),
      QStringLiteral("QT_PLUGIN_PATH"), QStringLiteral("SSL_CERT_FILE"), QStringLiteral("SSL_CERT_DIR"),
      QStringLiteral("ASAN_OPTIONS"),   QStringLiteral("LSAN_OPTIONS"),  QStringLiteral("UBSAN_OPTIONS")};
  const QProcessEnvironment own = QProcessEnvironment::systemEnvironment();
  QProcessEnvironment environment;
  for (const QString &name : own.keys()) {
    if (names.contains(name) || name.startsWith(QLatin1String("LC_"))) environment.insert(name, own.value(name));
  }
  environment.insert(QStringLiteral("TAGWIRE_PLUGIN_FD"), QString::number(socketInChild));
  return environment;
}

/// Runs between fork and exec: system calls only.
void enterChild(int socket, int memoryLimitMb) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (socket == socketInChild) {
    ::fcntl(socket, F_SETFD, 0);
  } else {
    ::dup2(socket, socketInChild);
  }
  ::close_range(socketInChild + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int each : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) ::signal(each, SIG_DFL);
#ifndef __SANITIZE_ADDRESS__
  // What a process may write to by itself: its heap and stacks, not what it only reserves (RLIMIT_AS would count that).
  if (memoryLimitMb > 0) {
    const rlim_t bytes = static_cast<rlim_t>(memoryLimitMb) * 1024 * 1024;
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_DATA, &limit);
  }
#else
  (void)memoryLimitMb;  // its shadow alone is larger
#endif
}

QString exitText(int code, QProcess::ExitStatus status, int memoryLimitMb) {
  if (status == QProcess::CrashExit) {
    const char *name = sigabbrev_np(code);
    const char *meaning = sigdescr_np(code);
    return QStringLiteral("crashed: %1 (SIG%2)")
        .arg(QString::fromLocal8Bit(meaning ? meaning : "signal"), QString::fromLatin1(name ? name : "?"));
  }
  if (code == exitOutOfMemory) return QStringLiteral("went over its memory limit of %1 MB").arg(memoryLimitMb);
  return QStringLiteral("ended by itself with exit code %1").arg(code);
}

}  // namespace

ChildProcess::ChildProcess() {
  m_process.setProcessEnvironment(environmentForChild());
  m_process.setStandardInputFile(QProcess::nullDevice());
  m_process.setStandardOutputFile(QProcess::nullDevice());
  m_deadline.setSingleShot(true);
  connect(&m_deadline, &QTimer::timeout, this, &ChildProcess::deadlinePassed);
  connect(&m_process, &QProcess::readyReadStandardError, this, &ChildProcess::readErrors);
  connect(&m_process, &QProcess::finished, this, &ChildProcess::processFinished);
}

ChildProcess::~ChildProcess() {
  m_process.disconnect(this);
  kill();
  if (isAlive()) m_process.waitForFinished();
  m_readable.reset();
  m_writable.reset();
  if (m_socket >= 0) ::close(m_socket);
}

Result<void> ChildProcess::start(const Launch &launch) {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return failure(QStringLiteral("no socket: %1").arg(qt_error_string()));
  }
  m_socket = pair[0];
  m_memoryLimitMb = launch.memoryLimitMb;
  m_process.setChildProcessModifier([socket = pair[1], limit = launch.memoryLimitMb] { enterChild(socket, limit); });
  m_process.setProgram(launch.program);
  m_process.setArguments(launch.arguments);
  m_process.setWorkingDirectory(launch.folder);
  m_process.start();
  const bool isStarted = m_process.waitForStarted();
  ::close(pair[1]);
  if (!isStarted)
    return failure(QStringLiteral("%1 can't be started: %2").arg(launch.program, m_process.errorString()));
  m_group = m_process.processId();
  m_readable = std::make_unique<QSocketNotifier>(m_socket, QSocketNotifier::Read);
  m_writable = std::make_unique<QSocketNotifier>(m_socket, QSocketNotifier::Write);
  m_writable->setEnabled(false);
  connect(m_readable.get(), &QSocketNotifier::activated, this, [this] { (void)readSome(); });
  connect(m_writable.get(), &QSocketNotifier::activated, this, &ChildProcess::write);
  return {};
}

void ChildProcess::send(const QByteArray &frame) {
  if (m_isOver || m_isFinishing || m_socket < 0) return;
  m_queued += frame.size();
  m_out.push_back(frame);
  if (m_out.size() == 1) write();
}

void ChildProcess::write() {
  while (!m_out.empty() && !m_isOver) {
    const QByteArray &first = m_out.front();
    const ssize_t count = ::send(m_socket, first.constData() + m_written, static_cast<size_t>(first.size() - m_written),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return endWriting();  // reading tells what happened
    if (count < 0) break;
    m_written += count;
    m_queued -= count;
    if (m_written < first.size()) continue;
    m_out.pop_front();
    m_written = 0;
  }
  m_writable->setEnabled(!m_out.empty());
  if (m_out.empty() && m_isFinishing) ::shutdown(m_socket, SHUT_WR);
}

void ChildProcess::endWriting() {
  m_out.clear();
  m_written = m_queued = 0;
  m_writable->setEnabled(false);
}

void ChildProcess::setPaused(bool paused) {
  m_isPaused = paused;
  if (m_readable) m_readable->setEnabled(!paused && !m_isOver && !m_isClosed);
}

/// One piece; false when there is nothing more at the moment.
bool ChildProcess::readSome() {
  std::array<char, pieceBytes> piece;
  if (m_isOver || m_isClosed) return false;
  const ssize_t count = ::recv(m_socket, piece.data(), piece.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && errno == EAGAIN) return false;
  if (count <= 0) {
    closed();
    return false;
  }
  m_frames.append(piece.data(), count);
  while (!m_isOver) {
    const auto next = m_frames.next();
    if (!next) {
      tellEnd(QStringLiteral("sent rubbish: %1").arg(next.error()));
      kill();
      return false;
    }
    if (!*next) break;
    Q_EMIT frame(**next);
  }
  return !m_isOver;
}

void ChildProcess::readAll() {
  for (int i = 0; i < mostPieces && !m_isPaused && readSome(); ++i) {
  }
}

void ChildProcess::serve(std::chrono::milliseconds longest, const std::function<bool()> &isDone) {
  QElapsedTimer since;
  since.start();
  while (!m_isOver && !isDone()) {
    const qint64 left = longest.count() - since.elapsed();
    if (left <= 0) return;
    if (m_isClosed) {
      m_process.waitForFinished(static_cast<int>(std::min<qint64>(left, endAfterClosing.count())));
      if (isAlive()) deadlinePassed();
      return;
    }
    pollfd descriptor{m_socket, static_cast<short>(m_out.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    if (::poll(&descriptor, 1, static_cast<int>(left)) < 0 && errno != EINTR) return;
    write();
    (void)readSome();
  }
}

void ChildProcess::readErrors() {
  m_errors += m_process.readAllStandardError();
  qsizetype end = m_errors.indexOf('\n');
  while (end >= 0 || m_errors.size() > longestLine) {
    const bool isWhole = end >= 0 && end <= longestLine;
    const qsizetype length = isWhole ? end : longestLine;
    if (length > 0) Q_EMIT said(QString::fromUtf8(m_errors.constData(), length));
    m_errors.remove(0, isWhole ? length + 1 : length);
    end = m_errors.indexOf('\n');
  }
}

/// The process may end right after; then its exit says more.
void ChildProcess::closed() {
  m_isClosed = true;
  m_readable->setEnabled(false);
  endWriting();
  if (isAlive() && !m_isFinishing) m_deadline.start(endAfterClosing);
}

void ChildProcess::deadlinePassed() {
  if (!m_isFinishing) tellEnd(QStringLiteral("closed its connection"));
  kill();
}

void ChildProcess::processFinished(int code, QProcess::ExitStatus status) {
  m_deadline.stop();
  killGroup();
  // What it sent before it ended still counts.
  m_isPaused = false;
  readAll();
  m_deadline.stop();
  readErrors();
  const QString how = exitText(code, status, m_memoryLimitMb);
  tellEnd(how);
  Q_EMIT gone(status == QProcess::NormalExit && code == 0 ? QString() : how);
}

void ChildProcess::tellEnd(const QString &why) {
  if (std::exchange(m_isOver, true)) return;
  if (m_readable) m_readable->setEnabled(false);
  if (m_writable) endWriting();
  if (!m_isFinishing) Q_EMIT ended(why);
}

void ChildProcess::finish(std::chrono::milliseconds within) {
  m_isFinishing = true;
  setPaused(false);
  if (m_writable) write();
  m_deadline.start(within);
}

void ChildProcess::waitForEnd(std::chrono::milliseconds longest) {
  QElapsedTimer since;
  since.start();
  if (m_socket >= 0) serve(longest, [this] { return m_isClosed; });
  const qint64 left = std::max<qint64>(1, longest.count() - since.elapsed());
  if (isAlive() && !m_process.waitForFinished(static_cast<int>(left))) kill();
}

void ChildProcess::kill() {
  m_isFinishing = true;
  tellEnd(QString());
  killGroup();
  if (isAlive()) m_process.kill();
}

/// With all that it has started and that did not leave its session.
void ChildProcess::killGroup() {
  if (m_group > 0) ::kill(-static_cast<pid_t>(m_group), SIGKILL);
  if (!isAlive()) m_group = 0;
}

}  // namespace tagwire
