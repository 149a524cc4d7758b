// SPDX-License-Identifier: Apache-2.0
#include "alarmsprotocol.h"

#include <QJsonArray>

#include <algorithm>
#include <limits>

#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr int mostFilterEntries = 1000;
// A transition that a snapshot already holds is on its way to us by then.
constexpr std::chrono::seconds snapshotOverlap{5};

/// The list under `key`: nothing when it is absent.
Result<std::optional<QJsonArray>> listAt(const QJsonObject &message, QLatin1String key) {
  const QJsonValue value = message.value(key);
  if (value.isUndefined() || value.isNull()) return std::optional<QJsonArray>();
  const QJsonArray list = value.toArray();
  if (!value.isArray() || list.isEmpty() || list.size() > mostFilterEntries) {
    return failure(QStringLiteral("%1 must be a list of 1 to %2 entries (leave it out to get all)")
                       .arg(key)
                       .arg(mostFilterEntries));
  }
  return std::optional(list);
}

std::optional<Severity> severityFrom(const QString &word) {
  for (const Severity each : {Severity::Info, Severity::Minor, Severity::Major, Severity::Critical}) {
    if (word == toText(each)) return each;
  }
  return std::nullopt;
}

Result<QSet<int>> rulesFrom(const QJsonArray &list) {
  QSet<int> rules;
  for (const QJsonValue &each : list) {
    const auto number = wholeNumber(each);
    if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) {
      return failure(QStringLiteral("rules must hold rule ids (whole numbers)"));
    }
    rules.insert(static_cast<int>(*number));
  }
  return rules;
}

Result<QSet<Severity>> severitiesFrom(const QJsonArray &list) {
  QSet<Severity> severities;
  for (const QJsonValue &each : list) {
    const auto severity = severityFrom(each.toString());
    if (!severity) return failure(QStringLiteral("severities may hold critical, major, minor and info"));
    severities.insert(*severity);
  }
  return severities;
}

Result<QList<PathPattern>> areasFrom(const QJsonArray &list) {
  QList<PathPattern> areas;
  for (const QJsonValue &each : list) {
    if (!each.isString()) return failure(QStringLiteral("areas must hold texts such as \"cold-store/*\""));
    const auto pattern = PathPattern::fromText(each.toString());
    if (!pattern) return failure(QStringLiteral("areas: \"%1\" %2").arg(excerpt(each.toString()), pattern.error()));
    areas.append(*pattern);
  }
  return areas;
}

/// Reads the list under `key` with `read` into `into`; an error text, or empty.
template <class T>
QString readList(const QJsonObject &message, const char *key, Result<T> (*read)(const QJsonArray &),
                 std::optional<T> &into) {
  const auto list = listAt(message, QLatin1String(key));
  if (!list) return list.error();
  if (!*list) return {};
  auto entries = read(**list);
  if (!entries) return entries.error();
  into = std::move(*entries);
  return {};
}

}  // namespace

Result<AlarmFilter> AlarmFilter::fromJson(const QJsonObject &message) {
  AlarmFilter filter;
  for (const QString &wrong : {readList(message, "rules", rulesFrom, filter.rules),
                               readList(message, "severities", severitiesFrom, filter.severities),
                               readList(message, "areas", areasFrom, filter.areas)}) {
    if (!wrong.isEmpty()) return failure(wrong);
  }
  return filter;
}

bool AlarmFilter::admits(const AlarmTransition &alarm) const {
  if (rules && !rules->contains(alarm.ruleId)) return false;
  if (severities && !severities->contains(alarm.severity)) return false;
  return !areas || std::any_of(areas->begin(), areas->end(),
                               [&](const PathPattern &pattern) { return pattern.matches(alarm.area); });
}

AlarmsProtocol::AlarmsProtocol(PluginContext &context, const Limits &)
    : m_context(context),
      m_alarms(context),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "alarms"}})) {}

std::optional<Refusal> AlarmsProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readAlarms};
  return checkSome(caller, rights);
}

void AlarmsProtocol::callerChanged(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found != m_clients.end()) ask(found->second);
}

bool AlarmsProtocol::sees(const Client &client, const AlarmTransition &alarm) {
  return client.filter.admits(alarm) && client.session->caller()->may(right::readAlarms, alarm.area);
}

void AlarmsProtocol::opened(Session &session) {
  Client &client = m_clients[session.id()];
  client.session = &session;
  ask(client);
}

Activity AlarmsProtocol::activityOf(const Session &) const { return {1, std::nullopt, 0}; }

void AlarmsProtocol::closed(Session &session) { m_clients.erase(session.id()); }

void AlarmsProtocol::ask(Client &client) {
  ++client.asked;
  m_alarms.ask([this, id = client.session->id()](const AlarmBook::Active &active) {
    const auto found = m_clients.find(id);
    // Only the newest of several requests counts: its filter is the one that holds.
    if (found != m_clients.end() && --found->second.asked == 0) sendSnapshot(found->second, active);
  });
}

void AlarmsProtocol::sendSnapshot(Client &client, const AlarmBook::Active &active) {
  auto shown = std::make_shared<States>();
  JsonText json;
  json.beginObject();
  json.put("type", "snapshot");
  json.key("active");
  json.beginList();
  for (const AlarmStatus &alarm : active) {
    shown->insert(alarm.transition.ruleId, alarm.transition.state);
    if (!sees(client, alarm.transition)) continue;
    json.beginObject();
    putAlarm(json, alarm.transition, alarm.since);
    json.endObject();
  }
  json.endList();
  json.key("ts");
  json.time(m_context.clock().now(), 6, "+00:00");
  json.endObject();
  client.session->send(Frame::text(json.view()));
  client.shown = std::move(shown);
  client.shownAt = m_context.clock().elapsed();
}

void AlarmsProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  const auto message = parseMessage(text);
  if (!message) return refuse(session, message.error());
  const QJsonValue type = message->value(QLatin1String("type"));
  if (!type.isString()) return refuse(session, QStringLiteral("type must be a text"));
  if (type == QLatin1String("filter")) return takeFilter(found->second, *message);
  static const QStringList later{
      QStringLiteral("ack"),        QStringLiteral("shelve"),     QStringLiteral("unshelve"),
      QStringLiteral("suppress"),   QStringLiteral("unsuppress"), QStringLiteral("out-of-service"),
      QStringLiteral("in-service"), QStringLiteral("comment"),    QStringLiteral("playback")};
  if (later.contains(type.toString())) {
    return refuse(session, QStringLiteral("%1 is not served yet").arg(type.toString()));
  }
  refuse(session, QStringLiteral("unknown type \"%1\" (allowed: auth, filter)").arg(excerpt(type.toString())));
}

void AlarmsProtocol::takeFilter(Client &client, const QJsonObject &message) {
  auto filter = AlarmFilter::fromJson(message);
  if (!filter) return refuse(*client.session, filter.error());
  client.filter = std::move(*filter);
  client.session->send(Frame::text("{\"type\":\"result\",\"of\":\"filter\",\"ok\":true}"));
  // Rules that come into view have a state that the client has not seen.
  ask(client);
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
  const auto *alarm = std::get_if<AlarmTransition>(&event.body);
  if (!alarm) return;
  m_alarms.note(*alarm, event.time);
  const bool isRepeat = alarm->state == alarm->previous ||
                        (m_sent.contains(alarm->ruleId) && m_sent.value(alarm->ruleId) == alarm->state);
  m_sent.insert(alarm->ruleId, alarm->state);
  if (isRepeat) return;
  JsonText json;
  json.beginObject();
  json.put("type", "alarm_state");
  putAlarm(json, *alarm, event.time);
  json.endObject();
  const Frame frame = Frame::text(json.view());
  for (auto &[id, client] : m_clients) {
    if (client.asked > 0 || !sees(client, *alarm)) continue;
    if (client.shown) {
      const auto shown = client.shown->constFind(alarm->ruleId);
      if (shown != client.shown->cend() && *shown == alarm->state) continue;
      // The rule moved on: from here on m_sent tells repeats.
      if (shown != client.shown->cend()) {
        auto rest = std::make_shared<States>(*client.shown);
        rest->remove(alarm->ruleId);
        client.shown = std::move(rest);
      }
    }
    client.session->send(frame);
  }
}

void AlarmsProtocol::tick(Time) {
  const auto elapsed = m_context.clock().elapsed();
  for (auto &[id, client] : m_clients) {
    if (client.shown && elapsed - client.shownAt > snapshotOverlap) client.shown.reset();
  }
}

// Alarms are events: each one is handed to the session at once, which closes a client that does not take them.
void AlarmsProtocol::drained(Session &) {}
void AlarmsProtocol::write(const Samples &) {}
void AlarmsProtocol::flush() {}

}  // namespace tagwire::ws
