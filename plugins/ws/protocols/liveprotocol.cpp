// SPDX-License-Identifier: Apache-2.0
#include "liveprotocol.h"

#include <algorithm>
#include <array>

#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr std::chrono::seconds resumeWithin{60};

/// All rights that decide what of its topics a subscription gets.
constexpr std::array subscribed{right::readPoints, right::readPositions, right::readAlarms, right::readEvents,
                                right::readCommands};

/// A subscription of which nothing could ever come is an error.
QString whyDenied(const TopicSet &topics, const Caller &caller) {
  QStringList due;
  const auto wants = [&](const char *kind, std::initializer_list<Right> rights) {
    if (!topics.wantsAny(QLatin1String(kind))) return false;
    for (const Right right : rights) {
      if (caller.may(right)) return true;
      due << QLatin1String(right.what) + QLatin1String(":") + QLatin1String(right.verb);
    }
    return false;
  };
  const bool mayHaveSome =
      wants("points", {right::readPoints, right::readPositions}) || wants("tags", {right::readPositions}) ||
      wants("alarms", {right::readAlarms}) ||
      wants("events", {right::readEvents, right::readAlarms, right::readCommands, right::readPositions});
  if (mayHaveSome) return {};
  due.removeDuplicates();
  return QStringLiteral("not permitted: %1 is due").arg(due.join(QStringLiteral(" or ")));
}

}  // namespace

LiveProtocol::LiveProtocol(GatewayState &state, const Limits &limits)
    : m_state(state),
      m_context(state.context),
      m_limits(limits),
      m_names(m_context.points()),
      m_alarms(m_context),
      m_ring(m_context.sequence()),
      m_lastClient(m_context.clock().elapsed() - resumeWithin),
      m_newest(m_context.sequence()),
      m_coalesced(m_context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                              "Samples replaced by newer ones before a slow client took them",
                                              {{"protocol", "live"}})),
      m_refused(m_context.metrics().counter("tagwire_ws_messages_refused_total",
                                            "Messages of clients that were answered with an error",
                                            {{"protocol", "live"}})),
      m_self(std::make_shared<LiveProtocol *>(this)) {
  m_next.setSingleShot(true);
  m_pace.setSingleShot(true);
  m_pace.setTimerType(Qt::PreciseTimer);
  QObject::connect(&m_next, &QTimer::timeout, &m_next, [this] { catchUpLater(); });
  QObject::connect(&m_pace, &QTimer::timeout, &m_pace, [this] {
    flush();
    pace();
  });
}

std::optional<Refusal> LiveProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readPoints, right::readPositions, right::readAlarms,
                          right::readEvents, right::readCommands,  right::writeCommands};
  return checkSome(caller, rights);
}

/// Every subscription goes on with what the new caller may see, beginning with a snapshot of that.
void LiveProtocol::callerChanged(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  flush();
  LiveClient &client = found->second;
  client.catchUps.clear();
  for (const auto &[id, subscription] : client.subscriptions) {
    const TopicSet topics = subscription->feed->topics();
    const LiveFeed::Interval interval = subscription->feed->interval();
    leaveFeed(*subscription);
    subscription->feed = &feedFor(topics, interval, session.caller()->permissions);
    subscription->feed->subscriptions.append(subscription.get());
    subscription->stage = Stage::Snapshot;
    subscription->hasGap = true;
    subscription->question = 0;
    subscription->own.reset();
    subscription->held.clear();
    client.catchUps.append(subscription.get());
  }
  catchUp(client);
}

void LiveProtocol::opened(Session &session) { m_clients[session.id()].session = &session; }

Activity LiveProtocol::activityOf(const Session &session) const {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return {};
  return {static_cast<int>(found->second.subscriptions.size()), std::nullopt, found->second.coalesced};
}

void LiveProtocol::closed(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  LiveClient &client = found->second;
  while (!client.subscriptions.empty()) remove(client, client.subscriptions.begin()->first);
  m_clients.erase(found);
  if (m_clients.empty()) m_lastClient = m_context.clock().elapsed();
}

/// The ring costs up to 16 MiB, so it is kept only while there is a client or one may come back (R6-3).
bool LiveProtocol::somebodyMayComeBack() const {
  return !m_clients.empty() || m_mayComeFromOthers || m_context.clock().elapsed() - m_lastClient < resumeWithin;
}

void LiveProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  const auto message = parseMessage(text);
  if (!message) return refuse(session, QJsonValue(), message.error());
  const QJsonValue operation = message->value(QLatin1String("op"));
  if (!operation.isString()) {
    return refuse(session, message->value(QLatin1String("id")), QStringLiteral("op must be a text"));
  }
  carryOut(found->second, operation.toString(), *message);
}

void LiveProtocol::carryOut(LiveClient &client, const QString &operation, const QJsonObject &message) {
  if (operation == QLatin1String("subscribe")) return subscribe(client, message);
  if (operation == QLatin1String("unsubscribe")) return unsubscribe(client, message);
  if (operation == QLatin1String("command")) return command(client, message);
  if (operation == QLatin1String("scene")) return runScene(client, message);
  if (operation == QLatin1String("select")) return select(client, message);
  if (operation == QLatin1String("approve")) return settle(client, message, true);
  if (operation == QLatin1String("cancel")) return settle(client, message, false);
  if (operation == QLatin1String("ping")) return client.session->send(Frame::text("{\"op\":\"pong\"}"));
  if (const auto action = actionFromWord(operation)) return act(client, *action, message);
  const QString why =
      QStringLiteral(
          "unknown op \"%1\" (allowed: subscribe, unsubscribe, command, scene, select, approve, cancel, ack, "
          "shelve, unshelve, "
          "suppress, unsuppress, out-of-service, in-service, comment, ping, auth)")
          .arg(excerpt(operation));
  refuse(*client.session, message.value(QLatin1String("id")), why);
}

void LiveProtocol::refuse(Session &session, const QJsonValue &id, const QString &message) {
  m_refused.add();
  JsonText json;
  json.beginObject();
  json.put("op", "error");
  json.key("id");
  if (id.isString()) {
    json.text(excerpt(id.toString(), 64));
  } else if (const auto number = wholeNumber(id)) {
    json.integer(*number);
  } else {
    json.null();
  }
  json.put("message", message);
  json.endObject();
  session.send(Frame::text(json.view()));
}

void LiveProtocol::subscribe(LiveClient &client, const QJsonObject &message) {
  const QJsonValue id = message.value(QLatin1String("id"));
  const auto request = LiveSubscribe::fromJson(message);
  if (!request) return refuse(*client.session, id, request.error());
  if (const QString denied = whyDenied(request->topics, *client.session->caller()); !denied.isEmpty()) {
    return refuse(*client.session, id, denied);
  }
  const bool replaces = client.subscriptions.contains(request->id);
  if (!replaces && static_cast<int>(client.subscriptions.size()) >= m_limits.subscriptions) {
    return refuse(*client.session, id,
                  QStringLiteral("%1 subscriptions are all that a client may hold").arg(m_limits.subscriptions));
  }
  // What was before belongs to those who were here before.
  flush();
  remove(client, request->id);
  auto &subscription = client.subscriptions[request->id];
  subscription = std::make_unique<LiveSubscription>();
  subscription->id = jsonString(request->id);
  subscription->session = client.session;
  subscription->feed = &feedFor(request->topics, request->interval, client.session->caller()->permissions);
  subscription->feed->subscriptions.append(subscription.get());
  begin(client, *subscription, *request);
}

void LiveProtocol::begin(LiveClient &client, LiveSubscription &subscription, const LiveSubscribe &request) {
  m_newest = std::max(m_newest, m_context.sequence());
  subscription.sequence = m_newest;
  JsonText json;
  json.beginObject();
  json.put("op", "subscribed");
  json.key("id");
  json.raw(subscription.id);
  json.put("epoch", m_context.epoch());
  json.put("seq", m_newest);
  json.endObject();
  client.session->send(Frame::text(json.view()));
  if (request.after && request.epoch != m_context.epoch()) return askWhereToGoOn(client, subscription, request);
  if (request.after) {
    subscription.hasGap = *request.after > m_newest || !m_ring.covers(*request.after);
    if (!subscription.hasGap) {
      subscription.stage = Stage::Replay;
      subscription.sequence = *request.after;
    }
  }
  client.catchUps.append(&subscription);
  catchUp(client);
}

LiveFeed &LiveProtocol::feedFor(const TopicSet &topics, LiveFeed::Interval interval, const Permissions &permissions) {
  QString key = QString::number(interval.count()) + u' ' + topics.key();
  for (const Right right : subscribed) key += QStringLiteral("///") + permissions.key(right);
  auto &feed = m_feeds[key];
  if (!feed) feed = std::make_unique<LiveFeed>(topics, interval, permissions, m_context.points());
  return *feed;
}

void LiveProtocol::unsubscribe(LiveClient &client, const QJsonObject &message) {
  const auto id = subscriptionId(message);
  if (!id) return refuse(*client.session, message.value(QLatin1String("id")), id.error());
  if (!client.subscriptions.contains(*id)) {
    return refuse(*client.session, message.value(QLatin1String("id")), QStringLiteral("no such subscription"));
  }
  remove(client, *id);
  JsonText json;
  json.beginObject();
  json.put("op", "unsubscribed");
  json.put("id", *id);
  json.endObject();
  client.session->send(Frame::text(json.view()));
}

void LiveProtocol::remove(LiveClient &client, const QString &id) {
  const auto found = client.subscriptions.find(id);
  if (found == client.subscriptions.end()) return;
  LiveSubscription *subscription = found->second.get();
  client.catchUps.removeOne(subscription);
  leaveFeed(*subscription);
  client.subscriptions.erase(found);
}

void LiveProtocol::leaveFeed(LiveSubscription &subscription) {
  LiveFeed *feed = subscription.feed;
  feed->subscriptions.removeOne(&subscription);
  if (!feed->subscriptions.isEmpty()) return;
  std::erase_if(m_feeds, [feed](const auto &each) { return each.second.get() == feed; });
}

void LiveProtocol::drained(Session &session) {
  flush();
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  for (const auto &[id, subscription] : found->second.subscriptions) {
    if (!subscription->held.isEmpty()) sendHeld(*subscription, QByteArray());
  }
  catchUp(found->second);
}

void LiveProtocol::write(const Samples &samples) {
  m_newest = std::max(m_newest, m_context.sequence());
  if (somebodyMayComeBack()) {
    m_ring.add(m_newest, m_context.clock().elapsed(), samples);
  } else {
    m_ring.skip(m_newest);
  }
  if (!m_feeds.empty()) m_turnSamples.append(samples);
}

void LiveProtocol::notify(const Event &event) {
  m_newest = std::max(m_newest, event.sequence == 0 ? m_context.sequence() : event.sequence);
  if (somebodyMayComeBack()) {
    m_ring.add(m_newest, m_context.clock().elapsed(), event);
  } else {
    m_ring.skip(m_newest);
  }
  m_alarms.note(event);
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) {
    for (auto &[id, client] : m_clients) tell(client, *status, event.time);
  }
  if (!m_feeds.empty()) m_turnEvents.append(LiveEvent(event));
}

void LiveProtocol::flush() {
  if (m_turnSamples.isEmpty() && m_turnEvents.isEmpty()) return;
  forgetSnapshots();
  for (const auto &[key, feed] : m_feeds) publish(*feed);
  m_turnSamples.clear();
  m_turnEvents.clear();
  pace();
  closeSlow();
}

void LiveProtocol::tick(Time) {
  m_ring.dropOld(m_context.clock().elapsed());
  askForOthers();
}

}  // namespace tagwire::ws
