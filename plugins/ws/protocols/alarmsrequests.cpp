// SPDX-License-Identifier: Apache-2.0
// AlarmsProtocol: what clients ask for (R3-5, R3-21, R3-24).
#include "alarmsprotocol.h"
#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr int longestRequestId = 64;

/// `request_id` as JSON: a text or a whole number; null when there is none.
Result<QByteArray> readRequestId(const QJsonObject &message) {
  const QJsonValue value = message.value(QLatin1String("request_id"));
  if (value.isUndefined() || value.isNull()) return QByteArray();
  if (value.isString() && value.toString().size() <= longestRequestId) return jsonString(value.toString());
  if (const auto number = wholeNumber(value)) return QByteArray::number(*number);
  return failure(QStringLiteral("request_id is wrong (allowed: a whole number, or text of up to %1 characters)")
                     .arg(longestRequestId));
}

void begin(JsonText &json, const QString &of, std::optional<int> rule) {
  json.beginObject();
  json.put("type", "result");
  json.put("of", of);
  if (rule) json.put("rule_id", *rule);
}

Frame end(JsonText &json, const QByteArray &requestId) {
  if (!requestId.isNull()) {
    json.key("request_id");
    json.raw(requestId);
  }
  json.endObject();
  return Frame::text(json.view());
}

}  // namespace

void AlarmsProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  const auto message = parseMessage(text);
  if (!message) return refuse(session, message.error());
  const QJsonValue type = message->value(QLatin1String("type"));
  if (!type.isString()) return refuse(session, QStringLiteral("type must be a text"));
  const auto id = readRequestId(*message);
  if (!id) return refuse(session, id.error());
  const Request request{type.toString(), std::nullopt, *id};
  if (type == QLatin1String("filter")) return takeFilter(found->second, *message, request);
  if (type == QLatin1String("playback")) return play(found->second, *message, request);
  if (type == QLatin1String("playback_stop")) return stopPlaying(found->second, request);
  if (const auto kind = actionFromWord(request.of)) return act(found->second, *kind, *message, request);
  refuse(session, QStringLiteral("unknown type \"%1\" (allowed: auth, filter, ack, shelve, unshelve, suppress, "
                                 "unsuppress, out-of-service, in-service, comment, playback, playback_stop)")
                      .arg(excerpt(request.of)));
}

void AlarmsProtocol::takeFilter(Client &client, const QJsonObject &message, const Request &request) {
  auto filter = AlarmFilter::fromJson(message);
  if (!filter) return refuse(*client.session, filter.error());
  client.filter = std::move(*filter);
  answer(*client.session, request);
  // Rules that come into view have a state that the client has not seen.
  askAnew(client);
}

void AlarmsProtocol::act(Client &client, AlarmAction::Kind kind, const QJsonObject &message, Request request) {
  const auto refuseIt = [&](int status, const QString &text) {
    answer(*client.session, request, Refusal{status, text, {}});
  };
  const auto rule = readRuleId(message.value(QLatin1String("rule_id")));
  if (!rule) return refuseIt(400, rule.error());
  request.rule = *rule;
  const auto action = readAction(kind, *rule, message, *client.session->caller());
  if (!action) return refuseIt(400, action.error());
  if (client.openActions >= mostOpenActions) {
    return refuseIt(429, QStringLiteral("%1 actions under way are all that a client may have").arg(mostOpenActions));
  }
  ++client.openActions;
  carryOut(m_context, *action, {client.session->caller(), addressOf(client.session->peer())},
           [self = std::weak_ptr(m_self), id = client.session->id(), request](const ActionOutcome &outcome) {
             if (const auto protocol = self.lock()) (*protocol)->acted(id, request, outcome);
           });
}

void AlarmsProtocol::acted(quint64 client, const Request &request, const ActionOutcome &outcome) {
  const auto found = m_clients.find(client);
  if (found == m_clients.end()) return;
  --found->second.openActions;
  Session &session = *found->second.session;
  if (outcome.refusal) return answer(session, request, *outcome.refusal);
  answer(session, request, outcome.isChanged);
}

void AlarmsProtocol::play(Client &client, const QJsonObject &message, const Request &request) {
  Session &session = *client.session;
  const auto wish = AlarmPlayback::Wish::fromJson(message, m_context.clock().now());
  if (!wish) return answer(session, request, Refusal{400, wish.error(), {}});
  if (client.playback && !client.playback->isOver()) {
    const QString text = QStringLiteral("a playback is under way (allowed: playback_stop before another one)");
    return answer(session, request, Refusal{409, text, {}});
  }
  answer(session, request);
  const auto admits = [this, id = session.id()](const Event &event) {
    const auto found = m_clients.find(id);
    return found != m_clients.end() && sees(found->second, event);
  };
  client.playback = std::make_unique<AlarmPlayback>(m_context, *wish, session, m_limits.queueMessages, admits);
  client.playback->goOn();
}

void AlarmsProtocol::stopPlaying(Client &client, const Request &request) {
  if (!client.playback || client.playback->isOver()) {
    return answer(*client.session, request, Refusal{409, QStringLiteral("no playback is under way"), {}});
  }
  answer(*client.session, request);
  client.playback->stop();
}

void AlarmsProtocol::answer(Session &session, const Request &request, std::optional<bool> isChanged) {
  JsonText json;
  begin(json, request.of, request.rule);
  json.put("ok", true);
  if (isChanged) json.put("changed", *isChanged);
  session.send(end(json, request.id));
}

void AlarmsProtocol::answer(Session &session, const Request &request, const Refusal &refusal) {
  m_refused.add();
  JsonText json;
  begin(json, request.of, request.rule);
  json.put("ok", false);
  json.put("code", refusal.status);
  json.put("error", refusal.text);
  session.send(end(json, request.id));
}

}  // namespace tagwire::ws
