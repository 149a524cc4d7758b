// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/accessfile.h"
#include "manifestcontrol.h"

namespace tagwire {

/// What stands in versions.json.
struct ManifestVersionsDocument {
  static constexpr int currentVersion = 1;
  int version = currentVersion;
  QList<ManifestVersion> versions;  ///< the oldest first

  static void describe(Shape<ManifestVersionsDocument> &shape);
};

/// The texts that were the manifest, in `<data_dir>/manifests`: versions.json says of each who, when and why, and
/// <number>.json is the text. The oldest make room. Waits for the disk: call it in a worker thread. Reentrant.
class TAGWIRE_EXPORT ManifestVersions {
 public:
  static constexpr qsizetype most = 100;
  static constexpr qint64 mostBytes = 256LL * 1024 * 1024;  ///< of all texts together; the newest is kept in any case

  explicit ManifestVersions(const QString &dataDir);

  /// The oldest first.
  Result<QList<ManifestVersion>> list();
  /// Errors: it is not there, can't be read, or is not what it was.
  Result<QByteArray> text(const ManifestVersion &version) const;
  /// Keeps it durably; its number. Its sha256 and size are those of `text`.
  Result<int> add(const ManifestVersion &version, const QByteArray &text);
  /// The same, and `file` has this text then. What stands there before and is no version is kept as one, too.
  Result<int> change(const QString &file, const QByteArray &text, const ManifestVersion &version);

 private:
  PrivateFile fileOf(int number) const;

  QString m_folder;
  AccessFile<ManifestVersionsDocument> m_index;
};

}  // namespace tagwire
