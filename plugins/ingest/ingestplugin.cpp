// SPDX-License-Identifier: Apache-2.0
#include "ingest.h"

namespace tagwire::ingest {

/// Makes instances of `ingest`. Thread-bound; owned by the plugin loader.
class IngestFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = IngestConfig::read(reader);
    return config ? std::make_unique<Ingest>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<IngestConfig>(); }
};

}  // namespace tagwire::ingest

#include "ingestplugin.moc"
