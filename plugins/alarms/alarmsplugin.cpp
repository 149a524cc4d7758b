// SPDX-License-Identifier: Apache-2.0
#include "alarms.h"
#include "notify/targettester.h"

namespace tagwire::alarms {

/// Makes instances of `alarms`. Thread-bound; owned by the plugin loader.
class AlarmsFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    return makeAlarms(reader, context);
  }

  ConfigSchema schema() const override { return schemaOf<AlarmsConfig>(); }

  std::unique_ptr<Tool> tool(const QString &name) const override {
    if (name != QLatin1String("test-target")) return nullptr;
    return std::make_unique<TargetTester>();
  }
};

}  // namespace tagwire::alarms

#include "alarmsplugin.moc"
