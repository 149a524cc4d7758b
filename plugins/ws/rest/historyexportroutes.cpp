// SPDX-License-Identifier: Apache-2.0
#include "rest/historyexportroutes.h"

#include <algorithm>
#include <array>

#include "auth/historyaccess.h"
#include "rest/historyquery.h"
#include "rest/historytable.h"
#include "rest/historytext.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr int valuesPerPage = 2000;  ///< some 200 KB, a few milliseconds of the event loop
constexpr int eventsPerPage = 500;

}  // namespace

HistoryExportRoutes::HistoryExportRoutes(Router &router, GatewayState &state, HistoryDeskPointer desk)
    : m_state(state),
      m_desk(std::move(desk)),
      m_open(state.context.metrics().gauge("tagwire_history_exports", "Exports of the history under way")) {
  Route route{"GET",
              "/api/v1/history/export",
              "stored values or events of any range, streamed; whole when the last chunk is there",
              Served::Rest,
              right::readHistory,
              [this](const Call &call) { open(call); },
              {{"point", "string[]", "full name, or number; up to 100 points and tags together"},
               {"tag", "string[]", "RTLS tags: the track of each"},
               {"events", "boolean", "true: events, instead of values"},
               {"kind", "string[]", "of these kinds only, for events"},
               {"source", "string[]", "of these instances only, for events"},
               {"from", "string", "ISO 8601; an hour before `to` if absent"},
               {"to", "string", "before this; now if absent"},
               {"order", "string", "asc (default): the oldest first, desc: the newest"},
               {"before", "boolean", "true: the last value before `from` as well"},
               {"format", "string", "csv (default) or jsonl"},
               {"history", "string", "instance that keeps it; the first if absent"}}};
  route.contentTypes = {"text/csv", "application/jsonl"};
  router.add(route);
}

HistoryExportRoutes::~HistoryExportRoutes() { HistoryExportRoutes::stop(); }

void HistoryExportRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

void HistoryExportRoutes::open(const Call &call) {
  const auto bad = [&](const QString &error) { refuse(call.answer, {400, error, {}}); };
  const Time now = m_state.context.clock().now();
  for (const char *key : {"limit", "after", "interval", "buckets", "aggregate"}) {
    if (call.target.value(key)) return bad(QStringLiteral("%1 is not for an export").arg(QLatin1String(key)));
  }
  const auto format = wordFrom(call.target, "format", {QStringLiteral("csv"), QStringLiteral("jsonl")});
  if (!format) return bad(format.error());
  const auto isOfEvents = flagFrom(call.target, "events");
  if (!isOfEvents) return bad(isOfEvents.error());
  const auto values = valuesQuery(call.target, now);
  if (!values) return bad(values.error());
  const auto events = eventsQuery(call.target, now);
  if (!events) return bad(events.error());
  auto opening = std::make_shared<Opening>(Opening{&call.connection,
                                                   call.answer,
                                                   call.caller,
                                                   historyAt(call.target),
                                                   call.request.method == "HEAD",
                                                   call.request.isHttp11,
                                                   *format == u"csv",
                                                   {},
                                                   {}});
  const QByteArray origin = call.request.field("origin");
  if (m_state.config.allowedOrigins.contains(QString::fromLatin1(origin))) opening->origin = origin;
  if (!*isOfEvents) {
    const auto names = HistoryNames::fromCall(call, m_state.context.points());
    if (!names) return refuse(call.answer, names.error());
    opening->names = *names;
  } else if (call.target.value("point") || call.target.value("tag")) {
    return bad(QStringLiteral("events have no point and no tag (allowed: kind, source)"));
  }
  if (m_places.use_count() > most) {
    return refuse(
        call.answer,
        {503, QStringLiteral("%1 exports are under way already (allowed: %1)").arg(most), {{"Retry-After", "10"}}});
  }
  opening->place = m_places;
  *isOfEvents ? openEvents(opening, *events) : openValues(opening, *values);
}

void HistoryExportRoutes::openValues(const OpeningPointer &opening, const HistoryQuery &query) {
  hidePositions(*m_desk, opening->instance, opening->caller, opening->names,
                [this, opening, query](const tl::expected<HistoryNames, Refusal> &names) {
                  if (!names) return refuse(opening->answer, names.error());
                  opening->names = *names;
                  askFirst(opening, valuesSource(opening, query), opening->isCsv ? valuesCsvHead() : QByteArray());
                });
}

void HistoryExportRoutes::openEvents(const OpeningPointer &opening, const HistoryEventQuery &query) {
  askFirst(opening, eventsSource(opening, query), opening->isCsv ? eventsCsvHead() : QByteArray());
}

/// Asks for one page after the other; knows nothing of the connection, which may be gone by then.
ExportSource HistoryExportRoutes::valuesSource(const OpeningPointer &opening, HistoryQuery query) const {
  query.points = opening->names.points;
  query.tags = opening->names.tags;
  query.limit = valuesPerPage;
  return [desk = m_desk, query, instance = opening->instance, names = opening->names, caller = opening->caller,
          isCsv = opening->isCsv](const QString &after, const auto &taker) {
    HistoryQuery next = query;
    next.after = after;
    const auto tell = [names, caller, isCsv, taker](const tl::expected<HistoryPage, Refusal> &got) {
      if (!got) return taker(tl::unexpected(got.error()));
      HistoryPage page = *got;
      hideFrom(page, names, caller->permissions);
      taker(ExportPage{isCsv ? valuesCsv(page) : valuesLines(page), page.next});
    };
    if (names.isEmpty()) return tell(HistoryPage());
    desk->ask(instance, &HistoryReader::values, tell, next);
  };
}

ExportSource HistoryExportRoutes::eventsSource(const OpeningPointer &opening, const HistoryEventQuery &query) const {
  return [desk = m_desk, query, instance = opening->instance, caller = opening->caller, isCsv = opening->isCsv](
             const QString &after, const auto &taker) {
    HistoryEventQuery next = query;
    next.limit = eventsPerPage;
    next.after = after;
    const auto tell = [caller, isCsv, taker](const tl::expected<HistoryEventPage, Refusal> &got) {
      if (!got) return taker(tl::unexpected(got.error()));
      HistoryEventPage page = *got;
      page.events.removeIf([&](const HistoryEvent &each) { return !mayReadHistory(caller->permissions, each); });
      taker(ExportPage{isCsv ? eventsCsv(page) : eventsLines(page), page.next});
    };
    desk->ask(instance, &HistoryReader::events, tell, next);
  };
}

/// What is wrong with the whole is told by a status of its own, as long as nothing was sent.
void HistoryExportRoutes::askFirst(const OpeningPointer &opening, const ExportSource &source,
                                   const QByteArray &before) {
  source(QString(), [this, opening, source, before](const tl::expected<ExportPage, Refusal> &page) {
    const auto place = std::exchange(opening->place, nullptr);  // whoever keeps our callback keeps no place
    if (!page) return refuse(opening->answer, page.error());
    begin(*opening, place, source, {before + page->text, page->next});
  });
}

void HistoryExportRoutes::begin(const Opening &opening, const std::shared_ptr<void> &place, const ExportSource &source,
                                const ExportPage &first) {
  if (!opening.connection) return;  // its client has left
  const QByteArray type = opening.isCsv ? "text/csv; charset=utf-8" : "application/jsonl";
  if (opening.isHead) return opening.answer({200, type, {}});
  const QByteArray name = opening.isCsv ? "history.csv" : "history.jsonl";
  Response head{
      200, type, {}, {{"Content-Disposition", "attachment; filename=\"" + name + '"'}, {"X-Accel-Buffering", "no"}}};
  if (opening.isHttp11) head.fields << std::pair<QByteArray, QByteArray>("Transfer-Encoding", "chunked");
  if (!opening.origin.isEmpty()) {
    head.fields << std::pair<QByteArray, QByteArray>("Access-Control-Allow-Origin", opening.origin)
                << std::pair<QByteArray, QByteArray>("Vary", "Origin");
  }
  QByteArray rest;
  std::unique_ptr<Stream> stream = opening.connection->takeStream(rest);
  if (!stream) return;
  const Clock &clock = m_state.context.clock();
  auto made = std::make_unique<HistoryExport>(std::move(stream), source, opening.caller, clock,
                                              m_state.config.httpLimits.headTime, opening.isHttp11);
  HistoryExport *fresh = made.get();
  QObject::connect(fresh, &HistoryExport::ended, fresh, [this, fresh] { forget(fresh); });
  m_exports.push_back({std::move(made), place});
  m_open.set(static_cast<double>(m_exports.size()));
  qCInfo(m_state.context.log()).noquote() << nameWithKind(*opening.caller) << "exports history";
  fresh->begin(head.encodeStream(clock.now()), first);
}

void HistoryExportRoutes::tick() {
  const auto now = m_state.context.clock().elapsed();
  const bool isDue = now - m_lastCheck >= 1s;
  if (isDue) m_lastCheck = now;
  for (const Held &each : m_exports) {
    each.stream->tick();
    if (isDue && !m_state.authenticator.holds(*each.stream->caller())) each.stream->end(HistoryExport::End::Revoked);
  }
}

void HistoryExportRoutes::stop() {
  for (const Held &each : m_exports) each.stream->end(HistoryExport::End::Stopped);
  while (!m_exports.empty()) forget(m_exports.back().stream.get());
}

void HistoryExportRoutes::count(HistoryExport::End how) {
  static constexpr std::array words{"whole", "failed", "slow", "left", "revoked", "stopped"};
  m_state.context.metrics()
      .counter("tagwire_history_exports_total", "Exports of the history that are over, by how they ended",
               {{"end", words[static_cast<size_t>(how)]}})
      .add();
}

/// What a slow client has not taken it does not get; anybody else has a moment for it.
void HistoryExportRoutes::forget(HistoryExport *over) {
  const auto held =
      std::find_if(m_exports.begin(), m_exports.end(), [over](const Held &each) { return each.stream.get() == over; });
  if (held == m_exports.end()) return;
  count(over->how());
  std::unique_ptr<Stream> stream = over->takeStream();
  if (over->how() == HistoryExport::End::Slow) {
    stream->abort();
    stream.release()->deleteLater();  // it may be at work right now, further up the stack
  } else {
    m_farewells.add(std::move(stream));
  }
  held->stream.release()->deleteLater();
  m_exports.erase(held);
  m_open.set(static_cast<double>(m_exports.size()));
}

}  // namespace tagwire::ws
