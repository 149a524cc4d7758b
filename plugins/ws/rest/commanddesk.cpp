// SPDX-License-Identifier: Apache-2.0
#include "commanddesk.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;
constexpr qsizetype longestText = 200;

Result<QString> optionalText(const QJsonObject &body, const char *key) {
  const QJsonValue value = body.value(QLatin1String(key));
  if (value.isUndefined() || value.isNull()) return QString();
  const QString text = value.toString();
  const bool isPlain = std::all_of(text.begin(), text.end(), [](QChar c) { return c.isPrint(); });
  if (value.isString() && text.size() <= longestText && isPlain) return text;
  return failure(QStringLiteral("%1 is wrong (allowed: printable text of at most %2 characters)")
                     .arg(QLatin1String(key))
                     .arg(longestText));
}

Result<void> checkCommandType(const QJsonObject &body) {
  const QJsonValue type = body.value(QLatin1String("commandType"));
  if (type.isUndefined() || type == QStringLiteral("write")) return {};
  if (type == QStringLiteral("toggle") || type == QStringLiteral("pulse")) {
    return failure(QStringLiteral("commandType \"%1\" is not there yet (allowed: write)").arg(type.toString()));
  }
  return failure(QStringLiteral("commandType is wrong (allowed: write)"));
}

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

Result<Value> CommandDesk::readValue(const QJsonValue &json, const Point &point) const {
  if (json.isUndefined()) return failure(QStringLiteral("value is missing"));
  return valueFromJson(json)
      .and_then([&](const Value &value) { return convertTo(value, point.type); })
      .and_then([&](const Value &value) -> Result<Value> {
        const auto number = toNumber(value);
        const bool isLow = number && point.minimum && *number < *point.minimum;
        const bool isHigh = number && point.maximum && *number > *point.maximum;
        if (!isLow && !isHigh) return value;
        return failure(QStringLiteral("value %1 is out of range (allowed: %2 %3)")
                           .arg(toText(value), isLow ? QStringLiteral("from") : QStringLiteral("up to"))
                           .arg(isLow ? *point.minimum : *point.maximum));
      });
}

/// Errors come with the HTTP status that fits.
Result<Command> CommandDesk::read(const QJsonObject &body, const Call &call, int &status) const {
  status = 400;
  if (auto type = checkCommandType(body); !type) return failure(type.error());
  const auto number = wholeNumber(body.value(QLatin1String("endpointId")));
  if (!number) return failure(QStringLiteral("endpointId is wrong or missing (allowed: the number of a point)"));
  const auto correlation = optionalText(body, "correlationId");
  if (!correlation) return failure(correlation.error());
  const auto requestedBy = optionalText(body, "requestedBy");
  if (!requestedBy) return failure(requestedBy.error());

  const auto point = m_context.points().point(m_context.points().findNumber(*number));
  if (!point) {
    status = 404;
    return failure(QStringLiteral("there is no point with the number %1").arg(*number));
  }
  if (!call.may(right::writeCommands, point->fullName)) {
    status = 403;
    return failure(QStringLiteral("not permitted: commands:write for point %1 is due").arg(point->fullName));
  }
  if (!point->writable) return failure(QStringLiteral("point %1 is read-only").arg(point->fullName));
  const auto value = readValue(body.value(QLatin1String("value")), *point);
  if (!value) return failure(value.error());

  Command command;
  command.id = newCommandId();
  command.point = point->id;
  command.value = *value;
  command.correlationId = *correlation;
  // Who it was, as proved, and where; what the client says of itself stands behind it.
  command.requestedBy = call.caller->name + u'@' + call.sender.text;
  if (!requestedBy->isEmpty()) command.requestedBy += QStringLiteral(" (%1)").arg(*requestedBy);
  command.created = m_context.clock().now();
  return command;
}

bool CommandDesk::isSame(const Command &one, const Command &two) const {
  return one.point == two.point && one.value == two.value;
}

CommandDesk::CommandDesk(Router &router, GatewayState &state) : m_state(state), m_context(state.context) {
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
  int status = 400;
  const auto command = read(document.object(), call, status);
  if (!command) return answer(errorResponse(status, command.error(), now));

  const std::chrono::nanoseconds deadline = m_context.clock().elapsed() + patience;
  const QString first = command->correlationId.isEmpty() ? QString() : m_byCorrelation.value(command->correlationId);
  if (!first.isEmpty()) {
    if (!isSame(m_records.value(first).command, *command)) {
      return answer(errorResponse(
          409, QStringLiteral("correlationId \"%1\" was used for another command").arg(command->correlationId), now));
    }
    m_waits.append({first, deadline, answer});
    return answerWaits(first);
  }
  remember(command->id).command = *command;
  if (!command->correlationId.isEmpty()) m_byCorrelation.insert(command->correlationId, command->id);
  m_waits.append({command->id, deadline, answer});
  m_state.request(*command, *call.caller);
}

CommandDesk::Record &CommandDesk::remember(const QString &commandId) {
  const auto found = m_records.find(commandId);
  if (found != m_records.end()) return *found;
  if (m_order.size() >= remembered) {
    m_byCorrelation.remove(m_records.take(m_order.front()).command.correlationId);
    m_order.pop_front();
  }
  m_order.push_back(commandId);
  Record &record = m_records[commandId];
  record.command.id = commandId;
  return record;
}

void CommandDesk::notify(const Event &event) {
  const auto *status = std::get_if<CommandStatus>(&event.body);
  if (!status) return;
  Record &record = remember(status->commandId);
  if (record.command.point == PointId::None) record.command.point = status->point;
  // An idempotent repeat may be told its steps again.
  const bool isEnded = !record.steps.isEmpty() && isFinal(record.steps.last().status.state);
  if (!isEnded && record.steps.size() < stepsOfOne) record.steps.append({event.time, *status});
  answerWaits(status->commandId);
}

void CommandDesk::answerWaits(const QString &commandId) {
  const Record record = m_records.value(commandId);
  if (record.steps.isEmpty() || !isFinal(record.steps.last().status.state)) return;
  QList<Wait> ended;
  m_waits.removeIf([&](const Wait &wait) {
    if (wait.commandId != commandId) return false;
    ended.append(wait);
    return true;
  });
  for (const Wait &wait : ended) wait.answer(outcome(record));
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
    Record record = m_records.value(wait.commandId);
    record.command.id = wait.commandId;
    wait.answer(outcome(record));
  }
}

Response CommandDesk::outcome(const Record &record) const {
  const CommandStatus status = record.steps.isEmpty() ? CommandStatus() : record.steps.last().status;
  QJsonObject json{{QStringLiteral("commandId"), record.command.id},
                   {QStringLiteral("status"), toText(status.state)},
                   {QStringLiteral("message"), messageOf(status)},
                   {QStringLiteral("actualValue"), toJson(status.actualValue)}};
  if (status.state == CommandState::Blocked) json.insert(QStringLiteral("interlockId"), QJsonValue());
  return Response::json(httpStatus(status.state), QJsonDocument(json));
}

Response CommandDesk::history(const Call &call) const {
  const QString commandId = call.variables.value(QStringLiteral("id"));
  const auto found = m_records.find(commandId);
  const auto mayRead = [&](PointId id) {
    const auto point = m_context.points().point(id);
    return point && call.may(right::readCommands, point->fullName);
  };
  if (found == m_records.end() || !mayRead(found->command.point)) {
    return errorResponse(404, QStringLiteral("no such command among the last %1").arg(remembered),
                         m_context.clock().now());
  }
  const Record &record = *found;
  QJsonArray steps;
  for (const Step &step : record.steps) {
    QJsonObject json{{QStringLiteral("status"), toText(step.status.state)},
                     {QStringLiteral("timestamp"), toIso(step.time)},
                     {QStringLiteral("actualValue"), toJson(step.status.actualValue)}};
    if (!step.status.error.isEmpty()) json.insert(QStringLiteral("error"), step.status.error);
    steps.append(json);
  }
  const CommandStatus last = record.steps.isEmpty() ? CommandStatus() : record.steps.last().status;
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
