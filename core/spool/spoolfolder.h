// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "pointbook.h"
#include "spool.h"
#include "spoolledger.h"

namespace tagwire::spool {

/// The folder of a spool: its name, its lock, its small files, and the deletion of segments that are done with.
/// Thread-safe once it is open.
class SpoolFolder {
 public:
  SpoolFolder(const SpoolSettings &settings, SpoolLedger &ledger, PointBook &points);
  ~SpoolFolder();
  SpoolFolder(const SpoolFolder &) = delete;
  SpoolFolder &operator=(const SpoolFolder &) = delete;

  /// Makes it where needed, and holds its lock. Errors: it can't be made, or another program holds it.
  Result<void> open();
  /// The id that is kept in it; else `found`, which segments name, else a new one.
  Result<void> takeId(const QByteArray &found);
  /// Makes it and its small files again when somebody deleted it.
  Result<void> restore();

  const SpoolSettings &settings() const { return m_settings; }
  QByteArray id() const { return m_id; }
  QString path(const QString &name) const { return m_settings.folder + u'/' + name; }
  /// Deletes the files that the ledger has no more use for.
  void sweep();
  /// Boots that there are segments of. One that was there is missing only when nothing brings its files back, not even
  /// a power failure: its store forgets it.
  QList<quint64> boots();
  /// A file that is finished, but not yet on the disk.
  void syncLater(std::shared_ptr<SpoolFile> file);
  Result<void> syncFinished();
  /// New points go to their file.
  Result<void> savePoints(bool isWhole);
  Result<void> saveAll();
  /// Part of the disk that is free, 0…1.
  double freeShare() const;

 private:
  Result<void> make();
  Result<void> saveGone();
  bool areDeletionsOnDisk();

  const SpoolSettings m_settings;
  SpoolLedger &m_ledger;
  PointBook &m_points;
  QByteArray m_id;
  int m_lock = -1;
  std::mutex m_mutex;  ///< of deletions, which both sides do
  std::vector<std::shared_ptr<SpoolFile>> m_unsynced;
  QStringList m_undeleted;  ///< what sweep() could not delete: it is found again by the next start
  QList<quint64> m_boots;   ///< as boots() said last
};

}  // namespace tagwire::spool
