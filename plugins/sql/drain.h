// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "drainwork.h"

namespace tagwire::sql {

/// The thread that carries records from the spool into the store. It can be left behind while the disk or the database
/// does not answer. Thread-bound to the sink's thread, but for ledger() and what concerns the quarantine; owned by the
/// SqlSink.
class Drain {
 public:
  /// Why the store can't be written, and why its housekeeping fails; empty: all is well. Called in the drain's thread
  /// when one of them changes, and once at the start.
  using Tell = std::function<void(const QString &outage, const QString &complaint)>;

  Drain(std::shared_ptr<Spool> spool, const QString &quarantineFile, const DrainSettings &settings, Tell tell);
  /// As stop(), without waiting for anything.
  ~Drain();
  Drain(const Drain &) = delete;
  Drain &operator=(const Drain &) = delete;

  /// Something was committed to the spool.
  void wake();
  /// Carries on for up to `longest`, then ends whatever is under way. The rest stays in the spool.
  void stop(std::chrono::milliseconds longest);

  /// False: too many wait.
  bool storeBatches(std::shared_ptr<const HistoryBatches> batches, DrainWork::Stored stored);

  Ledger ledger() const;
  Result<QuarantinePage> quarantined(qint64 after, int limit);
  Result<int> requeue(const QList<qint64> &ids);
  Result<int> discard(const QList<qint64> &ids);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared> &shared);

  const std::shared_ptr<Shared> m_shared;
  std::thread m_thread;
};

}  // namespace tagwire::sql
