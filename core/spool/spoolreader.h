// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "pointbook.h"
#include "spoolledger.h"

namespace tagwire::spool {

/// The reading side: finds the records that are due in the segments, and what is missing there. Thread-bound.
class SpoolReader {
 public:
  SpoolReader(SpoolLedger &ledger, const PointBook &points) : m_ledger(ledger), m_points(points) {}

  /// Up to `most` records; `from`: of this boot only, from there on.
  SpoolBatch read(Stream stream, std::optional<quint64> from, qsizetype most);

 private:
  /// Where a sequence begins in a file, so that a segment is not gone through from its start each time.
  struct Bookmark {
    quint64 segment = 0;
    quint64 sequence = 0;
    qint64 offset = 0;
  };
  /// What one segment gave.
  struct Part {
    quint64 next = 0;      ///< all before it was looked at
    bool isStuck = false;  ///< no descriptor was to be had: later
    std::vector<SpoolLedger::Missing> missing;
  };

  Part readSegment(const SpoolRange &lane, const SpoolLedger::Place &place, SpoolBatch &batch, qsizetype most);
  Part readHole(const SpoolLedger::Place &place) const;
  void noteDamage(Part &part, quint64 next, const SegmentInfo &segment, std::optional<Time> until) const;
  /// Its time; nothing: it makes no sense.
  std::optional<Time> take(const SegmentScanner::Found &found, SpoolBatch &batch);
  bool isKnown(PointKey point);
  bool isFull(const SpoolBatch &batch, qsizetype most) const;
  Bookmark bookmarkFor(const SegmentInfo &segment, quint64 sequence) const;
  void mark(const Bookmark &bookmark);

  SpoolLedger &m_ledger;
  const PointBook &m_points;
  std::array<Bookmark, 16> m_bookmarks{};
  size_t m_nextBookmark = 0;
  std::vector<quint8> m_isKnown;   ///< by point: it was there once, and none ever goes
  qint64 m_bytes = 0;              ///< of the batch so far
  std::optional<Time> m_lastTime;  ///< of the last record that was read
};

}  // namespace tagwire::spool
