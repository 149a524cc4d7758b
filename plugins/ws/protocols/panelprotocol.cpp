// SPDX-License-Identifier: Apache-2.0
#include "panelprotocol.h"

#include <QRandomGenerator>

#include <cmath>
#include <limits>

#include "jsontext.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype mostListed = 1000;
constexpr int longestCommandId = 128;
constexpr size_t keptStatuses = 1000;

/// "client-<ms>-<random>"
QString newClientId(Time now) {
  const quint64 random = QRandomGenerator::system()->generate64();
  return QStringLiteral("client-%1-%2").arg(toMilliseconds(now)).arg(random, 0, 36);
}

/// As a client sees it: every NaN is the same null.
bool isSame(const Value &left, const Value &right) {
  const double *one = std::get_if<double>(&left);
  const double *other = std::get_if<double>(&right);
  return left == right || (one && other && !std::isfinite(*one) && !std::isfinite(*other));
}

/// The list under `key`, within bounds.
Result<QJsonArray> listAt(const QJsonObject &message, QLatin1String key) {
  const QJsonValue value = message.value(key);
  const QJsonArray list = value.toArray();
  if (value.isArray() && !list.isEmpty() && list.size() <= mostListed) return list;
  return failure(QStringLiteral("%1 must be a list of 1 to %2 entries").arg(key).arg(mostListed));
}

}  // namespace

PanelProtocol::PanelProtocol(PluginContext &context, const Limits &limits)
    : m_context(context),
      m_limits(limits),
      m_names(context.points()),
      m_coalesced(context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                            "Samples replaced by newer ones before a slow client took them",
                                            {{"protocol", "panel"}})),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "panel"}})) {}

std::optional<Refusal> PanelProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readPoints, right::readAlarms, right::readCommands};
  return checkSome(caller, rights);
}

void PanelProtocol::callerChanged(Session &) {}

void PanelProtocol::opened(Session &session) {
  m_clients[session.id()].session = &session;
  JsonText json;
  json.beginObject();
  json.put("type", "connected");
  json.put("clientId", newClientId(m_context.clock().now()));
  json.endObject();
  session.send(Frame::text(json.view()));
}

void PanelProtocol::closed(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  const QSet<PointId> points = found->second.points;
  for (const PointId point : points) unwatch(found->second, point);
  m_clients.erase(found);
}

void PanelProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  const auto message = parseMessage(text);
  if (!message) return refuse(session, message.error());
  const QJsonValue type = message->value(QLatin1String("type"));
  if (!type.isString()) return refuse(session, QStringLiteral("type must be a text"));
  if (type == QLatin1String("ping")) return session.send(Frame::text("{\"type\":\"pong\"}"));
  if (type == QLatin1String("auth")) return;  // nothing to prove yet; `connected`, its answer, was sent
  // What came before belongs to those who were here before.
  flush();
  if (type == QLatin1String("subscribe")) return change(found->second, *message, true);
  if (type == QLatin1String("unsubscribe")) return change(found->second, *message, false);
  refuse(session, QStringLiteral("unknown type \"%1\" (allowed: subscribe, unsubscribe, ping, auth)")
                      .arg(excerpt(type.toString())));
}

void PanelProtocol::refuse(Session &session, const QString &message) {
  m_refused.add();
  JsonText json;
  json.beginObject();
  json.put("type", "error");
  json.put("message", message);
  json.endObject();
  session.send(Frame::text(json.view()));
}

void PanelProtocol::change(Client &client, const QJsonObject &message, bool subscribes) {
  const QString channel = message.value(QLatin1String("channel")).toString();
  if (channel == QLatin1String("telemetry")) return changeTelemetry(client, message, subscribes);
  if (channel == QLatin1String("commands")) return changeCommands(client, message, subscribes);
  if (channel != QLatin1String("alarms")) {
    return refuse(*client.session, QStringLiteral("channel must be telemetry, alarms or commands"));
  }
  if (subscribes && !client.hasAlarms && !admits(client, 1)) return;
  client.hasAlarms = subscribes;
}

bool PanelProtocol::admits(Client &client, qsizetype more) {
  const qsizetype held = client.subscriptions();
  if (held + more <= m_limits.subscriptions) return true;
  refuse(*client.session, QStringLiteral("%1 more subscriptions are too many: %2 of %3 are in use, none was added")
                              .arg(more)
                              .arg(held)
                              .arg(m_limits.subscriptions));
  return false;
}

void PanelProtocol::changeTelemetry(Client &client, const QJsonObject &message, bool subscribes) {
  if (!subscribes && !message.contains(QLatin1String("endpointIds"))) {
    const QSet<PointId> points = client.points;
    for (const PointId point : points) unwatch(client, point);
    return;
  }
  const auto list = listAt(message, QLatin1String("endpointIds"));
  if (!list) return refuse(*client.session, list.error());
  QList<PointId> known;
  QStringList unknown;
  qsizetype added = 0;
  for (const QJsonValue &each : *list) {
    const auto number = wholeNumber(each);
    if (!number) return refuse(*client.session, QStringLiteral("endpointIds must hold whole numbers"));
    const bool isNumber = *number > 0 && *number <= std::numeric_limits<int>::max();
    const PointId point = isNumber ? m_context.points().findNumber(static_cast<int>(*number)) : PointId::None;
    if (point == PointId::None) {
      if (unknown.size() < 20) unknown << QString::number(*number);
    } else if (!known.contains(point)) {
      known << point;
      if (!client.points.contains(point)) ++added;
    }
  }
  if (subscribes && !admits(client, added)) return;
  for (const PointId point : known) subscribes ? watch(client, point) : unwatch(client, point);
  if (subscribes && !unknown.isEmpty()) {
    refuse(*client.session, QStringLiteral("no such endpointId: %1").arg(unknown.join(QLatin1String(", "))));
  }
}

void PanelProtocol::watch(Client &client, PointId point) {
  Watched &watched = m_watched[static_cast<quint32>(point)];
  const Sample &last = m_context.points().last(point);
  if (watched.clients.isEmpty()) {
    watched.value = last.value;
    watched.quality = last.quality;
  }
  if (!client.points.contains(point)) {
    client.points.insert(point);
    watched.clients.append(&client);
  }
  client.session->send(telemetryFrame(last));
}

void PanelProtocol::unwatch(Client &client, PointId point) {
  if (!client.points.remove(point)) return;
  const auto found = m_watched.find(static_cast<quint32>(point));
  found->second.clients.removeOne(&client);
  if (found->second.clients.isEmpty()) m_watched.erase(found);
}

void PanelProtocol::changeCommands(Client &client, const QJsonObject &message, bool subscribes) {
  if (!message.contains(QLatin1String("commandIds"))) {
    if (subscribes && !client.hasAllCommands && !admits(client, 1)) return;
    client.hasAllCommands = subscribes;
    if (!subscribes) client.commands.clear();
    return;
  }
  const auto list = listAt(message, QLatin1String("commandIds"));
  if (!list) return refuse(*client.session, list.error());
  QStringList ids;
  qsizetype added = 0;
  for (const QJsonValue &each : *list) {
    const QString id = each.toString();
    if (id.isEmpty() || id.size() > longestCommandId) {
      return refuse(*client.session,
                    QStringLiteral("commandIds must hold texts of 1 to %1 characters").arg(longestCommandId));
    }
    if (ids.contains(id)) continue;
    ids << id;
    if (!client.commands.contains(id)) ++added;
  }
  if (subscribes && !admits(client, added)) return;
  for (const QString &id : std::as_const(ids)) {
    if (!subscribes) {
      client.commands.remove(id);
      continue;
    }
    client.commands.insert(id);
    if (const auto status = m_statuses.constFind(id); status != m_statuses.cend()) client.session->send(*status);
  }
}

void PanelProtocol::drained(Session &session) {
  flush();
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  Client &client = found->second;
  for (const Sample &sample : client.held.samples()) {
    if (client.points.contains(sample.point)) client.session->send(telemetryFrame(sample));
  }
  client.held.clear();
}

void PanelProtocol::write(const Samples &samples) {
  for (const Sample &sample : samples) {
    if (m_watched.contains(static_cast<quint32>(sample.point))) m_turn.put(sample);
  }
}

void PanelProtocol::flush() {
  if (m_turn.isEmpty()) return;
  const NewestSamples turn = std::exchange(m_turn, {});
  for (const Sample &sample : turn.samples()) publish(sample);
}

void PanelProtocol::publish(const Sample &sample) {
  const auto found = m_watched.find(static_cast<quint32>(sample.point));
  if (found == m_watched.end()) return;
  if (sample.quality == Quality::bad(QualityReason::Removed)) return endRemoved(sample);
  Watched &watched = found->second;
  // "Then on change" (R5-4); a device that reports the same again and again is no news.
  if (isSame(watched.value, sample.value) && watched.quality == sample.quality) return;
  watched.value = sample.value;
  watched.quality = sample.quality;
  const Frame frame = telemetryFrame(sample);
  for (Client *client : std::as_const(watched.clients)) {
    if (client->session->isCongested()) {
      if (client->held.put(sample)) m_coalesced.add();
    } else if (client->held.isEmpty()) {
      client->session->send(frame);
    } else {
      client->held.put(sample);
      drained(*client->session);
    }
  }
}

void PanelProtocol::endRemoved(const Sample &sample) {
  JsonText json;
  json.beginObject();
  json.put("type", "error");
  if (const PointNames::Entry *entry = m_names.find(sample)) json.put("endpointId", entry->number);
  json.put("message", "removed");
  json.endObject();
  const Frame frame = Frame::text(json.view());
  const QList<Client *> clients = m_watched[static_cast<quint32>(sample.point)].clients;
  for (Client *client : clients) {
    unwatch(*client, sample.point);
    client->session->send(frame);
  }
}

Frame PanelProtocol::telemetryFrame(const Sample &sample) {
  const auto point = m_context.points().point(sample.point);
  JsonText json;
  json.beginObject();
  json.put("type", "telemetry");
  json.put("endpointId", point && point->number ? *point->number : 0);
  json.key("value");
  json.value(sample.value);
  json.key("timestamp");
  if (sample.time == Time()) {
    json.null();  // no value so far
  } else {
    json.time(sample.time);
  }
  json.key("quality");
  json.quality(sample.quality);
  json.endObject();
  return Frame::text(json.view());
}

void PanelProtocol::notify(const Event &event) {
  // In the order in which it happened: values before the event that they led to.
  flush();
  if (std::holds_alternative<AlarmTransition>(event.body)) notifyAlarm(event);
  if (std::holds_alternative<CommandStatus>(event.body)) notifyCommand(event);
}

void PanelProtocol::notifyAlarm(const Event &event) {
  const auto &alarm = std::get<AlarmTransition>(event.body);
  if (!isRise(alarm)) return;
  JsonText json;
  json.beginObject();
  json.put("type", "alarm");
  json.put("alarmId", alarm.alarmId);
  json.put("severity", toText(alarm.severity));
  json.put("message", alarm.message);
  json.key("timestamp");
  json.time(event.time);
  json.put("ruleId", alarm.ruleId);
  json.endObject();
  const Frame frame = Frame::text(json.view());
  for (auto &[id, client] : m_clients) {
    if (client.hasAlarms) client.session->send(frame);
  }
}

void PanelProtocol::notifyCommand(const Event &event) {
  const auto &status = std::get<CommandStatus>(event.body);
  JsonText json;
  json.beginObject();
  json.put("type", "command_status");
  json.put("commandId", status.commandId);
  json.put("status", toText(status.state));
  json.key("actualValue");
  json.value(status.state == CommandState::Succeeded ? status.actualValue : Value());
  if (!status.error.isEmpty()) json.put("error", status.error);
  if (isFinal(status.state)) {
    json.key("completedAt");
    json.time(event.time);
  }
  json.endObject();
  const Frame frame = Frame::text(json.view());
  if (!m_statuses.contains(status.commandId)) {
    m_statusesOrder.push_back(status.commandId);
    if (m_statusesOrder.size() > keptStatuses) {
      m_statuses.remove(m_statusesOrder.front());
      m_statusesOrder.pop_front();
    }
  }
  m_statuses.insert(status.commandId, frame);
  for (auto &[id, client] : m_clients) {
    if (client.hasAllCommands || client.commands.contains(status.commandId)) client.session->send(frame);
  }
}

void PanelProtocol::tick(Time) {}

}  // namespace tagwire::ws
