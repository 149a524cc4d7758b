// SPDX-License-Identifier: Apache-2.0
#include "rest/quarantineroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include <cmath>

#include "rest/accessresponse.h"
#include "rest/historynames.h"
#include "rest/historytext.h"
#include "rest/recorded.h"

namespace tagwire::ws {

namespace {

constexpr qint64 mostRecordsListed = 1000;
constexpr qint64 usualRecordsListed = 100;
constexpr qsizetype mostIds = 1000;
constexpr qint64 highestId = 9'007'199'254'740'991;  ///< what a JSON number holds

constexpr const char *bodySchema =
    "{\"type\":\"object\",\"properties\":{\"ids\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
    "\"all\":{\"const\":true}}}";

/// The ids of a body; none: all.
Result<QList<qint64>> idsFrom(const QByteArray &body) {
  const auto object = readBody(body, {QStringLiteral("ids"), QStringLiteral("all")});
  if (!object) return failure(object.error());
  const auto wrong = failure(
      QStringLiteral("the body is wrong (allowed: {\"ids\":[…]} with 1 to %1 ids, or {\"all\":true})").arg(mostIds));
  const QJsonValue list = object->value(QStringLiteral("ids"));
  if (object->contains(QStringLiteral("all"))) {
    if (object->value(QStringLiteral("all")) != QJsonValue(true) || !list.isUndefined()) return wrong;
    return QList<qint64>();
  }
  const QJsonArray given = list.toArray();
  if (given.isEmpty() || given.size() > mostIds) return wrong;
  QList<qint64> ids;
  for (const QJsonValue &each : given) {
    const double number = each.toDouble(-1);
    if (number < 1 || number > static_cast<double>(highestId) || std::floor(number) != number) return wrong;
    ids << each.toInteger();
  }
  return ids;
}

}  // namespace

QuarantineRoutes::QuarantineRoutes(Router &router, GatewayState &state, HistoryDeskPointer desk)
    : m_state(state), m_desk(std::move(desk)) {
  router.addWhole({"GET",
                   "/api/v1/history/quarantine",
                   "records that the database refuses for their content",
                   Served::Rest,
                   right::readHistory,
                   [this](const Call &call) { list(call); },
                   {{"after", "integer", "`next` of the page before"},
                    {"limit", "integer", "at most so many, 1 to 1000; 100 if absent"},
                    instanceParameter}});
  router.addWhole({"POST",
                   "/api/v1/history/quarantine/requeue",
                   "tries quarantined records again",
                   Served::Rest,
                   right::writeHistory,
                   [this](const Call &call) { carryOut(call, &HistoryReader::requeue, QStringLiteral("requeued")); },
                   {instanceParameter},
                   bodySchema});
  router.addWhole({"POST",
                   "/api/v1/history/quarantine/discard",
                   "gives quarantined records up",
                   Served::Rest,
                   right::writeHistory,
                   [this](const Call &call) { carryOut(call, &HistoryReader::discard, QStringLiteral("discarded")); },
                   {instanceParameter},
                   bodySchema});
}

void QuarantineRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

void QuarantineRoutes::list(const Call &call) const {
  const auto after = call.target.wholeNumber("after", 0, std::numeric_limits<qint64>::max(), 0);
  if (!after) return refuse(call.answer, {400, after.error(), {}});
  const auto limit = call.target.wholeNumber("limit", 1, mostRecordsListed, usualRecordsListed);
  if (!limit) return refuse(call.answer, {400, limit.error(), {}});
  m_desk->ask(
      historyAt(call.target), &HistoryReader::quarantined,
      [this, answer = call.answer](const tl::expected<QuarantinePage, Refusal> &page) {
        if (!page) return refuse(answer, page.error());
        answer({200, "application/json", quarantineJson(*page)});
      },
      *after, static_cast<int>(*limit));
}

void QuarantineRoutes::carryOut(const Call &call, Verb verb, const QString &done) const {
  const auto ids = idsFrom(call.request.body);
  if (!ids) return refuse(call.answer, {400, ids.error(), {}});
  m_desk->ask(
      historyAt(call.target), verb,
      [this, done, verb, instance = historyAt(call.target), answer = call.answer,
       doer = doerOf(call)](const tl::expected<int, Refusal> &count) {
        if (!count) return refuse(answer, count.error());
        qCInfo(m_state.context.log()).noquote()
            << nameWithKind(*doer.caller) << "had" << *count << "quarantined records" << done;
        const bool isDiscard = verb == &HistoryReader::discard;
        AuditEntry entry = auditEntry("history", QLatin1String(isDiscard ? "discard" : "requeue"), doer);
        entry.subject = instance;
        entry.details = {{QStringLiteral("records"), *count}};
        m_state.context.audit().append(entry);
        answer(Response::json(200, QJsonDocument(QJsonObject{{done, *count}})));
      },
      *ids);
}

}  // namespace tagwire::ws
