// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QList>
#include <QSet>
#include <QStringList>

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "export.h"
#include "point.h"
#include "result.h"

namespace tagwire {

/// The catalogue of points (names ↔ ids ↔ numbers, metadata) and their last values. One per runtime, owned by the host.
/// Looking up names, numbers and metadata is thread-safe; declaring and last values belong to the host thread.
class TAGWIRE_EXPORT PointTable {
 public:
  PointTable();
  ~PointTable();

  /// Remembers numbers given once in this file, so that they are the same after a restart. Call before declaring. Gives
  /// how many lines could not be read: their points get new numbers.
  Result<int> keepNumbersIn(const QString &file);

  /// Adds `point` under "<prefix>/<point.name>" for instance `owner`; one that was removed comes back under its id.
  /// Errors: bad name, name or number taken. A number that the host chose for another point is no hindrance: that one
  /// gets a new one.
  Result<PointId> declare(const QString &owner, const QString &prefix, const PointInfo &point);
  /// The points of this instance are there no more, until they are declared again; their ids. Host thread.
  QList<PointId> remove(const QString &owner);
  /// Gives a number to each point declared without one: the one it had in an earlier run, else the next free one. Call
  /// it after a round of declare(), so that given numbers never take a configured one. Host thread.
  void giveNumbers();
  /// The same, and new ones go to the file of keepNumbersIn in one append. Errors: the file can't be written (the
  /// numbers are given all the same). Host thread.
  Result<void> assignNumbers();

  /// None when there is no such point, or no more.
  PointId find(const QString &fullName) const;
  PointId findNumber(int number) const;
  /// Null for None and unknown ids. Keep it as long as you like: it never changes.
  std::shared_ptr<const Point> point(PointId id) const;
  /// Ids run from 1 to count(), those of removed points among them.
  quint32 count() const;
  /// Points that are there.
  quint32 presentCount() const;
  /// Another number than before: what point() gives of some id is another one, or a point is gone. (Points that were
  /// only added show in count().)
  quint64 revision() const { return m_revision.load(std::memory_order_acquire); }
  QStringList fullNames() const;

  /// The newest sample of a point; quality Bad (waiting_for_first_value) before the first. Host thread.
  const Sample &last(PointId id) const;
  /// Called by the hub for each batch, before the sinks get it. Answers with how many are of no point that is known: a
  /// fault of whoever sent them. Host thread.
  size_t update(const Samples &samples);

 private:
  int giveNumber(const QString &fullName);
  PointId findLocked(const QString &fullName) const;
  Result<void> freeNumber(int number);
  PointId add(const QString &fullName);
  void put(PointId id, Point point);

  mutable std::shared_mutex m_mutex;
  /// By a hash of the full name, or the next free place behind it: the names themselves stand in m_points.
  QHash<quint32, PointId> m_byName;
  QHash<int, PointId> m_byNumber;
  std::vector<std::shared_ptr<const Point>> m_points;
  std::vector<Sample> m_last;
  QList<PointId> m_unnumbered;
  QHash<QString, int> m_remembered;  ///< of earlier runs, not yet given in this one
  QHash<QString, QString> m_units;   ///< engineering units: few texts, many points
  QSet<int> m_reserved;
  QString m_numbersFile;
  QByteArray m_unsaved;
  int m_nextNumber = 1;
  quint32 m_removed = 0;
  std::atomic<quint64> m_revision = 0;
};

}  // namespace tagwire
