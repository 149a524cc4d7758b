// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <functional>
#include <vector>

#include "record.h"
#include "services/historyreader.h"
#include "services/historywriter.h"
#include "spool/storedevent.h"

namespace tagwire::sql {

/// Why a store did not do something.
struct StoreError {
  enum class Kind : quint8 {
    Outage,   ///< away, frozen, full, read-only, a table or a right missing: the same work may do later
    Refused,  ///< the database does not want this content: without the one row that is wrong it would do
  };
  Kind kind = Kind::Outage;
  QString text;  ///< for people: what is wrong and, where it helps, what to do; never a password
};

template <class T>
using StoreResult = tl::expected<T, StoreError>;

/// How long each class is kept; none: for ever.
struct Retention {
  std::optional<std::chrono::hours> samples = {};
  std::optional<std::chrono::hours> positions = {};
  std::optional<std::chrono::hours> events = {};
  std::optional<std::chrono::hours> seconds = {};  ///< roll-ups, by level
  std::optional<std::chrono::hours> minutes = {};
  std::optional<std::chrono::hours> hours = {};
  std::optional<std::chrono::hours> days = {};
};

/// One transaction's work: records in the order in which they were accepted, and what of the spool is done with it.
struct WriteWork {
  QString spool;             ///< id of the spool; empty: not from a spool (an import)
  QList<SpoolRange> ranges;  ///< of one stream; entered into the table of what was delivered
  std::vector<StoredSample> samples;
  std::vector<StoredEvent> events;
  QList<HistoryGap> gaps;    ///< to be marked: something was lost before it came to us
  bool isOfBatches = false;  ///< of other nodes: what they say of their points is as good as our own

  bool isImport() const { return spool.isEmpty() && !isOfBatches; }
};

using PointLookup = std::function<StoredPointPointer(PointKey)>;

/// The writing side of a history database: one connection. Every call may block, but no longer than its time-outs, and
/// none throws. Thread-bound, but for interrupt(). After an Outage error it is closed: open() begins anew.
class HistoryStore {
 public:
  /// Records from which a slice is stored in its final, sorted form at once instead of row after row.
  static constexpr qsizetype sliceRecords = 262'144;

  virtual ~HistoryStore() = default;

  /// Connects; makes the schema or brings an older one up to date.
  virtual StoreResult<void> open() = 0;
  virtual void close() = 0;
  virtual bool isOpen() const = 0;
  /// What of this spool is in the store.
  virtual StoreResult<QList<SpoolRange>> delivered(const QString &spool) = 0;
  /// Forgets what was delivered of this spool's other boots.
  virtual StoreResult<void> keepBoots(const QString &spool, const QList<quint64> &boots) = 0;
  /// All or nothing, the delivered ranges included. Refused: nothing of it was stored, the store stays open.
  virtual StoreResult<void> write(const WriteWork &work, const PointLookup &points) = 0;
  /// What of batches of other nodes is not there yet, with its keys; all or nothing. Says how many records were new.
  virtual StoreResult<int> writeBatches(const HistoryBatches &batches);
  /// One small step of housekeeping (newest rows to their final place, retention). True: there is more to do.
  virtual StoreResult<bool> maintain(Time now, const Retention &retention) = 0;
  /// From any thread: lets a call that is under way come back soon, with an error; for the end of the program.
  virtual void interrupt() = 0;
};

}  // namespace tagwire::sql
