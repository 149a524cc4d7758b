// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include "record.h"
#include "spool/storedevent.h"

namespace tagwire::sql {

/// A record that the database refused, whole enough to be tried again.
struct RefusedRecord {
  SpoolRange key;            ///< of this one record: where it came from
  StoredPointPointer point;  ///< of a sample
  std::variant<StoredSample, StoredEvent> record;
  QString reason;
};

/// For a file: all but its key and the reason.
QByteArray encoded(const RefusedRecord &refused);
/// None when this is no record.
std::optional<RefusedRecord> decoded(const QByteArray &bytes);
/// Its content for people: at most about `most` characters.
QString shown(const RefusedRecord &refused, qsizetype most);

}  // namespace tagwire::sql
