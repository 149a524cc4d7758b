// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "pointtable.h"

namespace tagwire::spool {

/// A row of the table `events`.
struct StoredEvent {
  quint64 sequence = 0;     ///< in the spool's stream and boot
  quint64 hubSequence = 0;  ///< 0: the hub has not seen it
  QByteArray epoch;         ///< the run of the program that hubSequence belongs to
  Time time;
  QByteArray source;
  QByteArray kind;
  QByteArray json;

  qsizetype bytes() const { return epoch.size() + source.size() + kind.size() + json.size(); }
  friend bool operator==(const StoredEvent &, const StoredEvent &) = default;
};

/// `event` as it is stored, without its place in the spool. One whose JSON is over 1 MiB is replaced by a remark that
/// says so.
StoredEvent storedForm(const Event &event, const PointTable &points, const QString &epoch);

}  // namespace tagwire::spool
