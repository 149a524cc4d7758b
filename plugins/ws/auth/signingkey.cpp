// SPDX-License-Identifier: Apache-2.0
#include "auth/signingkey.h"

#include <QFile>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "auth/secretbytes.h"
#include "network/descriptor.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype keyBytes = 32;

tl::unexpected<QString> systemFailure(const QByteArray &path, int error, const char *what) {
  return failure(
      QStringLiteral("%1: cannot be %2: %3")
          .arg(QFile::decodeName(path), QString::fromLatin1(what), QString::fromLocal8Bit(std::strerror(error))) +
      (error == EACCES ? QStringLiteral(" (the user that runs this must be able to read and write it)") : QString()));
}

QString fileProblem(const struct stat &status) {
  if (!S_ISREG(status.st_mode)) return QStringLiteral("is no plain file");
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return QStringLiteral("belongs to another user");
  if ((status.st_mode & 077) != 0) {
    return QStringLiteral(
               "may be read by others (mode %1, allowed: 0600). Whoever has read it can log in as anybody: "
               "remove it, and a new key is made in a moment")
        .arg(status.st_mode & 07777, 4, 8, QLatin1Char('0'));
  }
  if (status.st_size != keyBytes) {
    return QStringLiteral("has %1 bytes (allowed: %2; remove it, and a new key is made in a moment)")
        .arg(status.st_size)
        .arg(keyBytes);
  }
  return {};
}

/// Nothing when there is no such file.
Result<std::optional<QByteArray>> readKey(const QByteArray &path) {
  // O_NONBLOCK: a pipe in its place must not stop us here.
  const Descriptor file(::open(path.constData(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.isOpen() && errno == ENOENT) return std::optional<QByteArray>();
  if (!file.isOpen() && errno == ELOOP) return failure(QFile::decodeName(path) + QStringLiteral(": is a link"));
  struct stat status = {};
  if (!file.isOpen() || ::fstat(file.number(), &status) != 0) return systemFailure(path, errno, "read");
  const QString problem = fileProblem(status);
  if (!problem.isEmpty()) return failure(QFile::decodeName(path) + QStringLiteral(": ") + problem);
  QByteArray key(keyBytes, '\0');
  if (::read(file.number(), key.data(), keyBytes) != keyBytes) return systemFailure(path, errno, "read");
  return std::optional(key);
}

bool syncDirectory(const QByteArray &path) {
  const Descriptor directory(::open(path.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.isOpen() && ::fsync(directory.number()) == 0;
}

/// Writes the key beside its place and links it there, which fails when somebody else was first.
Result<void> makeKey(const QByteArray &directory, const QByteArray &path, const QByteArray &key) {
  QByteArray draft = path + ".XXXXXX";
  const Descriptor file(::mkostemp(draft.data(), O_CLOEXEC));  // O_EXCL, 0600
  if (!file.isOpen()) return systemFailure(path, errno, "made");
  const bool isWritten = ::write(file.number(), key.constData(), keyBytes) == keyBytes && ::fsync(file.number()) == 0;
  int error = isWritten ? 0 : errno;
  if (isWritten && ::link(draft.constData(), path.constData()) != 0 && errno != EEXIST) error = errno;
  ::unlink(draft.constData());
  if (error == 0 && !syncDirectory(directory)) error = errno;
  if (error != 0) return systemFailure(path, error, "made");
  return {};
}

}  // namespace

Result<QByteArray> signingKey(const QString &directory) {
  const QByteArray folder = QFile::encodeName(directory);
  const QByteArray path = folder + "/session.key";
  const auto found = readKey(path);
  if (!found) return failure(found.error());
  if (*found) return **found;
  const auto fresh = randomBytes(keyBytes);
  if (!fresh) return failure(fresh.error());
  const auto made = makeKey(folder, path, *fresh);
  if (!made) return failure(made.error());
  const auto kept = readKey(path);  // maybe another's
  if (!kept) return failure(kept.error());
  if (!*kept) return systemFailure(path, ENOENT, "read");
  return **kept;
}

}  // namespace tagwire::ws
