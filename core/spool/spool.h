// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

#include "record.h"
#include "result.h"
#include "storedevent.h"

namespace tagwire::spool {

struct SpoolSettings {
  /// What becomes of telemetry when the spool is full. Events are never given up for room: they wait (isEventsFull()).
  enum class Overflow : quint8 { DropOldest, Thin };

  QString folder;                           ///< made with mode 0700; files 0600
  qint64 mostBytes = 1024LL * 1024 * 1024;  ///< of all segments; a tenth of it is kept for events
  double leastFreeShare = 0.05;             ///< of the disk, 0…1
  qint64 segmentBytes = 8LL * 1024 * 1024;  ///< a segment is closed at this size
  Overflow overflow = Overflow::DropOldest;
  bool isSync = false;  ///< commit() puts everything on the disk itself (power loss), not only into the system's cache
};

/// What was lost at one time, for a gap marker.
struct SpoolLoss {
  enum class Reason : quint8 { Overflow, Thinned, Damaged, SpoolFailed };
  Reason reason = Reason::Overflow;
  Stream stream = Stream::Telemetry;
  qint64 records = 0;
  Time from;  ///< of the lost records' own times where they are known, else of the time of loss
  Time to;
};

/// Records in order, as they were accepted.
struct SpoolBatch {
  SpoolRange range;  ///< covered by it: sequences without a record in it were damaged, thinned or dropped
  std::vector<StoredSample> samples;  ///< Stream::Telemetry
  std::vector<StoredEvent> events;    ///< Stream::Events
};

/// Numbers of one stream since open(). accepted = delivered + waiting + overflowed + thinned + damaged, at every
/// moment.
struct SpoolFigures {
  qint64 accepted = 0;   ///< committed, and what was found of earlier boots (damaged ones included, where they show)
  qint64 delivered = 0;  ///< said to be in the store (or in quarantine)
  qint64 waiting = 0;
  qint64 overflowed = 0;  ///< dropped for room
  qint64 thinned = 0;     ///< the same, by thinning
  qint64 damaged = 0;     ///< lost to damage of files; counted when reading meets it
  /// Never accepted: memory was full, or the program ended, while the disk could not be written. Not in the sum.
  qint64 refused = 0;
  qint64 bytes = 0;  ///< of segments on disk
};

/// Records on disk between the sink and the store: a folder of segments that are only ever appended to. A record is
/// accepted when commit() has returned after it was added. Nothing that is found in the folder keeps it from opening:
/// torn ends, flipped bits and missing files are skipped and counted.
///
/// Thread-safe in this sense: one thread adds and commits, one other thread reads and delivers; figures from any.
class Spool {
 public:
  explicit Spool(const SpoolSettings &settings);
  ~Spool();
  Spool(const Spool &) = delete;
  Spool &operator=(const Spool &) = delete;

  /// Takes in what is there of earlier boots and begins a new one. Errors: the folder can't be made or read; then it
  /// may be tried again. Once it is open, it stays so, whatever happens to the folder.
  Result<void> open();
  /// Random, made with the folder and kept in it: names the spool in the store's table of what was delivered.
  QString id() const;
  quint64 boot() const;

  // The adding side ---------------------------------------------------------------------------------------------

  /// The number of a point, for StoredSample::point; what is known of it is kept with its samples. Cheap when it is the
  /// same as before.
  PointKey keyOf(const StoredPoint &point);
  /// Not accepted before commit(). `sequence` is given here, whatever it says. What can't be kept in memory any more
  /// while the disk can't be written is refused, oldest telemetry first, and counted.
  void add(const StoredSample &sample);
  void add(const StoredEvent &event);
  /// Writes out all that was added: with isSync onto the disk, and then everything before is there, too. Makes room
  /// first, by the overflow policy. Errors (disk full, folder gone, no room for the events that wait …): what was added
  /// and could not be written waits for the next call. What the error is not about is accepted all the same.
  Result<void> commit();
  /// What still waits because commit() could not write it is refused. For the end of the program: nobody will call
  /// commit() again.
  void giveUpPending();
  /// The share kept for events is used up by undelivered ones, or the disk is: whoever adds events should wait.
  bool isEventsFull() const;
  /// What was lost since the last call.
  QList<SpoolLoss> takeLosses();

  // The reading side --------------------------------------------------------------------------------------------

  StoredPointPointer point(PointKey key) const;
  /// What the store says was delivered in earlier boots. Before the first read.
  void restoreDelivered(const QList<SpoolRange> &ranges);
  /// The oldest undelivered records of `stream`, at most `most` of them, and about 16 MiB. Empty range: there are none.
  SpoolBatch readOldest(Stream stream, qsizetype most);
  /// The same from `sequence` of this boot on: to read what comes now before an old backlog.
  SpoolBatch readFrom(Stream stream, quint64 sequence, qsizetype most);
  /// Next sequence of this boot that will be committed.
  quint64 end(Stream stream) const;
  /// These are in the store for good: segments that hold nothing else are deleted. Ranges may come in any order, and
  /// never overlap.
  void delivered(const SpoolRange &range);
  /// Boots that there are segments of, readable or not, this one included: the store may forget all others. What is
  /// not among them any more is gone from the disk for good, whatever happens to its power.
  QList<quint64> boots() const;

  SpoolFigures figures(Stream stream) const;

 private:
  class Private;
  const std::unique_ptr<Private> d;
};

}  // namespace tagwire::spool
