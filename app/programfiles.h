// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QMap>
#include <QString>
#include <QStringList>

namespace tagwire {

/// The files on the disk that this program is made of: itself, its library and its plugins, as they are at one moment.
/// After an upgrade a new process runs other ones than the present process does, and says nothing of it. Plain value.
class ProgramFiles {
 public:
  static ProgramFiles now(const QStringList &pluginDirs);
  /// The name of the first file that is another one in `later`, has gone or has come; empty: all are the same.
  QString firstChange(const ProgramFiles &later) const;

 private:
  void add(const QString &file);
  QMap<QString, QByteArray> m_files;  ///< by path: what every other file, and every change, has another of
};

}  // namespace tagwire
