// SPDX-License-Identifier: Apache-2.0
#include "timestamp.h"

#include <QDateTime>

namespace tagwire {

QString toIso(Time time, int fractionDigits) {
  using namespace std::chrono;
  const auto seconds = floor<std::chrono::seconds>(time);
  const qint64 nanoseconds = (time - seconds).count();
  QString text = QDateTime::fromSecsSinceEpoch(seconds.time_since_epoch().count(), Qt::UTC)
                     .toString(QStringLiteral("yyyy-MM-ddTHH:mm:ss"));
  if (fractionDigits > 0) {
    text += u'.' + QStringLiteral("%1").arg(nanoseconds, 9, 10, QLatin1Char('0')).left(fractionDigits);
  }
  return text + u'Z';
}

Result<Time> fromIso(const QString &text) {
  const bool isDate = text.size() == 10;
  const QDateTime time = isDate ? QDate::fromString(text, Qt::ISODate).startOfDay(Qt::UTC)
                                : QDateTime::fromString(text, Qt::ISODateWithMs);
  // A time without an offset would mean another moment on another machine.
  const bool isMoment = time.isValid() && text.size() <= 40 && time.timeSpec() != Qt::LocalTime;
  if (isMoment && time.date().year() >= 1970 && time.date().year() <= 2261) {
    return fromMilliseconds(time.toMSecsSinceEpoch());
  }
  return failure(QStringLiteral("\"%1\" is no time (allowed: 1970 to 2261, as in 2026-12-31 or 2026-12-31T18:00:00Z)")
                     .arg(text.left(40)));
}

qint64 toMilliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

Time fromMilliseconds(qint64 milliseconds) { return Time(std::chrono::milliseconds(milliseconds)); }

Clock::Clock() = default;
Clock::~Clock() = default;

Time Clock::now() const { return std::chrono::system_clock::now(); }

std::chrono::nanoseconds Clock::elapsed() const { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace tagwire
