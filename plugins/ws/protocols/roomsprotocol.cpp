// SPDX-License-Identifier: Apache-2.0
#include "roomsprotocol.h"

#include <QUuid>

#include <limits>

#include "rooms/systemstatus.h"
#include "roomsmessage.h"
#include "wirejson.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

constexpr auto statusInterval = 60s;

/// The next moment of a rhythm that began before; not one for each that was missed.
std::chrono::nanoseconds nextAt(std::chrono::nanoseconds last, std::chrono::nanoseconds interval,
                                std::chrono::nanoseconds elapsed) {
  return last + interval > elapsed ? last + interval : elapsed + interval;
}

}  // namespace

RoomsProtocol::RoomsProtocol(GatewayState &state, const Limits &limits)
    : m_state(state),
      m_context(state.context),
      m_book(*state.rooms),
      m_statistics(state.roomStatistics),
      m_limits(limits),
      m_states(m_book.entities(), m_context.points()),
      m_status(systemStatusOf(m_context.instances())),
      m_beatAt(m_context.clock().elapsed() + limits.heartbeatInterval),
      m_statusAt(m_context.clock().elapsed() + statusInterval),
      m_coalesced(m_context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                              "Samples replaced by newer ones before a slow client took them",
                                              {{"protocol", "rooms"}})),
      m_refused(m_context.metrics().counter("tagwire_ws_messages_refused_total",
                                            "Messages of clients that were answered with an error",
                                            {{"protocol", "rooms"}})) {
  m_book.enter(*this);
}

RoomsProtocol::~RoomsProtocol() { m_book.leave(*this); }

/// Who comes again gets everything as it is now.
void RoomsProtocol::reseeded() {
  m_states = EntityStates(m_book.entities(), m_context.points());
  std::vector<Session *> sessions;
  for (auto &[id, client] : m_clients) {
    client.held.clear();  // they name entities by their places
    sessions.push_back(client.session);
  }
  for (Session *session : sessions) session->close(1012, QStringLiteral("rooms or entities are others now"));
}

std::optional<Refusal> RoomsProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readRooms};
  return checkSome(caller, rights);
}

bool RoomsProtocol::maySee(const Client &client, int room) {
  return client.session->caller()->may(right::readRooms, QString::number(room));
}

/// A room that was deleted has no subscribers any more, whatever they still hold.
bool RoomsProtocol::wants(const Client &client, int room) const {
  const auto isThere = [this](int each) { return m_book.rooms().contains(each); };
  const bool hasChosen = std::any_of(client.rooms.begin(), client.rooms.end(), isThere);
  return (!hasChosen || (client.rooms.contains(room) && isThere(room))) && maySee(client, room);
}

void RoomsProtocol::send(Client &client, const Frame &frame) {
  ++m_statistics.sent;
  m_statistics.lastActivity = now();
  client.session->send(frame);
}

void RoomsProtocol::opened(Session &session) {
  // What came before belongs to those who were here before; from now on this client has to hear of each change.
  flush();
  if (const QString status = systemStatusOf(m_context.instances()); status != m_status) tellStatus(status);
  Client &client = m_clients[session.id()];
  client.session = &session;
  client.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
  ++m_statistics.connected;
  ++m_statistics.connections;
  send(client, roomsConnection(client.id, now()));
  queueKept(client, std::nullopt, 0);
  handOut(client);
}

Activity RoomsProtocol::activityOf(const Session &session) const {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return {};
  const qsizetype rooms = std::max<qsizetype>(1, found->second.rooms.size());  // none named: everything
  return {static_cast<int>(rooms), std::nullopt, found->second.coalesced};
}

void RoomsProtocol::closed(Session &session) {
  if (m_clients.erase(session.id()) > 0) --m_statistics.connected;
}

/// What it may see is looked at each time; here it only learns what ended.
void RoomsProtocol::callerChanged(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  for (const int room : std::as_const(found->second.rooms)) {
    if (maySee(found->second, room)) continue;
    refuse(found->second, QStringLiteral("room %1: no longer permitted (rooms:read is due)").arg(room));
  }
}

void RoomsProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  Client &client = found->second;
  ++m_statistics.received;
  m_statistics.lastActivity = now();
  const auto message = parseMessage(text);
  if (!message) return refuse(client, message.error());
  const QJsonValue type = message->value(QLatin1String("type"));
  if (!type.isString()) return refuse(client, QStringLiteral("type must be a text"));
  if (type == QLatin1String("ping")) return send(client, roomsPong(now()));
  flush();  // what came before belongs to the subscriptions of before
  if (type == QLatin1String("subscribe_room")) return change(client, *message, true);
  if (type == QLatin1String("unsubscribe_room")) return change(client, *message, false);
  refuse(client, QStringLiteral("unknown type \"%1\" (allowed: ping, subscribe_room, unsubscribe_room, auth)")
                     .arg(excerpt(type.toString())));
}

void RoomsProtocol::refuse(Client &client, const QString &message) {
  m_refused.add();
  send(client, roomsError(message, now()));
}

void RoomsProtocol::change(Client &client, const QJsonObject &message, bool subscribes) {
  const QJsonValue given = message.value(QLatin1String("data")).toObject().value(QLatin1String("room_id"));
  const auto number = wholeNumber(given);
  if (!number) return refuse(client, QStringLiteral("data.room_id must be a whole number"));
  const bool isNumber = *number > 0 && *number <= std::numeric_limits<int>::max();
  const int room = isNumber ? static_cast<int>(*number) : 0;
  if (!subscribes && client.rooms.remove(room)) {
    client.seen.insert(room, m_book.lastNumber());
    return;
  }
  // Whether it is there is nothing for who may not read it.
  if (!maySee(client, room)) return refuse(client, QStringLiteral("room %1: not permitted").arg(*number));
  if (!m_book.rooms().contains(room)) return refuse(client, QStringLiteral("there is no room %1").arg(*number));
  if (subscribes) subscribe(client, room);
}

void RoomsProtocol::subscribe(Client &client, int room) {
  if (client.rooms.contains(room)) return;
  if (client.rooms.size() >= m_limits.subscriptions) {
    return refuse(
        client,
        QStringLiteral("room %1 is one too many (allowed: %2 subscriptions)").arg(room).arg(m_limits.subscriptions));
  }
  client.rooms.insert(room);
  queueKept(client, room, client.seen.value(room));
  handOut(client);
}

void RoomsProtocol::queueKept(Client &client, std::optional<int> room, quint64 after) {
  for (const Broadcast &each : m_book.kept()) {
    if (each.room == room && each.number > after && *each.expires > now())
      client.waiting.push_back(broadcastFrame(each));
  }
}

/// As much of what is due as the client takes; coalesced changes last, as they are the newest.
void RoomsProtocol::handOut(Client &client) {
  while (!client.waiting.empty() && !client.session->isCongested()) {
    send(client, client.waiting.front());
    client.waiting.pop_front();
  }
  if (!client.session->isCongested() && std::exchange(client.isStatusDue, false)) send(client, statusFrame());
  while (!client.held.empty() && !client.session->isCongested()) {
    const auto [entity, before] = *client.held.begin();
    client.held.erase(client.held.begin());
    const Entity &shown = m_states.entity(entity);
    if (wants(client, shown.room)) send(client, entityStateChanged(shown, m_states.now(entity, before), now()));
  }
}

void RoomsProtocol::drained(Session &session) {
  flush();
  const auto found = m_clients.find(session.id());
  if (found != m_clients.end()) handOut(found->second);
}

void RoomsProtocol::write(const Samples &samples) {
  for (const Sample &sample : samples) m_states.take(sample);
}

void RoomsProtocol::notify(const Event &) {}

void RoomsProtocol::flush() {
  if (!m_states.hasChanges()) return;
  for (const EntityStates::Change &change : m_states.takeChanges()) publish(change);
}

void RoomsProtocol::publish(const EntityStates::Change &change) {
  const Entity &entity = m_states.entity(change.entity);
  std::optional<Frame> frame;
  for (auto &[id, client] : m_clients) {
    if (!wants(client, entity.room)) continue;
    if (client.session->isCongested() || client.held.contains(change.entity)) {
      if (!client.held.emplace(change.entity, change.before).second) {
        m_coalesced.add();
        ++client.coalesced;
      }
      continue;
    }
    if (!frame) frame = entityStateChanged(entity, change, now());
    send(client, *frame);
  }
}

void RoomsProtocol::roomChanged(const Room &room, RoomAction action) {
  flush();
  const Frame frame = roomUpdated(room, action, now());
  for (auto &[id, client] : m_clients) {
    if (maySee(client, room.id)) send(client, frame);
    if (action == RoomAction::Deleted) client.seen.remove(room.id);
  }
}

int RoomsProtocol::deliver(const Broadcast &broadcast) {
  const Frame frame = broadcastFrame(broadcast);
  int clients = 0;
  for (auto &[id, client] : m_clients) {
    if (!broadcast.clientId.isEmpty() && client.id != broadcast.clientId) continue;
    if (broadcast.room && (!client.rooms.contains(*broadcast.room) || !maySee(client, *broadcast.room))) continue;
    send(client, frame);
    ++clients;
  }
  return clients;
}

void RoomsProtocol::tick(Time) {
  const auto elapsed = m_context.clock().elapsed();
  if (elapsed >= m_beatAt) {
    m_beatAt = nextAt(m_beatAt, m_limits.heartbeatInterval, elapsed);
    beat();
  }
  const QString status = systemStatusOf(m_context.instances());
  if (status == m_status && elapsed < m_statusAt) return;
  // A change is told at once and does not move the rhythm.
  if (elapsed >= m_statusAt) m_statusAt = nextAt(m_statusAt, statusInterval, elapsed);
  tellStatus(status);
}

void RoomsProtocol::beat() {
  const Frame frame = roomsHeartbeat(m_statistics.connected, now());
  for (auto &[id, client] : m_clients) {
    // To one that does not read it would only pile up.
    if (!client.session->isCongested()) send(client, frame);
  }
}

void RoomsProtocol::tellStatus(const QString &status) {
  m_status = status;
  if (m_clients.empty()) return;
  const Frame frame = statusFrame();
  for (auto &[id, client] : m_clients) {
    client.isStatusDue = client.session->isCongested();
    if (!client.isStatusDue) send(client, frame);
  }
}

Frame RoomsProtocol::statusFrame() const {
  return systemStatus(m_status, uptimeText(m_context.clock().elapsed() - m_state.since), memoryUsageText(), now());
}

}  // namespace tagwire::ws
