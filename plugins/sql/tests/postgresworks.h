// SPDX-License-Identifier: Apache-2.0
// Points, samples and works that the tests of the PostgreSQL store write.
#pragma once

#include <cmath>

#include "newyear.h"
#include "services/historyreader.h"
#include "store/historystore.h"

namespace tagwire::sql {

inline StoredPointPointer pointOf(PointKey key) {
  switch (key) {
    case 1:
      return std::make_shared<const StoredPoint>(StoredPoint{QStringLiteral("plc/bools"), {}, ValueType::Bool});
    case 2:
      return std::make_shared<const StoredPoint>(StoredPoint{QStringLiteral("plc/integers"), 7, ValueType::Int,
                                                             QStringLiteral("kW"), QStringLiteral("power")});
    case 3:
      return std::make_shared<const StoredPoint>(StoredPoint{QStringLiteral("plc/doubles"), {}, ValueType::Double});
    case 4:
      return std::make_shared<const StoredPoint>(StoredPoint{QStringLiteral("plc/texts"), {}, ValueType::Text});
    case 5:
      return std::make_shared<const StoredPoint>(
          StoredPoint{QStringLiteral("rtls/T1"), {}, ValueType::Position, {}, {}, QStringLiteral("T1")});
    default:
      return std::make_shared<const StoredPoint>(
          StoredPoint{QStringLiteral("plc/p%1").arg(key), {}, ValueType::Double});
  }
}

inline PointLookup lookup() { return &pointOf; }

inline StoredSample sample(PointKey point, Time time, Value value, Quality quality = {}) {
  StoredSample sample;
  sample.point = point;
  sample.time = time;
  const std::chrono::milliseconds delay(7);
  sample.received = time > Time::max() - delay ? time : time + delay;
  sample.value = std::move(value);
  sample.quality = quality;
  return sample;
}

inline std::vector<StoredSample> oneOfEach() {
  using namespace std::chrono_literals;
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto fix = std::make_shared<const Fix>(Fix{QStringLiteral("T1"), QStringLiteral("Sim"), QStringLiteral("gw"),
                                                   97.5, 80, 12, 3, 0.25, QStringLiteral("north")});
  const auto bareFix = std::make_shared<const Fix>(Fix{QStringLiteral("T1"), {}, {}, none, -1, -1, 0, none, {}});
  std::vector<StoredSample> samples{
      sample(1, newYear, true),
      sample(1, newYear + 1s, false),
      sample(1, newYear + 2s, {}, Quality::bad(QualityReason::Lost)),
      sample(2, newYear, qint64{-5}),
      sample(2, newYear + 1s + 1us, std::numeric_limits<qint64>::max(), Quality::uncertain(QualityReason::Stale)),
      sample(2, newYear + 2s, std::numeric_limits<qint64>::min()),
      sample(3, newYear, -0.0),
      sample(3, newYear + 1s, 0.1),
      sample(3, newYear + 2s, 5e-324),
      sample(3, newYear + 3s, std::numeric_limits<double>::max()),
      sample(4, newYear, QStringLiteral("a\nb|\u00e4\U0001F600")),
      sample(4, newYear + 1s, QString()),
      sample(5, newYear, Position{1.5, -2.5, 0, fix}),
      sample(5, newYear + 1s, {}, Quality::bad(QualityReason::Lost)),
      sample(5, newYear + 2s, Position{1e9, 0, -3, bareFix})};
  samples[7].isHistorical = true;
  samples[8].received = newYear + 24h * 300 + 3ms;
  return samples;
}

inline QList<HistoryValue> expected(const std::vector<StoredSample> &samples, PointKey key) {
  QList<HistoryValue> values;
  for (const StoredSample &sample : samples) {
    if (sample.point == key)
      values.append({sample.time, sample.received, sample.value, sample.quality, sample.isHistorical});
  }
  return values;
}

inline QList<HistoryValue> reversed(QList<HistoryValue> values) {
  std::reverse(values.begin(), values.end());
  return values;
}

/// Every bit of it as text, for comparing; receive times to the millisecond.
inline QStringList shown(const QList<HistoryValue> &values) {
  QStringList lines;
  for (const HistoryValue &value : values) {
    QString text = toText(value.value);
    if (const auto *number = std::get_if<double>(&value.value))
      text = QString::number(std::bit_cast<quint64>(*number), 16);
    if (const auto *at = std::get_if<Position>(&value.value)) {
      const Fix &fix = *at->fix;
      text = QStringLiteral("%1 %2 %3").arg(at->x, 0, 'g', 17).arg(at->y, 0, 'g', 17).arg(at->z, 0, 'g', 17);
      text += QStringList{fix.tag,
                          fix.type,
                          fix.gateway,
                          QString::number(fix.confidence),
                          QString::number(fix.battery),
                          QString::number(fix.sequence),
                          QString::number(fix.zone),
                          QString::number(fix.accuracy),
                          fix.origin}
                  .join(u',');
    }
    lines << QStringList{toIso(value.time, 9),        toIso(value.received),
                         toText(typeOf(value.value)), text,
                         toText(value.quality),       QString::number(value.isHistorical)}
                 .join(u'|');
  }
  return lines;
}

inline WriteWork workOf(const std::vector<StoredSample> &samples) {
  WriteWork work;
  work.samples = samples;
  return work;
}

template <class T>
QString errorOf(const StoreResult<T> &result) {
  return result ? QString() : result.error().text;
}

}  // namespace tagwire::sql
