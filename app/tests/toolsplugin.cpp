// SPDX-License-Identifier: Apache-2.0
// A plugin with tools only: the first argument says what each does.
#include <QTimer>

#include "plugin.h"

namespace {

using namespace tagwire;

/// Thread-bound; owned by the command.
class ScriptedTool : public Tool {
  Q_OBJECT
 public:
  tl::expected<QString, ToolError> start(const QStringList &arguments) override {
    const QString does = arguments.value(0);
    if (does == QLatin1String("busy")) {
      return tl::unexpected(ToolError(QStringLiteral("port 1502 is busy"), true));
    }
    if (does == QLatin1String("run")) return QStringLiteral("running");
    if (does != QLatin1String("end")) return failure(QStringLiteral("usage: %1").arg(arguments.join(u' ')));
    QTimer::singleShot(0, this, [this] {
      Q_EMIT line(QStringLiteral("one"));
      Q_EMIT line(QStringLiteral("two"));
      Q_EMIT finished(3);
    });
    return QString();
  }
};

/// Thread-bound; owned by the plugin loader.
class ToolsFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "tools.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &, PluginContext &) override { return nullptr; }
  ConfigSchema schema() const override { return {}; }
  std::unique_ptr<Tool> prober() const override { return std::make_unique<ScriptedTool>(); }
  std::unique_ptr<Tool> simulator() const override {
    if (qEnvironmentVariableIsSet("WITHOUT_SIMULATOR")) return nullptr;
    return std::make_unique<ScriptedTool>();
  }
};

}  // namespace

#include "toolsplugin.moc"
