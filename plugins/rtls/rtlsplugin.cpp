// SPDX-License-Identifier: Apache-2.0
#include "rtls.h"
#include "simulator/rtlssimulator.h"

namespace tagwire::rtls {

/// Makes instances of `rtls`. Thread-bound; owned by the plugin loader.
class RtlsFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    return makeRtls(reader, context);
  }

  ConfigSchema schema() const override { return schemaOf<RtlsConfig>(); }
  std::unique_ptr<Tool> simulator() const override { return std::make_unique<RtlsSimulator>(); }
};

}  // namespace tagwire::rtls

#include "rtlsplugin.moc"
