// SPDX-License-Identifier: Apache-2.0
#include "schedule.h"

#include <QDateTime>
#include <QHash>
#include <QRegularExpression>

#include <algorithm>

namespace tagwire::alarms {

Result<TimeOfDay> TimeOfDay::fromText(const QString &text) {
  static const QRegularExpression pattern(QStringLiteral("\\A([0-9]{2}):([0-9]{2})\\z"));
  const auto match = pattern.match(text);
  const int minutes = match.captured(1).toInt() * 60 + match.captured(2).toInt();
  if (!match.hasMatch() || match.captured(2).toInt() > 59 || minutes > 24 * 60) {
    return failure(QStringLiteral("\"%1\" is no time of day (allowed: HH:MM, 00:00 to 24:00)").arg(text));
  }
  return TimeOfDay{minutes};
}

QString TimeOfDay::toText() const {
  return QStringLiteral("%1:%2").arg(minutes / 60, 2, 10, QLatin1Char('0')).arg(minutes % 60, 2, 10, QLatin1Char('0'));
}

Result<DateRange> DateRange::fromText(const QString &text) {
  static const QRegularExpression pattern(
      QStringLiteral("\\A([0-9]{4}-[0-9]{2}-[0-9]{2})(?:/([0-9]{4}-[0-9]{2}-[0-9]{2}))?\\z"));
  const auto match = pattern.match(text);
  const QString last = match.captured(2).isEmpty() ? match.captured(1) : match.captured(2);
  const DateRange range{QDate::fromString(match.captured(1), Qt::ISODate), QDate::fromString(last, Qt::ISODate)};
  if (!range.first.isValid() || !range.last.isValid()) {
    return failure(
        QStringLiteral("\"%1\" is no date (allowed: YYYY-MM-DD or YYYY-MM-DD/YYYY-MM-DD)").arg(text.left(60)));
  }
  if (range.last < range.first) {
    return failure(QStringLiteral("\"%1\" ends before it begins (allowed: the earlier date first)").arg(text));
  }
  return range;
}

QString DateRange::toText() const {
  const QString begin = first.toString(Qt::ISODate);
  return last == first ? begin : begin + u'/' + last.toString(Qt::ISODate);
}

Result<ZoneName> ZoneName::fromText(const QString &text) {
  const QByteArray id = text.toUtf8();
  if (!QTimeZone::isTimeZoneIdAvailable(id)) {
    QStringList known;
    const QList<QByteArray> ids = QTimeZone::availableTimeZoneIds();
    for (const QByteArray &each : ids) known << QString::fromUtf8(each);
    return failure(QStringLiteral("unknown time zone \"%1\"%2 (allowed: an IANA name such as \"Asia/Kolkata\")")
                       .arg(text, didYouMean(text, known)));
  }
  return ZoneName{QTimeZone(id)};
}

void Schedule::describe(Shape<Schedule> &shape) {
  shape.required("start", &Schedule::start, "the rule is in force from this time of day on").example("22:00");
  shape.required("end", &Schedule::end, "until before this one; before `start`: the next day; the same: a whole day")
      .example("06:00");
  shape.optional("timezone", &Schedule::timezone, "whose wall clock; the site's if absent").example("Asia/Kolkata");
  shape.optional("days", &Schedule::days, "days on which the window begins; every day if absent").range(1, 7);
  shape
      .optional("exceptions", &Schedule::exceptions,
                "dates on which no window begins, \"2026-12-25\", or from one to another, \"2026-12-24/2027-01-02\"")
      .example("2026-12-25")
      .range(1, 366);
}

bool Schedule::beginsOn(QDate date) const {
  if (!days.isEmpty() && !days.contains(static_cast<Weekday>(date.dayOfWeek()))) return false;
  return std::none_of(exceptions.cbegin(), exceptions.cend(),
                      [date](const DateRange &exception) { return exception.contains(date); });
}

namespace {

struct WallClock {
  QDate date;
  int minute = 0;  ///< of the day
};

/// Many rules ask for the same minute in the same zone, and the zone's rules are slow to apply: the last answer for
/// each zone is kept. Offsets change at full minutes only.
WallClock wallClock(const QTimeZone &zone, Time time) {
  struct Kept {
    Time minute = Time::min();
    WallClock clock;
  };
  thread_local QHash<QByteArray, Kept> keptByZone;  // as many as there are zones
  Kept &kept = keptByZone[zone.id()];
  const Time minute = std::chrono::floor<std::chrono::minutes>(time);
  if (kept.minute != minute) {
    const QDateTime local = QDateTime::fromMSecsSinceEpoch(toMilliseconds(time), zone);
    kept = {minute, {local.date(), local.time().hour() * 60 + local.time().minute()}};
  }
  return kept.clock;
}

}  // namespace

bool Schedule::contains(Time time) const {
  const auto [date, minute] = wallClock(timezone ? timezone->zone : QTimeZone::utc(), time);
  const bool today = beginsOn(date);
  if (start.minutes == end.minutes) return today;
  if (start.minutes < end.minutes) return today && minute >= start.minutes && minute < end.minutes;
  const bool yesterday = beginsOn(date.addDays(-1));
  return (today && minute >= start.minutes) || (yesterday && minute < end.minutes);
}

}  // namespace tagwire::alarms
