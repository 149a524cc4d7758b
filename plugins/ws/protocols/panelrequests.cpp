// SPDX-License-Identifier: Apache-2.0
// PanelProtocol: what panels ask for (R5-2, R5-3).
#include <QJsonArray>

#include <algorithm>

#include "auth/pointaccess.h"
#include "endpointid.h"
#include "panelframes.h"
#include "panelprotocol.h"
#include "rest/router.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype mostInList = 1000;

/// The list under `key`, within bounds.
Result<QJsonArray> messageList(const QJsonObject &message, QLatin1String key) {
  const QJsonValue value = message.value(key);
  const QJsonArray list = value.toArray();
  if (value.isArray() && !list.isEmpty() && list.size() <= mostInList) return list;
  return failure(QStringLiteral("%1 must be a list of 1 to %2 entries").arg(key).arg(mostInList));
}

Result<QList<qint64>> numbersAt(const QJsonObject &message, QLatin1String key) {
  const auto list = messageList(message, key);
  if (!list) return failure(list.error());
  QList<qint64> numbers;
  for (const QJsonValue &each : *list) {
    const auto number = wholeNumber(each);
    if (!number) return failure(QStringLiteral("%1 must hold whole numbers").arg(key));
    numbers << *number;
  }
  return numbers;
}

Result<QStringList> commandIdsAt(const QJsonObject &message, QLatin1String key) {
  const auto list = messageList(message, key);
  if (!list) return failure(list.error());
  QStringList ids;
  for (const QJsonValue &each : *list) {
    const QString id = each.toString();
    if (id.isEmpty() || id.size() > longestCommandId) {
      return failure(QStringLiteral("%1 must hold texts of 1 to %2 characters").arg(key).arg(longestCommandId));
    }
    ids << id;
  }
  ids.removeDuplicates();
  return ids;
}

}  // namespace

void PanelProtocol::received(Session &session, const QByteArray &text) {
  PanelClient *client = find(session);
  if (!client) return;
  const auto message = parseMessage(text);
  if (!message) return refuse(session, message.error());
  const QJsonValue type = message->value(QLatin1String("type"));
  if (!type.isString()) return refuse(session, QStringLiteral("type must be a text"));
  if (type == QLatin1String("ping")) return session.send(Frame::text("{\"type\":\"pong\"}"));
  // What came before belongs to those who were here before.
  flush();
  if (type == QLatin1String("subscribe")) return change(*client, *message, true);
  if (type == QLatin1String("unsubscribe")) return change(*client, *message, false);
  if (type == QLatin1String("auth")) return refuse(session, QStringLiteral("auth needs a text access_token"));
  refuse(session, QStringLiteral("unknown type \"%1\" (allowed: subscribe, unsubscribe, ping, auth)")
                      .arg(excerpt(type.toString())));
}

void PanelProtocol::refuse(Session &session, const QString &message) {
  m_refused.add();
  session.send(panelError(message));
}

void PanelProtocol::change(PanelClient &client, const QJsonObject &message, bool subscribes) {
  const QString channel = message.value(QLatin1String("channel")).toString();
  if (channel == QLatin1String("telemetry")) return changeTelemetry(client, message, subscribes);
  if (channel == QLatin1String("alarms")) return changeAlarms(client, subscribes);
  if (channel == QLatin1String("commands")) return changeCommands(client, message, subscribes);
  refuse(*client.session, QStringLiteral("channel must be telemetry, alarms or commands"));
}

bool PanelProtocol::admits(PanelClient &client, qsizetype more) {
  const qsizetype held = client.subscriptions();
  if (held + more <= m_limits.subscriptions) return true;
  refuse(*client.session, QStringLiteral("%1 more subscriptions are too many: %2 of %3 are in use, none was added")
                              .arg(more)
                              .arg(held)
                              .arg(m_limits.subscriptions));
  return false;
}

bool PanelProtocol::allows(PanelClient &client, Right right) {
  if (client.caller().may(right)) return true;
  refuse(*client.session, notPermitted(right).text);
  return false;
}

void PanelProtocol::changeTelemetry(PanelClient &client, const QJsonObject &message, bool subscribes) {
  if (!subscribes && !message.contains(QLatin1String("endpointIds"))) {
    const QSet<PointId> points = client.points;
    for (const PointId point : points) unwatch(client, point);
    return;
  }
  const auto numbers = numbersAt(message, QLatin1String("endpointIds"));
  if (!numbers) return refuse(*client.session, numbers.error());
  if (subscribes && !mayReadSomePoints(client.caller().permissions)) {
    return refuse(*client.session, notPermitted(right::readPoints, {right::readPositions}).text);
  }
  const auto endpoints = EndpointIds::find(m_context.points(), client.caller(), *numbers);
  if (!subscribes) {
    for (const PointId point : endpoints.points) unwatch(client, point);
    return;
  }
  const auto added = std::count_if(endpoints.points.begin(), endpoints.points.end(),
                                   [&](PointId point) { return !client.points.contains(point); });
  if (!admits(client, added)) return;
  for (const PointId point : endpoints.points) {
    watch(client, point);
    const Sample &last = m_context.points().last(point);
    sendNewest(client, last, telemetryFrame(last, m_context.points()));
  }
  if (!endpoints.unknown.isEmpty()) refuse(*client.session, endpoints.complaint(client.caller()));
}

void PanelProtocol::changeAlarms(PanelClient &client, bool subscribes) {
  if (subscribes && !allows(client, right::readAlarms)) return;
  if (subscribes && !client.hasAlarms && !admits(client, 1)) return;
  client.hasAlarms = subscribes;
}

void PanelProtocol::changeOwnCommands(PanelClient &client, bool subscribes) {
  client.hasOwnCommands = subscribes;
  if (!subscribes) client.commands.clear();
}

void PanelProtocol::changeCommands(PanelClient &client, const QJsonObject &message, bool subscribes) {
  if (subscribes && !allows(client, right::readCommands)) return;
  if (!message.contains(QLatin1String("commandIds"))) return changeOwnCommands(client, subscribes);
  const auto ids = commandIdsAt(message, QLatin1String("commandIds"));
  if (!ids) return refuse(*client.session, ids.error());
  if (!subscribes) {
    for (const QString &id : *ids) client.commands.remove(id);
    return;
  }
  const auto added =
      std::count_if(ids->begin(), ids->end(), [&](const QString &id) { return !client.commands.contains(id); });
  if (!admits(client, added)) return;
  for (const QString &id : *ids) {
    client.commands.insert(id);
    const auto last = m_statuses.constFind(id);
    if (last != m_statuses.cend() && isFor(client, last->status)) client.session->send(last->frame);
  }
}

}  // namespace tagwire::ws
