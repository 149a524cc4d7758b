// SPDX-License-Identifier: Apache-2.0
#include "sqlsink.h"
#include "store/makestore.h"
#include "tool/historytool.h"

namespace tagwire::sql {

/// Makes the instances of type "sql". Owned by the loader.
class SqlPlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<SqlConfig>();
    if (config) config->check(reader);
    return config && !reader.failed() ? std::make_unique<SqlSink>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<SqlConfig>(); }
  std::unique_ptr<Tool> tool(const QString &name) const override {
    const StoreMakers makers{&makeReader, &makeStore};
    if (name == u"export") return std::make_unique<ExportTool>(makers);
    if (name == u"import") return std::make_unique<ImportTool>(makers);
    return nullptr;
  }
};

}  // namespace tagwire::sql

#include "sqlplugin.moc"
