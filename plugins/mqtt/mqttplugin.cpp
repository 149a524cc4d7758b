// SPDX-License-Identifier: Apache-2.0
#include "mqttinstance.h"

namespace tagwire::mqtt {

/// Makes the instances of type "mqtt". Owned by the loader.
class MqttPlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    auto config = reader.read<MqttConfig>();
    if (config) config->check(reader);
    return config && !reader.failed() ? std::make_unique<MqttInstance>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<MqttConfig>(); }
};

}  // namespace tagwire::mqtt

#include "mqttplugin.moc"
