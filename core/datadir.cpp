// SPDX-License-Identifier: Apache-2.0
#include "datadir.h"

#include <QFile>

#include <filesystem>

#include <sys/stat.h>

namespace tagwire {

Result<void> makeFolders(const QString &folder) {
  std::error_code error;
  std::filesystem::create_directories(QFile::encodeName(folder).toStdString(), error);
  if (error) return failure(qt_error_string(error.value()));
  return {};
}

QString lockHolder(int descriptor) {
  struct stat status {};
  QFile locks(QStringLiteral("/proc/locks"));
  if (::fstat(descriptor, &status) != 0 || !locks.open(QIODevice::ReadOnly)) return {};
  // "1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF". The device may be another than stat's, as on btrfs.
  const QByteArray inode = ':' + QByteArray::number(static_cast<quint64>(status.st_ino));
  QByteArrayList holders;
  for (const QByteArray &line : locks.readAll().split('\n')) {
    const QByteArrayList words = line.simplified().split(' ');
    // Behind "->" stand those that wait.
    if (words.size() >= 6 && words[1] == "FLOCK" && words[5].endsWith(inode)) holders << words[4];
  }
  // From within a container, a process outside has no number of ours.
  if (holders.size() != 1 || holders.first().toInt() <= 0) return {};
  return QStringLiteral(" (pid %1)").arg(QString::fromLatin1(holders.first()));
}

}  // namespace tagwire
