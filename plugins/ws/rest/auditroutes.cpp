// SPDX-License-Identifier: Apache-2.0
#include "rest/auditroutes.h"

#include <QJsonArray>

#include "audit/auditjson.h"
#include "protocols/wirejson.h"
#include "rest/alarmquery.h"
#include "rest/csvcell.h"
#include "rest/historyquery.h"

namespace tagwire::ws {

namespace {

constexpr qint64 mostAuditRecords = 10'000;
constexpr qint64 usualAuditRecords = 1000;
constexpr qint64 highestNumber = 9'007'199'254'740'991;  ///< what a JSON number holds

/// A page, and where the next one begins.
struct AuditPage {
  QList<AuditRecord> records;
  qint64 next = 0;  ///< 0: it is the last one

  /// `found` holds one more than `limit` when there is a next page.
  static AuditPage from(QList<AuditRecord> found, int limit);
};

AuditPage AuditPage::from(QList<AuditRecord> found, int limit) {
  if (found.size() <= limit) return {std::move(found), 0};
  found.resize(limit);
  const qint64 next = found.last().number;
  return {std::move(found), next};
}

Result<QString> textFrom(const Target &target, const char *key) {
  const auto text = target.value(key);
  if (!text) return QString();
  constexpr qsizetype longest = 500;
  if (!text->isEmpty() && text->size() <= longest) return *text;
  return failure(
      QStringLiteral("%1 is wrong (allowed: a text of 1 to %2 characters)").arg(QLatin1String(key)).arg(longest));
}

Result<void> readTexts(const Target &target, AuditQuery &query) {
  const std::pair<const char *, QString &> texts[] = {
      {"kind", query.kind}, {"actor", query.actor}, {"subject", query.subject}, {"reference", query.reference}};
  for (const auto &[key, text] : texts) {
    const auto given = textFrom(target, key);
    if (!given) return failure(given.error());
    text = *given;
  }
  return {};
}

Result<AuditQuery> queryFrom(const Target &target) {
  AuditQuery query;
  const auto range = TimeRange::fromTarget(target);
  if (!range) return failure(range.error());
  query.from = range->from;
  query.to = range->to;
  if (const auto read = readTexts(target, query); !read) return failure(read.error());
  const auto limit = target.wholeNumber("limit", 1, mostAuditRecords, usualAuditRecords);
  if (!limit) return failure(limit.error());
  query.limit = static_cast<int>(*limit);
  const auto after = target.wholeNumber("after", 1, highestNumber, 0);
  if (!after) return failure(after.error());
  query.before = *after;
  return query;
}

Response jsonResponse(const AuditPage &page) {
  QJsonArray records;
  for (const AuditRecord &record : page.records) records.append(toJson(record));
  return Response::json(
      200, QJsonDocument(QJsonObject{{QStringLiteral("records"), records},
                                     {QStringLiteral("next"), page.next > 0 ? QJsonValue(page.next) : QJsonValue()}}));
}

Response auditCsvResponse(const AuditPage &page) {
  QByteArray csv = "number,time,kind,action,actor,address,subject,reference,comment,details,hash\r\n";
  for (const AuditRecord &record : page.records) {
    const AuditEntry &entry = record.entry;
    QByteArrayList cells{QByteArray::number(record.number), toIso(entry.time, 9).toLatin1()};
    for (const QString &text :
         {entry.kind, entry.action, entry.actor, entry.address, entry.subject, entry.reference, entry.comment}) {
      cells << csvCell(text);
    }
    cells << csvPlainCell(QString::fromUtf8(QJsonDocument(entry.details).toJson(QJsonDocument::Compact)))
          << record.hash.toHex();
    csv += cells.join(',') + "\r\n";
  }
  Response response{200, "text/csv; charset=utf-8", csv};
  response.fields = {{"Content-Disposition", "attachment; filename=\"audit.csv\""}};
  if (page.next > 0) response.fields.append({"X-Next", QByteArray::number(page.next)});
  return response;
}

}  // namespace

AuditRoutes::AuditRoutes(Router &router, GatewayState &state) : m_state(state) {
  Route route{"GET",
              "/api/v1/audit",
              "who did what, the newest first",
              Served::Rest,
              right::readAudit,
              [this](const Call &call) { list(call); },
              {{"from", "string", "ISO 8601; from the beginning if absent"},
               {"to", "string", "before this; up to now if absent"},
               {"kind", "string", "command, selection, approval, interlock, login, alarm, rule, token, user, config …"},
               {"actor", "string", "who, as in user:anna"},
               {"subject", "string", "of what: a point's full name, rule:77, a user's name"},
               {"reference", "string", "what belongs together: a command's id"},
               {"limit", "integer", "at most so many, 1 to 10000; 1000 if absent"},
               {"after", "integer", "`next` of the page before, with the other parameters as they were"},
               {"format", "string", "json or csv; without it what Accept says"}}};
  route.contentTypes = {"application/json", "text/csv"};
  router.addWhole(route);
}

void AuditRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

void AuditRoutes::list(const Call &call) const {
  const auto isCsv = wantsCsv(call);
  if (!isCsv) return refuse(call.answer, {400, isCsv.error(), {}});
  auto query = queryFrom(call.target);
  if (!query) return refuse(call.answer, {400, query.error(), {}});
  const int limit = query->limit++;  // one more tells whether there is a next page
  m_state.context.audit().read(*query, [this, here = std::weak_ptr(m_here), answer = call.answer, isCsv = *isCsv,
                                        limit](const Result<QList<AuditRecord>> &found) {
    if (here.expired()) return;
    const bool wasFailing = std::exchange(m_isFailing, !found);
    if (!found) {
      // What is wrong with the file is the house's business.
      if (!wasFailing) qCWarning(m_state.context.log()).noquote() << "the audit trail can't be read:" << found.error();
      return refuse(answer, {503, QStringLiteral("the audit trail can't be read now"), {}});
    }
    const AuditPage page = AuditPage::from(*found, limit);
    answer(isCsv ? auditCsvResponse(page) : jsonResponse(page));
  });
}

}  // namespace tagwire::ws
