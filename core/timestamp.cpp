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

qint64 toMilliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

Time fromMilliseconds(qint64 milliseconds) { return Time(std::chrono::milliseconds(milliseconds)); }

Clock::Clock() = default;
Clock::~Clock() = default;

Time Clock::now() const { return std::chrono::system_clock::now(); }

std::chrono::nanoseconds Clock::elapsed() const { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace tagwire
