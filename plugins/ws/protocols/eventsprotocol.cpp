// SPDX-License-Identifier: Apache-2.0
#include "eventsprotocol.h"

#include <algorithm>

#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

EventsProtocol::EventsProtocol(PluginContext &context)
    : m_context(context),
      m_access(context.points()),
      m_zones(context),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "rtls-events"}})) {}

Result<TriggerFilter> EventsProtocol::filterOf(const Upgrade &upgrade) const {
  return TriggerFilter::fromQuery(upgrade.query, m_context.site().timeZone);
}

std::optional<Refusal> EventsProtocol::check(const Upgrade &upgrade, const Caller &caller) const {
  if (const auto filter = filterOf(upgrade); !filter) return Refusal{400, filter.error(), {}};
  const Right rights[] = {right::readEvents, right::readPositions};
  return checkSome(caller, rights);
}

void EventsProtocol::opened(Session &session) {
  Client client{&session, filterOf(session.upgrade()).value_or(TriggerFilter()),
                Heartbeats(m_context.clock().elapsed())};
  const auto zone = session.upgrade().variables.constFind(QStringLiteral("zone_id"));
  if (zone != session.upgrade().variables.cend()) client.zone = zone->toInt();  // what is no number is 0: no zone
  client.isOpen = !client.zone || (m_zones.isFresh() && isZoneKnown(*client.zone));
  m_clients.insert_or_assign(session.id(), client);
  if (client.isOpen || std::exchange(m_isAsking, true)) return;
  m_zones.refresh([this] { zonesKnown(); });
}

bool EventsProtocol::isZoneKnown(int zone) const {
  const QList<ZoneBook::Site> &sites = m_zones.sites();
  return std::any_of(sites.begin(), sites.end(),
                     [zone](const ZoneBook::Site &site) { return hasZone(site.directory, zone); });
}

void EventsProtocol::zonesKnown() {
  m_isAsking = false;
  for (auto &[id, client] : m_clients) {
    if (client.isOpen) continue;
    client.isOpen = isZoneKnown(*client.zone);
    if (!client.isOpen) client.session->close(policyClose, QStringLiteral("Zone not found"));
  }
}

/// The upgrade's filter is as good for the new caller, and what each may see is asked for each event.
void EventsProtocol::callerChanged(Session &) {}

void EventsProtocol::closed(Session &session) { m_clients.erase(session.id()); }

void EventsProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  const QJsonObject message = parseMessage(text).value_or(QJsonObject());
  const auto ts = wholeNumber(message.value(QLatin1String("ts")));
  if (message.value(QLatin1String("type")) == QLatin1String("HeartBeat") && ts) {
    found->second.heartbeatAt = m_context.clock().now();
    if (!found->second.heartbeats.takesAnswer(*ts, m_context.clock().elapsed())) return;
    return session.send(Frame::text("{\"type\":\"HeartBeat\",\"ts\":" + QByteArray::number(*ts) + '}'));
  }
  m_refused.add();
  session.send(
      Frame::text("{\"type\":\"response\",\"reqid\":" + requestIdJson(message) +
                  ",\"response\":\"Unknown\",\"message\":\"nothing is asked for here (allowed: HeartBeat, auth)\"}"));
}

bool EventsProtocol::wants(const Client &client, const Event &event, const TriggerEvent &trigger) const {
  if (!client.isOpen || !client.filter.admits(trigger, event.time)) return false;
  if (client.zone) {
    const ZoneDirectory *directory = m_zones.directoryOf(event.source);
    if (!directory || !directory->isWithin(trigger.zoneId, *client.zone)) return false;
  }
  return m_access.allow(client.session->caller()->permissions, event);
}

void EventsProtocol::notify(const Event &event) {
  const auto *trigger = std::get_if<TriggerEvent>(&event.body);
  if (!trigger) return;
  std::optional<Frame> frame;
  for (const auto &[id, client] : m_clients) {
    if (!wants(client, event, *trigger)) continue;
    if (!frame) frame = triggerFrame(*trigger, event.time);
    client.session->send(*frame);
  }
}

Activity EventsProtocol::activityOf(const Session &session) const {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return {};
  return {found->second.isOpen ? 1 : 0, found->second.heartbeatAt, 0};
}

// Trigger events are handed to each session at once; there is nothing to hold back and nobody has to prove a pulse
// beyond the WebSocket's own PING.
void EventsProtocol::drained(Session &) {}
void EventsProtocol::write(const Samples &) {}
void EventsProtocol::flush() {}
void EventsProtocol::tick(Time) {}

}  // namespace tagwire::ws
