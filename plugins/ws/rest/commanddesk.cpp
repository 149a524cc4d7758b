// SPDX-License-Identifier: Apache-2.0
#include "commanddesk.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>

#include "commandwish.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;

std::optional<int> wholeNumber(const QJsonValue &value) {
  const double number = value.toDouble(0);
  if (!value.isDouble() || number != std::floor(number) || number < 1 || number > 2147483647) return std::nullopt;
  return static_cast<int>(number);
}

QString messageOf(const CommandStatus &status) {
  if (!status.error.isEmpty()) return status.error;
  if (status.state == CommandState::Succeeded) return QStringLiteral("the value was written");
  return isFinal(status.state) ? QString(toText(status.state)) : QStringLiteral("under way");
}

int httpStatus(CommandState state) {
  if (state == CommandState::Succeeded) return 200;
  if (state == CommandState::Blocked) return 403;
  return isFinal(state) ? 409 : 202;
}

}  // namespace

CommandDesk::CommandDesk(Router &router, GatewayState &state)
    : m_state(state), m_context(state.context), m_book(*state.commands) {
  router.add({"POST",
              "/api/os/command",
              "writes a point (R5-9)",
              Served::Rest,
              right::writeCommands,
              [this](const Call &call) { submit(call); },
              {},
              R"({"type":"object","required":["endpointId","value"],"properties":{"endpointId":{"type":"integer"},)"
              R"("value":{},"commandType":{"enum":["write"]},"tileId":{"type":"integer"},)"
              R"("correlationId":{"type":"string"},"requestedBy":{"type":"string"}}})"});
  router.add({"GET", "/api/os/command/{id}", "every step of a command (R5-9)", Served::Rest, right::readCommands,
              [this](const Call &call) { call.answer(history(call)); }});
}

void CommandDesk::submit(const Call &call) {
  const Answer &answer = call.answer;
  const Time now = m_context.clock().now();
  const QJsonDocument document = QJsonDocument::fromJson(call.request.body);
  if (!document.isObject()) return answer(errorResponse(400, QStringLiteral("the body must be a JSON object"), now));
  const QJsonObject body = document.object();
  const auto number = wholeNumber(body.value(QLatin1String("endpointId")));
  if (!number) {
    return answer(
        errorResponse(400, QStringLiteral("endpointId is wrong or missing (allowed: the number of a point)"), now));
  }
  const CommandWish wish{m_context.points().findNumber(*number),     QString::number(*number),
                         body.value(QLatin1String("value")),         body.value(QLatin1String("commandType")),
                         body.value(QLatin1String("correlationId")), body.value(QLatin1String("requestedBy"))};
  const auto command = makeCommand(wish, *call.caller, call.sender.text, m_context);
  if (!command) return answer(errorResponse(command.error(), now));

  const std::chrono::nanoseconds deadline = m_context.clock().elapsed() + patience;
  if (const auto *first = m_book.earlier(command->correlationId, *call.caller)) {
    if (!first->isFor(*command)) {
      return answer(errorResponse(
          409, QStringLiteral("correlationId \"%1\" was used for another command").arg(command->correlationId), now));
    }
    m_waits.append({first->command.id, deadline, answer});
    return answerWaits(first->command.id);
  }
  m_waits.append({command->id, deadline, answer});
  m_state.request(*command, *call.caller);
}

void CommandDesk::notify(const Event &event) {
  const auto *status = std::get_if<CommandStatus>(&event.body);
  if (!status) return;
  m_book.follow(*status, event.time);
  answerWaits(status->commandId);
}

void CommandDesk::answerWaits(const QString &commandId) {
  const CommandBook::Record *record = m_book.find(commandId);
  if (!record || !record->hasEnded()) return;
  QList<Wait> ended;
  m_waits.removeIf([&](const Wait &wait) {
    if (wait.commandId != commandId) return false;
    ended.append(wait);
    return true;
  });
  if (ended.isEmpty()) return;
  const Response response = outcome(commandId, record->last());
  for (const Wait &wait : ended) wait.answer(response);
}

void CommandDesk::tick() {
  const auto now = m_context.clock().elapsed();
  QList<Wait> late;
  m_waits.removeIf([&](const Wait &wait) {
    if (now < wait.deadline) return false;
    late.append(wait);
    return true;
  });
  for (const Wait &wait : late) {
    const CommandBook::Record *record = m_book.find(wait.commandId);
    wait.answer(outcome(wait.commandId, record ? record->last() : CommandStatus()));
  }
}

Response CommandDesk::outcome(const QString &commandId, const CommandStatus &status) const {
  QJsonObject json{{QStringLiteral("commandId"), commandId},
                   {QStringLiteral("status"), toText(status.state)},
                   {QStringLiteral("message"), messageOf(status)},
                   {QStringLiteral("actualValue"), toJson(status.actualValue)}};
  if (status.state == CommandState::Blocked) json.insert(QStringLiteral("interlockId"), QJsonValue());
  return Response::json(httpStatus(status.state), QJsonDocument(json));
}

Response CommandDesk::history(const Call &call) const {
  const QString commandId = call.variables.value(QStringLiteral("id"));
  const CommandBook::Record *found = m_book.find(commandId);
  const auto mayRead = [&](PointId id) {
    const auto point = m_context.points().point(id);
    return point && call.may(right::readCommands, point->fullName);
  };
  if (!found || !mayRead(found->command.point)) {
    return errorResponse(404, QStringLiteral("no such command among the last %1").arg(CommandBook::remembered),
                         m_context.clock().now());
  }
  const CommandBook::Record &record = *found;
  QJsonArray steps;
  for (const CommandBook::Step &step : record.steps) {
    QJsonObject json{{QStringLiteral("status"), toText(step.status.state)},
                     {QStringLiteral("timestamp"), toIso(step.time)},
                     {QStringLiteral("actualValue"), toJson(step.status.actualValue)}};
    if (!step.status.error.isEmpty()) json.insert(QStringLiteral("error"), step.status.error);
    steps.append(json);
  }
  const CommandStatus last = record.last();
  const auto point = m_context.points().point(record.command.point);
  QJsonObject json{{QStringLiteral("commandId"), commandId},
                   {QStringLiteral("status"), toText(last.state)},
                   {QStringLiteral("message"), messageOf(last)},
                   {QStringLiteral("actualValue"), toJson(last.actualValue)},
                   {QStringLiteral("history"), steps}};
  if (point) {
    json.insert(QStringLiteral("endpointId"), point->number.value_or(0));
    json.insert(QStringLiteral("point"), point->fullName);
  }
  if (isFinal(last.state)) json.insert(QStringLiteral("completedAt"), toIso(record.steps.last().time));
  if (record.command.created == Time()) return Response::json(200, QJsonDocument(json));
  json.insert(QStringLiteral("value"), toJson(record.command.value));
  json.insert(QStringLiteral("commandType"), QStringLiteral("write"));
  json.insert(QStringLiteral("requestedBy"), record.command.requestedBy);
  json.insert(QStringLiteral("createdAt"), toIso(record.command.created));
  if (!record.command.correlationId.isEmpty()) {
    json.insert(QStringLiteral("correlationId"), record.command.correlationId);
  }
  return Response::json(200, QJsonDocument(json));
}

}  // namespace tagwire::ws
