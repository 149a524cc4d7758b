// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <memory>
#include <vector>

#include "access/permissions.h"
#include "pointtable.h"

namespace tagwire::ws {

/// By id - 1: whether it may be read. Null: every point may.
using PointSet = std::shared_ptr<const std::vector<bool>>;
inline bool isReadable(const PointSet &set, PointId id) { return !set || (*set)[static_cast<quint32>(id) - 1]; }

/// Which points somebody may read, worked out once for all who may read the same: with dozens of patterns and 100,000
/// points that takes a second or two. Not thread-safe: belongs to one worker thread.
class ReadablePoints {
 public:
  static constexpr qsizetype mostSets = 100;

  explicit ReadablePoints(const PointTable &points) : m_points(points) {}
  /// Has a place for every point declared so far.
  PointSet of(const Permissions &permissions);
  /// How many points were judged so far.
  quint64 judged() const { return m_judged; }

 private:
  struct Known {
    PointSet set;
    quint64 used = 0;
    quint64 revision = 0;  ///< of the point table, when `set` was made
  };
  void makeRoom();

  const PointTable &m_points;
  QHash<QString, Known> m_known;  ///< by what makes the permissions to read
  quint64 m_uses = 0;
  quint64 m_judged = 0;
};

}  // namespace tagwire::ws
