// SPDX-License-Identifier: Apache-2.0
#include "commandjson.h"

#include <QJsonArray>
#include <QJsonDocument>

#include "commandwish.h"

namespace tagwire::ws {

namespace {

/// The number of the interlock that blocks; null when none has told.
QJsonValue interlockOf(const CommandStatus &status) {
  return status.interlock == 0 ? QJsonValue() : QJsonValue(status.interlock);
}

QJsonObject stepObject(const CommandBook::Step &step, const char *actualValue) {
  QJsonObject json{{QStringLiteral("status"), toText(step.status.state)},
                   {QStringLiteral("timestamp"), toIso(step.time)},
                   {QLatin1String(actualValue), toJson(step.status.actualValue)}};
  const bool isBad = isFinal(step.status.state) && step.status.state != CommandState::Succeeded;
  if (!step.status.error.isEmpty()) json.insert(QLatin1String(isBad ? "error" : "message"), step.status.error);
  return json;
}

QJsonObject panelObject(const CommandBook::Record &record) {
  const CommandStatus last = record.last();
  QJsonObject json{{QStringLiteral("commandId"), record.command.id},
                   {QStringLiteral("status"), toText(last.state)},
                   {QStringLiteral("message"), messageOf(record)},
                   {QStringLiteral("actualValue"), toJson(last.actualValue)}};
  if (last.state == CommandState::Blocked) json.insert(QStringLiteral("interlockId"), interlockOf(last));
  return json;
}

void putCommandText(QJsonObject &json, const char *key, const QString &text) {
  if (!text.isEmpty()) json.insert(QLatin1String(key), text);
}

}  // namespace

int httpStatus(CommandState state) {
  if (state == CommandState::Succeeded) return 200;
  if (state == CommandState::Blocked) return 403;
  return isFinal(state) ? 409 : 202;
}

QString messageOf(const CommandBook::Record &record) {
  const CommandStatus status = record.last();
  if (!record.approvedBy.isEmpty() && status.state == CommandState::Queued) {
    return QStringLiteral("approved by %1").arg(record.approvedBy);
  }
  if (!status.error.isEmpty()) return status.error;
  if (status.state == CommandState::Succeeded) return QStringLiteral("the value was written");
  return isFinal(status.state) ? QString(toText(status.state)) : QStringLiteral("under way");
}

Response panelOutcome(const CommandBook::Record &record, const PointTable &) {
  return Response::json(httpStatus(record.last().state), QJsonDocument(panelObject(record)));
}

QJsonObject panelHistory(const CommandBook::Record &record, const PointTable &points) {
  QJsonObject json = panelObject(record);
  QJsonArray steps;
  for (const CommandBook::Step &step : record.steps) steps.append(stepObject(step, "actualValue"));
  json.insert(QStringLiteral("history"), steps);
  if (const auto point = points.point(record.command.point)) {
    json.insert(QStringLiteral("endpointId"), point->number.value_or(0));
    json.insert(QStringLiteral("point"), point->fullName);
  }
  if (record.hasEnded()) json.insert(QStringLiteral("completedAt"), toIso(record.steps.last().time));
  if (!record.isOurs()) return json;
  const Command &command = record.command;
  json.insert(QStringLiteral("value"), toJson(command.value));
  json.insert(QStringLiteral("commandType"), wordOf(command.kind));
  if (command.kind == CommandKind::Pulse) json.insert(QStringLiteral("durationMs"), qint64(command.duration.count()));
  json.insert(QStringLiteral("requestedBy"), command.requestedBy);
  json.insert(QStringLiteral("createdAt"), toIso(command.created));
  putCommandText(json, "comment", command.comment);
  putCommandText(json, "correlationId", command.correlationId);
  putCommandText(json, "approvedBy", record.approvedBy);
  return json;
}

QJsonObject commandObject(const CommandBook::Record &record, const PointTable &points) {
  const Command &command = record.command;
  const CommandStatus last = record.last();
  const auto point = points.point(command.point);
  const bool isStarted = record.isOurs() || !record.steps.isEmpty();
  const Time created = record.isOurs() ? command.created : isStarted ? record.steps.first().time : Time();
  QJsonObject json{{QStringLiteral("command_id"), command.id},
                   {QStringLiteral("point"), point ? point->fullName : QString()},
                   {QStringLiteral("number"), point ? point->number.value_or(0) : 0},
                   {QStringLiteral("status"), toText(last.state)},
                   {QStringLiteral("message"), messageOf(record)},
                   {QStringLiteral("actual_value"), toJson(last.actualValue)},
                   {QStringLiteral("created"), toIso(created)}};
  if (last.state == CommandState::Blocked) json.insert(QStringLiteral("interlock_id"), interlockOf(last));
  if (record.waitsForApproval) json.insert(QStringLiteral("waits_for"), QStringLiteral("second_person"));
  if (record.hasEnded()) json.insert(QStringLiteral("completed"), toIso(record.steps.last().time));
  if (!record.isOurs()) return json;
  json.insert(QStringLiteral("type"), wordOf(command.kind));
  json.insert(QStringLiteral("value"), toJson(command.value));
  if (command.kind == CommandKind::Pulse) json.insert(QStringLiteral("duration_ms"), qint64(command.duration.count()));
  json.insert(QStringLiteral("requested_by"), command.requestedBy);
  putCommandText(json, "comment", command.comment);
  putCommandText(json, "correlation_id", command.correlationId);
  putCommandText(json, "approved_by", record.approvedBy);
  return json;
}

QJsonArray commandSteps(const CommandBook::Record &record) {
  QJsonArray steps;
  for (const CommandBook::Step &step : record.steps) steps.append(stepObject(step, "actual_value"));
  return steps;
}

Response commandOutcome(const CommandBook::Record &record, const PointTable &points) {
  return Response::json(httpStatus(record.last().state), QJsonDocument(commandObject(record, points)));
}

}  // namespace tagwire::ws
