// SPDX-License-Identifier: Apache-2.0
#include "devicedesk.h"

namespace tagwire::cluster {

void DeviceDesk::start(const std::shared_ptr<Mailbox> &mailbox, const Feed::Tell &tell) {
  DeviceLeases::Take take;
  take.claimed = [this, mailbox](quint64 number, const QString &before) {
    Mailbox::post(mailbox, [this, number, before] { claimed(number, before); });
  };
  take.taken = [this, mailbox](quint64 number, const QString &node) {
    Mailbox::post(mailbox, [this, number, node] { taken(number, node); });
  };
  m_leases =
      std::make_unique<DeviceLeases>(m_config, subjectToken(m_context.site().name), m_context.clock(), take, tell);
  for (auto held = m_held.cbegin(); held != m_held.cend(); ++held)
    m_leases->claim(held.key(), held->number, held->since);
}

void DeviceDesk::claim(const Reply<QString> &reply, const QString &device, const std::weak_ptr<DeviceHolder> &holder) {
  if (!m_leases) return reply(failure(QStringLiteral("this node takes no devices (allowed with the role gateway)")));
  if (m_held.size() >= mostDevices && !m_held.contains(device)) {
    return reply(failure(QStringLiteral("there are %1 devices here already").arg(mostDevices)));
  }
  Held &held = m_held[device];
  m_devices.remove(held.number);
  if (held.reply) held.reply(failure(QStringLiteral("it has connected once more")));
  held = {++m_number, m_context.clock().now(), holder, reply};
  m_devices.insert(held.number, device);
  m_leases->claim(device, held.number, held.since);
}

void DeviceDesk::look() {
  for (auto held = m_held.begin(); held != m_held.end();) {
    if (!held->holder.expired()) {
      ++held;
      continue;
    }
    m_leases->release(held.key(), held->number);
    m_devices.remove(held->number);
    held = m_held.erase(held);
  }
}

QHash<QString, DeviceDesk::Held>::iterator DeviceDesk::find(quint64 number) {
  const auto device = m_devices.constFind(number);
  return device == m_devices.cend() ? m_held.end() : m_held.find(*device);
}

void DeviceDesk::claimed(quint64 number, const QString &before) {
  const auto held = find(number);
  if (held == m_held.end()) return;
  if (const auto reply = std::exchange(held->reply, nullptr)) reply(before);
}

void DeviceDesk::taken(quint64 number, const QString &node) {
  const auto held = find(number);
  if (held == m_held.end()) return;
  const auto holder = held->holder.lock();
  const auto reply = held->reply;
  qCInfo(m_context.log()).noquote() << "device" << held.key() << "has connected to node" << node;
  m_devices.remove(number);
  m_held.erase(held);
  if (reply) reply(QString());
  if (holder) holder->taken(node);
}

}  // namespace tagwire::cluster
