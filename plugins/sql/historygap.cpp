// SPDX-License-Identifier: Apache-2.0
#include "historygap.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace tagwire::sql {

namespace {

const QLatin1String fromKey("from_ns");
const QLatin1String toKey("to_ns");
const QLatin1String recordsKey("records");
const QLatin1String reasonKey("reason");

}  // namespace

void markGap(StoredEvent &event, const HistoryGap &gap) {
  QJsonObject json = QJsonDocument::fromJson(event.json).object();
  json.insert(fromKey, static_cast<qint64>(gap.from.time_since_epoch().count()));
  json.insert(toKey, static_cast<qint64>(gap.to.time_since_epoch().count()));
  json.insert(recordsKey, gap.records);
  json.insert(reasonKey, gap.reason);
  event.json = QJsonDocument(json).toJson(QJsonDocument::Compact);
}

std::optional<HistoryGap> gapOf(const StoredEvent &event) {
  if (event.kind != "system" || !event.json.contains("history_gap")) return {};
  const QJsonObject json = QJsonDocument::fromJson(event.json).object();
  if (json.value(QLatin1String("kind")) != QLatin1String("history_gap") || !json.contains(recordsKey)) return {};
  const auto time = [&](QLatin1String key) { return Time(std::chrono::nanoseconds(json.value(key).toInteger())); };
  return HistoryGap{time(fromKey), time(toKey), json.value(recordsKey).toInteger(), json.value(reasonKey).toString()};
}

}  // namespace tagwire::sql
