// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSharedData>

#include "comparison.h"
#include "moment.h"
#include "ratewindow.h"
#include "sample.h"

namespace tagwire::alarms {

/// What the newest samples of a comparison's points say: the number that it looks at, and whether it can be trusted.
/// Small, for there is one for each rule; what only some comparisons need is behind a pointer. Plain value.
struct Reading {
  static constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::min();

  /// What only rates, deviations and texts need.
  struct More : QSharedData {
    QString text;
    RateWindow window;
    std::optional<double> point;  ///< deviation: trusted numbers of both
    std::optional<double> reference;
  };

  /// What is compared: the newest number; rate_of_change: units per second; deviation: the distance. NaN: none yet.
  double value = std::numeric_limits<double>::quiet_NaN();
  /// When the newest usable sample came; before the first: since when it is awaited.
  std::chrono::nanoseconds updated = never;
  QSharedDataPointer<More> more;
  ValueType type = ValueType::None;           ///< of the newest usable sample
  QualityLevel quality = QualityLevel::Good;  ///< of the newest sample
  bool isSeen = false;     ///< there was a sample, of whatever quality (but one that says that none came yet)
  bool trusted = false;    ///< `value` (or the text) is that of now
  bool notUsable = false;  ///< the newest sample was not Bad, but nothing that the comparison can look at

  QString text() const { return more && type == ValueType::Text ? more->text : QString(); }
};

/// What a comparison has to say about its readings.
struct ReadingKind {
  Comparison::Kind comparison = Comparison::Above;
  std::chrono::nanoseconds window{0};  ///< rate_of_change
};

enum class ReadingOf : quint8 { Point, Reference };

void takeSample(Reading &reading, const ReadingKind &kind, ReadingOf which, const Sample &sample, const Moment &moment);
/// The rate as of now; nothing else changes by time alone.
std::optional<double> rateOf(const Reading &reading, const ReadingKind &kind, const Moment &moment);
/// When rateOf() changes by time alone.
std::optional<std::chrono::nanoseconds> nextDue(const Reading &reading, const ReadingKind &kind, const Moment &moment);
/// No usable sample for `after`. Nothing before the first one, while it may still come in time: after a restart nobody
/// knows whether what was stale still is.
std::optional<bool> isStale(const Reading &reading, std::chrono::nanoseconds after, const Moment &moment);
bool matchesAny(const Reading &reading, const QList<NamedValue> &values);

inline void keepEarlier(std::optional<std::chrono::nanoseconds> &due, std::optional<std::chrono::nanoseconds> other) {
  if (other && (!due || *other < *due)) due = other;
}

}  // namespace tagwire::alarms
