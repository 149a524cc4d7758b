// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <deque>

#include "pointtable.h"

namespace tagwire::ws {

/// Names as they go out, encoded once per point and found by its id, so that no sample costs a look-up of a text.
/// Thread-bound (main thread); owned by a protocol.
class PointNames {
 public:
  struct Entry {
    PointId id = PointId::None;
    bool isTag = false;  ///< declared as a position
    int number = 0;
    QString topic;    ///< "points/plc1/boiler/temp", or "tags/SIM1"
    QString tag;      ///< tag id, of a tag only
    QByteArray name;  ///< JSON string: the point's full name, or the tag's id
    QByteArray unit;  ///< JSON string; empty when the point has none
  };

  explicit PointNames(const PointTable &points);

  /// Null for an undeclared id and for a tag without a fix so far.
  const Entry *find(const Sample &sample);

 private:
  bool fill(Entry &entry, const Sample &sample) const;

  const PointTable &m_points;
  std::deque<Entry> m_entries;
  quint64 m_revision = 0;  ///< of m_points, when m_entries were made
};

/// The fix of a position sample; null for any other.
const Fix *fixOf(const Sample &sample);

}  // namespace tagwire::ws
