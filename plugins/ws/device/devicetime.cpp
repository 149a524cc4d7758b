// SPDX-License-Identifier: Apache-2.0
#include "devicetime.h"

#include <QDateTime>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace tagwire::ws {

namespace {

using namespace std::chrono;

/// Reads a text from its front; once something did not fit, nothing does any more.
class Scanner {
 public:
  explicit Scanner(const QByteArray &text) : m_at(text.constData()), m_end(m_at + text.size()) {}

  int digits(int count) {
    int number = 0;
    for (int i = 0; i < count; ++i) {
      if (m_at == m_end || *m_at < '0' || *m_at > '9') return fail();
      number = number * 10 + (*m_at++ - '0');
    }
    return number;
  }
  /// The sign or separator that stands here, if it is one of these; else 0.
  char oneOf(const char *signs) {
    if (m_at == m_end || !std::strchr(signs, *m_at)) return 0;
    return *m_at++;
  }
  void need(const char *signs) {
    if (oneOf(signs) == 0) fail();
  }
  /// Digits behind a point, as nanoseconds.
  nanoseconds fraction() {
    qint64 value = 0;
    int count = 0;
    for (; m_at != m_end && *m_at >= '0' && *m_at <= '9'; ++m_at, ++count) {
      if (count < 9) value = value * 10 + (*m_at - '0');
    }
    if (count == 0 || count > 9) fail();
    for (; count < 9; ++count) value *= 10;
    return nanoseconds(value);
  }
  bool isAtEnd() const { return m_at == m_end; }
  bool isWell() const { return m_isWell && isAtEnd(); }

 private:
  int fail() {
    m_isWell = false;
    m_at = m_end;
    return 0;
  }
  const char *m_at;
  const char *m_end;
  bool m_isWell = true;
};

/// A reading of a clock, and how far it is from UTC if the text says so.
struct ClockReading {
  sys_seconds local;
  nanoseconds fraction{0};
  std::optional<seconds> offset;
};

std::optional<seconds> readOffset(Scanner &scanner) {
  const char sign = scanner.oneOf("Zz+-");
  if (sign == 0) return std::nullopt;
  if (sign == 'Z' || sign == 'z') return seconds(0);
  const int hour = scanner.digits(2);
  int minute = 0;
  if (!scanner.isAtEnd()) {
    (void)scanner.oneOf(":");
    minute = scanner.digits(2);
  }
  if (hour > 14 || minute > 59) scanner.need("");
  const seconds offset = hours(hour) + minutes(minute);
  return sign == '-' ? -offset : offset;
}

std::optional<ClockReading> readClock(const QByteArray &text) {
  Scanner scanner(text);
  const year year(scanner.digits(4));
  scanner.need("-");
  const month month(static_cast<unsigned>(scanner.digits(2)));
  scanner.need("-");
  const day day(static_cast<unsigned>(scanner.digits(2)));
  scanner.need("Tt ");
  const int hour = scanner.digits(2);
  scanner.need(":");
  const int minute = scanner.digits(2);
  scanner.need(":");
  const int second = scanner.digits(2);
  ClockReading reading;
  if (scanner.oneOf(".,") != 0) reading.fraction = scanner.fraction();
  reading.offset = readOffset(scanner);
  const year_month_day date(year, month, day);
  const bool isTime = hour < 24 && minute < 60 && second < 60;
  if (!scanner.isWell() || !date.ok() || !isTime || date < 1970y / 1 / 1 || date > 2261y / 12 / 31) return std::nullopt;
  reading.local = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  return reading;
}

seconds offsetAt(const QTimeZone &zone, sys_seconds moment) {
  return seconds(zone.offsetFromUtc(QDateTime::fromSecsSinceEpoch(moment.time_since_epoch().count(), Qt::UTC)));
}

/// The moments at which the zone's clocks read `local`: one, two when they were put back, none when put forward.
std::vector<sys_seconds> momentsOf(sys_seconds local, const QTimeZone &zone) {
  std::vector<sys_seconds> moments;
  for (const seconds offset : {offsetAt(zone, local - days(1)), offsetAt(zone, local + days(1))}) {
    const sys_seconds moment = local - offset;
    if (offsetAt(zone, moment) == offset && std::find(moments.begin(), moments.end(), moment) == moments.end()) {
      moments.push_back(moment);
    }
  }
  return moments;
}

}  // namespace

Result<Time> readDeviceTime(const QByteArray &text, const QTimeZone &zone, Time now) {
  const auto reading = readClock(text);
  if (!reading) {
    return failure(QStringLiteral("is no time (allowed: ISO 8601, as in 2026-02-10T14:25:30.123456, 1970 to 2261)"));
  }
  if (reading->offset) return Time(reading->local - *reading->offset) + reading->fraction;
  const auto moments = momentsOf(reading->local, zone);
  if (moments.empty()) {
    return failure(QStringLiteral("never was: the clocks of %1 were put forward (allowed: a time with an offset)")
                       .arg(QString::fromLatin1(zone.id())));
  }
  const auto distance = [&](sys_seconds moment) { return abs(now - moment); };
  return Time(*std::min_element(moments.begin(), moments.end(),
                                [&](auto one, auto two) { return distance(one) < distance(two); })) +
         reading->fraction;
}

}  // namespace tagwire::ws
