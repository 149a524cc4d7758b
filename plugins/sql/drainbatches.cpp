// SPDX-License-Identifier: Apache-2.0
// DrainWork: batches of other nodes, as hubs hand them in.
#include "drainwork.h"

namespace tagwire::sql {

namespace {

/// The second half, `all` keeps the first.
template <class T>
std::vector<T> secondHalfOf(std::vector<T> &all) {
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::vector<T> second(std::make_move_iterator(middle), std::make_move_iterator(all.end()));
  all.erase(middle, all.end());
  return second;
}

/// The same of one batch of two records at least, with its range. A batch has samples or events.
HistoryBatch secondHalfOf(HistoryBatch &batch) {
  HistoryBatch second;
  second.origin = batch.origin;
  second.range = batch.range;
  second.points = batch.points;
  if (batch.events.empty()) {
    second.samples = secondHalfOf(batch.samples);
    second.range.first = second.samples.front().sequence;
  } else {
    second.events = secondHalfOf(batch.events);
    second.range.first = second.events.front().sequence;
  }
  batch.range.next = second.range.first;
  return second;
}

size_t recordsOfBatch(const HistoryBatch &batch) { return batch.samples.size() + batch.events.size(); }

}  // namespace

bool DrainWork::addBatches(std::shared_ptr<const HistoryBatches> batches, Stored stored) {
  const std::lock_guard lock(m_batchesMutex);
  if (m_batches.size() >= mostBatches) return false;
  m_batches.push_back({std::move(batches), std::move(stored)});
  return true;
}

bool DrainWork::hasBatches() const {
  const std::lock_guard lock(m_batchesMutex);
  return !m_batches.empty();
}

void DrainWork::giveUpBatches(const QString &reason) {
  std::deque<Batches> batches;
  {
    const std::lock_guard lock(m_batchesMutex);
    batches.swap(m_batches);
  }
  for (const Batches &each : batches) each.stored(failure(reason));
}

// They wait elsewhere, so whoever brings them is told at once how it went, and comes again.
bool DrainWork::carryBatches(Moment now) {
  Batches next;
  {
    const std::lock_guard lock(m_batchesMutex);
    if (m_batches.empty()) return false;
    next = std::move(m_batches.front());
    m_batches.pop_front();
  }
  const auto written = storeBatches(*next.batches);
  if (!written) {
    if (written.error().kind == StoreError::Kind::Outage) failed(written.error(), now);
    next.stored(failure(written.error().text));
    return false;
  }
  m_outage.clear();
  m_backoff.reset();
  next.stored(*written);
  return true;
}

/// What the database refuses is halved until the bad record is found: else it would keep all others from being stored,
/// and whoever brings them would come with the same again and again. An outage meanwhile is no harm: what is stored by
/// then is known by its keys.
StoreResult<int> DrainWork::storeBatches(HistoryBatches batches) {
  const auto written = m_store->writeBatches(batches);
  if (written || written.error().kind == StoreError::Kind::Outage) return written;
  HistoryBatches second;
  if (batches.size() > 1) {
    second = secondHalfOf(batches);
  } else if (batches.size() == 1 && recordsOfBatch(batches.front()) > 1) {
    second.push_back(secondHalfOf(batches.front()));
  } else if (batches.size() == 1 && recordsOfBatch(batches.front()) == 1) {
    return setAside(std::move(batches.front()), written.error().text);
  } else {
    return written;
  }
  const auto first = storeBatches(std::move(batches));
  if (!first) return first;
  const auto rest = storeBatches(std::move(second));
  if (!rest) return rest;
  return *first + *rest;
}

/// Into the quarantine, and then it counts as delivered. Between the two it may come again: it has its key there.
StoreResult<int> DrainWork::setAside(HistoryBatch batch, const QString &reason) {
  RefusedRecord refused;
  refused.reason = reason;
  refused.key = batch.range;
  if (batch.events.empty()) {
    StoredSample &sample = batch.samples.front();
    refused.key.first = sample.sequence;
    refused.point = std::make_shared<const StoredPoint>(batch.points.at(sample.point - 1));
    refused.record = std::move(sample);
  } else {
    refused.key.first = batch.events.front().sequence;
    refused.record = std::move(batch.events.front());
  }
  refused.key.next = refused.key.first + 1;
  if (const auto kept = keepRefused(refused); !kept) return tl::unexpected(kept.error());
  batch.samples.clear();
  batch.events.clear();
  return m_store->writeBatches({batch});
}

StoreResult<void> DrainWork::keepRefused(const RefusedRecord &refused) {
  const std::lock_guard lock(m_ledgerMutex);
  const auto isNew = m_quarantine.add(refused);
  if (!isNew) return tl::unexpected(StoreError{StoreError::Kind::Outage, isNew.error()});
  if (*isNew) ++m_quarantinedBefore;
  return {};
}

}  // namespace tagwire::sql
