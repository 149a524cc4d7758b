// SPDX-License-Identifier: Apache-2.0
#include "programfiles.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <dlfcn.h>
#include <sys/stat.h>

#include "pluginloader.h"

namespace tagwire {

void ProgramFiles::add(const QString &file) {
  struct stat found {};
  QByteArray what;
  if (::stat(QFile::encodeName(file).constData(), &found) == 0) {
    for (const auto part :
         {static_cast<qint64>(found.st_dev), static_cast<qint64>(found.st_ino), static_cast<qint64>(found.st_size),
          static_cast<qint64>(found.st_mtim.tv_sec), static_cast<qint64>(found.st_mtim.tv_nsec)}) {
      what += QByteArray::number(part) + ' ';
    }
  }
  m_files.insert(file, what);
}

ProgramFiles ProgramFiles::now(const QStringList &pluginDirs) {
  ProgramFiles files;
  files.add(QCoreApplication::applicationFilePath());
  Dl_info library{};
  if (::dladdr(reinterpret_cast<void *>(&PluginLoader::searchPath), &library) != 0) {
    files.add(QFile::decodeName(library.dli_fname));
  }
  for (const QString &folder : PluginLoader::searchPath(pluginDirs)) {
    const auto plugins = QDir(folder).entryInfoList({QStringLiteral("*.so")}, QDir::Files, QDir::Name);
    for (const QFileInfo &plugin : plugins) files.add(plugin.absoluteFilePath());
  }
  return files;
}

QString ProgramFiles::firstChange(const ProgramFiles &later) const {
  for (auto each = m_files.begin(); each != m_files.end(); ++each) {
    if (later.m_files.value(each.key()) != each.value()) return QFileInfo(each.key()).fileName();
  }
  for (auto each = later.m_files.begin(); each != later.m_files.end(); ++each) {
    if (!m_files.contains(each.key())) return QFileInfo(each.key()).fileName();
  }
  return {};
}

}  // namespace tagwire
