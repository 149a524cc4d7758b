// SPDX-License-Identifier: Apache-2.0
#include "drain.h"

#include <condition_variable>

namespace tagwire::sql {

using namespace std::chrono_literals;

/// What both threads know. The thread holds on to it, so that it may live on when it is left behind.
struct Drain::Shared {
  Shared(std::shared_ptr<Spool> from, const QString &quarantineFile, const DrainSettings &settings, Tell tellOutage)
      : spool(std::move(from)),
        quarantine(quarantineFile),
        work(spool, quarantine, settings),
        tell(std::move(tellOutage)) {}

  const std::shared_ptr<Spool> spool;
  Quarantine quarantine;
  DrainWork work;

  std::mutex mutex;  ///< for all that follows
  std::condition_variable changed;
  Tell tell;
  bool isWoken = false;
  bool mustStop = false;
  bool isOver = false;
  DrainWork::Moment deadline;
};

Drain::Drain(std::shared_ptr<Spool> spool, const QString &quarantineFile, const DrainSettings &settings, Tell tell)
    : m_shared(std::make_shared<Shared>(std::move(spool), quarantineFile, settings, std::move(tell))) {
  m_thread = std::thread([shared = m_shared] { run(shared); });
}

Drain::~Drain() { stop(0ms); }

void Drain::wake() {
  {
    const std::lock_guard lock(m_shared->mutex);
    if (m_shared->isWoken) return;
    m_shared->isWoken = true;
  }
  m_shared->changed.notify_all();
}

void Drain::stop(std::chrono::milliseconds longest) {
  if (!m_thread.joinable()) return;
  const auto deadline = std::chrono::steady_clock::now() + longest;
  const auto isOver = [this] { return m_shared->isOver; };
  std::unique_lock lock(m_shared->mutex);
  m_shared->mustStop = true;
  m_shared->deadline = deadline;
  m_shared->tell = nullptr;
  m_shared->changed.notify_all();
  if (!m_shared->changed.wait_until(lock, deadline, isOver)) {
    lock.unlock();
    m_shared->work.interrupt();
    lock.lock();
    m_shared->changed.wait_for(lock, 2s, isOver);
  }
  const bool isAtWork = !m_shared->isOver;
  lock.unlock();
  if (isAtWork) {
    m_thread.detach();  // in a disk that does not answer, say
  } else {
    m_thread.join();
  }
}

void Drain::run(const std::shared_ptr<Shared> &shared) {
  DrainWork &work = shared->work;
  std::optional<std::pair<QString, QString>> told;
  while (true) {
    bool mustStop = false;
    DrainWork::Moment deadline;
    {
      const std::lock_guard lock(shared->mutex);
      mustStop = shared->mustStop;
      deadline = shared->deadline;
      shared->isWoken = false;
    }
    const auto now = std::chrono::steady_clock::now();
    if (mustStop) {
      work.hurry();
      if (now >= deadline || work.isDone()) break;
    }
    const auto next = work.step(now, std::chrono::system_clock::now());
    std::unique_lock lock(shared->mutex);
    const std::pair state(work.outage(), work.complaint());
    if (work.hasTried() && told != state && shared->tell) {
      told = state;
      shared->tell(state.first, state.second);
    }
    if (next <= now) continue;
    // What comes meanwhile may wait as long as what is there: one transaction for all of it. But none for too much.
    const auto isUrgent = [&] {
      return (shared->mustStop && !mustStop) || (shared->isWoken && work.outage().isEmpty() && work.hasSlice()) ||
             (shared->isWoken && work.hasBatches());
    };
    if (mustStop) break;
    shared->changed.wait_until(lock, next, isUrgent);
  }
  work.giveUpBatches(QStringLiteral("the history ends"));
  work.close();
  shared->quarantine.close();
  const std::lock_guard lock(shared->mutex);
  shared->isOver = true;
  shared->changed.notify_all();
}

bool Drain::storeBatches(std::shared_ptr<const HistoryBatches> batches, DrainWork::Stored stored) {
  if (!m_shared->work.addBatches(std::move(batches), std::move(stored))) return false;
  wake();
  return true;
}

Ledger Drain::ledger() const { return m_shared->work.ledger(); }

Result<QuarantinePage> Drain::quarantined(qint64 after, int limit) { return m_shared->quarantine.page(after, limit); }

Result<int> Drain::requeue(const QList<qint64> &ids) {
  const auto queued = m_shared->quarantine.requeue(ids);
  wake();
  return queued;
}

Result<int> Drain::discard(const QList<qint64> &ids) { return m_shared->work.discard(ids); }

}  // namespace tagwire::sql
