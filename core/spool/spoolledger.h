// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "segmentfile.h"
#include "sequenceset.h"
#include "spool.h"

namespace tagwire::spool {

/// First and last time of some records; empty at first.
struct TimeSpan {
  std::optional<Time> from;
  std::optional<Time> to;

  void add(Time time) {
    if (!from || time < *from) from = time;
    if (!to || time > *to) to = time;
  }
  void add(const TimeSpan &other) {
    if (other.from) add(*other.from);
    if (other.to) add(*other.to);
  }
};

/// What is known of one file of records.
struct SegmentInfo {
  quint64 serial = 0;  ///< within this run; another one after thinning
  quint64 base = 0;
  quint64 next = 0;  ///< past its last sequence
  quint64 gaps = 0;  ///< sequences between them that it says are not in it
  qint64 bytes = 0;  ///< that may be read
  int thinLevel = 0;
  bool isOpen = false;  ///< the writer goes on with it
  QString path;
  std::shared_ptr<SpoolFile> file;  ///< of an open one, and of one that nobody else finds any more
  TimeSpan times;
};

/// One stream of one run of the program.
struct Lane {
  quint64 boot = 0;
  quint32 ordinal = 0;
  Stream stream = Stream::Telemetry;
  quint64 end = 0;        ///< past the last accepted sequence
  SequenceSet delivered;  ///< in the store
  SequenceSet lost;       ///< never to be delivered: damaged, dropped, thinned, never accepted; disjoint from delivered
  SequenceSet reading;    ///< read, and not yet delivered
  SequenceSet gone;       ///< their files were deleted on purpose
  std::map<quint64, SegmentInfo> segments;  ///< by base

  quint64 settled(quint64 first, quint64 next) const { return delivered.count(first, next) + lost.count(first, next); }
  bool isFinished(const SegmentInfo &segment) const {
    return !segment.isOpen && settled(segment.base, segment.next) == segment.next - segment.base;
  }
};

/// Which records there are, what became of each, and in which file it is: the one place where the reading and the
/// adding side meet. No file is read or written here. Thread-safe.
class SpoolLedger {
 public:
  // Recovery, before anything else ------------------------------------------------------------------------------

  /// A lane of an earlier boot. Lanes come oldest first.
  void takeIn(std::unique_ptr<Lane> lane);
  /// A lane whose files are not touched in this run: only that it is there, and what of it went before, is kept.
  void leaveAlone(quint64 boot, Stream stream, const SequenceSet &gone);
  void begin(quint64 boot, quint32 ordinal);

  // The adding side ---------------------------------------------------------------------------------------------

  quint64 beginSegment(Stream stream, const QString &path, std::shared_ptr<SpoolFile> file);
  /// The current segment of `stream` goes on to `next`, with `records` records since the last call.
  void accept(Stream stream, quint64 next, quint64 records, qint64 bytes, const TimeSpan &times);
  /// `keepsFile`: its name is gone, so that it is read by its descriptor.
  void endSegment(Stream stream, qint64 bytes, bool keepsFile);
  void refuse(Stream stream, quint64 records, const TimeSpan &times);

  // The reading side --------------------------------------------------------------------------------------------

  /// What may be read at once: `first` to `limit` - 1 of `range.boot`, and maybe settled ones before from range.first
  /// on.
  struct Due {
    SpoolRange range;
    quint64 first = 0;
  };
  std::optional<Due> due(Stream stream, std::optional<quint64> from) const;
  /// Where the first unsettled record from `first` on is: in a segment, or in none.
  struct Place {
    quint64 first = 0;  ///< `limit` of the question: there is none
    quint64 next = 0;   ///< past the last one to be had there
    std::optional<SegmentInfo> segment;
  };
  Place placeOf(const SpoolRange &lane, quint64 first, quint64 limit) const;
  /// Sequences that should be in a segment, and are not.
  struct Missing {
    quint64 first = 0;
    quint64 next = 0;
    TimeSpan around;
    bool isDamage = false;  ///< else the file itself says so
  };
  /// False: the segment (0: none) is not what it was; then what was read of it does not count.
  bool noteRead(const SpoolRange &range, quint64 serial, const std::vector<Missing> &missing);
  void deliver(const SpoolRange &range);
  /// Segments with gaps that the range touches: their gaps have to be noted before it is delivered unread.
  std::vector<SegmentInfo> gappedIn(const SpoolRange &range) const;

  // Room --------------------------------------------------------------------------------------------------------

  qint64 bytes(Stream stream) const;
  qsizetype segments(Stream stream) const;
  /// The oldest of those that are least thinned, below `mostThinned`, and not being read.
  struct Candidate {
    SpoolRange lane;
    quint32 ordinal = 0;
    SegmentInfo segment;
    SequenceSet settled = {};  ///< within it
  };
  std::optional<Candidate> toThin(int mostThinned) const;
  /// The file `newPath` takes its place. False: somebody has read it meanwhile, or it can't be, so that it stays as it
  /// was.
  bool replace(const Candidate &old, const SegmentInfo &thinned, const QString &newPath, quint64 records,
               const TimeSpan &times);
  /// The oldest telemetry that can go.
  std::optional<Candidate> toDrop() const;
  void drop(const Candidate &segment);
  /// Bytes of event segments that have undelivered records.
  qint64 waitingEventBytes() const;

  // Files that nobody needs any more; they are forgotten by the call.
  QStringList takeFinished();
  QByteArray goneList() const;

  // From any thread ---------------------------------------------------------------------------------------------

  quint64 end(Stream stream) const;
  QList<quint64> boots() const;
  SpoolFigures figures(Stream stream) const;
  QList<SpoolLoss> takeLosses();

 private:
  using Lanes = std::vector<std::unique_ptr<Lane>>;

  Lane *laneOf(Stream stream, quint64 boot) const;
  Lane &current(Stream stream) const { return *m_lanes[static_cast<size_t>(stream)].back(); }
  SegmentInfo &open(Stream stream) const;
  SpoolFigures &counts(Stream stream) { return m_figures[static_cast<size_t>(stream)]; }
  /// The waiting records of the interval, which get settled. Unseen gaps come off: first of all (the file can't be
  /// asked) or, where they are surely records, last.
  static qint64 claim(Lane &lane, quint64 first, quint64 next, bool areRecords);
  static qint64 settle(Lane &lane, quint64 first, quint64 next);
  void noteGap(Lane &lane, SegmentInfo &segment, const Missing &gap);
  void lose(SpoolLoss::Reason reason, Stream stream, qint64 records, const TimeSpan &times);

  mutable std::mutex m_mutex;
  std::array<Lanes, 2> m_lanes;                                   ///< by stream; the oldest first, this boot's last
  std::map<std::pair<quint64, Stream>, SequenceSet> m_leftAlone;  ///< with what is gone of it
  std::array<SpoolFigures, 2> m_figures;
  QList<SpoolLoss> m_losses;
  quint64 m_lastSerial = 0;
};

/// The list of sequences whose files were deleted on purpose; nothing when it is damaged.
std::optional<std::map<std::pair<quint64, Stream>, SequenceSet>> readGoneList(const QByteArray &content);

}  // namespace tagwire::spool
