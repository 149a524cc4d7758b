// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "auth/eventaccess.h"
#include "protocol.h"
#include "rtlsstream.h"
#include "triggerfilter.h"
#include "zonebook.h"

namespace tagwire::ws {

/// The trigger events of every RTLS instance for viewers that ask for nothing (R1-35): all of them, or those of one
/// zone and what lies in it. Thread-bound (main thread); owned by the gateway.
class EventsProtocol : public Protocol {
 public:
  explicit EventsProtocol(PluginContext &context);

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

 private:
  struct Client {
    Session *session;
    TriggerFilter filter;
    Heartbeats heartbeats;
    std::optional<int> zone = {};  ///< absent: every zone
    bool isOpen = false;           ///< its zone was found, or it has none
    std::optional<Time> heartbeatAt = {};
  };

  Result<TriggerFilter> filterOf(const Upgrade &upgrade) const;
  bool isZoneKnown(int zone) const;
  void zonesKnown();
  bool wants(const Client &client, const Event &event, const TriggerEvent &trigger) const;

  PluginContext &m_context;
  EventAccess m_access;
  ZoneBook m_zones;
  std::map<quint64, Client> m_clients;
  bool m_isAsking = false;
  Counter m_refused;
};

}  // namespace tagwire::ws
