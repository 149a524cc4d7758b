// SPDX-License-Identifier: Apache-2.0
#include "rtlsmessage.h"

#include <QJsonArray>

#include <cmath>
#include <limits>

#include "jsontext.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr int longestRtlsText = 128;

Result<QString> boundedText(const QJsonValue &value, const QString &name) {
  if (!value.isString() || value.toString().isEmpty() || value.toString().size() > longestRtlsText) {
    return failure(QStringLiteral("%1 must be a text of 1 to %2 characters").arg(name).arg(longestRtlsText));
  }
  return value.toString();
}

Result<QHash<QString, bool>> tagsFrom(const QJsonValue &params) {
  const QJsonArray list = params.toArray();
  if (!params.isArray() || list.size() > RtlsRequest::mostTags) {
    return failure(QStringLiteral("params must be a list of at most %1 tags").arg(RtlsRequest::mostTags));
  }
  QHash<QString, bool> tags;
  for (qsizetype index = 0; index < list.size(); ++index) {
    const QString place = QStringLiteral("params[%1]").arg(index);
    if (!list[index].isObject()) return failure(place + QStringLiteral(" must be an object"));
    const QJsonObject tag = list[index].toObject();
    const auto id = boundedText(tag.value(QLatin1String("id")), place + QStringLiteral(".id"));
    if (!id) return failure(id.error());
    const QJsonValue wanted = tag.value(QLatin1String("data"));
    if (!isAbsent(wanted) && !wanted.isString()) {
      return failure(place + QStringLiteral(".data must be a string (\"true\": positions too)"));
    }
    tags.insert(*id, wanted == QLatin1String("true"));
  }
  return tags;
}

Result<QSet<int>> triggersFrom(const QJsonValue &value) {
  QSet<int> triggers;
  const QJsonArray list = value.toArray();
  if (!value.isArray()) return failure(QStringLiteral("triggers must be a list of trigger ids"));
  for (const QJsonValue &each : list) {
    const auto number = wholeNumber(each);
    if (!number || std::abs(*number) > std::numeric_limits<int>::max()) {
      return failure(QStringLiteral("triggers must hold whole numbers"));
    }
    triggers.insert(static_cast<int>(*number));
  }
  return triggers;
}

Result<int> zoneFrom(const QJsonValue &value) {
  constexpr int highest = std::numeric_limits<int>::max();
  const auto number = wholeNumber(value);
  if (number && *number >= 1 && *number <= highest) return static_cast<int>(*number);
  return failure(QStringLiteral("zone_id must be a whole number from 1 to %1").arg(highest));
}

}  // namespace

Result<RtlsRequest> RtlsRequest::fromJson(const QJsonObject &message) {
  static const QHash<QString, Kind> kinds{{QStringLiteral("BeginStream"), Kind::BeginStream},
                                          {QStringLiteral("AddTag"), Kind::AddTag},
                                          {QStringLiteral("RemoveTag"), Kind::RemoveTag},
                                          {QStringLiteral("EndStream"), Kind::EndStream}};
  const QString name = message.value(QLatin1String("request")).toString();
  const auto kind = kinds.constFind(name);
  if (kind == kinds.cend()) {
    return failure(QStringLiteral("unknown request \"%1\" (allowed: BeginStream, AddTag, RemoveTag, EndStream)")
                       .arg(excerpt(name)));
  }
  const QJsonValue id = message.value(QLatin1String("reqid"));
  if (requestIdJson(message) == "\"\"" && id != QLatin1String("")) {
    return failure(QStringLiteral("reqid must be a text of at most %1 characters").arg(longestRtlsText));
  }
  RtlsRequest request;
  request.kind = *kind;
  if (request.kind == Kind::EndStream) return request;
  auto tags = tagsFrom(message.value(QLatin1String("params")));
  if (!tags) return failure(tags.error());
  request.tags = std::move(*tags);
  if (request.kind != Kind::BeginStream) return request;
  if (const QJsonValue given = message.value(QLatin1String("zone_id")); !isAbsent(given)) {
    const auto zone = zoneFrom(given);
    if (!zone) return failure(zone.error());
    request.zone = *zone;
  }
  if (const QJsonValue triggers = message.value(QLatin1String("triggers")); !isAbsent(triggers)) {
    auto ids = triggersFrom(triggers);
    if (!ids) return failure(ids.error());
    request.triggers = std::move(*ids);
  }
  return request;
}

QByteArray requestIdJson(const QJsonObject &message) {
  const QJsonValue id = message.value(QLatin1String("reqid"));
  if (id.isString() && id.toString().size() <= longestRtlsText) return jsonString(id.toString());
  if (const auto number = wholeNumber(id)) return QByteArray::number(*number);
  return "\"\"";
}

Frame triggerFrame(const TriggerEvent &event, Time time) {
  JsonText json;
  json.beginObject();
  json.put("type", "TriggerEvent");
  json.put("trigger_id", event.triggerId);
  json.put("direction", event.direction);
  json.put("tag_id", event.tagId);
  json.key("timestamp");
  json.time(time);
  json.put("trigger_name", event.triggerName);
  json.put("tag_name", event.tagName);
  json.put("zone_id", event.zoneId);
  json.put("x", event.x);
  json.put("y", event.y);
  json.put("z", event.z);
  if (!event.reason.isEmpty()) json.put("reason", event.reason);
  if (!event.origin.isEmpty()) json.put("origin", event.origin);
  json.endObject();
  return Frame::text(json.view());
}

}  // namespace tagwire::ws
