// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "backoff.h"
#include "quarantine.h"
#include "spool/spool.h"
#include "store/historystore.h"

namespace tagwire::sql {

struct DrainSettings {
  std::function<std::unique_ptr<HistoryStore>()> makeStore;
  std::chrono::milliseconds batchInterval{500};  ///< what is less than a slice waits as long
  Retention retention = {};
  /// Told, in the drain's thread, what is in the store now; may be none.
  std::function<void(const std::vector<StoredSample> &samples)> stored = {};
};

/// Where every record is that was ever accepted, of both streams, since start. Those found of earlier runs count as
/// accepted. accepted = written + spooled + quarantined + dropped.
struct Ledger {
  qint64 accepted = 0;
  qint64 written = 0;
  qint64 spooled = 0;
  qint64 quarantined = 0;
  qint64 overflowed = 0;  ///< dropped: for room
  qint64 thinned = 0;     ///< dropped: for room, by thinning
  qint64 damaged = 0;     ///< dropped: lost to damage of files
  qint64 discarded = 0;   ///< dropped: by an operator, out of the quarantine
  qint64 refused = 0;     ///< never accepted: neither disk nor memory had room

  qint64 dropped() const { return overflowed + thinned + damaged + discarded; }
  qint64 difference() const { return accepted - written - spooled - quarantined - dropped(); }
};

/// Carries records from the spool into the store: what comes now first, then an old backlog, each stream in order. A
/// batch that the store refuses is halved until the one bad record is found and put into quarantine. Everything else
/// that goes wrong is an outage: the records stay in the spool until it is over. Thread-bound, in a thread that may
/// block, but for ledger(); owned by the Drain.
class DrainWork {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  DrainWork(std::shared_ptr<Spool> spool, Quarantine &quarantine, DrainSettings settings);

  /// Does one thing that is to be done, if any; says when to call again at the latest (`now`: at once).
  Moment step(Moment now, Time wallClock);
  /// All that there is, however little, is due from now on: for the end.
  void hurry() { m_isHurried = true; }
  /// Telemetry that need not wait for the interval, for it fills a slice: that is written once, less of it twice.
  bool hasSlice() const { return m_spool->figures(Stream::Telemetry).waiting >= m_most; }
  /// Nothing is left to carry, or nothing can be.
  bool isDone() const;
  void close();

  /// Why the store can't be written; empty: it can, as far as is known.
  const QString &outage() const { return m_outage; }
  /// Why housekeeping fails, while writing does not; empty: it does not, as far as is known.
  const QString &complaint() const { return m_complaint; }
  /// The store was opened at least once, or that failed.
  bool hasTried() const { return m_hasTried; }
  /// Thread-safe; waits for no disk and no database.
  Ledger ledger() const;
  /// Takes these records (all for an empty list) out of the quarantine for good. Thread-safe.
  Result<int> discard(const QList<qint64> &ids);

  using Stored = std::function<void(const Result<int> &stored)>;
  static constexpr size_t mostBatches = 8;
  /// Thread-safe. `stored` is called in the store's thread, with an error at once while there is an outage. False: so
  /// many wait already.
  bool addBatches(std::shared_ptr<const HistoryBatches> batches, Stored stored);
  bool hasBatches() const;
  /// For the end: nobody carries them any more.
  void giveUpBatches(const QString &reason);

  /// From any thread: what the store is doing comes back soon.
  void interrupt();

 private:
  static constexpr std::chrono::seconds maintenanceInterval{1};
  static constexpr std::chrono::seconds longestPause{5};  ///< between two steps of maintenance
  static constexpr qsizetype leastRecords = 1000;
  static constexpr qsizetype mostEvents = 10'000;  ///< in one transaction; as many wait for no interval

  bool connect(Moment now);
  StoreResult<void> openStore();
  StoreResult<void> settleQuarantine(const QList<SpoolRange> &delivered);
  bool isEmpty() const;
  void failed(const StoreError &error, Moment now);
  bool isDue(Stream stream, Moment now) const;
  bool carryEvents(Moment now);
  bool carryTelemetry(Moment now);
  bool carry(SpoolBatch &&batch, Moment now);
  StoreResult<void> deliver(WriteWork work);
  StoreResult<void> setAside(const WriteWork &work, const QString &reason);
  void account(const SpoolRange &range, int setAside = 0);
  Ledger countLedger() const;
  bool carryBatches(Moment now);
  // What hubs hand in (drainbatches.cpp).
  StoreResult<int> storeBatches(HistoryBatches batches);
  StoreResult<int> setAside(HistoryBatch batch, const QString &reason);
  StoreResult<void> keepRefused(const RefusedRecord &refused);
  bool carryRequeued(Moment now);
  bool maintain(Moment now);
  QString quarantineName() const { return m_spool->id() + QStringLiteral("/quarantine"); }

  struct Batches {
    std::shared_ptr<const HistoryBatches> batches;
    Stored stored;
  };
  mutable std::mutex m_batchesMutex;
  std::deque<Batches> m_batches;
  const std::shared_ptr<Spool> m_spool;
  Quarantine &m_quarantine;
  const DrainSettings m_settings;
  const PointLookup m_points;
  std::mutex m_storeMutex;  ///< for the pointer, which interrupt() needs
  std::shared_ptr<HistoryStore> m_store;
  Backoff m_backoff;
  Backoff m_maintenanceBackoff;
  Moment m_retryAt;
  std::array<Moment, 2> m_lastWrite{};  ///< by stream
  Moment m_maintainAt;
  Time m_wallClock;
  QString m_outage;
  QString m_complaint;
  bool m_hasTried = false;
  bool m_isHurried = false;
  bool m_hasMaintained = false;                   ///< by the last step, before its turn
  bool m_isRestored = false;                      ///< the spool knows what was delivered in earlier runs
  qsizetype m_most = HistoryStore::sliceRecords;  ///< in one transaction; less after one that took too long
  std::optional<quint64> m_liveFrom;              ///< while there is a backlog: where the live records go on
  bool m_isBacklogTurn = false;
  std::optional<SpoolRange> m_unknown;  ///< its write failed, and yet it may have been stored
  int m_unknownAside = 0;               ///< of these, into quarantine
  mutable std::mutex m_ledgerMutex;
  qint64 m_quarantinedBefore = 0;  ///< in quarantine, and not counted as accepted by the spool (any more)
  qint64 m_setAside = 0;           ///< of what the spool delivered, into quarantine
  qint64 m_triedAgain = 0;         ///< out of the quarantine into the store
  qint64 m_discarded = 0;
  mutable std::mutex m_lastLedgerMutex;
  mutable Ledger m_lastLedger;
};

}  // namespace tagwire::sql
