// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QObject>

#include <memory>
#include <unordered_map>
#include <vector>

#include "context.h"
#include "endpointlimits.h"
#include "protocol.h"
#include "services/locationhub.h"

namespace tagwire::ws {

/// The socket of the omlox hub: locations in, and locations, motions, fence and collision events out to those who
/// subscribed. What there is to tell is made by the RTLS instances. Thread-bound (main thread); owned by the gateway.
class OmloxProtocol : public Protocol {
 public:
  OmloxProtocol(PluginContext &context, const Limits &limits);
  ~OmloxProtocol() override;

  std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const override;
  void opened(Session &session) override;
  /// What each may see is asked for each object.
  void callerChanged(Session &) override {}
  void received(Session &session, const QByteArray &text) override;
  void drained(Session &session) override;
  void closed(Session &session) override;
  void write(const Samples &) override {}
  void notify(const Event &) override {}
  void flush() override;
  void tick(Time now) override;
  Activity activityOf(const Session &session) const override;

 private:
  enum class Code : int {
    UnknownEvent = 10000,
    UnknownTopic = 10001,
    SubscriptionFailed = 10002,
    UnsubscribeFailed = 10003,
    NotAuthorized = 10004,
    InvalidData = 10005
  };
  struct Subscription {
    int id = 0;
    HubTopic topic = HubTopic::LocationUpdates;
    HubCrs crs = HubCrs::Wgs84;
    QStringList zones, fences, trackables, providers;  ///< wanted; empty: all
    std::optional<double> accuracy;
    QList<QByteArray> pending;        ///< objects of this turn
    QHash<QString, QByteArray> held;  ///< the newest of each subject, while the client reads slowly
  };
  struct Client {
    Session *session = nullptr;
    int nextId = 0;
    std::vector<Subscription> subscriptions;
    int underWay = 0;  ///< requests that the hub has not answered
    quint64 replaced = 0;
  };
  class Ear;

  void subscribe(Client &client, const QJsonObject &message);
  void unsubscribe(Client &client, const QJsonObject &message);
  void take(Client &client, const QJsonObject &message);
  void askHub(const std::function<void(const Result<bool> &)> &then);
  void subscribed(quint64 session, Subscription subscription, const Result<bool> &hub);
  Result<Subscription> readParams(const QJsonObject &params) const;
  void refuse(Client &client, Code code, const QString &text);
  void handIn(Client &client, const QString &what, const QByteArray &body);

  bool wants(HubTopic topic, HubCrs crs) const;
  void tell(const HubNews &news);
  static bool admits(const Subscription &subscription, const HubNews &news);
  static bool may(const Caller &caller, const HubNews &news);
  void add(Client &client, Subscription &subscription, const HubNews &news);
  void send(Client &client, Subscription &subscription);
  void scheduleFlush();

  PluginContext &m_context;
  Limits m_limits;
  std::unordered_map<quint64, Client> m_clients;
  std::shared_ptr<Ear> m_ear;  ///< what the hub knows of us; an answer that comes late finds it gone
  QObject m_turn;
  bool m_isScheduled = false;
  std::chrono::nanoseconds m_askedAt{0};
  Counter m_refused;
  Counter m_replaced;
};

}  // namespace tagwire::ws
