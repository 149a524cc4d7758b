// SPDX-License-Identifier: Apache-2.0
#include "drainwork.h"

#include "historygap.h"

#include <algorithm>

namespace tagwire::sql {

using namespace std::chrono_literals;

namespace {

tl::unexpected<StoreError> asOutage(const QString &text) {
  return tl::unexpected(StoreError{StoreError::Kind::Outage, text});
}

qsizetype recordsIn(const WriteWork &work) {
  return static_cast<qsizetype>(work.samples.size()) + static_cast<qsizetype>(work.events.size());
}

/// What the events about gaps say, for the table of gaps.
QList<HistoryGap> gapsIn(const std::vector<StoredEvent> &events) {
  QList<HistoryGap> gaps;
  for (const StoredEvent &event : events) {
    if (const auto gap = gapOf(event)) gaps << *gap;
  }
  return gaps;
}

template <class T>
quint64 splitAtHalf(std::vector<T> &from, std::vector<T> &to) {
  const auto middle = from.begin() + static_cast<std::ptrdiff_t>(from.size() / 2);
  const quint64 sequence = middle->sequence;
  to.assign(std::make_move_iterator(middle), std::make_move_iterator(from.end()));
  from.erase(middle, from.end());
  return sequence;
}

/// The second half of `work`, which keeps the first. It has one range and two records at least.
WriteWork takeSecondHalf(WriteWork &work) {
  WriteWork second;
  second.spool = work.spool;
  second.ranges = work.ranges;
  const quint64 sequence =
      work.events.empty() ? splitAtHalf(work.samples, second.samples) : splitAtHalf(work.events, second.events);
  work.ranges.first().next = sequence;
  second.ranges.first().first = sequence;
  work.gaps = gapsIn(work.events);
  second.gaps = gapsIn(second.events);
  return second;
}

}  // namespace

DrainWork::DrainWork(std::shared_ptr<Spool> spool, Quarantine &quarantine, DrainSettings settings)
    : m_spool(std::move(spool)),
      m_quarantine(quarantine),
      m_settings(std::move(settings)),
      m_points([this](PointKey key) { return m_spool->point(key); }),
      m_backoff(250ms, 30s),
      m_maintenanceBackoff(1min, 1h) {}

DrainWork::Moment DrainWork::step(Moment now, Time wallClock) {
  if (!m_store || !m_store->isOpen()) {
    const bool isOpen = now >= m_retryAt && connect(now);
    if (!isOpen) giveUpBatches(m_outage);
    return isOpen ? now : m_retryAt;
  }
  m_wallClock = wallClock;
  // Under constant load, too, but never twice in turn.
  if (!std::exchange(m_hasMaintained, false) && now >= m_maintainAt + longestPause) {
    m_hasMaintained = true;
    if (maintain(now)) return now;
    if (!m_store->isOpen()) return m_retryAt;
  }
  for (const auto act : {&DrainWork::carryEvents, &DrainWork::carryTelemetry, &DrainWork::carryBatches,
                         &DrainWork::carryRequeued, &DrainWork::maintain}) {
    if ((this->*act)(now)) return now;
    if (!m_store->isOpen()) return m_retryAt;
  }
  Moment next = m_maintainAt;
  for (const Moment written : m_lastWrite) {
    const Moment due = written + m_settings.batchInterval;
    next = std::min(next, due > now ? due : now + m_settings.batchInterval);
  }
  return next;
}

bool DrainWork::isDone() const { return !m_store || !m_store->isOpen() ? m_hasTried : isEmpty(); }

bool DrainWork::isEmpty() const {
  return m_spool->figures(Stream::Telemetry).waiting == 0 && m_spool->figures(Stream::Events).waiting == 0;
}

void DrainWork::close() {
  if (m_store) m_store->close();
}

void DrainWork::interrupt() {
  std::shared_ptr<HistoryStore> store;
  {
    const std::lock_guard lock(m_storeMutex);
    store = m_store;
  }
  if (store) store->interrupt();
}

bool DrainWork::connect(Moment now) {
  m_hasTried = true;
  if (const auto opened = openStore(); !opened) {
    failed(opened.error(), now);
    return false;
  }
  // Else it is over only when something could be written.
  if (isEmpty()) m_outage.clear();
  m_maintainAt = std::max(m_maintainAt, now);
  // Behind a long backlog nobody would see for a long while what happens now.
  if (m_spool->figures(Stream::Telemetry).waiting > HistoryStore::sliceRecords) {
    m_liveFrom = m_spool->end(Stream::Telemetry);
  }
  return true;
}

StoreResult<void> DrainWork::openStore() {
  // Made anew each time: a password in a file may have changed.
  auto fresh = std::shared_ptr<HistoryStore>(m_settings.makeStore());
  {
    const std::lock_guard lock(m_storeMutex);
    m_store = std::move(fresh);
  }
  if (const auto opened = m_store->open(); !opened) return opened;
  const auto held = m_quarantine.open();
  if (!held) return asOutage(held.error());
  const auto delivered = m_store->delivered(m_spool->id());
  if (!delivered) return tl::unexpected(delivered.error());
  if (const auto settled = settleQuarantine(*delivered); !settled) return settled;
  if (!m_isRestored) {
    m_spool->restoreDelivered(*delivered);
    const std::lock_guard lock(m_ledgerMutex);
    m_quarantinedBefore = m_quarantine.count();
    m_isRestored = true;
  } else if (m_unknown && holds(*delivered, *m_unknown)) {
    account(*m_unknown, m_unknownAside);
  }
  m_unknown.reset();
  return m_store->keepBoots(m_spool->id(), m_spool->boots());
}

// The end of the program or a lost answer can leave a record in quarantine that is in the store, too, or still comes by
// the spool. Of each only one stays.
StoreResult<void> DrainWork::settleQuarantine(const QList<SpoolRange> &delivered) {
  const auto requeued = m_store->delivered(quarantineName());
  if (!requeued) return tl::unexpected(requeued.error());
  const std::lock_guard lock(m_ledgerMutex);
  if (!requeued->isEmpty()) {
    const auto stored = m_quarantine.removeDelivered(*requeued);
    if (!stored) return asOutage(stored.error());
    if (m_isRestored) m_triedAgain += *stored;
    if (const auto forgotten = m_store->keepBoots(quarantineName(), {}); !forgotten) return forgotten;
  }
  const bool isAside = m_unknown && m_unknownAside > 0;
  if (m_isRestored && !isAside) return {};
  const auto waiting = m_quarantine.removeWaiting(m_spool->boots(), delivered);
  if (!waiting) return asOutage(waiting.error());
  if (m_isRestored) m_quarantinedBefore -= *waiting;
  return {};
}

void DrainWork::failed(const StoreError &error, Moment now) {
  if (m_store) m_store->close();
  m_outage = error.text.isEmpty() ? QStringLiteral("the database can't be written") : error.text;
  m_retryAt = now + m_backoff.next();
}

bool DrainWork::isDue(Stream stream, Moment now) const {
  const qint64 waiting = m_spool->figures(stream).waiting;
  if (waiting == 0) return false;
  return m_isHurried || waiting >= (stream == Stream::Events ? mostEvents : m_most) ||
         now >= m_lastWrite[static_cast<size_t>(stream)] + m_settings.batchInterval;
}

bool DrainWork::carryEvents(Moment now) {
  if (!isDue(Stream::Events, now)) return false;
  return carry(m_spool->readOldest(Stream::Events, mostEvents), now);
}

bool DrainWork::carryTelemetry(Moment now) {
  if (!isDue(Stream::Telemetry, now)) return false;
  // In turns, so that the backlog goes down while the live records never wait for more than one slice of it.
  if (m_liveFrom && !std::exchange(m_isBacklogTurn, !m_isBacklogTurn)) {
    SpoolBatch live = m_spool->readFrom(Stream::Telemetry, *m_liveFrom, m_most);
    if (!live.range.isEmpty()) {
      const quint64 next = live.range.next;
      if (!carry(std::move(live), now)) return false;
      m_liveFrom = next;
      return true;
    }
  }
  SpoolBatch oldest = m_spool->readOldest(Stream::Telemetry, m_most);
  if (oldest.range.isEmpty()) return false;
  if (m_liveFrom && oldest.range.boot == m_spool->boot() && oldest.range.next >= *m_liveFrom) m_liveFrom.reset();
  return carry(std::move(oldest), now);
}

bool DrainWork::carry(SpoolBatch &&batch, Moment now) {
  if (batch.range.isEmpty()) return false;
  WriteWork work;
  work.spool = m_spool->id();
  work.ranges = {batch.range};
  work.samples = std::move(batch.samples);
  work.events = std::move(batch.events);
  work.gaps = gapsIn(work.events);
  m_lastWrite[static_cast<size_t>(batch.range.stream)] = now;
  if (const auto delivered = deliver(std::move(work)); !delivered) {
    // It may have been too much for the time that a slow server has.
    m_most = std::max(m_most / 4, leastRecords);
    failed(delivered.error(), now);
    return false;
  }
  m_most = std::min(m_most * 2, HistoryStore::sliceRecords);
  m_outage.clear();
  m_backoff.reset();
  return true;
}

StoreResult<void> DrainWork::deliver(WriteWork work) {
  const auto written = m_store->write(work, m_points);
  if (written) {
    account(work.ranges.first());
    if (m_settings.stored) m_settings.stored(work.samples);
    return {};
  }
  if (written.error().kind == StoreError::Kind::Outage) {
    m_unknown = work.ranges.first();
    m_unknownAside = 0;
    return written;
  }
  const qsizetype records = recordsIn(work);
  if (records == 0) return asOutage(written.error().text);
  if (records == 1) return setAside(work, written.error().text);
  WriteWork second = takeSecondHalf(work);
  if (const auto first = deliver(std::move(work)); !first) return first;
  return deliver(std::move(second));
}

StoreResult<void> DrainWork::setAside(const WriteWork &work, const QString &reason) {
  RefusedRecord refused;
  refused.reason = reason;
  refused.key = work.ranges.first();
  if (work.events.empty()) {
    const StoredSample &sample = work.samples.front();
    refused.key.first = sample.sequence;
    refused.record = sample;
    refused.point = m_points(sample.point);
    if (!refused.point) refused.point = std::make_shared<const StoredPoint>();
  } else {
    refused.key.first = work.events.front().sequence;
    refused.record = work.events.front();
  }
  refused.key.next = refused.key.first + 1;
  // Until it can be said to be delivered it is in both places, and counts as two.
  if (const auto kept = keepRefused(refused); !kept) return kept;
  WriteWork rest;
  rest.spool = work.spool;
  rest.ranges = work.ranges;
  if (const auto written = m_store->write(rest, m_points); !written) {
    m_unknown = work.ranges.first();
    m_unknownAside = 1;
    return written;
  }
  account(rest.ranges.first(), 1);
  return {};
}

void DrainWork::account(const SpoolRange &range, int setAside) {
  const std::lock_guard lock(m_ledgerMutex);
  m_spool->delivered(range);
  m_setAside += setAside;
  m_quarantinedBefore -= setAside;
}

bool DrainWork::carryRequeued(Moment now) {
  const auto queued = m_quarantine.next();
  if (!queued || !*queued) return false;
  const Quarantine::Queued &found = **queued;
  WriteWork work;
  work.spool = quarantineName();
  work.ranges = {found.record.key};
  if (const auto *sample = std::get_if<StoredSample>(&found.record.record)) work.samples = {*sample};
  if (const auto *event = std::get_if<StoredEvent>(&found.record.record)) work.events = {*event};
  const auto written = m_store->write(work, [&found](PointKey) { return found.record.point; });
  if (!written && written.error().kind == StoreError::Kind::Outage) {
    failed(written.error(), now);
    return false;
  }
  if (!written) return m_quarantine.refusedAgain(found.id, written.error().text).has_value();
  const std::lock_guard lock(m_ledgerMutex);
  const auto removed = m_quarantine.remove(found.id);
  if (removed && *removed) ++m_triedAgain;
  return removed.has_value();
}

// What fails here keeps nothing from being written.
bool DrainWork::maintain(Moment now) {
  if (now < m_maintainAt || m_isHurried) return false;
  const auto maintained = m_store->maintain(m_wallClock, m_settings.retention);
  if (!maintained) {
    m_maintainAt = now + std::chrono::ceil<std::chrono::seconds>(m_maintenanceBackoff.next());
    m_complaint = maintained.error().text;
    m_retryAt = now;
    return m_store->isOpen();
  }
  m_complaint.clear();
  m_maintenanceBackoff.reset();
  m_maintainAt = *maintained ? now : now + maintenanceInterval;
  return true;
}

Result<int> DrainWork::discard(const QList<qint64> &ids) {
  const std::lock_guard lock(m_ledgerMutex);
  const auto discarded = m_quarantine.discard(ids);
  if (discarded) m_discarded += *discarded;
  return discarded;
}

Ledger DrainWork::ledger() const {
  const std::unique_lock lock(m_ledgerMutex, std::try_to_lock);
  const std::lock_guard last(m_lastLedgerMutex);
  if (lock) m_lastLedger = countLedger();  // else the disk is being waited for, and it was right a moment ago
  return m_lastLedger;
}

Ledger DrainWork::countLedger() const {
  Ledger ledger;
  for (const Stream stream : {Stream::Telemetry, Stream::Events}) {
    const SpoolFigures figures = m_spool->figures(stream);
    ledger.accepted += figures.accepted;
    ledger.written += figures.delivered;
    ledger.spooled += figures.waiting;
    ledger.overflowed += figures.overflowed;
    ledger.thinned += figures.thinned;
    ledger.damaged += figures.damaged;
    ledger.refused += figures.refused;
  }
  ledger.accepted += m_quarantinedBefore;
  ledger.written += m_triedAgain - m_setAside;
  ledger.quarantined = m_isRestored ? m_quarantine.count() : 0;
  ledger.damaged += m_quarantine.lost();
  ledger.discarded = m_discarded;
  return ledger;
}

}  // namespace tagwire::sql
