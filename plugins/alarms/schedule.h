// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDate>
#include <QList>
#include <QTimeZone>

#include <array>

#include "config.h"

namespace tagwire::alarms {

/// Minutes since midnight on the wall clock, 0…1440 ("24:00" ends a day).
struct TimeOfDay {
  static constexpr const char *form = "HH:MM";
  static constexpr const char *formExpression = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$";
  static Result<TimeOfDay> fromText(const QString &text);
  QString toText() const;

  int minutes = 0;
};

/// A zone of the IANA time zone database.
struct ZoneName {
  static constexpr const char *form = "IANA time zone, \"Asia/Kolkata\"";
  static Result<ZoneName> fromText(const QString &text);
  QString toText() const { return QString::fromUtf8(zone.id()); }

  QTimeZone zone;
};

/// One day, or several on end, of the calendar.
struct DateRange {
  static constexpr const char *form = "YYYY-MM-DD or YYYY-MM-DD/YYYY-MM-DD";
  static constexpr const char *formExpression = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9]{4}-[0-9]{2}-[0-9]{2})?$";
  static Result<DateRange> fromText(const QString &text);
  QString toText() const;

  bool contains(QDate date) const { return date >= first && date <= last; }

  QDate first;
  QDate last;  ///< inclusive
};

/// As in QDate::dayOfWeek().
enum class Weekday : quint8 { Monday = 1, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday };

constexpr auto enumWords(Weekday) {
  return std::array{std::pair{"mon", Weekday::Monday},    std::pair{"tue", Weekday::Tuesday},
                    std::pair{"wed", Weekday::Wednesday}, std::pair{"thu", Weekday::Thursday},
                    std::pair{"fri", Weekday::Friday},    std::pair{"sat", Weekday::Saturday},
                    std::pair{"sun", Weekday::Sunday}};
}

/// A daily window [start, end) of the wall clock in one time zone (R3-12). Over midnight when end < start; the whole
/// day when both are equal. A day of `days` (and of `exceptions`) is the one on which the window begins. Plain value.
struct Schedule {
  static void describe(Shape<Schedule> &shape);

  bool contains(Time time) const;

  TimeOfDay start;
  TimeOfDay end;
  std::optional<ZoneName> timezone;  ///< always set once the configuration is checked
  QList<Weekday> days;               ///< empty: every day
  QList<DateRange> exceptions;       ///< no window begins on these

 private:
  bool beginsOn(QDate date) const;
};

}  // namespace tagwire::alarms
