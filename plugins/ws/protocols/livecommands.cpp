// SPDX-License-Identifier: Apache-2.0
// R6-5: commands by message.
#include "commandwish.h"
#include "liveprotocol.h"
#include "liverequest.h"
#include "panelframes.h"
#include "wirejson.h"

namespace tagwire::ws {

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
  const CommandWish wish{m_context.points().find(name.toString()),
                         excerpt(name.toString(), 300),
                         message.value(QLatin1String("v")),
                         message.value(QLatin1String("type")),
                         message.value(QLatin1String("correlationId")),
                         {QJsonValue::Undefined}};
  const auto command = makeCommand(wish, *client.session->caller(), client.session->peer(), m_context);
  if (!command) return refuse(*client.session, given, command.error().text);
  if (const auto *first = m_state.commands->earlier(command->correlationId, *client.session->caller())) {
    if (!first->isFor(*command)) {
      return refuse(*client.session, given, QStringLiteral("correlationId was used for another command"));
    }
    client.commands.insert(first->command.id, jsonString(*id));
    const QList<CommandBook::Step> steps = first->steps;
    for (const CommandBook::Step &step : steps) tell(client, step.status, step.time);
    return;
  }
  client.commands.insert(command->id, jsonString(*id));
  m_state.request(*command, *client.session->caller());
}

void LiveProtocol::tell(LiveClient &client, const CommandStatus &status, Time time) {
  const auto found = client.commands.constFind(status.commandId);
  if (found == client.commands.cend()) return;
  JsonText json;
  json.beginObject();
  json.put("op", "command_status");
  json.key("id");
  json.raw(*found);
  putCommandStatus(json, status, time);
  json.endObject();
  client.session->send(Frame::text(json.view()));
  if (isFinal(status.state)) client.commands.erase(found);
}

}  // namespace tagwire::ws
