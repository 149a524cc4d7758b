// SPDX-License-Identifier: Apache-2.0
#include "sqlsink.h"

namespace tagwire::sql {

/// Makes the instances of type "sql". Owned by the loader.
class SqlPlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<SqlConfig>();
    if (config && config->batchSize > config->bufferSamples) {
      reader.error(QStringLiteral("batch_size"),
                   QStringLiteral("is more than buffer_samples (allowed: up to %1)").arg(config->bufferSamples));
    }
    return config && !reader.failed() ? std::make_unique<SqlSink>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<SqlConfig>(); }
};

}  // namespace tagwire::sql

#include "sqlplugin.moc"
