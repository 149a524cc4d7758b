// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "query/readingplace.h"

namespace tagwire::sql {

/// The last event of a page.
struct EventPlace {
  Time time;
  qint64 id = 0;

  friend bool operator==(const EventPlace &, const EventPlace &) = default;
};

/// A place as text that goes to the client and comes back: opaque, safe in a URL, with a checksum. It only fits a
/// question of the same kind and direction.
QString toCursor(const ReadingPlace &place, bool newestFirst);
QString toCursor(const EventPlace &place, bool newestFirst);

/// Errors: damaged, or of another kind of question.
Result<ReadingPlace> valuePlace(const QString &cursor, bool newestFirst);
Result<EventPlace> eventPlace(const QString &cursor, bool newestFirst);

}  // namespace tagwire::sql
