// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "spoolroom.h"

namespace tagwire::spool {

/// The adding side of one stream: encodes into memory, and writes that into the current segment. Thread-bound.
class SpoolWriter {
 public:
  SpoolWriter(Stream stream, SpoolFolder &folder, SpoolLedger &ledger, PointBook &points, SpoolRoom &room);
  /// Ends the segment.
  ~SpoolWriter();
  SpoolWriter(const SpoolWriter &) = delete;
  SpoolWriter &operator=(const SpoolWriter &) = delete;

  void begin(quint64 boot, quint32 ordinal);
  void add(const StoredSample &sample);
  void add(const StoredEvent &event);
  /// The point is not told in the current segment as it is now.
  void forget(PointKey key);
  Result<void> commit();
  /// What waits is refused.
  void giveUp();
  /// Everything that was committed goes to the disk.
  Result<void> sync();

 private:
  /// What is added before a commit, in pieces that are written whole.
  struct Piece {
    RecordBuffer records;
    quint64 serial = 0;
    quint64 first = 0;
    quint64 next = 0;
    std::vector<PointKey> points;  ///< that occur in it
    TimeSpan times;
  };

  Piece &pieceForMore();
  void keepBound();
  quint64 waiting() const;
  Result<void> writePieces();
  Result<void> beginSegment();
  void endSegment();
  void abandonSegment();
  Result<void> writePiece(const Piece &piece);
  void tellPoints(const Piece &piece);

  const Stream m_stream;
  SpoolFolder &m_folder;
  SpoolLedger &m_ledger;
  PointBook &m_points;
  SpoolRoom &m_room;
  SegmentHead m_head;
  quint32 m_seed = 0;
  quint64 m_nextSequence = 0;
  quint64 m_end = 0;  ///< accepted so far

  std::deque<std::unique_ptr<Piece>> m_pieces;
  std::unique_ptr<Piece> m_spare;
  quint64 m_lastPiece = 0;
  qint64 m_pieceBytes = 0;  ///< at this size the next one is begun
  qint64 m_pendingBytes = 0;
  std::vector<quint64> m_seenIn;  ///< by point: the piece in which it was last

  std::shared_ptr<SpoolFile> m_file;
  quint64 m_segment = 0;
  qint64 m_bytes = 0;             ///< accepted in it
  qint64 m_recordBytes = 0;       ///< without heads and points
  RecordBuffer m_before;          ///< goes before a piece: points, gap
  std::vector<quint64> m_toldIn;  ///< by point: the segment that names it
};

}  // namespace tagwire::spool
