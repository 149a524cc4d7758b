// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "deviceleases.h"
#include "mailbox.h"
#include "services/deviceownership.h"

namespace tagwire::cluster {

/// The devices that are connected to this node, as the other nodes know them. Thread-bound to the host's thread.
class DeviceDesk {
 public:
  static constexpr qsizetype mostDevices = 20'000;

  DeviceDesk(const ClusterConfig &config, PluginContext &context) : m_config(config), m_context(context) {}

  /// What was claimed before is claimed again.
  void start(const std::shared_ptr<Mailbox> &mailbox, const Feed::Tell &tell);
  void stop() { m_leases.reset(); }
  void claim(const Reply<QString> &reply, const QString &device, const std::weak_ptr<DeviceHolder> &holder);
  /// Gives up what nobody holds any more.
  void look();

 private:
  struct Held {
    quint64 number = 0;
    Time since;
    std::weak_ptr<DeviceHolder> holder;
    Reply<QString> reply;  ///< empty: answered
  };
  void claimed(quint64 number, const QString &before);
  void taken(quint64 number, const QString &node);
  QHash<QString, Held>::iterator find(quint64 number);

  const ClusterConfig &m_config;
  PluginContext &m_context;
  std::unique_ptr<DeviceLeases> m_leases;  ///< while it runs
  QHash<QString, Held> m_held;             ///< by device
  QHash<quint64, QString> m_devices;       ///< by number
  quint64 m_number = 0;
};

}  // namespace tagwire::cluster
