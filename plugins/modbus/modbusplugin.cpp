// SPDX-License-Identifier: Apache-2.0
#include "modbussimulator.h"
#include "modbussource.h"

namespace tagwire::modbus {

class ModbusFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)

 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<ModbusConfig>();
    if (!config) return nullptr;
    const QList<ModbusPoint> points = config->settlePoints(reader);
    if (reader.failed()) return nullptr;
    const QList<PointId> ids = context.declare(config->pointInfos(points, reader));
    return std::make_unique<ModbusSource>(*config, points, ids, context);
  }
  ConfigSchema schema() const override { return schemaOf<ModbusConfig>(); }
  std::unique_ptr<Simulator> simulator() const override { return std::make_unique<ModbusSimulator>(); }
};

}  // namespace tagwire::modbus

#include "modbusplugin.moc"
