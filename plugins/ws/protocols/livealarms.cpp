// SPDX-License-Identifier: Apache-2.0
// R6-5: actions on alarms by message.
#include "liveprotocol.h"
#include "liverequest.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

using Kind = AlarmAction::Kind;

const char *doneWord(Kind kind) {
  switch (kind) {
    case Kind::Acknowledge:
      return "acked";
    case Kind::Shelve:
      return "shelved";
    case Kind::Unshelve:
      return "unshelved";
    case Kind::Suppress:
      return "suppressed";
    case Kind::Unsuppress:
      return "unsuppressed";
    case Kind::OutOfService:
      return "removed-from-service";
    case Kind::InService:
      return "returned-to-service";
    case Kind::Comment:
      break;
  }
  return "commented";
}

}  // namespace

void LiveProtocol::act(LiveClient &client, Kind kind, const QJsonObject &message) {
  const QJsonValue given = message.value(QLatin1String("id"));
  const auto id = subscriptionId(message);
  if (!id) return refuse(*client.session, given, id.error());
  const auto rule = readRuleId(message.value(QLatin1String("rule_id")));
  if (!rule) return refuse(*client.session, given, rule.error());
  const auto action = readAction(kind, *rule, message, *client.session->caller());
  if (!action) return refuse(*client.session, given, action.error());
  if (client.openActions >= mostOpenActions) {
    return refuse(*client.session, given,
                  QStringLiteral("%1 actions under way are all that a client may have").arg(mostOpenActions));
  }
  ++client.openActions;
  ws::carryOut(m_context, *action, {client.session->caller(), addressOf(client.session->peer())},
               [self = std::weak_ptr(m_self), session = client.session->id(), id = *id,
                action = *action](const ActionOutcome &outcome) {
                 if (const auto protocol = self.lock()) (*protocol)->acted(session, id, action, outcome);
               });
}

void LiveProtocol::acted(quint64 client, const QString &id, const AlarmAction &action, const ActionOutcome &outcome) {
  const auto found = m_clients.find(client);
  if (found == m_clients.end()) return;
  --found->second.openActions;
  Session &session = *found->second.session;
  if (outcome.refusal) return refuse(session, id, outcome.refusal->text);
  JsonText json;
  json.beginObject();
  json.put("op", QLatin1String(doneWord(action.kind)));
  json.put("id", id);
  json.put("rule_id", action.ruleId);
  json.put("changed", outcome.isChanged);
  json.endObject();
  session.send(Frame::text(json.view()));
}

}  // namespace tagwire::ws
