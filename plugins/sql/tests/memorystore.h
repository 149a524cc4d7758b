// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include "services/historyreader.h"
#include "store/historystore.h"

namespace tagwire::sql {

/// What a database holds, as plainly as can be; it outlives the connections (MemoryStore).
struct MemoryDatabase {
  using Key = std::tuple<quint64, Stream, quint64>;  ///< boot, stream, sequence

  std::vector<StoredSample> samples;  ///< in the order in which they were written
  std::vector<StoredEvent> events;
  std::vector<QString> names;  ///< of the samples' points
  std::map<QString, QList<SpoolRange>> delivered;
  QList<HistoryGap> gaps;
  qsizetype largestWrite = 0;
  int writes = 0;

  // What goes wrong.
  std::function<bool(const StoredSample &)> refusesSample = {};
  std::function<bool(const StoredEvent &)> refusesEvent = {};
  std::function<bool()> failsBefore = {};  ///< nothing is stored
  std::function<bool()> failsAfter = {};   ///< it is stored, but the answer is lost
  bool isAway = false;
  bool maintenanceFails = false;
};

/// A connection to it.
class MemoryStore : public HistoryStore {
 public:
  explicit MemoryStore(MemoryDatabase &database) : m_database(database) {}

  StoreResult<void> open() override {
    if (m_database.isAway) return outage("away");
    m_isOpen = true;
    return {};
  }
  void close() override { m_isOpen = false; }
  bool isOpen() const override { return m_isOpen; }

  StoreResult<QList<SpoolRange>> delivered(const QString &spool) override { return m_database.delivered[spool]; }

  StoreResult<void> keepBoots(const QString &spool, const QList<quint64> &boots) override {
    m_database.delivered[spool].removeIf([&](const SpoolRange &each) { return !boots.contains(each.boot); });
    return {};
  }

  StoreResult<void> write(const WriteWork &work, const PointLookup &points) override {
    if (!m_isOpen) qFatal("written to while it is closed");
    if (m_database.isAway || (m_database.failsBefore && m_database.failsBefore())) {
      m_isOpen = false;
      return outage("away");
    }
    for (const StoredSample &sample : work.samples) {
      if (m_database.refusesSample && m_database.refusesSample(sample)) return refused();
    }
    for (const StoredEvent &event : work.events) {
      if (m_database.refusesEvent && m_database.refusesEvent(event)) return refused();
    }
    for (const StoredSample &sample : work.samples) {
      m_database.samples.push_back(sample);
      const auto point = points(sample.point);
      m_database.names.push_back(point ? point->name : QString());
    }
    m_database.events.insert(m_database.events.end(), work.events.begin(), work.events.end());
    m_database.gaps << work.gaps;
    if (!work.spool.isEmpty()) m_database.delivered[work.spool] << work.ranges;
    m_database.largestWrite = std::max(m_database.largestWrite, static_cast<qsizetype>(work.samples.size()));
    ++m_database.writes;
    if (m_database.failsAfter && m_database.failsAfter()) {
      m_isOpen = false;
      return outage("no answer");
    }
    return {};
  }

  StoreResult<bool> maintain(Time, const Retention &) override {
    if (m_database.maintenanceFails) {
      m_isOpen = false;
      return outage("housekeeping");
    }
    return false;
  }
  void interrupt() override {}

 private:
  static tl::unexpected<StoreError> outage(const char *text) {
    return tl::unexpected(StoreError{StoreError::Kind::Outage, QString::fromLatin1(text)});
  }
  static tl::unexpected<StoreError> refused() {
    return tl::unexpected(StoreError{StoreError::Kind::Refused, QStringLiteral("this will not do")});
  }

  MemoryDatabase &m_database;
  bool m_isOpen = false;
};

}  // namespace tagwire::sql
