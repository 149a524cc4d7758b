// SPDX-License-Identifier: Apache-2.0
// What the history is made of, on its way from the sink over the spool into a store.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "point.h"
#include "sample.h"

namespace tagwire::spool {

/// Longest text of a value, in characters; what is beyond is cut.
constexpr qsizetype longestText = 65'536;

constexpr qint64 nanosecondsOf(Time time) { return time.time_since_epoch().count(); }
constexpr Time timeAt(qint64 count) { return Time(std::chrono::nanoseconds(count)); }

/// What a text takes in memory; of anything else nothing.
inline qsizetype plainTextBytes(const Value &value) {
  const auto *text = std::get_if<QString>(&value);
  return text ? text->size() * static_cast<qsizetype>(sizeof(QChar)) : 0;
}

/// Number of a point in the spool: given once per full name and spool folder, stable over restarts; from 1.
using PointKey = quint32;

/// A point as the history keeps it; it may be gone from the manifest.
struct StoredPoint {
  QString name;  ///< full name
  std::optional<int> number = {};
  ValueType type = ValueType::Double;
  QString unit = {};
  QString description = {};
  QString tag = {};  ///< RTLS tag that it is about

  friend bool operator==(const StoredPoint &, const StoredPoint &) = default;
};
using StoredPointPointer = std::shared_ptr<const StoredPoint>;

struct StoredSample {
  quint64 sequence = 0;  ///< in its stream and boot
  PointKey point = 0;
  Quality quality;
  bool isHistorical = false;  ///< imported, not seen live
  Time time;                  ///< source time
  Time received;              ///< when the history took it
  Value value;

  friend bool operator==(const StoredSample &, const StoredSample &) = default;
};

/// The spool keeps these apart, for what overflow does to them.
enum class Stream : quint8 { Telemetry, Events };

/// Records `first` to `next` - 1 of one stream of one run of the program. (spool, boot, stream, sequence) is a record's
/// key; sequences begin at 0 in each boot.
struct SpoolRange {
  quint64 boot = 0;  ///< random, 63 bits; never used twice
  Stream stream = Stream::Telemetry;
  quint64 first = 0;
  quint64 next = 0;

  bool isEmpty() const { return first >= next; }
  friend bool operator==(const SpoolRange &, const SpoolRange &) = default;
};

/// Whether one of `ranges` has all of `wanted`.
inline bool holds(const QList<SpoolRange> &ranges, const SpoolRange &wanted) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const SpoolRange &each) {
    return each.boot == wanted.boot && each.stream == wanted.stream && each.first <= wanted.first &&
           each.next >= wanted.next;
  });
}

}  // namespace tagwire::spool
