// SPDX-License-Identifier: Apache-2.0
#include "alarmsprotocol.h"

#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

// A transition that a snapshot already holds is on its way to us by then.
constexpr std::chrono::seconds snapshotOverlap{5};

/// The alarms of a snapshot, in the three lists where clients find them.
void putLists(JsonText &json, const QList<const AlarmStatus *> &standing) {
  enum class List { Active, Unacknowledged, Inhibited };
  const auto listOf = [](const AlarmTransition &alarm) {
    if (alarm.state != AlarmState::Ok) return List::Active;
    return isInhibited(alarm.condition) ? List::Inhibited : List::Unacknowledged;
  };
  for (const auto &[list, key] : {std::pair{List::Active, "active"}, std::pair{List::Unacknowledged, "unacknowledged"},
                                  std::pair{List::Inhibited, "inhibited"}}) {
    json.key(key);
    json.beginList();
    for (const AlarmStatus *alarm : standing) {
      if (listOf(alarm->transition) != list) continue;
      json.beginObject();
      putStanding(json, *alarm);
      json.endObject();
    }
    json.endList();
  }
}

Frame eventFrame(const Event &event) {
  JsonText json;
  json.beginObject();
  putAlarmEvent(json, event);
  json.endObject();
  return Frame::text(json.view());
}

}  // namespace

AlarmsProtocol::AlarmsProtocol(PluginContext &context, const Limits &limits)
    : m_context(context),
      m_limits(limits),
      m_alarms(context),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "alarms"}})),
      m_self(std::make_shared<AlarmsProtocol *>(this)) {}

std::optional<Refusal> AlarmsProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readAlarms};
  return checkSome(caller, rights);
}

void AlarmsProtocol::callerChanged(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found != m_clients.end()) askAnew(found->second);
}

bool AlarmsProtocol::sees(const Client &client, int rule, Severity severity, const QString &area) {
  return client.filter.admits(rule, severity, area) && client.session->caller()->may(right::readAlarms, area);
}

bool AlarmsProtocol::sees(const Client &client, const Event &event) {
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
    return sees(client, alarm->ruleId, alarm->severity, alarm->area);
  }
  const auto *change = std::get_if<AlarmConditionChange>(&event.body);
  return change && sees(client, change->ruleId, change->severity, change->area);
}

void AlarmsProtocol::opened(Session &session) {
  Client &client = m_clients[session.id()];
  client.session = &session;
  askAnew(client);
}

Activity AlarmsProtocol::activityOf(const Session &) const { return {1, std::nullopt, 0}; }

void AlarmsProtocol::closed(Session &session) { m_clients.erase(session.id()); }

/// Whoever comes, or sees other rules than before, gets no transitions until its snapshot is there: it holds them.
void AlarmsProtocol::askAnew(Client &client) {
  client.isCurrent = false;
  ask(client);
}

/// A client that is current keeps getting transitions meanwhile: one that only shows in the snapshot would be missed by
/// those who wait for the message.
void AlarmsProtocol::ask(Client &client) {
  ++client.asked;
  m_round = {};
  m_alarms.ask([this, id = client.session->id()](const AlarmBook::Active &standing) {
    const auto found = m_clients.find(id);
    // Only the newest of several requests counts: its filter is the one that holds.
    if (found != m_clients.end() && --found->second.asked == 0) sendSnapshot(found->second, standing);
  });
}

/// All who asked meanwhile get their snapshots in one go: no event comes between, and nobody asks anew.
void AlarmsProtocol::sendSnapshot(Client &client, const AlarmBook::Active &standing) {
  if (!m_round.states) {
    auto states = std::make_shared<States>();
    for (const AlarmStatus &alarm : standing) states->insert(alarm.transition.ruleId, alarm.transition.state);
    m_round.states = std::move(states);
  }
  if (client.filter.isOpen()) {
    Frame &frame = m_round.frames[client.session->caller()->permissions.key(right::readAlarms)];
    if (frame.bytes().isEmpty()) frame = snapshotFor(client, standing);
    client.session->send(frame);
  } else {
    client.session->send(snapshotFor(client, standing));
  }
  if (std::exchange(client.isCurrent, true)) return;
  client.shown = m_round.states;
  client.moved.clear();
  client.shownAt = m_context.clock().elapsed();
}

Frame AlarmsProtocol::snapshotFor(const Client &client, const AlarmBook::Active &standing) const {
  QList<const AlarmStatus *> seen;
  for (const AlarmStatus &alarm : standing) {
    const AlarmTransition &newest = alarm.transition;
    if (sees(client, newest.ruleId, newest.severity, newest.area)) seen.append(&alarm);
  }
  JsonText json;
  json.beginObject();
  json.put("type", "snapshot");
  putLists(json, seen);
  json.key("ts");
  json.time(m_context.clock().now(), 6, "+00:00");
  json.endObject();
  return Frame::text(json.view());
}

void AlarmsProtocol::refuse(Session &session, const QString &message) {
  m_refused.add();
  JsonText json;
  json.beginObject();
  json.put("type", "error");
  json.put("message", message);
  json.endObject();
  session.send(Frame::text(json.view()));
}

void AlarmsProtocol::notify(const Event &event) {
  m_alarms.note(event);
  m_round = {};
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) return notifyTransition(event, *alarm);
  if (std::holds_alternative<AlarmConditionChange>(event.body)) notifyChange(event);
}

void AlarmsProtocol::notifyTransition(const Event &event, const AlarmTransition &alarm) {
  const bool isRepeat =
      alarm.state == alarm.previous || (m_sent.contains(alarm.ruleId) && m_sent.value(alarm.ruleId) == alarm.state);
  m_sent.insert(alarm.ruleId, alarm.state);
  if (isRepeat) return;
  const Frame frame = eventFrame(event);
  for (auto &[id, client] : m_clients) {
    if (client.isCurrent && sees(client, event)) sendTransition(client, alarm, frame);
  }
}

void AlarmsProtocol::sendTransition(Client &client, const AlarmTransition &alarm, const Frame &frame) {
  if (client.shown && !client.moved.contains(alarm.ruleId)) {
    const auto shown = client.shown->constFind(alarm.ruleId);
    if (shown != client.shown->cend() && *shown == alarm.state) return;
    // The rule moved on: from here on m_sent tells repeats.
    if (shown != client.shown->cend()) client.moved.insert(alarm.ruleId);
  }
  client.session->send(frame);
}

/// Told even where a snapshot has it already: what is the same twice does no harm, what is left out would.
void AlarmsProtocol::notifyChange(const Event &event) {
  const Frame frame = eventFrame(event);
  for (auto &[id, client] : m_clients) {
    if (client.isCurrent && sees(client, event)) client.session->send(frame);
  }
}

/// Alarms that an instance brings back at its start are no transitions: whoever came before it ran asks again.
void AlarmsProtocol::watchDesks() {
  QStringList up;
  for (const InstanceStatus &each : m_context.instances()) {
    if (isUp(each.state) && each.type != u"host") up << each.id;
  }
  if (up == std::exchange(m_up, up)) return;
  for (auto &[id, client] : m_clients) ask(client);
}

void AlarmsProtocol::tick(Time) {
  watchDesks();
  m_round = {};
  const auto elapsed = m_context.clock().elapsed();
  for (auto &[id, client] : m_clients) {
    if (client.shown && elapsed - client.shownAt > snapshotOverlap) {
      client.shown.reset();
      client.moved.clear();
    }
    if (client.playback && client.playback->isOver()) client.playback.reset();
    if (client.playback) client.playback->goOn();
  }
}

// Alarms are events: each one is handed to the session at once, which closes a client that does not take them. Only
// what is played back waits for the client.
void AlarmsProtocol::drained(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found != m_clients.end() && found->second.playback) found->second.playback->goOn();
}

void AlarmsProtocol::write(const Samples &) {}
void AlarmsProtocol::flush() {}

}  // namespace tagwire::ws
