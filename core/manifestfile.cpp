// SPDX-License-Identifier: Apache-2.0
#include "manifestfile.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tagwire {

namespace {

QString errorText() { return qt_error_string(errno); }

/// The file itself, and the folder it lies in.
struct Place {
  explicit Place(const QString &name) {
    const QFileInfo info(QFileInfo(name).canonicalFilePath());
    file = QFile::encodeName(info.filePath());
    folder = QFile::encodeName(info.path());
    fresh = folder + "/." + QFile::encodeName(info.fileName()) + ".new";
  }
  QByteArray file;
  QByteArray folder;
  QByteArray fresh;
};

bool syncFolderOf(const Place &place) {
  const int descriptor = ::open(place.folder.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool isDone = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return isDone;
}

Result<void> writeFresh(const Place &place, const QByteArray &text, const struct stat &old) {
  ::unlink(place.fresh.constData());  // left over when a writer was killed
  const int descriptor =
      ::open(place.fresh.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, old.st_mode & 0777);
  if (descriptor < 0) return failure(errorText());
  QFile file;
  file.open(descriptor, QIODevice::WriteOnly | QIODevice::Unbuffered, QFileDevice::AutoCloseHandle);
  if (::geteuid() == 0 && ::fchown(descriptor, old.st_uid, old.st_gid) != 0) return failure(errorText());
  if (::fchmod(descriptor, old.st_mode & 0777) != 0) return failure(errorText());
  if (file.write(text) != text.size()) return failure(file.errorString());
  if (::fsync(descriptor) != 0) return failure(errorText());
  return {};
}

}  // namespace

Result<QByteArray> readManifestFile(const QString &name, qint64 largest) {
  QFile file(name);
  if (!QFileInfo::exists(name)) return failure(QStringLiteral("there is no file %1").arg(name));
  if (!QFileInfo(name).isFile()) return failure(QStringLiteral("%1 is no plain file").arg(name));
  if (!file.open(QIODevice::ReadOnly)) {
    return failure(QStringLiteral("%1 can't be read: %2").arg(name, file.errorString()));
  }
  const QByteArray text = file.read(largest + 1);
  if (text.size() <= largest) return text;
  return failure(QStringLiteral("%1 is too large to be changed here (allowed: %2 bytes)").arg(name).arg(largest));
}

QString whyNotReplaceable(const QString &name) {
  const Place place(name);
  if (place.file.isEmpty()) return QStringLiteral("the manifest's file is not there");
  for (const QByteArray &path : {place.file, place.folder}) {
    if (::faccessat(AT_FDCWD, path.constData(), W_OK, AT_EACCESS) == 0) continue;
    return QStringLiteral("%1 can't be written: %2").arg(QFile::decodeName(path), errorText());
  }
  return {};
}

Result<void> replaceManifestFile(const QString &name, const QByteArray &text) {
  const Place place(name);
  const auto failed = [&name](const QString &why) {
    return failure(QStringLiteral("%1 can't be written: %2").arg(name, why));
  };
  struct stat old {};
  if (::stat(place.file.constData(), &old) != 0) return failed(errorText());
  Result<void> written = writeFresh(place, text, old);
  if (written && ::rename(place.fresh.constData(), place.file.constData()) != 0) written = failure(errorText());
  if (!written) {
    ::unlink(place.fresh.constData());
    return failed(written.error());
  }
  if (!syncFolderOf(place)) {
    return failure(QStringLiteral("%1 is written but not safe from a power cut: %2").arg(name, errorText()));
  }
  return {};
}

}  // namespace tagwire
