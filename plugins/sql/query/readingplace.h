// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/storereader.h"

namespace tagwire::sql {

/// How far the values of one point were read. It stays right while values are added: late ones of the same time stand
/// behind those that were there.
struct ReadingPlace {
  QString point;         ///< full name
  bool isBegun = false;  ///< something of this point was given already
  Time time;             ///< of the last one given
  /// Of that same time: how many were given (oldest first), or how many are still to be given (newest first).
  qint64 ofSameTime = 0;

  friend bool operator==(const ReadingPlace &, const ReadingPlace &) = default;
};

/// Gives the values of a point in [from, to) that stand behind `place`, and keeps `place` at the last one that `take`
/// took (returned true for). True: `take` refused one, so there is more.
Result<bool> readOn(StoreReader &reader, const PointRow &point, Time from, Time to, bool newestFirst,
                    ReadingPlace &place, const StoreReader::TakeValue &take);

}  // namespace tagwire::sql
