// SPDX-License-Identifier: Apache-2.0
#include "deviceprotocol.h"

#include "rest/router.h"

namespace tagwire::ws {

namespace {

QString deviceOf(const Upgrade &upgrade) { return upgrade.variables.value(QStringLiteral("device_id")); }

/// Only a token that names exactly this device speaks for it (R2-4); whoever else may, watches.
bool isPublisher(const Caller &caller, const QString &device) {
  return caller.kind == Caller::Kind::Token && caller.permissions.nameExactly(right::publishDevice, device);
}

/// The connection of a device, as other nodes know it.
class HeldDevice : public DeviceHolder {
 public:
  HeldDevice(const std::shared_ptr<Device> &device, quint64 session, const Clock &clock)
      : m_device(device), m_session(session), m_clock(clock) {}
  void taken(const QString &) override {
    const auto device = m_device.lock();
    if (device && device->publisher() && device->publisher()->id() == m_session) device->takeAway(m_clock.elapsed());
  }

 private:
  const std::weak_ptr<Device> m_device;
  const quint64 m_session;
  const Clock &m_clock;
};

}  // namespace

DeviceProtocol::Counters::Counters(Metrics &metrics)
    : payloads(metrics.counter("tagwire_device_payloads_total", "Payloads of devices that were accepted")),
      takeovers(metrics.counter("tagwire_device_takeovers_total", "Connections of devices replaced by a new one")),
      takeoversRefused(metrics.counter("tagwire_device_takeovers_refused_total",
                                       "Connections refused because a live one was replaced too often")),
      coalesced(metrics.counter("tagwire_device_coalesced_payloads_total",
                                "Payloads that a slow watcher did not get, as a newer one was there")),
      unusable(metrics.counter("tagwire_device_unusable_fields_total",
                               "Fields beyond a device's model that could not become points")),
      wrongClocks(metrics.counter("tagwire_device_wrong_clocks_total",
                                  "Payloads whose timestamp was too far ahead: the time of arrival was taken")) {}

DeviceProtocol::DeviceProtocol(GatewayState &state)
    : m_state(state), m_context(state.context), m_book(*state.devices), m_counters(state.context.metrics()) {
  m_book.loadMade(state.config, state.context);
}

std::optional<Refusal> DeviceProtocol::check(const Upgrade &upgrade, const Caller &caller) const {
  if (caller.kind == Caller::Kind::Anonymous) return missingCredential();
  const QString id = deviceOf(upgrade);
  if (!caller.may(right::watchDevice, id) && !caller.may(right::publishDevice, id)) {
    return notPermitted(right::watchDevice);
  }
  if (m_book.find(id)) return std::nullopt;
  return Refusal{403, QStringLiteral("there is no such device"), {}};
}

std::optional<Refusal> DeviceProtocol::admit(const Upgrade &upgrade, const Caller &caller) {
  const auto device = m_book.find(deviceOf(upgrade));
  const auto now = m_context.clock().elapsed();
  if (!device || !isPublisher(caller, device->id())) return std::nullopt;
  if (!device->isLive(now) && !device->isTakenAway(now)) return std::nullopt;
  const Takeovers::Verdict verdict = device->takeovers.judge(now);
  if (verdict == Takeovers::Verdict::Admitted) return std::nullopt;
  m_counters.takeoversRefused.add();
  if (verdict == Takeovers::Verdict::RefusedFirst) tellTakeovers(*device, upgrade);
  const auto left = std::chrono::ceil<std::chrono::seconds>(device->takeovers.pauseEnd() - now);
  return Refusal{429,
                 QStringLiteral("the connection of this device was replaced too often (allowed: %1 times within %2 s)")
                     .arg(Takeovers::most)
                     .arg(Takeovers::within.count()),
                 {{"Retry-After", QByteArray::number(static_cast<qlonglong>(left.count()))}}};
}

/// Only where the old connection is one of this endpoint's: another's place does not become free here.
bool DeviceProtocol::replaces(const Upgrade &upgrade, const Caller &caller) const {
  const auto device = m_book.find(deviceOf(upgrade));
  if (!device || !device->publisher() || !isPublisher(caller, device->id())) return false;
  const auto link = m_links.find(device->publisher()->id());
  return link != m_links.end() && link->second.publishes && link->second.device == device;
}

void DeviceProtocol::tellTakeovers(const Device &device, const Upgrade &upgrade) {
  const QString text = QStringLiteral(
                           "device %1: its live connection was replaced %2 times within %3 s, so more are refused for "
                           "%4 s (last from %5); is its token in use twice?")
                           .arg(device.id())
                           .arg(Takeovers::most)
                           .arg(Takeovers::within.count())
                           .arg(Takeovers::pause.count())
                           .arg(upgrade.peer);
  qCWarning(m_context.log()).noquote() << text;
  Event event;
  event.body = SystemEvent{QStringLiteral("security"), text, Severity::Major};
  Q_EMIT m_state.eventRaised(event);
}

void DeviceProtocol::opened(Session &session) {
  const auto device = m_book.find(deviceOf(session.upgrade()));
  if (!device) return session.close(1008, QStringLiteral("there is no such device"));
  const bool publishes = isPublisher(*session.caller(), device->id());
  m_links.emplace(session.id(), Link{device, publishes, {}});
  if (!publishes) return device->watch(session);
  const auto now = m_context.clock().elapsed();
  if (device->isLive(now)) device->takeovers.count(now);
  if (device->publisher()) m_counters.takeovers.add();
  device->publish(session, now);
  claim(device, session);
}

/// It is connected whatever the other nodes say: the newest connection is the device's.
void DeviceProtocol::claim(const std::shared_ptr<Device> &device, const Session &session) {
  const auto holder = std::make_shared<HeldDevice>(device, session.id(), m_context.clock());
  m_links.at(session.id()).holder = holder;
  const auto answered = [this, device](const Result<QString> &before) {
    if (!before || before->isEmpty()) return;
    device->takeovers.count(m_context.clock().elapsed());
    m_counters.takeovers.add();
  };
  m_context.request(&DeviceOwnership::claimDevice, answered, device->id(), std::weak_ptr<DeviceHolder>(holder));
}

void DeviceProtocol::callerChanged(Session &session) {
  const auto link = m_links.find(session.id());
  if (link == m_links.end() || !link->second.publishes) return;
  if (isPublisher(*session.caller(), link->second.device->id())) return;
  session.close(4403, QStringLiteral("the right to publish was withdrawn"));
}

void DeviceProtocol::received(Session &session, const QByteArray &text) {
  const auto link = m_links.find(session.id());
  if (link == m_links.end()) return;
  Device &device = *link->second.device;
  if (!link->second.publishes) {
    return reject(device, {Rejection::Kind::Watcher,
                           QStringLiteral("a message from %1, which only watches").arg(session.caller()->name)});
  }
  if (device.publisher() != &session) return;
  device.hear(m_context.clock().elapsed());
  if (!DeviceCommands::isAcknowledgement(text)) return takePayload(device, text);
  if (const auto rejection = m_book.commands().acknowledge(session, text)) reject(device, *rejection);
}

void DeviceProtocol::takePayload(Device &device, const QByteArray &text) {
  const auto reading = device.gatekeeper().judge(text, m_context.clock().now());
  if (!reading) return reject(device, reading.error());
  if (reading->claimed) tellWrongClock(device, *reading->claimed);
  m_counters.payloads.add();
  m_counters.coalesced.add(device.broadcast(text, m_context.clock().elapsed()));
  int unusable = 0;
  const Samples samples = m_book.samplesOf(device, *reading, m_context, unusable);
  m_counters.unusable.add(unusable);
  publish(samples);
}

void DeviceProtocol::tellWrongClock(Device &device, Time claimed) {
  m_counters.wrongClocks.add();
  const auto silent = device.rejections.admit(Rejection::Kind::Time, m_context.clock().elapsed());
  if (!silent) return;
  qCWarning(m_context.log()).noquote()
      << "device" << device.id() + u':' << "timestamp" << toIso(claimed)
      << "is to come, by our clock: the time of arrival is taken (look at the device's clock and zone)";
}

void DeviceProtocol::reject(Device &device, const Rejection &rejection) {
  m_context.metrics()
      .counter("tagwire_device_rejected_messages_total", "Messages of devices that were dropped, by reason",
               {{"reason", Rejection::word(rejection.kind)}})
      .add();
  const auto silent = device.rejections.admit(rejection.kind, m_context.clock().elapsed());
  if (!silent) return;
  const QString more = *silent > 0 ? QStringLiteral(" (and %1 like it before)").arg(*silent) : QString();
  qCWarning(m_context.log()).noquote() << "device" << device.id() + u':' << "message dropped:" << rejection.text + more;
}

void DeviceProtocol::publish(const Samples &samples) {
  if (!samples.isEmpty()) Q_EMIT m_state.samplesReady(samples);
}

void DeviceProtocol::drained(Session &session) {
  const auto link = m_links.find(session.id());
  if (link != m_links.end()) link->second.device->drained(session);
}

Activity DeviceProtocol::activityOf(const Session &session) const {
  return {m_links.contains(session.id()) ? 1 : 0, std::nullopt, 0};
}

void DeviceProtocol::closed(Session &session) {
  const auto found = m_links.find(session.id());
  if (found == m_links.end()) return;
  const Link link = found->second;
  m_links.erase(found);
  m_book.commands().lost(session);
  if (!link.device->leave(session) || m_book.find(link.device->id()) != link.device) return;
  publish(DeviceBook::without(*link.device, m_context.points(), QualityReason::Disconnected));
}

/// After a start that followed a stop: devices that were connected then are not any more.
void DeviceProtocol::tick(Time) {
  if (std::exchange(m_isSettled, true)) return;
  for (const auto &[id, device] : m_book.devices()) {
    if (device->publisher() || device->home() != m_context.id()) continue;
    publish(DeviceBook::without(*device, m_context.points(), QualityReason::Disconnected));
  }
}

}  // namespace tagwire::ws
