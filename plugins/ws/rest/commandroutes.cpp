// SPDX-License-Identifier: Apache-2.0
#include "commandroutes.h"

#include <QJsonArray>

#include <algorithm>

#include "access/pathpattern.h"
#include "auth/commandaccess.h"
#include "commandactions.h"
#include "commandwish.h"
#include "protocols/wirejson.h"
#include "rest/accessresponse.h"
#include "rest/commandjson.h"
#include "services/gisdata.h"

namespace tagwire::ws {

namespace {

constexpr qint64 usualWait = 5'000;
constexpr qint64 longestWait = 30'000;
constexpr qint64 mostCommandsListed = 1000;
constexpr qint64 usualCommandsListed = 100;

constexpr const char *commandSchema =
    R"({"type":"object","required":["point"],"properties":{"point":{"type":["string","integer"]},"value":{},)"
    R"("type":{"enum":["write","toggle","pulse"]},)"
    R"("duration_ms":{"type":"integer","minimum":10,"maximum":3600000},)"
    R"("correlation_id":{"type":"string","maxLength":200},"comment":{"type":"string","maxLength":1000},)"
    R"("selection_id":{"type":"string","maxLength":200},)"
    R"("expires_in_ms":{"type":"integer","minimum":100,"maximum":600000},)"
    R"("wait_ms":{"type":"integer","minimum":0,"maximum":30000}}})";
constexpr const char *selectionSchema =
    R"({"type":"object","required":["point"],"properties":{"point":{"type":["string","integer"]}}})";

QStringList commandKeys() {
  return {QStringLiteral("point"),        QStringLiteral("value"),   QStringLiteral("type"),
          QStringLiteral("duration_ms"),  QStringLiteral("comment"), QStringLiteral("correlation_id"),
          QStringLiteral("selection_id"), QStringLiteral("wait_ms"), QStringLiteral("expires_in_ms")};
}

/// Which point a body means, and how it says so.
struct NamedPoint {
  PointId id = PointId::None;
  QString text;
};

Result<NamedPoint> readPoint(const QJsonValue &value, const PointTable &points) {
  if (value.isString() && !value.toString().isEmpty()) {
    return NamedPoint{points.find(value.toString()), excerpt(value.toString(), 300)};
  }
  const auto number = wholeNumber(value);
  if (number && *number >= 1 && *number <= 2147483647) {
    return NamedPoint{points.findNumber(static_cast<int>(*number)), QString::number(*number)};
  }
  return failure(QStringLiteral("point is wrong or missing (allowed: the full name of a point, or its number)"));
}

QJsonObject dryRunObject(const DryRun &run) {
  QJsonObject json{{QStringLiteral("would_be_sent"), !run.obstacle},
                   {QStringLiteral("obstacle"), QJsonValue()},
                   {QStringLiteral("interlocks"), QJsonArray()},
                   {QStringLiteral("warnings"), QJsonArray::fromStringList(run.warnings)},
                   {QStringLiteral("value"), toJson(run.value)},
                   {QStringLiteral("confirm"), QJsonValue()}};
  if (run.obstacle) {
    QJsonObject obstacle{{QStringLiteral("status"), toText(run.obstacle->outcome)},
                         {QStringLiteral("message"), run.obstacle->text}};
    if (run.obstacle->interlock != 0) obstacle.insert(QStringLiteral("interlock_id"), run.obstacle->interlock);
    json.insert(QStringLiteral("obstacle"), obstacle);
  }
  QJsonArray interlocks;
  for (const int id : run.interlocks) interlocks.append(id);
  json.insert(QStringLiteral("interlocks"), interlocks);
  for (const auto &[word, confirm] : enumWords(Confirm())) {
    if (confirm == run.confirm) json.insert(QStringLiteral("confirm"), QLatin1String(word));
  }
  return json;
}

/// Which commands a list is of. Empty: all.
struct ListQuery {
  QList<PathPattern> points;
  QList<CommandState> states;
  bool wantsWaiting = false;
  qint64 limit = usualCommandsListed;

  static Result<ListQuery> fromTarget(const Target &target);
  bool admits(const CommandBook::Record &record, const QStringList &written) const;
};

Result<ListQuery> ListQuery::fromTarget(const Target &target) {
  ListQuery query;
  for (const QString &text : target.values("point")) {
    const auto pattern = PathPattern::fromText(text);
    if (!pattern) return failure(QStringLiteral("point \"%1\" %2").arg(excerpt(text), pattern.error()));
    query.points << *pattern;
  }
  QMap<QString, CommandState> words;
  QStringList allowed;
  for (int i = 0; i <= static_cast<int>(CommandState::Unknown); ++i) {
    words.insert(toText(static_cast<CommandState>(i)), static_cast<CommandState>(i));
    allowed << toText(static_cast<CommandState>(i));
  }
  for (const QString &word : target.words("status")) {
    if (word == u"waiting") {
      query.wantsWaiting = true;
    } else if (words.contains(word)) {
      query.states << words.value(word);
    } else {
      return failure(QStringLiteral("status \"%1\" is wrong (allowed: %2, waiting)")
                         .arg(excerpt(word), allowed.join(QStringLiteral(", "))));
    }
  }
  const auto limit = target.wholeNumber("limit", 1, mostCommandsListed, usualCommandsListed);
  if (!limit) return failure(limit.error());
  query.limit = *limit;
  return query;
}

bool ListQuery::admits(const CommandBook::Record &record, const QStringList &written) const {
  const auto matches = [&](const PathPattern &pattern) {
    return std::any_of(written.begin(), written.end(), [&](const QString &point) { return pattern.matches(point); });
  };
  if (!points.isEmpty() && std::none_of(points.begin(), points.end(), matches)) return false;
  if (states.isEmpty() && !wantsWaiting) return true;
  return states.contains(record.last().state) || (wantsWaiting && record.waitsForApproval);
}

}  // namespace

Result<std::chrono::milliseconds> readWait(const QJsonValue &value) {
  if (value.isUndefined()) return std::chrono::milliseconds(usualWait);
  const auto number = wholeNumber(value);
  if (number && *number >= 0 && *number <= longestWait) return std::chrono::milliseconds(*number);
  return failure(QStringLiteral("wait_ms is wrong (allowed: a whole number of 0 to %1)").arg(longestWait));
}

Result<QString> commentOf(const Call &call) {
  if (call.request.body.trimmed().isEmpty()) return QString();
  const auto body = readBody(call.request.body, {QStringLiteral("comment")});
  return body ? readComment(body->value(QLatin1String("comment"))) : failure(body.error());
}

CommandRoutes::CommandRoutes(Router &router, GatewayState &state, CommandDesk &desk) : m_state(state), m_desk(desk) {
  addSelections(router);
  addCommands(router);
}

void CommandRoutes::addSelections(Router &router) {
  router.add({"POST",
              "/api/v1/commands/selections",
              "selects a point for one command within 30 s (select before operate)",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { select(call); },
              {},
              selectionSchema});
  router.add({"DELETE", "/api/v1/commands/selections/{id}", "gives a selection back", Served::Rest,
              right::writeCommands, [this](const Call &call) { deselect(call); }});
  router.add({"POST",
              "/api/v1/commands/dry-run",
              "what would become of a command now; nothing is sent",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { dryRun(call); },
              {},
              commandSchema});
}

void CommandRoutes::addCommands(Router &router) {
  router.add({"GET",
              "/api/v1/commands",
              "the newest commands, newest first",
              Served::Rest,
              right::readCommands,
              [this](const Call &call) { list(call); },
              {{"point", "string", "full name or pattern, plc1/pump/#, or several"},
               {"status", "string",
                "queued, sent, acked, succeeded, failed, blocked, expired, unknown; waiting: for a "
                "second person"},
               {"limit", "integer", "at most so many, 1 to 1000; 100 if absent"}}});
  router.add({"POST",
              "/api/v1/commands",
              "writes or toggles a point, or gives it a pulse",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { submit(call); },
              {},
              commandSchema});
  router.add({"GET", "/api/v1/commands/{id}", "a command with every step", Served::Rest, right::readCommands,
              [this](const Call &call) { one(call); }});
  router.add({"POST",
              "/api/v1/commands/{id}/approve",
              "approves the command of somebody else",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { approve(call); },
              {},
              commentSchema});
  router.add({"POST",
              "/api/v1/commands/{id}/cancel",
              "ends a command that was not sent yet, a pulse, or a scene",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { cancel(call); },
              {},
              commentSchema});
}

void CommandRoutes::refuse(const Call &call, const Refusal &refusal) const {
  call.answer(errorResponse(refusal, m_state.context.clock().now()));
}

tl::expected<Command, Refusal> CommandRoutes::commandOf(const Call &call, const QJsonObject &body) const {
  const auto point = readPoint(body.value(QLatin1String("point")), m_state.context.points());
  if (!point) return tl::unexpected(Refusal{400, point.error(), {}});
  return makeCommand({point->id, point->text, body, restWords}, *call.caller, call.sender.text, m_state.context);
}

tl::expected<CommandRoutes::Wish, Refusal> CommandRoutes::wishOf(const Call &call) const {
  const auto body = readBody(call.request.body, commandKeys());
  if (!body) return tl::unexpected(Refusal{400, body.error(), {}});
  const auto wait = readWait(body->value(QLatin1String("wait_ms")));
  if (!wait) return tl::unexpected(Refusal{400, wait.error(), {}});
  const auto command = commandOf(call, *body);
  if (!command) return tl::unexpected(command.error());
  return Wish{*command, *wait};
}

void CommandRoutes::submit(const Call &call) const {
  const auto wish = wishOf(call);
  if (!wish) return refuse(call, wish.error());
  m_desk.submit(wish->command, call, wish->wait, &commandOutcome);
}

/// Nothing is waited for here; a wrong time to wait is wrong here all the same.
void CommandRoutes::dryRun(const Call &call) const {
  const auto wish = wishOf(call);
  if (!wish) return refuse(call, wish.error());
  call.answer(Response::json(200, QJsonDocument(dryRunObject(m_state.context.commands().dryRun(wish->command)))));
}

void CommandRoutes::list(const Call &call) const {
  const auto query = ListQuery::fromTarget(call.target);
  if (!query) return refuse(call, {400, query.error(), {}});
  const PointTable &points = m_state.context.points();
  QJsonArray commands;
  for (const CommandBook::Record *record : m_state.commands->newestFirst()) {
    QStringList written;
    for (const PointId id : record->points) {
      if (const auto point = points.point(id)) written << point->fullName;
    }
    const bool isKnown = !written.isEmpty() && written.size() == record->points.size();
    if (!isKnown || !mayOnAll(call.caller->permissions, right::readCommands, record->points, points)) continue;
    if (!query->admits(*record, written)) continue;
    commands.append(commandObject(*record, points));
    if (commands.size() >= query->limit) break;
  }
  call.answer(Response::json(200, QJsonDocument(commands)));
}

void CommandRoutes::one(const Call &call) const {
  const CommandBook::Record *record = readableCommand(call, m_state);
  if (!record) return refuse(call, noSuchCommand());
  QJsonObject json = commandObject(*record, m_state.context.points());
  json.insert(QStringLiteral("steps"), commandSteps(*record));
  call.answer(Response::json(200, QJsonDocument(json)));
}

Result<Operator> CommandRoutes::doer(const Call &call) const {
  const auto comment = commentOf(call);
  if (!comment) return failure(comment.error());
  return operatorOf(*call.caller, call.sender.text, *comment);
}

void CommandRoutes::tell(const Call &call, const std::optional<Refusal> &refusal) const {
  if (refusal) return refuse(call, *refusal);
  const QString id = call.variables.value(QStringLiteral("id"));
  // Of who may not read commands, nobody is told more than that it was done.
  const CommandBook::Record *record = readableCommand(call, m_state);
  const QJsonObject json =
      record ? commandObject(*record, m_state.context.points()) : QJsonObject{{QStringLiteral("command_id"), id}};
  call.answer(Response::json(200, QJsonDocument(json)));
}

void CommandRoutes::approve(const Call &call) const {
  const auto by = doer(call);
  if (!by) return refuse(call, {400, by.error(), {}});
  tell(call, approveCommand(m_state, call.variables.value(QStringLiteral("id")), *call.caller, *by));
}

void CommandRoutes::cancel(const Call &call) const {
  const auto by = doer(call);
  if (!by) return refuse(call, {400, by.error(), {}});
  tell(call, cancelCommand(m_state, call.variables.value(QStringLiteral("id")), *call.caller, *by));
}

void CommandRoutes::select(const Call &call) const {
  const auto body = readBody(call.request.body, {QStringLiteral("point")});
  if (!body) return refuse(call, {400, body.error(), {}});
  const auto point = readPoint(body->value(QLatin1String("point")), m_state.context.points());
  if (!point) return refuse(call, {400, point.error(), {}});
  const auto selection = selectPoint(m_state, point->id, point->text, *call.caller, call.sender.text);
  if (!selection) return refuse(call, selection.error());
  const auto known = m_state.context.points().point(selection->point);
  call.answer(
      Response::json(201, QJsonDocument(QJsonObject{{QStringLiteral("selection_id"), selection->id},
                                                    {QStringLiteral("point"), known ? known->fullName : QString()},
                                                    {QStringLiteral("expires"), toIso(selection->expires)}})));
}

void CommandRoutes::deselect(const Call &call) const {
  const auto done = m_state.context.commands().deselect(call.variables.value(QStringLiteral("id")),
                                                        operatorOf(*call.caller, call.sender.text));
  if (!done) return refuse(call, {404, done.error(), {}});
  call.answer({204, {}, {}, {}});
}

}  // namespace tagwire::ws
