// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "../storage/sqliteconnection.h"
#include "auditrow.h"

namespace tagwire {

class Statement;

/// A record that was noted elsewhere, to find out later whether it is still the same. Plain value.
struct AuditMark {
  qint64 number = 0;
  QByteArray hash;  ///< 64 hexadecimal digits, lower case
};

/// How a whole trail stands. Plain value.
struct AuditVerdict {
  qint64 records = 0;                ///< that are whole, from the first on
  QByteArray lastHash = noHash;      ///< of the last of these
  QString fault = {};                ///< what is wrong; empty: nothing
  qint64 badNumber = 0;              ///< of the first record that is wrong; 0: none, or it lies in no single one
  std::optional<Time> badTime = {};  ///< what that record has for its time
};

/// Reads audit.db, beside whoever writes it, and never changes it. It blocks. Thread-bound.
class TAGWIRE_EXPORT AuditReader {
 public:
  /// `mustStop` (may be null) ends what is under way; it has to outlive the reader.
  explicit AuditReader(const QString &dataDir, const std::atomic<bool> *mustStop = nullptr);

  /// Error: there is none, or it can't be read.
  Result<void> open();
  /// The newest first.
  Result<QList<AuditRecord>> read(const AuditQuery &query);
  /// Follows the chain from the first record to the last, holds it to `noted`, and has SQLite look at the whole file.
  /// Errors: it could not be read to its end for another reason than damage.
  Result<AuditVerdict> verify(const std::optional<AuditMark> &noted = {});

 private:
  Result<void> follow(AuditVerdict &verdict, const std::optional<AuditMark> &noted);
  Result<void> checkWhole(AuditVerdict &verdict);
  static int progress(void *reader);
  Result<void> failed() const;

  QString m_path;
  const std::atomic<bool> *m_mustStop;
  SqliteConnection m_connection;
};

}  // namespace tagwire
