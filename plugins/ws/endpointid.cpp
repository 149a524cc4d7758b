// SPDX-License-Identifier: Apache-2.0
#include "endpointid.h"

#include <QSet>
#include <QStringList>

#include <limits>

#include "auth/pointaccess.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype mostNamed = 20;
constexpr qsizetype mostNumbers = 1000;

}  // namespace

PointId readablePoint(const PointTable &points, const Caller &caller, qint64 number) {
  if (number < 1 || number > std::numeric_limits<int>::max()) return PointId::None;
  const auto point = points.point(points.findNumber(static_cast<int>(number)));
  return point && mayRead(caller.permissions, *point) ? point->id : PointId::None;
}

EndpointIds EndpointIds::find(const PointTable &points, const Caller &caller, const QList<qint64> &numbers) {
  EndpointIds found;
  QSet<qint64> seen;
  for (const qint64 number : numbers) {
    if (seen.contains(number)) continue;
    seen.insert(number);
    const PointId point = readablePoint(points, caller, number);
    if (point == PointId::None) {
      found.unknown << number;
    } else {
      found.points << point;
    }
  }
  return found;
}

QString EndpointIds::complaint(const Caller &caller) const {
  QStringList named;
  for (const qint64 number : unknown.first(std::min(unknown.size(), mostNamed))) named << QString::number(number);
  const bool readsAll = mayReadAllPoints(caller.permissions);
  return QStringLiteral("no such endpointId%1: %2")
      .arg(readsAll ? QString() : QStringLiteral(", or not permitted"), named.join(QLatin1String(", ")));
}

Result<QList<qint64>> numbersFromTexts(const QStringList &texts) {
  QList<qint64> numbers;
  for (const QString &each : texts) {
    bool ok = false;
    numbers << each.toLongLong(&ok);
    if (!ok || numbers.size() > mostNumbers) {
      return failure(QStringLiteral("endpointIds are wrong (allowed: up to %1 numbers of points, as in \"59,60\")")
                         .arg(mostNumbers));
    }
  }
  return numbers;
}

}  // namespace tagwire::ws
