// SPDX-License-Identifier: Apache-2.0
#include "replay.h"

namespace tagwire::replay {

/// Makes instances of `replay`. Thread-bound; owned by the plugin loader.
class ReplayFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = ReplayConfig::read(reader);
    return config ? std::make_unique<Replay>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<ReplayConfig>(); }
};

}  // namespace tagwire::replay

#include "replayplugin.moc"
