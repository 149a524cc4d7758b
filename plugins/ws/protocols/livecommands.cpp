// SPDX-License-Identifier: Apache-2.0
// R6-5: commands by message.
#include "commandactions.h"
#include "commandwish.h"
#include "liveprotocol.h"
#include "liverequest.h"
#include "panelframes.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

const QLatin1String oldCorrelation("correlationId");

}  // namespace

void LiveProtocol::command(LiveClient &client, const QJsonObject &message) {
  const QJsonValue given = message.value(QLatin1String("id"));
  const auto id = subscriptionId(message);
  if (!id) return refuse(*client.session, given, id.error());
  const QJsonValue name = message.value(QLatin1String("p"));
  if (!name.isString()) return refuse(*client.session, given, QStringLiteral("p must be the full name of a point"));
  if (client.commands.size() >= mostOpenCommands) {
    return refuse(*client.session, given,
                  QStringLiteral("%1 commands under way are all that a client may have").arg(mostOpenCommands));
  }
  if (client.commands.values().contains(jsonString(*id))) {
    return refuse(*client.session, given, QStringLiteral("a command with this id is under way"));
  }
  QJsonObject body = message;
  // As page 6 had it first.
  if (body.contains(oldCorrelation)) body.insert(QLatin1String(liveWords.correlationId), body.take(oldCorrelation));
  const CommandWish wish{m_context.points().find(name.toString()), excerpt(name.toString(), 300), body, liveWords};
  const auto command = makeCommand(wish, *client.session->caller(), client.session->peer(), m_context);
  if (!command) return refuse(*client.session, given, command.error().text);
  if (const auto *first = m_state.commands->earlier(command->correlationId, *client.session->caller())) {
    if (!first->isFor(*command)) {
      return refuse(*client.session, given, QStringLiteral("the correlation id was used for another command"));
    }
    if (!first->hasEnded()) client.commands.insert(first->command.id, jsonString(*id));
    for (const CommandBook::Step &step : first->steps) tellOne(client, jsonString(*id), step.status, step.time);
    return;
  }
  client.commands.insert(command->id, jsonString(*id));
  m_state.request(*command, *client.session->caller());
}

void LiveProtocol::tell(LiveClient &client, const CommandStatus &status, Time time) {
  for (const QByteArray &id : client.commands.values(status.commandId)) tellOne(client, id, status, time);
  if (isFinal(status.state)) client.commands.remove(status.commandId);
}

void LiveProtocol::tellOne(LiveClient &client, const QByteArray &id, const CommandStatus &status, Time time) {
  JsonText json;
  json.beginObject();
  json.put("op", "command_status");
  json.key("id");
  json.raw(id);
  putCommandStatus(json, status, time);
  json.endObject();
  client.session->send(Frame::text(json.view()));
}

void LiveProtocol::select(LiveClient &client, const QJsonObject &message) {
  Session &session = *client.session;
  const QJsonValue given = message.value(QLatin1String("id"));
  const auto id = subscriptionId(message);
  if (!id) return refuse(session, given, id.error());
  const QJsonValue name = message.value(QLatin1String("p"));
  if (!name.isString()) return refuse(session, given, QStringLiteral("p must be the full name of a point"));
  const auto selection = selectPoint(m_state, m_context.points().find(name.toString()), excerpt(name.toString(), 300),
                                     *session.caller(), session.peer());
  if (!selection) return refuse(session, given, selection.error().text);
  JsonText json;
  json.beginObject();
  json.put("op", "selected");
  json.put("id", *id);
  json.put("selection_id", selection->id);
  json.key("expires");
  json.time(selection->expires);
  json.endObject();
  session.send(Frame::text(json.view()));
}

void LiveProtocol::settle(LiveClient &client, const QJsonObject &message, bool approves) {
  Session &session = *client.session;
  const QJsonValue given = message.value(QLatin1String("id"));
  const auto id = subscriptionId(message);
  if (!id) return refuse(session, given, id.error());
  const QString command = message.value(QLatin1String("command_id")).toString();
  if (command.isEmpty() || command.size() > longestCommandId) {
    return refuse(session, given,
                  QStringLiteral("command_id must be a text of 1 to %1 characters").arg(longestCommandId));
  }
  const auto comment = readComment(message.value(QLatin1String("comment")));
  if (!comment) return refuse(session, given, comment.error());
  const CallerPointer caller = session.caller();
  const Operator by = operatorOf(*caller, session.peer(), *comment);
  const auto refusal =
      approves ? approveCommand(m_state, command, *caller, by) : cancelCommand(m_state, command, *caller, by);
  if (refusal) return refuse(session, given, refusal->text);
  JsonText json;
  json.beginObject();
  json.put("op", approves ? "approved" : "cancelled");
  json.put("id", *id);
  json.put("command_id", command);
  json.endObject();
  session.send(Frame::text(json.view()));
}

}  // namespace tagwire::ws
