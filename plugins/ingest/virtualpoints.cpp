// SPDX-License-Identifier: Apache-2.0
#include "virtualpoints.h"

namespace tagwire::ingest {

namespace {

constexpr qsizetype longestText = 4096;
/// Clocks differ; a value from further ahead is a mistake, and would stand before every later one.
constexpr std::chrono::seconds mostAhead{60};

QString rangeProblem(const PointInfo &info, double number) {
  const bool isLow = info.minimum && number < *info.minimum;
  const bool isHigh = info.maximum && number > *info.maximum;
  if (!isLow && !isHigh) return {};
  const auto text = [](const std::optional<double> &limit) {
    return limit ? QString::number(*limit) : QStringLiteral("any");
  };
  return QStringLiteral("%1 is out of range (allowed: %2 to %3)")
      .arg(QString::number(number), text(info.minimum), text(info.maximum));
}

QString timeProblem(Time time, Time now) {
  if (time <= Time()) return QStringLiteral("the timestamp is not after 1970");
  if (time > now + mostAhead) return QStringLiteral("the timestamp is more than a minute ahead");
  return {};
}

}  // namespace

VirtualPoints::VirtualPoints(const QList<PointConfig> &points, const QList<PointId> &ids) {
  for (qsizetype i = 0; i < points.size(); ++i) {
    if (ids[i] == PointId::None) continue;
    m_places.insert(ids[i], m_entries.size());
    m_entries.push_back({ids[i], points[i].info(), points[i].maxSilence, {}, {}, false});
    m_canBecomeStale = m_canBecomeStale || points[i].maxSilence.count() > 0;
  }
}

Result<Sample> VirtualPoints::check(const IngestValue &given, Time now) const {
  const auto place = m_places.constFind(given.point);
  if (place == m_places.cend()) return failure(QStringLiteral("no such virtual point"));
  const PointInfo &info = m_entries[*place].info;
  auto value = convertTo(given.value, info.type);
  if (!value) return failure(value.error());
  const auto number = toNumber(*value);
  if (const QString problem = number ? rangeProblem(info, *number) : QString(); !problem.isEmpty()) {
    return failure(problem);
  }
  const QString *text = std::get_if<QString>(&*value);
  if (text && text->size() > longestText) {
    return failure(QStringLiteral("the text is longer than %1 characters").arg(longestText));
  }
  const Time time = given.time.value_or(now);
  if (const QString problem = timeProblem(time, now); !problem.isEmpty()) return failure(problem);
  return Sample{given.point, Quality::good(), time, std::move(*value)};
}

VirtualPoints::Outcome VirtualPoints::take(const QList<IngestValue> &values, Time now,
                                           std::chrono::nanoseconds elapsed) {
  Outcome outcome;
  for (const IngestValue &value : values) {
    const auto sample = check(value, now);
    outcome.reasons << (sample ? QString() : sample.error());
    if (!sample) continue;
    Entry &entry = m_entries[m_places.value(sample->point)];
    entry.takenAt = elapsed;
    entry.value = sample->value;
    entry.isFresh = true;
    outcome.accepted << *sample;
  }
  return outcome;
}

Samples VirtualPoints::findStale(Time now, std::chrono::nanoseconds elapsed) {
  Samples stale;
  for (Entry &entry : m_entries) {
    if (!entry.isFresh || entry.maxSilence.count() == 0 || elapsed - entry.takenAt < entry.maxSilence) continue;
    entry.isFresh = false;
    stale << Sample{entry.id, Quality::uncertain(QualityReason::Stale), now, entry.value};
  }
  return stale;
}

}  // namespace tagwire::ingest
