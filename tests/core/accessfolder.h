// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QTemporaryDir>

#include <sys/stat.h>

/// A data_dir of a test. Plain class.
class AccessFolder {
 public:
  QString path() const { return m_folder.path(); }
  QString file(const char *name) const { return m_folder.filePath(QLatin1String(name)); }
  QByteArray read(const char *name) const {
    QFile source(file(name));
    return source.open(QIODevice::ReadOnly) ? source.readAll() : QByteArray();
  }
  /// Another file in place of the one that is there, open to nobody else.
  bool write(const char *name, const QByteArray &content) const {
    QFile::remove(file(name));
    QFile target(file(name));
    return target.open(QIODevice::WriteOnly) && target.setPermissions(QFile::ReadOwner | QFile::WriteOwner) &&
           target.write(content) == content.size();
  }
  /// The permission bits, or -1 when there is no such file.
  int mode(const char *name) const {
    struct stat status {};
    return ::stat(QFile::encodeName(file(name)).constData(), &status) == 0 ? status.st_mode & 07777 : -1;
  }

 private:
  QTemporaryDir m_folder;
};
