// SPDX-License-Identifier: Apache-2.0
#include "privatefile.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QFileInfo>
#include <QThread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace tagwire {

namespace {

constexpr std::chrono::seconds longestLockWait{10};
constexpr std::chrono::milliseconds betweenTries{5};

qint64 timespecNanoseconds(const timespec &time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

QString reason() { return qt_error_string(errno); }

Result<void> makeFolder(const QString &folder) {
  const QByteArray path = QFile::encodeName(folder);
  const auto isThere = [&] { return ::mkdir(path.constData(), 0700) == 0 || errno == EEXIST; };
  if (isThere() || (errno == ENOENT && QDir().mkpath(QFileInfo(folder).path()) && isThere())) return {};
  return failure(QStringLiteral("folder %1 can't be made: %2").arg(folder, reason()));
}

bool syncFolder(const QString &folder) {
  const int descriptor = ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool isDone = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return isDone;
}

}  // namespace

void giveToOwnerOf(const QString &folder, int descriptor) {
  struct stat owner {};
  struct stat file {};
  if (::geteuid() != 0 || ::stat(QFile::encodeName(folder).constData(), &owner) != 0 || owner.st_uid == 0) return;
  if (::fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode) || file.st_nlink != 1) return;
  (void)!::fchown(descriptor, owner.st_uid, owner.st_gid);
}

PrivateFile::PrivateFile(QString folder, const QString &name, qint64 most)
    : m_folder(std::move(folder)), m_path(m_folder + u'/' + name), m_most(most) {}

Result<FolderLock> PrivateFile::lock() const {
  if (const auto made = makeFolder(m_folder); !made) return failure(made.error());
  const QString path = m_folder + QLatin1String("/access.lock");
  const int descriptor =
      ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (descriptor < 0) return failure(QStringLiteral("%1 can't be opened: %2").arg(path, reason()));
  auto file = std::make_unique<QFile>();
  file->open(descriptor, QIODevice::ReadWrite, QFileDevice::AutoCloseHandle);
  giveToOwnerOf(m_folder, descriptor);
  const QDeadlineTimer deadline(longestLockWait);
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return failure(QStringLiteral("%1 can't be locked: %2").arg(path, reason()));
    }
    if (deadline.hasExpired()) {
      return failure(QStringLiteral("%1 has been locked by another program for %2 s, try again later")
                         .arg(path)
                         .arg(longestLockWait.count()));
    }
    QThread::msleep(betweenTries.count());
  }
  return file;
}

PrivateFile::Trace PrivateFile::traceOf(const struct stat &status) {
  return {status.st_dev, status.st_ino, status.st_size, timespecNanoseconds(status.st_mtim),
          timespecNanoseconds(status.st_ctim)};
}

std::optional<PrivateFile::Trace> PrivateFile::traceNow() const {
  struct stat status {};
  if (::lstat(QFile::encodeName(m_path).constData(), &status) == 0) return traceOf(status);
  return errno == ENOENT ? std::optional<Trace>(Trace()) : std::nullopt;
}

bool PrivateFile::hasChanged() const { return !m_trace || traceNow() != m_trace; }

QString PrivateFile::refusal(const struct stat &status) const {
  struct stat folder {};
  if (::stat(QFile::encodeName(m_folder).constData(), &folder) != 0) return reason();
  if (!S_ISREG(status.st_mode)) return QStringLiteral("is no plain file");
  if (status.st_uid != ::geteuid() && status.st_uid != folder.st_uid && status.st_uid != 0) {
    return QStringLiteral("belongs to another user (uid %1; allowed: the owner of the folder)").arg(status.st_uid);
  }
  if ((status.st_mode & 077) != 0) {
    return QStringLiteral("is open to others (mode %1; allowed: 600, so chmod 600 it)")
        .arg(status.st_mode & 07777, 3, 8, QLatin1Char('0'));
  }
  if (status.st_size > m_most) return QStringLiteral("is too large (allowed: %1 bytes)").arg(m_most);
  return {};
}

Result<std::optional<QByteArray>> PrivateFile::read() {
  m_trace.reset();
  const QByteArray path = QFile::encodeName(m_path);
  // Not blocking: a named pipe in its place would hold us for ever.
  const int descriptor = ::open(path.constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) {
      m_trace = Trace();
      return std::nullopt;
    }
    const QString wrong = errno == ELOOP ? QStringLiteral("is a symbolic link (allowed: a plain file)")
                                         : QStringLiteral("can't be read: %1").arg(reason());
    return failure(m_path + u' ' + wrong);
  }
  QFile file;
  file.open(descriptor, QIODevice::ReadOnly | QIODevice::Unbuffered, QFileDevice::AutoCloseHandle);
  struct stat status {};
  const QString wrong = ::fstat(descriptor, &status) == 0 ? refusal(status) : reason();
  if (!wrong.isEmpty()) return failure(m_path + u' ' + wrong);
  const QByteArray content = file.read(m_most + 1);
  if (file.error() != QFileDevice::NoError || content.size() != status.st_size) {
    return failure(QStringLiteral("%1 can't be read whole: %2").arg(m_path, file.errorString()));
  }
  m_trace = traceOf(status);
  return content;
}

Result<void> PrivateFile::writeNew(const QByteArray &path, const QByteArray &content) const {
  // Left over when a writer was killed; nobody else can be at it, for we hold the lock.
  ::unlink(path.constData());
  const int descriptor = ::open(path.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return failure(reason());
  QFile file;
  file.open(descriptor, QIODevice::WriteOnly | QIODevice::Unbuffered, QFileDevice::AutoCloseHandle);
  giveToOwnerOf(m_folder, descriptor);
  if (file.write(content) != content.size()) return failure(file.errorString());
  if (::fsync(descriptor) != 0) return failure(reason());
  return {};
}

Result<void> PrivateFile::write(const QByteArray &content) {
  if (content.size() > m_most) {
    return failure(QStringLiteral("%1 is full (allowed: %2 bytes)").arg(m_path).arg(m_most));
  }
  const QByteArray path = QFile::encodeName(m_path);
  const QByteArray fresh = path + ".new";
  Result<void> written = writeNew(fresh, content);
  if (written && ::rename(fresh.constData(), path.constData()) != 0) written = failure(reason());
  if (!written) {
    ::unlink(fresh.constData());
    return failure(QStringLiteral("%1 can't be written: %2").arg(m_path, written.error()));
  }
  m_trace = traceNow();
  if (!syncFolder(m_folder)) {
    return failure(QStringLiteral("%1 is written but not safe from a power cut: %2").arg(m_path, reason()));
  }
  return {};
}

}  // namespace tagwire
