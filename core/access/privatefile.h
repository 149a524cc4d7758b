// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QString>

#include <memory>
#include <optional>

#include <sys/stat.h>

#include "../export.h"
#include "../result.h"

namespace tagwire {

/// Held by whoever changes private files of a folder; let go of when it is deleted, or when the process ends.
using FolderLock = std::unique_ptr<QFile>;

/// What root writes into a service's folder must stay readable for the service. A file with a second name is left
/// alone: whoever owns the folder may have put somebody else's file there.
TAGWIRE_EXPORT void giveToOwnerOf(const QString &folder, int descriptor);

/// A small file that only its owner may read and write, and that several processes replace: whoever reads it gets the
/// old or the new one, whole. Reentrant; owned by an AccessFile.
class TAGWIRE_EXPORT PrivateFile {
 public:
  static constexpr qint64 largest = 16LL * 1024 * 1024;

  /// `most` is how many bytes it may have.
  PrivateFile(QString folder, const QString &name, qint64 most = largest);

  const QString &path() const { return m_path; }
  /// Waits until nobody else holds the folder's lock, 10 s at most: call it where that may block. Makes the folder
  /// (0700) if there is none.
  Result<FolderLock> lock() const;
  /// Whether the file may be another one than at the last read() or write().
  bool hasChanged() const;
  /// What is in it; nothing when there is no such file. Errors: a symbolic link, not a plain file, of another user,
  /// open to others, too large.
  Result<std::optional<QByteArray>> read();
  /// Replaces it durably; call it with the lock held. After an error the old one may still be there.
  Result<void> write(const QByteArray &content);

 private:
  /// What tells one state of a file from another without reading it. All zero: there is no file.
  struct Trace {
    quint64 device = 0;
    quint64 inode = 0;
    qint64 size = 0;
    qint64 modified = 0;  ///< nanoseconds
    qint64 changed = 0;   ///< nanoseconds; moves with owner and permissions too
    bool operator==(const Trace &) const = default;
  };

  static Trace traceOf(const struct stat &status);
  std::optional<Trace> traceNow() const;
  QString refusal(const struct stat &status) const;
  Result<void> writeNew(const QByteArray &path, const QByteArray &content) const;

  QString m_folder;
  QString m_path;
  qint64 m_most;
  std::optional<Trace> m_trace;  ///< nothing: not read yet, or it could not be
};

}  // namespace tagwire
