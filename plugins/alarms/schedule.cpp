// SPDX-License-Identifier: Apache-2.0
#include "schedule.h"

#include <QDateTime>
#include <QRegularExpression>

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
  shape.required("start", &Schedule::start, "the rule is in force from this time of day on");
  shape.required("end", &Schedule::end, "until before this one; before `start`: the next day; the same: a whole day");
  shape.optional("timezone", &Schedule::timezone, "whose wall clock; the site's if absent");
  shape.optional("days", &Schedule::days, "days on which the window begins; every day if absent").range(1, 7);
}

bool Schedule::beginsOn(int dayOfWeek) const {
  return days.isEmpty() || days.contains(static_cast<Weekday>(dayOfWeek));
}

bool Schedule::contains(Time time) const {
  const QTimeZone zone = timezone ? timezone->zone : QTimeZone::utc();
  const QDateTime local = QDateTime::fromMSecsSinceEpoch(toMilliseconds(time), zone);
  const int minute = local.time().hour() * 60 + local.time().minute();
  const bool today = beginsOn(local.date().dayOfWeek());
  if (start.minutes == end.minutes) return today;
  if (start.minutes < end.minutes) return today && minute >= start.minutes && minute < end.minutes;
  const bool yesterday = beginsOn(local.date().addDays(-1).dayOfWeek());
  return (today && minute >= start.minutes) || (yesterday && minute < end.minutes);
}

}  // namespace tagwire::alarms
