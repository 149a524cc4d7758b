// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QStringList>

#include <chrono>
#include <vector>

#include "ingestconfig.h"
#include "services/ingestdesk.h"

namespace tagwire::ingest {

/// The virtual points of an instance: checks what comes in, and knows which of them have been silent for too long. No
/// clock, timer or signal; one thread; owned by Ingest.
class VirtualPoints {
 public:
  /// `ids` in the order of `points`; None for one that was refused.
  VirtualPoints(const QList<PointConfig> &points, const QList<PointId> &ids);

  struct Outcome {
    Samples accepted;
    QStringList reasons;  ///< one for each value; empty when it was accepted
  };
  Outcome take(const QList<IngestValue> &values, Time now, std::chrono::nanoseconds elapsed);
  /// A sample for each point that has just become stale.
  Samples findStale(Time now, std::chrono::nanoseconds elapsed);
  bool canBecomeStale() const { return m_canBecomeStale; }

 private:
  struct Entry {
    PointId id = PointId::None;
    PointInfo info;
    std::chrono::nanoseconds maxSilence{0};
    std::chrono::nanoseconds takenAt{0};
    Value value;
    bool isFresh = false;  ///< has a value that is not stale
  };
  /// What is published for it, or why it is not accepted.
  Result<Sample> check(const IngestValue &given, Time now) const;

  std::vector<Entry> m_entries;
  QHash<PointId, size_t> m_places;
  bool m_canBecomeStale = false;
};

}  // namespace tagwire::ingest
