// SPDX-License-Identifier: Apache-2.0
#include "omloxprotocol.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>

#include "omloxmessage.h"
#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

using namespace std::chrono_literals;

constexpr int mostOfFilter = 100;
constexpr int mostUnderWay = 1000;
constexpr int mostObjects = 200;  ///< of one message
/// An instance that was reloaded does not know us any more.
constexpr auto askAgainAfter = 5s;

bool overlaps(const QStringList &wanted, const QStringList &given) {
  return wanted.isEmpty() ||
         std::any_of(wanted.begin(), wanted.end(), [&given](const QString &each) { return given.contains(each); });
}

}  // namespace

/// Outlives the protocol where the hub is still in the middle of something.
class OmloxProtocol::Ear : public HubListener {
 public:
  explicit Ear(OmloxProtocol *owner) : protocol(owner) {}
  bool wants(HubTopic topic, HubCrs crs) const override { return protocol && protocol->wants(topic, crs); }
  void tell(const HubNews &news) override {
    if (protocol) protocol->tell(news);
  }

  OmloxProtocol *protocol;
};

OmloxProtocol::OmloxProtocol(PluginContext &context, const Limits &limits)
    : m_context(context),
      m_limits(limits),
      m_ear(std::make_shared<Ear>(this)),
      m_refused(context.metrics().counter("tagwire_ws_messages_refused_total",
                                          "Messages of clients that were answered with an error",
                                          {{"protocol", "omlox"}})),
      m_replaced(context.metrics().counter("tagwire_ws_samples_coalesced_total",
                                           "Samples replaced by newer ones before a slow client took them",
                                           {{"protocol", "omlox"}})) {}

OmloxProtocol::~OmloxProtocol() { m_ear->protocol = nullptr; }

std::optional<Refusal> OmloxProtocol::check(const Upgrade &, const Caller &caller) const {
  const Right rights[] = {right::readPositions, right::readEvents, right::writePositions};
  return checkSome(caller, rights);
}

void OmloxProtocol::opened(Session &session) { m_clients[session.id()].session = &session; }

void OmloxProtocol::closed(Session &session) { m_clients.erase(session.id()); }

void OmloxProtocol::received(Session &session, const QByteArray &text) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  Client &client = found->second;
  const auto message = parseMessage(text);
  if (!message) return refuse(client, Code::InvalidData, message.error());
  const QString event = message->value(QLatin1String("event")).toString();
  if (event == u"subscribe") return subscribe(client, *message);
  if (event == u"unsubscribe") return unsubscribe(client, *message);
  if (event == u"message") return take(client, *message);
  refuse(client, Code::UnknownEvent,
         QStringLiteral("unknown event \"%1\" (allowed: subscribe, unsubscribe, message)").arg(excerpt(event)));
}

void OmloxProtocol::refuse(Client &client, Code code, const QString &text) {
  m_refused.add();
  client.session->send(Frame::text(omloxError(static_cast<int>(code), text)));
}

Result<OmloxProtocol::Subscription> OmloxProtocol::readParams(const QJsonObject &params) const {
  Subscription subscription;
  const QString crs = params.value(QLatin1String("crs")).toString();
  if (crs == u"local") {
    subscription.crs = HubCrs::Local;
  } else if (!crs.isEmpty() && crs != u"EPSG:4326") {
    return failure(QStringLiteral("crs \"%1\" is not served (allowed: EPSG:4326, local)").arg(excerpt(crs)));
  }
  const std::array filters{std::pair{"zone_id", &subscription.zones}, std::pair{"fence_id", &subscription.fences},
                           std::pair{"trackable_id", &subscription.trackables},
                           std::pair{"provider_id", &subscription.providers}};
  for (const auto &[key, list] : filters) {
    const QJsonValue value = params.value(QLatin1String(key));
    if (value.isUndefined() || value.isNull()) continue;
    const QJsonArray given = value.isArray() ? value.toArray() : QJsonArray{value};
    const bool isRight = !given.isEmpty() && given.size() <= mostOfFilter &&
                         std::all_of(given.begin(), given.end(), [](const auto &each) { return each.isString(); });
    for (const QJsonValue &each : given) list->append(each.toString());
    if (!isRight) {
      return failure(QStringLiteral("%1 is wrong (allowed: an id, or a list of 1 to %2)")
                         .arg(QLatin1String(key))
                         .arg(mostOfFilter));
    }
  }
  const QJsonValue accuracy = params.value(QLatin1String("accuracy"));
  bool isNumber = accuracy.isDouble();
  const double metres = isNumber ? accuracy.toDouble() : accuracy.toString().toDouble(&isNumber);
  if (isNumber) subscription.accuracy = metres;
  if (isNumber || accuracy.isUndefined() || accuracy.isNull()) return subscription;
  return failure(QStringLiteral("accuracy is wrong (allowed: metres)"));
}

void OmloxProtocol::subscribe(Client &client, const QJsonObject &message) {
  const QString name = message.value(QLatin1String("topic")).toString();
  const auto topic = topicFromText(name);
  if (!topic) {
    return refuse(client, Code::UnknownTopic,
                  QStringLiteral("unknown topic \"%1\" (allowed: %2)").arg(excerpt(name), topicTexts()));
  }
  const Caller &caller = *client.session->caller();
  const bool isEvent =
      *topic == HubTopic::FenceEvents || *topic == HubTopic::FenceEventsGeoJson || *topic == HubTopic::CollisionEvents;
  if (!caller.may(right::readPositions) && !(isEvent && caller.may(right::readEvents, u"trigger"))) {
    return refuse(client, Code::NotAuthorized,
                  QStringLiteral("not permitted: positions:read%1 is due")
                      .arg(isEvent ? QStringLiteral(" or events:read") : QString()));
  }
  auto subscription = readParams(message.value(QLatin1String("params")).toObject());
  if (!subscription) return refuse(client, Code::SubscriptionFailed, subscription.error());
  if (static_cast<int>(client.subscriptions.size()) + client.underWay >= m_limits.subscriptions) {
    return refuse(client, Code::SubscriptionFailed,
                  QStringLiteral("there are %1 subscriptions already (allowed: %1)").arg(m_limits.subscriptions));
  }
  subscription->topic = *topic;
  ++client.underWay;
  askHub([this, id = client.session->id(), wanted = *subscription](const Result<bool> &hub) {
    subscribed(id, wanted, hub);
  });
}

/// Makes us known to the hub; `then` is not called when we are gone by then.
void OmloxProtocol::askHub(const std::function<void(const Result<bool> &)> &then) {
  m_askedAt = m_context.clock().elapsed();
  m_context.request(
      &LocationHub::listen,
      [ear = std::weak_ptr(m_ear), then](const Result<bool> &answer) {
        if (!ear.expired()) then(answer);
      },
      std::weak_ptr<HubListener>(m_ear));
}

void OmloxProtocol::subscribed(quint64 session, Subscription subscription, const Result<bool> &hub) {
  const auto found = m_clients.find(session);
  if (found == m_clients.end()) return;
  Client &client = found->second;
  --client.underWay;
  if (!hub) {
    return refuse(client, Code::SubscriptionFailed,
                  QStringLiteral("no running plugin has locations (allowed: a manifest with plugin rtls)"));
  }
  const bool isPlaceless =
      subscription.topic == HubTopic::FenceEvents || subscription.topic == HubTopic::ProximityUpdates;
  if (!*hub && subscription.crs == HubCrs::Wgs84) {
    if (!isPlaceless) {
      return refuse(client, Code::SubscriptionFailed,
                    QStringLiteral("no instance has a georeference, so that there are no longitudes and latitudes "
                                   "(allowed: params {\"crs\":\"local\"})"));
    }
    subscription.crs = HubCrs::Local;
  }
  subscription.id = client.nextId++;
  client.session->send(Frame::text(omloxSubscribed(subscription.topic, subscription.id)));
  client.subscriptions.push_back(std::move(subscription));
}

void OmloxProtocol::unsubscribe(Client &client, const QJsonObject &message) {
  const auto id = wholeNumber(message.value(QLatin1String("subscription_id")));
  const auto found = std::find_if(client.subscriptions.begin(), client.subscriptions.end(),
                                  [&id](const Subscription &each) { return id && each.id == *id; });
  if (found == client.subscriptions.end()) {
    return refuse(client, Code::UnsubscribeFailed, QStringLiteral("there is no such subscription_id"));
  }
  client.subscriptions.erase(found);
  client.session->send(Frame::text(omloxUnsubscribed(static_cast<int>(*id))));
}

void OmloxProtocol::take(Client &client, const QJsonObject &message) {
  const QString topic = message.value(QLatin1String("topic")).toString();
  const bool isLocations = topic == u"location_updates";
  if (!isLocations && topic != u"proximity_updates") {
    return refuse(client, Code::UnknownTopic,
                  QStringLiteral("nothing is taken in with topic \"%1\" (allowed: location_updates, proximity_updates)")
                      .arg(excerpt(topic)));
  }
  const QJsonArray payload = message.value(QLatin1String("payload")).toArray();
  if (payload.isEmpty() || payload.size() > mostObjects) {
    return refuse(client, Code::InvalidData,
                  QStringLiteral("payload is wrong or missing (allowed: a list of 1 to %1 objects)").arg(mostObjects));
  }
  if (client.underWay >= mostUnderWay) return refuse(client, Code::InvalidData, QStringLiteral("too many at once"));
  handIn(client, isLocations ? QStringLiteral("locations") : QStringLiteral("proximities"),
         QJsonDocument(payload).toJson(QJsonDocument::Compact));
}

void OmloxProtocol::handIn(Client &client, const QString &what, const QByteArray &body) {
  ++client.underWay;
  const Session &session = *client.session;
  HubRequest request{"PUT",
                     {QStringLiteral("providers"), what},
                     {},
                     body,
                     session.caller()->permissions,
                     QStringLiteral("%1:%2 %3").arg(m_context.id()).arg(session.id()).arg(session.peer())};
  m_context.request(
      &LocationHub::answer,
      [this, ear = std::weak_ptr(m_ear), id = session.id()](const Result<HubAnswer> &answer) {
        if (ear.expired()) return;
        const auto found = m_clients.find(id);
        if (found == m_clients.end()) return;
        --found->second.underWay;
        if (answer && answer->status < 400) return;
        const QString why = answer ? QJsonDocument::fromJson(answer->json)[u"message"].toString() : answer.error();
        const bool isForbidden = answer && answer->status == 403;
        refuse(found->second, isForbidden ? Code::NotAuthorized : Code::InvalidData, why);
      },
      request);
}

bool OmloxProtocol::wants(HubTopic topic, HubCrs crs) const {
  return std::any_of(m_clients.begin(), m_clients.end(), [&](const auto &each) {
    const auto &all = each.second.subscriptions;
    return std::any_of(all.begin(), all.end(),
                       [&](const Subscription &one) { return one.topic == topic && one.crs == crs; });
  });
}

bool OmloxProtocol::admits(const Subscription &subscription, const HubNews &news) {
  if (subscription.topic != news.topic || subscription.crs != news.crs) return false;
  if (subscription.accuracy && (!news.accuracy || *news.accuracy > *subscription.accuracy)) return false;
  return overlaps(subscription.zones, news.zones) && overlaps(subscription.fences, {news.fence}) &&
         overlaps(subscription.trackables, news.trackables) && overlaps(subscription.providers, news.providers);
}

bool OmloxProtocol::may(const Caller &caller, const HubNews &news) {
  if (news.isEvent && caller.may(right::readEvents, u"trigger")) return true;
  return std::all_of(news.tags.begin(), news.tags.end(),
                     [&caller](const QString &tag) { return caller.may(right::readPositions, tag); });
}

void OmloxProtocol::tell(const HubNews &news) {
  for (auto &[id, client] : m_clients) {
    std::optional<bool> isAllowed;
    for (Subscription &subscription : client.subscriptions) {
      if (!admits(subscription, news)) continue;
      if (!isAllowed) isAllowed = may(*client.session->caller(), news);
      if (*isAllowed) add(client, subscription, news);
    }
  }
}

/// Where somebody is waits for a slow client, and only the newest of it; what happened does not.
void OmloxProtocol::add(Client &client, Subscription &subscription, const HubNews &news) {
  if (!news.subject.isEmpty() && client.session->isCongested()) {
    const bool isNew = !subscription.held.contains(news.subject);
    subscription.held.insert(news.subject, news.json);
    if (isNew) return;
    ++client.replaced;
    return m_replaced.add();
  }
  subscription.pending.append(news.json);
  scheduleFlush();
}

void OmloxProtocol::scheduleFlush() {
  if (std::exchange(m_isScheduled, true)) return;
  QMetaObject::invokeMethod(
      &m_turn, [this] { flush(); }, Qt::QueuedConnection);
}

/// What one turn brought is one message for each subscription.
void OmloxProtocol::flush() {
  m_isScheduled = false;
  for (auto &[id, client] : m_clients) {
    for (Subscription &subscription : client.subscriptions) send(client, subscription);
  }
}

void OmloxProtocol::send(Client &client, Subscription &subscription) {
  const QList<QByteArray> objects = std::exchange(subscription.pending, {});
  for (qsizetype first = 0; first < objects.size(); first += mostObjects) {
    client.session->send(
        Frame::text(omloxMessage(subscription.topic, subscription.id, objects.mid(first, mostObjects))));
  }
}

void OmloxProtocol::drained(Session &session) {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return;
  for (Subscription &subscription : found->second.subscriptions) {
    subscription.pending += std::exchange(subscription.held, {}).values();
    send(found->second, subscription);
  }
}

void OmloxProtocol::tick(Time) {
  const bool isHeard = std::any_of(m_clients.begin(), m_clients.end(),
                                   [](const auto &each) { return !each.second.subscriptions.empty(); });
  if (!isHeard || m_context.clock().elapsed() - m_askedAt < askAgainAfter) return;
  askHub([](const Result<bool> &) {});
}

Activity OmloxProtocol::activityOf(const Session &session) const {
  const auto found = m_clients.find(session.id());
  if (found == m_clients.end()) return {};
  return {static_cast<int>(found->second.subscriptions.size()), std::nullopt, found->second.replaced};
}

}  // namespace tagwire::ws
