// SPDX-License-Identifier: Apache-2.0
#include "panelprotocol.h"

#include <QRandomGenerator>

#include <cmath>

#include "auth/pointaccess.h"
#include "jsontext.h"
#include "panelframes.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr size_t keptStatuses = 1000;

/// "client-<ms>-<random>"
QString newClientId(Time now) {
  const quint64 random = QRandomGenerator::system()->generate64();
  return QStringLiteral("client-%1-%2").arg(toMilliseconds(now)).arg(random, 0, 36);
}

QString nameOfPoint(const PluginContext &context, PointId id) {
  const auto point = context.points().point(id);
  return point ? point->fullName : QString();
}

int numberOf(const PluginContext &context, PointId id) {
  const auto point = context.points().point(id);
  return point ? point->number.value_or(0) : 0;
}

}  // namespace

bool isSameValue(const Value &left, const Value &right) {
  const double *one = std::get_if<double>(&left);
  const double *other = std::get_if<double>(&right);
  return left == right || (one && other && !std::isfinite(*one) && !std::isfinite(*other));
}

PanelProtocol::PanelProtocol(PluginContext &context, const Limits &limits)
    : m_context(context),
      m_limits(limits),
      m_book(CommandBook::of(context)),
      m_coalesced(context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                            "Samples replaced by newer ones before a slow client took them",
                                            {{"protocol", "panel"}})),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "panel"}})) {}

std::optional<Refusal> PanelProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readPoints, right::readPositions, right::readAlarms, right::readCommands};
  return checkSome(caller, rights);
}

PanelClient *PanelProtocol::find(const Session &session) {
  const auto found = m_clients.find(session.id());
  return found == m_clients.end() ? nullptr : &found->second;
}

PanelClient &PanelProtocol::add(Session &session) {
  PanelClient &client = m_clients[session.id()];
  client.session = &session;
  return client;
}

void PanelProtocol::opened(Session &session) {
  add(session);
  JsonText json;
  json.beginObject();
  json.put("type", "connected");
  json.put("clientId", newClientId(m_context.clock().now()));
  json.endObject();
  session.send(Frame::text(json.view()));
}

void PanelProtocol::callerChanged(Session &session) {
  PanelClient *client = find(session);
  if (!client) return;
  const Caller &caller = client->caller();
  const QSet<PointId> points = client->points;
  for (const PointId point : points) {
    const auto known = m_context.points().point(point);
    if (known && mayRead(caller.permissions, *known)) continue;
    unwatch(*client, point);
    session.send(panelError(numberOf(m_context, point), "not permitted any more"));
  }
  if (client->hasAlarms && !caller.may(right::readAlarms)) {
    client->hasAlarms = false;
    session.send(panelError(QStringLiteral("alarms: not permitted any more")));
  }
  if ((client->hasOwnCommands || !client->commands.isEmpty()) && !caller.may(right::readCommands)) {
    client->hasOwnCommands = false;
    client->commands.clear();
    session.send(panelError(QStringLiteral("commands: not permitted any more")));
  }
}

Activity PanelProtocol::activityOf(const Session &session) const {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return {};
  return {static_cast<int>(found->second.subscriptions()), std::nullopt, found->second.coalesced};
}

void PanelProtocol::closed(Session &session) {
  PanelClient *client = find(session);
  if (!client) return;
  const QSet<PointId> points = client->points;
  for (const PointId point : points) unwatch(*client, point);
  m_clients.erase(session.id());
}

void PanelProtocol::watch(PanelClient &client, PointId point) {
  Watched &watched = m_watched[static_cast<quint32>(point)];
  const Sample &last = m_context.points().last(point);
  if (watched.clients.isEmpty()) {
    watched.value = last.value;
    watched.quality = last.quality;
  }
  if (client.points.contains(point)) return;
  client.points.insert(point);
  watched.clients.append(&client);
}

void PanelProtocol::unwatch(PanelClient &client, PointId point) {
  if (!client.points.remove(point)) return;
  const auto found = m_watched.find(static_cast<quint32>(point));
  found->second.clients.removeOne(&client);
  if (found->second.clients.isEmpty()) m_watched.erase(found);
}

void PanelProtocol::drained(Session &session) {
  flush();
  PanelClient *client = find(session);
  if (!client) return;
  for (const Sample &sample : client->held.samples()) {
    if (client->points.contains(sample.point)) session.send(telemetryFrame(sample, m_context.points()));
  }
  client->held.clear();
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
  if (sample.quality == Quality::bad(QualityReason::Removed)) return endRemoved(sample.point);
  Watched &watched = found->second;
  // "Then on change" (R5-4); a device that reports the same again and again is no news.
  if (isSameValue(watched.value, sample.value) && watched.quality == sample.quality) return;
  watched.value = sample.value;
  watched.quality = sample.quality;
  const Frame frame = telemetryFrame(sample, m_context.points());
  for (PanelClient *client : std::as_const(watched.clients)) sendNewest(*client, sample, frame);
}

void PanelProtocol::sendNewest(PanelClient &client, const Sample &sample, const Frame &frame) {
  if (!client.session->isCongested() && client.held.isEmpty()) return client.session->send(frame);
  if (client.held.put(sample)) {
    m_coalesced.add();
    ++client.coalesced;
  }
  if (!client.session->isCongested()) drained(*client.session);
}

Frame PanelProtocol::removedError(PointId point) const { return panelError(numberOf(m_context, point), "removed"); }

void PanelProtocol::endRemoved(PointId point) {
  const Frame frame = removedError(point);
  const QList<PanelClient *> clients = m_watched[static_cast<quint32>(point)].clients;
  for (PanelClient *client : clients) {
    unwatch(*client, point);
    client->session->send(frame);
  }
}

void PanelProtocol::notify(const Event &event) {
  // In the order in which it happened: values before the event that they led to.
  flush();
  if (const auto frame = alarmFrame(event)) {
    for (auto &[id, client] : m_clients) {
      if (isForAlarms(client, *areaOf(event))) client.session->send(*frame);
    }
  }
  if (std::holds_alternative<CommandStatus>(event.body)) notifyCommand(event);
}

bool PanelProtocol::isForAlarms(const PanelClient &client, const QString &area) const {
  return client.hasAlarms && client.caller().may(right::readAlarms, area);
}

bool PanelProtocol::isFor(const PanelClient &client, const CommandStatus &status) const {
  const bool isWanted = client.commands.contains(status.commandId) ||
                        (client.hasOwnCommands && m_book->isOf(status.commandId, client.caller()));
  return isWanted && client.caller().may(right::readCommands, nameOfPoint(m_context, status.point));
}

void PanelProtocol::notifyCommand(const Event &event) {
  const auto &status = std::get<CommandStatus>(event.body);
  const Frame frame = commandStatusFrame(status, event.time);
  if (!m_statuses.contains(status.commandId)) {
    m_statusesOrder.push_back(status.commandId);
    if (m_statusesOrder.size() > keptStatuses) {
      m_statuses.remove(m_statusesOrder.front());
      m_statusesOrder.pop_front();
    }
  }
  m_statuses.insert(status.commandId, {status, frame});
  for (auto &[id, client] : m_clients) {
    if (isFor(client, status)) client.session->send(frame);
  }
}

void PanelProtocol::tick(Time) {}

}  // namespace tagwire::ws
