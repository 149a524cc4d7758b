// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <unordered_map>

#include "device/devicebook.h"
#include "endpointlimits.h"
#include "gatewaystate.h"
#include "protocols/protocol.h"
#include "services/deviceownership.h"

namespace tagwire::ws {

/// Protocol `device` (page 2): one connection publishes for a device, others watch it. Thread-bound; owned by the
/// gateway.
class DeviceProtocol : public Protocol {
 public:
  explicit DeviceProtocol(GatewayState &state);

  std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const override;
  std::optional<Refusal> admit(const Upgrade &upgrade, const Caller &caller) override;
  bool replaces(const Upgrade &upgrade, const Caller &caller) const override;
  void opened(Session &session) override;
  void callerChanged(Session &session) override;
  void received(Session &session, const QByteArray &text) override;
  void drained(Session &session) override;
  void closed(Session &session) override;
  void write(const Samples &) override {}
  void notify(const Event &) override {}
  void flush() override {}
  void tick(Time now) override;
  Activity activityOf(const Session &session) const override;

 private:
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter payloads;
    Counter takeovers;
    Counter takeoversRefused;
    Counter coalesced;
    Counter unusable;
    Counter wrongClocks;
  };
  struct Link {
    std::shared_ptr<Device> device;
    bool publishes = false;
    std::shared_ptr<DeviceHolder> holder;  ///< of who publishes; other nodes may take the device away
  };

  void takePayload(Device &device, const QByteArray &text);
  void tellWrongClock(Device &device, Time claimed);
  void reject(Device &device, const Rejection &rejection);
  void tellTakeovers(const Device &device, const Upgrade &upgrade);
  void claim(const std::shared_ptr<Device> &device, const Session &session);
  void publish(const Samples &samples);

  GatewayState &m_state;
  PluginContext &m_context;
  DeviceBook &m_book;
  Counters m_counters;
  std::unordered_map<quint64, Link> m_links;  ///< by session
  bool m_isSettled = false;
};

}  // namespace tagwire::ws
