// SPDX-License-Identifier: Apache-2.0
#include "ingestroutes.h"

#include <QDateTime>
#include <QJsonArray>

#include <limits>

#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

Result<std::optional<Time>> timeFrom(const QJsonValue &json) {
  if (json.isUndefined() || json.isNull()) return std::optional<Time>();
  const QString text = json.toString();
  const auto time =
      text.size() <= 40 && text.contains(u'T') ? QDateTime::fromString(text, Qt::ISODateWithMs) : QDateTime();
  if (time.isValid() && time.timeSpec() != Qt::LocalTime && time.date().year() >= 1970 && time.date().year() <= 2200) {
    return std::optional(fromMilliseconds(time.toMSecsSinceEpoch()));
  }
  return failure(QStringLiteral("timestamp is wrong (allowed: ISO 8601 with a zone, as in \"2025-12-27T06:00:00Z\")"));
}

/// The values of a body: one object, or a list of them. Empty: it is neither.
QJsonArray valuesOf(const QByteArray &body) {
  const QJsonDocument document = QJsonDocument::fromJson(body);
  if (document.isArray()) return document.array();
  return document.isObject() ? QJsonArray{document.object()} : QJsonArray();
}

}  // namespace

IngestRoutes::IngestRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"POST",
              "/api/os/telemetry/ingest",
              "values for virtual points, one or an array (R5-12)",
              Served::Rest,
              right::writePoints,
              [this](const Call &call) { take(call); },
              {},
              R"({"type":["object","array"],"required":["endpointId","value"],"properties":{)"
              R"("endpointId":{"type":"integer"},"value":{},"timestamp":{"type":"string","format":"date-time"}},)"
              R"("items":{"type":"object","required":["endpointId","value"]}})"});
}

IngestRoutes::Entry IngestRoutes::read(const QJsonValue &json, const Call &call) const {
  const QJsonObject object = json.toObject();
  Entry entry;
  entry.endpointId = object.value(QLatin1String("endpointId"));
  const auto wrong = [&entry](const QString &reason) {
    entry.reason = reason;
    return entry;
  };
  const auto number = wholeNumber(entry.endpointId);
  if (!number) return wrong(QStringLiteral("endpointId is wrong or missing (allowed: the number of a point)"));
  const bool isNumber = *number > 0 && *number <= std::numeric_limits<int>::max();
  const PointTable &points = m_state.context.points();
  const auto point = isNumber ? points.point(points.findNumber(static_cast<int>(*number))) : nullptr;
  if (!point || !call.may(right::writePoints, point->fullName)) {
    entry.isForbidden = !call.caller->permissions.allowAll(right::writePoints);
    return wrong(entry.isForbidden ? QStringLiteral("no such endpointId, or not permitted: points:write is due")
                                   : QStringLiteral("no such endpointId"));
  }
  const auto time = timeFrom(object.value(QLatin1String("timestamp")));
  if (!time) return wrong(time.error());
  if (!object.contains(QLatin1String("value"))) return wrong(QStringLiteral("value is missing"));
  auto value = valueFromJson(object.value(QLatin1String("value")));
  if (!value) return wrong(value.error());
  entry.owner = point->owner;
  entry.value = {point->id, std::move(*value), *time};
  return entry;
}

void IngestRoutes::take(const Call &call) const {
  const QJsonArray values = valuesOf(call.request.body);
  const Time now = m_state.context.clock().now();
  if (values.isEmpty()) {
    const QString allowed =
        QStringLiteral("{\"endpointId\":80,\"value\":7.2,\"timestamp\":\"…\"} or an array of these");
    return call.answer(errorResponse(400, QStringLiteral("no values (allowed: %1)").arg(allowed), now));
  }
  auto batch = std::make_shared<Batch>();
  batch->answer = call.answer;
  QStringList owners;
  for (const QJsonValue &each : values) {
    batch->entries << read(each, call);
    const QString owner = batch->entries.last().owner;
    if (!owner.isEmpty() && !owners.contains(owner)) owners << owner;
  }
  if (owners.isEmpty()) return call.answer(outcome(*batch, now));
  batch->waiting = static_cast<int>(owners.size());
  for (const QString &owner : std::as_const(owners)) hand(owner, batch);
}

void IngestRoutes::hand(const QString &owner, const std::shared_ptr<Batch> &batch) const {
  QList<IngestValue> values;
  QList<qsizetype> places;
  for (qsizetype i = 0; i < batch->entries.size(); ++i) {
    if (batch->entries[i].owner != owner) continue;
    values << batch->entries[i].value;
    places << i;
  }
  const auto taken = [batch, places, owner, &context = m_state.context](const Result<QStringList> &reasons) {
    for (qsizetype i = 0; i < places.size(); ++i) {
      batch->entries[places[i]].reason =
          reasons ? reasons->value(i)
                  : QStringLiteral("not a virtual point, or its source is not there (%1)").arg(reasons.error());
    }
    if (--batch->waiting == 0) batch->answer(outcome(*batch, context.clock().now()));
  };
  m_state.context.requestFrom(owner, &IngestDesk::take, taken, values);
}

/// 200 as long as something was accepted; else 403 when only permissions were lacking, or 400.
Response IngestRoutes::outcome(const Batch &batch, Time now) {
  QJsonArray reasons;
  bool isForbidden = true;
  for (qsizetype i = 0; i < batch.entries.size(); ++i) {
    const Entry &entry = batch.entries[i];
    if (entry.reason.isEmpty()) continue;
    isForbidden = isForbidden && entry.isForbidden;
    reasons.append(
        QJsonObject{{QStringLiteral("index"), i},
                    {QStringLiteral("endpointId"), entry.endpointId.isDouble() ? entry.endpointId : QJsonValue()},
                    {QStringLiteral("reason"), entry.reason}});
  }
  const qsizetype accepted = batch.entries.size() - reasons.size();
  QJsonObject json{{QStringLiteral("accepted"), accepted},
                   {QStringLiteral("rejected"), reasons.size()},
                   {QStringLiteral("reasons"), reasons}};
  if (accepted > 0) return Response::json(200, QJsonDocument(json));
  json.insert(QStringLiteral("success"), false);
  json.insert(QStringLiteral("error"), QStringLiteral("nothing was accepted"));
  json.insert(QStringLiteral("timestamp"), toIso(now));
  return Response::json(isForbidden ? 403 : 400, QJsonDocument(json));
}

}  // namespace tagwire::ws
