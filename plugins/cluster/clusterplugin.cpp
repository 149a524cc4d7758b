// SPDX-License-Identifier: Apache-2.0
#include "gatewaycluster.h"

namespace tagwire::cluster {

/// Makes instances of `cluster`. Thread-bound; owned by the plugin loader.
class ClusterFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = ClusterConfig::read(reader);
    return config ? makeCluster(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<ClusterConfig>(); }
};

}  // namespace tagwire::cluster

#include "clusterplugin.moc"
