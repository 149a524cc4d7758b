// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QSet>

#include <deque>
#include <map>
#include <unordered_map>

#include "endpointlimits.h"
#include "gatewaystate.h"
#include "protocol.h"
#include "rooms/entity.h"
#include "rooms/roombook.h"

namespace tagwire::ws {

/// Rooms and what is in them, for building and home dashboards (page 4). Thread-bound (main thread); owned by the
/// gateway.
class RoomsProtocol : public Protocol, public RoomAudience {
 public:
  RoomsProtocol(GatewayState &state, const Limits &limits);
  ~RoomsProtocol() override;

  std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const override;
  void opened(Session &session) override;
  void callerChanged(Session &session) override;
  void received(Session &session, const QByteArray &text) override;
  void drained(Session &session) override;
  void closed(Session &session) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void flush() override;
  void tick(Time now) override;
  Activity activityOf(const Session &session) const override;

  void roomChanged(const Room &room, RoomAction action) override;
  int deliver(const Broadcast &broadcast) override;
  void reseeded() override;

 private:
  struct Client {
    Session *session = nullptr;
    QString id;  ///< as `connection` gave it
    QSet<int> rooms;
    QHash<int, quint64> seen;           ///< by room: number of the newest kept broadcast it had a chance to get
    std::map<qsizetype, QString> held;  ///< while congested: entity → the state that the client saw last
    std::deque<Frame> waiting;          ///< kept broadcasts that are due
    bool isStatusDue = false;           ///< one was held back
    quint64 coalesced = 0;              ///< changes it never got by themselves
  };

  Time now() const { return m_context.clock().now(); }
  static bool maySee(const Client &client, int room);
  bool wants(const Client &client, int room) const;
  void send(Client &client, const Frame &frame);
  void refuse(Client &client, const QString &message);
  void change(Client &client, const QJsonObject &message, bool subscribes);
  void subscribe(Client &client, int room);
  void queueKept(Client &client, std::optional<int> room, quint64 after);
  void handOut(Client &client);
  void publish(const EntityStates::Change &change);
  void beat();
  void tellStatus(const QString &status);
  Frame statusFrame() const;

  GatewayState &m_state;
  PluginContext &m_context;
  RoomBook &m_book;
  RoomStatistics &m_statistics;
  Limits m_limits;
  EntityStates m_states;
  std::unordered_map<quint64, Client> m_clients;
  QString m_status;
  std::chrono::nanoseconds m_beatAt;    ///< when the next heartbeat is due
  std::chrono::nanoseconds m_statusAt;  ///< and the next system_status
  Counter m_coalesced;
  Counter m_refused;
};

}  // namespace tagwire::ws
