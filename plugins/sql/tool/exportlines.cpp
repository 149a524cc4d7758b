// SPDX-License-Identifier: Apache-2.0
#include "tool/exportlines.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>

#include "services/historycsv.h"

namespace tagwire::sql {

namespace {

QByteArray joined(const QStringList &cells) {
  QByteArray line;
  for (const QString &cell : cells) {
    if (!line.isEmpty()) line += ',';
    line += quotedCell(cell);
  }
  return line + '\n';
}

QByteArray joined(const QJsonObject &object) { return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n'; }

std::optional<double> bucketValue(const HistoryBucket &bucket, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::Average:
      return bucket.mean;
    case Aggregate::Minimum:
      return bucket.min;
    case Aggregate::Maximum:
      return bucket.max;
    case Aggregate::Last:
      return bucket.last;
    case Aggregate::Count:
      break;
  }
  return static_cast<double>(bucket.count);
}

QStringList positionCells(const Value &value) {
  const auto *position = std::get_if<Position>(&value);
  if (!position) return {QString(), QString(), QString(), QString(), QString()};
  const Fix fix = position->fix ? *position->fix : Fix();
  return {toCell(Value(position->x)), toCell(Value(position->y)), toCell(Value(position->z)), fix.tag,
          fix.zone == 0 ? QString() : QString::number(fix.zone)};
}

QJsonObject positionJson(const Position &position) {
  QJsonObject object = toJson(Value(position)).toObject();
  if (!position.fix) return object;
  const Fix &fix = *position.fix;
  const auto put = [&object](const char *key, bool isKnown, const QJsonValue &value) {
    if (isKnown) object.insert(QLatin1String(key), value);
  };
  put("zone", fix.zone != 0, fix.zone);
  put("type", !fix.type.isEmpty(), fix.type);
  put("gateway", !fix.gateway.isEmpty(), fix.gateway);
  put("accuracy", std::isfinite(fix.accuracy), fix.accuracy);
  put("confidence", std::isfinite(fix.confidence), fix.confidence);
  put("battery", fix.battery >= 0, fix.battery);
  put("sequence", fix.sequence >= 0, fix.sequence);
  put("origin", !fix.origin.isEmpty(), fix.origin);
  return object;
}

}  // namespace

ExportLines::ExportLines(const ExportOptions &options, bool hasPositions)
    : m_isCsv(options.format == ExportOptions::Format::Csv),
      m_isEvents(options.isEvents),
      m_hasPositions(hasPositions),
      m_aggregates(options.aggregates) {}

QByteArray ExportLines::header() const {
  if (!m_isCsv) return {};
  if (m_isEvents) return "time,source,kind,event\n";
  if (m_aggregates.isEmpty()) {
    return QByteArray("time,point,value,quality,unit,type,received,historical") +
           (m_hasPositions ? ",x,y,z,tag,zone\n" : "\n");
  }
  QStringList columns{QStringLiteral("time"), QStringLiteral("point"), QStringLiteral("unit")};
  for (const Aggregate aggregate : m_aggregates) columns << toText(aggregate);
  return joined(columns);
}

QByteArray ExportLines::line(const HistoryPoint &point, const HistoryValue &value) const {
  return m_isCsv ? csv(point, value) : json(point, value);
}

QByteArray ExportLines::csv(const HistoryPoint &point, const HistoryValue &value) const {
  QStringList cells{toExactIso(value.time),
                    point.name,
                    toCell(value.value),
                    toText(value.quality),
                    point.unit,
                    toText(point.type),
                    toExactIso(value.received),
                    value.isHistorical ? QStringLiteral("true") : QStringLiteral("false")};
  if (m_hasPositions) cells << positionCells(value.value);
  return joined(cells);
}

// The form of REST's export: plugins/ws/README.md.
QByteArray ExportLines::json(const HistoryPoint &point, const HistoryValue &value) const {
  const auto *position = std::get_if<Position>(&value.value);
  QJsonObject object{{QStringLiteral("point"), point.name},
                     {QStringLiteral("t"), toExactIso(value.time)},
                     {QStringLiteral("v"), position ? positionJson(*position) : toJson(value.value)},
                     {QStringLiteral("q"), toText(value.quality)}};
  if (value.received != value.time) object[QStringLiteral("received")] = toExactIso(value.received);
  if (value.isHistorical) object[QStringLiteral("historical")] = true;
  if (!point.unit.isEmpty()) object[QStringLiteral("unit")] = point.unit;
  if (!point.tag.isEmpty()) object[QStringLiteral("tag")] = point.tag;
  return joined(object);
}

QByteArray ExportLines::gaps(const QList<HistoryGap> &gaps) const {
  QByteArray lines;
  if (m_isCsv) return lines;
  for (const HistoryGap &gap : gaps) {
    const QJsonObject object{{QStringLiteral("from"), toExactIso(gap.from)},
                             {QStringLiteral("to"), toExactIso(gap.to)},
                             {QStringLiteral("records"), gap.records},
                             {QStringLiteral("reason"), gap.reason}};
    lines += joined(QJsonObject{{QStringLiteral("gap"), object}});
  }
  return lines;
}

QByteArray ExportLines::line(const HistoryPoint &point, const HistoryBucket &bucket) const {
  if (m_isCsv) {
    QStringList cells{toExactIso(bucket.from), point.name, point.unit};
    for (const Aggregate aggregate : m_aggregates) {
      const auto number = bucketValue(bucket, aggregate);
      cells << (number ? toCell(Value(*number)) : QString());
    }
    return joined(cells);
  }
  QJsonObject object{{QStringLiteral("point"), point.name}, {QStringLiteral("t"), toExactIso(bucket.from)}};
  if (!point.unit.isEmpty()) object[QStringLiteral("unit")] = point.unit;
  for (const Aggregate aggregate : m_aggregates) {
    const auto number = bucketValue(bucket, aggregate);
    object[toText(aggregate)] = number && std::isfinite(*number) ? QJsonValue(*number) : QJsonValue();
  }
  return joined(object);
}

QByteArray ExportLines::line(const HistoryEvent &event) const {
  if (m_isCsv) return joined({toExactIso(event.time), event.source, event.kind, QString::fromUtf8(event.json)});
  return event.json.trimmed() + '\n';
}

}  // namespace tagwire::sql
