// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.h"
#include "pointtable.h"

namespace tagwire::sql {

/// A row of the table `events`.
struct StoredEvent {
  quint64 sequence = 0;  ///< 0: the hub has not seen it
  Time time;
  QByteArray source;
  QByteArray kind;
  QByteArray json;

  qsizetype bytes() const { return source.size() + kind.size() + json.size(); }
};

/// `event` as it is stored. One whose JSON is over 1 MiB is replaced by a remark that says so.
StoredEvent storedForm(const Event &event, const PointTable &points);

}  // namespace tagwire::sql
