// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QIODevice>
#include <QSet>

#include "services/historycsv.h"
#include "store/historystore.h"
#include "store/storereader.h"
#include "tool/presentrows.h"
#include "tool/progress.h"

namespace tagwire::sql {

struct ImportOptions {
  QString manifest;
  QString file;
  QString instance;
  bool hasProgress = false;
  bool isDry = false;
  bool skipsBad = false;
  bool takesOlder = false;  ///< also what retention removes soon

  static constexpr const char *usage =
      "usage: tagwire history import MANIFEST FILE.csv [--instance ID] [--dry-run] [--skip-bad] [--older]\n"
      "       [--progress]\n"
      "Texts that begin with ' and one of = + - @ lose the ', as exports put it there. --older also stores what is "
      "older\n"
      "than the retention, which the running program removes within minutes.";
  static Result<ImportOptions> parse(const QStringList &arguments);
};

/// Takes a CSV file into a store, marked historical: looks through all of it first, then stores it slice by slice and
/// leaves out what is there already, so that the same file may be imported again. Thread-bound; what it is given
/// outlives it.
class HistoryImport {
 public:
  /// Bad lines that are told one by one.
  static constexpr qint64 mostToldLines = 20;
  /// Lines that the database refuses one by one; each costs some attempts.
  static constexpr int mostRefusedLines = 1000;
  static constexpr qsizetype mostPointNames = 100'000;
  /// For what holds a slice up: the running program has the file locked, the server restarts.
  static constexpr std::chrono::seconds longestOutage{60};
  /// A slice is cut when its texts are longer together, in bytes.
  static constexpr qsizetype longestTexts = 64 * 1024 * 1024;

  struct Counts {
    qint64 lines = 0;
    qint64 bad = 0;      ///< those that the database refused included
    qint64 older = 0;    ///< than the retention
    qint64 present = 0;  ///< left out: there already, or twice in the file
    qint64 stored = 0;
  };
  using Tell = std::function<void(const QString &)>;

  /// `reader` is null when there is nothing to read yet, `store` for a dry run. `tell` gets the bad lines.
  HistoryImport(StoreReader *reader, HistoryStore *store, const ImportOptions &options, const Retention &retention,
                Tell tell, Progress &progress, std::shared_ptr<const std::atomic_bool> mustStop);

  /// `file` must be seekable. Errors: something is bad (and nothing was stored), or the database is away.
  Result<void> run(QIODevice &file, Time now);
  const Counts &counts() const { return m_counts; }
  /// How many points get their first value.
  qsizetype newPoints() const { return m_newPoints.size(); }

 private:
  struct Point {
    PointKey key = 0;
    qint64 row = 0;  ///< in the store; 0: not there yet
    StoredPointPointer stored;
  };

  Result<void> readPoints();
  Result<void> check(QIODevice &file);
  /// Whether all that was found may be stored.
  Result<void> judge();
  bool isOlder(const StoredSample &sample) const;
  Result<void> store(QIODevice &file);
  Result<void> storeSlice();
  StoreResult<void> writeSlice();
  StoreResult<void> writePart(size_t end);
  StoreResult<void> refused(const StoredSample &sample, const QString &reason);
  Result<void> settle();
  bool isFull() const { return m_slice.size() >= HistoryStore::sliceRecords || m_textBytes >= longestTexts; }
  /// What is due next; none at the end. Errors are of one line, or m_isBroken.
  Result<std::optional<StoredSample>> next(HistoryCsvReader &csv);
  Result<Point *> pointOf(const HistoryLine &line);
  Result<void> tellBad(const HistoryCsvReader &csv, const QString &problem);
  bool pause(std::chrono::milliseconds wait) const;
  bool isStopped() const { return m_mustStop && m_mustStop->load(); }

  StoreReader *m_reader;  ///< null: nothing is stored yet
  HistoryStore *m_store;
  const ImportOptions m_options;
  const Retention m_retention;
  const Tell m_tell;
  Progress &m_progress;
  const std::shared_ptr<const std::atomic_bool> m_mustStop;
  QHash<QString, Point> m_points;
  std::vector<StoredPointPointer> m_byKey;
  const std::chrono::nanoseconds m_resolution;  ///< that times are kept to
  QSet<QString> m_newPoints;
  std::vector<StoredSample> m_slice;  ///< `sequence` is the line of the file
  size_t m_written = 0;               ///< rows of it from the beginning that are stored, or refused and told
  int m_refused = 0;
  qsizetype m_textBytes = 0;  ///< of the slice
  Counts m_counts;
  Time m_now;
};

}  // namespace tagwire::sql
