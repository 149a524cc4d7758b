// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "context.h"
#include "device/device.h"
#include "device/devicecommands.h"

namespace tagwire::ws {

struct WsConfig;

/// All devices and models of the host, those of the manifest and those made by REST. Shared by the gateways
/// (PluginContext::shared): a device may connect to any of them. Thread-bound; held by every gateway.
class DeviceBook {
 public:
  static constexpr qsizetype mostLearned = 256;          ///< points of one device beyond its model
  static constexpr qsizetype mostLearnedByAll = 20'000;  ///< in one run
  static constexpr qsizetype mostMadePoints = 100'000;   ///< of devices made by REST, in one run

  static std::shared_ptr<DeviceBook> of(PluginContext &context);
  /// Takes in models and devices of one gateway's manifest and declares their points; errors go to `reader`. Hold the
  /// result as long as the gateway lives.
  static std::shared_ptr<DeviceBook> join(const WsConfig &config, PluginContext &context, ConfigReader &reader);
  /// Takes in the devices that were made by REST in earlier runs; does it once, for the first gateway that starts.
  void loadMade(const WsConfig &config, PluginContext &context);
  /// That gateway is no more.
  void leave(const QString &home);

  std::shared_ptr<Device> find(const QString &id) const;
  /// By id.
  const std::map<QString, std::shared_ptr<Device>> &devices() const { return m_devices; }
  bool isMade(const QString &id) const { return m_made.contains(id); }
  QStringList modelNames() const;
  DeviceCommands &commands() { return m_commands; }

  /// Makes a device while the gateway runs. Errors: id taken or not allowed, unknown model, points that are there
  /// already and of another type.
  /// It counts as made by REST.
  Result<std::shared_ptr<Device>> make(const QString &id, const QString &model, PluginContext &context,
                                       const QTimeZone &zone);
  /// Ends its connections (1008) and forgets it; gives its points with quality Bad, removed.
  Samples remove(const QString &id, const PluginContext &context);

  /// The samples of an accepted payload; points that the model does not name are declared on first sight. `unusable` is
  /// raised by the fields that can't be points.
  Samples samplesOf(Device &device, const Reading &reading, PluginContext &context, int &unusable);
  /// The device's points that have a value, as they are without it: Bad, with their last value.
  static Samples without(const Device &device, const PointTable &points, QualityReason reason);

 private:
  struct KnownModel {
    QString home;
    std::shared_ptr<const Model> model;
  };

  void addModels(const WsConfig &config, const QString &home, ConfigReader &reader);
  void addDevices(const WsConfig &config, PluginContext &context, ConfigReader &reader);
  Result<PointId> learn(Device &device, const QString &path, const Value &value, PluginContext &context);

  std::map<QString, KnownModel> m_models;
  std::map<QString, std::shared_ptr<Device>> m_devices;
  DeviceCommands m_commands;
  QSet<QString> m_made;
  bool m_isMadeLoaded = false;
  qsizetype m_learned = 0;
  qsizetype m_madePoints = 0;
};

/// The zone of times without an offset.
QTimeZone deviceZone(const WsConfig &config, const PluginContext &context);

}  // namespace tagwire::ws
