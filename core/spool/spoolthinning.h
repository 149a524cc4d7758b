// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spoolledger.h"

namespace tagwire::spool {

/// How often a segment may be thinned, each time more.
constexpr int thinLevels = 3;

struct Thinned {
  SegmentInfo segment;
  QString newPath;      ///< stands beside the old file
  quint64 removed = 0;  ///< waiting records that are not in it any more
  TimeSpan times;       ///< of these
};

/// Writes a segment anew, with one record for each point and period (10 s, 60 s, 600 s); the first and the last record
/// of a point and changes of its quality stay. Nothing: it can't be read or written.
std::optional<Thinned> thinSegment(const SpoolLedger::Candidate &old, const QByteArray &spool, bool isSync);

/// Sequences that a segment says are not in it.
std::vector<SpoolLedger::Missing> gapsOf(const SegmentInfo &segment, const SpoolRange &lane);

}  // namespace tagwire::spool
