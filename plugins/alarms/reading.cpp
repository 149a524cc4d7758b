// SPDX-License-Identifier: Apache-2.0
#include "reading.h"

#include <algorithm>
#include <cmath>

namespace tagwire::alarms {
namespace {

using std::chrono::nanoseconds;

Reading::More &moreOf(Reading &reading) {
  if (!reading.more) reading.more = new Reading::More;
  return *reading.more;
}

/// Comparisons that can look at a text.
bool readsText(Comparison::Kind kind) {
  return kind == Comparison::Equals || kind == Comparison::NotEquals || kind >= Comparison::Stale;
}

bool isUsable(Comparison::Kind kind, const Value &value, const std::optional<double> &number) {
  if (kind == Comparison::BadQuality || kind == Comparison::Expression) return true;
  if (number) return !std::isnan(*number);
  const ValueType type = typeOf(value);
  return (type == ValueType::Text && readsText(kind)) || (type == ValueType::Position && kind == Comparison::Stale);
}

/// A text that stands for a number is one too, for `equals` and `not_equals`.
double numberIn(const QString &text) {
  bool isNumber = false;
  const double number = text.toDouble(&isNumber);
  return isNumber ? number : std::numeric_limits<double>::quiet_NaN();
}

void takeDeviation(Reading &reading) {
  const Reading::More &more = *reading.more;
  reading.trusted = more.point && more.reference;
  if (!reading.trusted) return;
  reading.value = std::abs(*more.point - *more.reference);
  reading.trusted = !std::isnan(reading.value);
}

/// A number that is usable (nothing: it is not) for the deviation of two.
void takeEither(Reading &reading, ReadingOf which, const std::optional<double> &number) {
  Reading::More &more = moreOf(reading);
  (which == ReadingOf::Point ? more.point : more.reference) = number;
  takeDeviation(reading);
}

void takeUsable(Reading &reading, const ReadingKind &kind, const Sample &sample, const std::optional<double> &number,
                const Moment &moment) {
  reading.trusted = true;
  reading.type = typeOf(sample.value);
  reading.updated = moment.elapsed;
  if (kind.comparison == Comparison::RateOfChange) {
    moreOf(reading).window.take(*number, moment.elapsed, kind.window);
    return;
  }
  if (reading.type == ValueType::Text) {
    QString &text = moreOf(reading).text;
    text = std::get<QString>(sample.value);
    reading.value = numberIn(text);
  } else {
    reading.value = number.value_or(std::numeric_limits<double>::quiet_NaN());
  }
}

}  // namespace

void takeSample(Reading &reading, const ReadingKind &kind, ReadingOf which, const Sample &sample,
                const Moment &moment) {
  const std::optional<double> number = toNumber(sample.value);
  const bool isBad = sample.quality.isBad();
  const bool usable = isUsable(kind.comparison, sample.value, number);
  // So every point stands before its first value, after each start: no reason for an alarm.
  if (sample.quality.reason != QualityReason::WaitingForFirstValue) {
    reading.quality = sample.quality.level;
    reading.isSeen = true;
  }
  reading.notUsable = !isBad && !usable;
  if (kind.comparison == Comparison::Deviation) {
    reading.type = ValueType::Double;
    takeEither(reading, which, !isBad && usable ? number : std::nullopt);
  } else if (isBad || !usable) {
    reading.trusted = false;
  } else {
    takeUsable(reading, kind, sample, number, moment);
  }
}

std::optional<double> rateOf(const Reading &reading, const ReadingKind &kind, const Moment &moment) {
  if (!reading.more) return std::nullopt;
  const auto rate = reading.more->window.rate(moment.elapsed, kind.window);
  return rate && std::isnan(*rate) ? std::nullopt : rate;
}

std::optional<nanoseconds> nextDue(const Reading &reading, const ReadingKind &kind, const Moment &moment) {
  if (kind.comparison != Comparison::RateOfChange || !reading.trusted) return std::nullopt;
  return reading.more->window.nextDue(moment.elapsed, kind.window);
}

std::optional<bool> isStale(const Reading &reading, nanoseconds after, const Moment &moment) {
  if (reading.updated == Reading::never) return std::nullopt;
  if (moment.elapsed - reading.updated >= after) return true;
  return reading.type == ValueType::None ? std::nullopt : std::optional(false);
}

bool matchesAny(const Reading &reading, const QList<NamedValue> &values) {
  const QString text = reading.text();
  return std::any_of(values.cbegin(), values.cend(),
                     [&](const NamedValue &value) { return value.matches(reading.type, reading.value, text); });
}

}  // namespace tagwire::alarms
