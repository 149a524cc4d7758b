// SPDX-License-Identifier: Apache-2.0
#include "query/readingplace.h"

namespace tagwire::sql {

namespace {

using namespace std::chrono_literals;

Result<qint64> countAt(StoreReader &reader, qint64 point, Time time) {
  qint64 count = 0;
  const auto read = reader.values(point, time, time + 1ns, false, [&count](const HistoryValue &) {
    ++count;
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return count;
}

/// How many of the place's own time are to be passed over. Newest first it is the newer ones that were given, and still
/// newer ones may have come since.
Result<qint64> toSkip(StoreReader &reader, qint64 point, bool newestFirst, const ReadingPlace &place) {
  if (!place.isBegun) return 0;
  if (!newestFirst) return place.ofSameTime;
  const auto count = countAt(reader, point, place.time);
  if (!count) return tl::unexpected(count.error());
  return std::max<qint64>(0, *count - place.ofSameTime);
}

}  // namespace

Result<bool> readOn(StoreReader &reader, const PointRow &point, Time from, Time to, bool newestFirst,
                    ReadingPlace &place, const StoreReader::TakeValue &take) {
  const auto skipped = toSkip(reader, point.id, newestFirst, place);
  if (!skipped) return tl::unexpected(skipped.error());
  if (place.isBegun && !newestFirst) from = place.time;
  if (place.isBegun && newestFirst) to = place.time + 1ns;
  const Time begun = place.time;
  place.point = point.point.name;
  qint64 passed = 0;
  bool isTaken = false;
  bool isMore = false;
  const auto read = reader.values(point.id, from, to, newestFirst, [&](const HistoryValue &value) {
    if (passed < *skipped && value.time == begun) {
      ++passed;
      return true;
    }
    if (isMore || !take(value)) {
      isMore = true;
      // Those of the last one's time are counted to the end, if it is this call that has to know.
      const bool isLeft = newestFirst && isTaken && value.time == place.time;
      if (isLeft) ++place.ofSameTime;
      return isLeft;
    }
    const bool isSameTime = place.isBegun && place.time == value.time;
    place.ofSameTime = newestFirst ? 0 : isSameTime ? place.ofSameTime + 1 : 1;
    place.isBegun = isTaken = true;
    place.time = value.time;
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return isMore;
}

}  // namespace tagwire::sql
