// SPDX-License-Identifier: Apache-2.0
#include "busbook.h"
#include "modbusconfig.h"
#include "modbusprober.h"
#include "modbussimulator.h"
#include "modbussource.h"

namespace tagwire::modbus {

class ModbusFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)

 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    auto config = reader.read<ModbusConfig>();
    ModbusConfig::tellMissing(reader);
    if (!config) return nullptr;
    config->checkLink(reader);
    const QList<ModbusPoint> points = config->settlePoints(reader);
    if (reader.failed()) return nullptr;
    auto bus = m_buses.bus(config->busSettings(points), unitsOf(points));
    if (!bus) {
      reader.error(QStringLiteral("endpoint"), bus.error());
      return nullptr;
    }
    const QList<PointId> ids = context.declare(config->pointInfos(points, reader));
    return std::make_unique<ModbusSource>(config->sourceSettings(), std::move(*bus), points, ids, context);
  }
  ConfigSchema schema() const override { return withTemplatePoints(schemaOf<ModbusConfig>()); }
  PointRows pointRows(ConfigReader &reader) const override {
    auto config = reader.read<ModbusConfig>();
    if (!config) return {};
    const QList<ModbusPoint> points = config->settlePoints(reader);
    return reader.failed() ? PointRows() : config->pointRows(points);
  }
  std::unique_ptr<Tool> simulator() const override { return std::make_unique<ModbusSimulator>(); }
  std::unique_ptr<Tool> prober() const override { return std::make_unique<ModbusProber>(); }

 private:
  BusBook m_buses;
};

}  // namespace tagwire::modbus

#include "modbusplugin.moc"
