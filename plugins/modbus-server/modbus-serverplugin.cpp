// SPDX-License-Identifier: Apache-2.0
#include "modbusserversink.h"

namespace tagwire::modbus {

class ModbusServerFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)

 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<ModbusServerConfig>();
    if (!config) return nullptr;
    const QList<ExposedPoint> points = config->settle(reader, context.points());
    if (reader.failed()) return nullptr;
    return std::make_unique<ModbusServerSink>(*config, points, context);
  }
  ConfigSchema schema() const override { return schemaOf<ModbusServerConfig>(); }
};

}  // namespace tagwire::modbus

#include "modbus-serverplugin.moc"
