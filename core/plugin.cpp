// SPDX-License-Identifier: Apache-2.0
#include "plugin.h"

namespace tagwire {

Plugin::Plugin() = default;
Plugin::~Plugin() = default;
void Plugin::reloadFiles() {}
Source::~Source() = default;
Sink::~Sink() = default;
Tool::Tool() = default;
Tool::~Tool() = default;
PluginFactory::~PluginFactory() = default;
PluginContext::~PluginContext() = default;

PointRows PluginFactory::pointRows(ConfigReader &) const { return {}; }
std::unique_ptr<Tool> PluginFactory::simulator() const { return nullptr; }
std::unique_ptr<Tool> PluginFactory::prober() const { return nullptr; }
std::unique_ptr<Tool> PluginFactory::tool(const QString &) const { return nullptr; }

QLatin1String toText(PluginState state) {
  switch (state) {
    case PluginState::Stopped:
      return QLatin1String("stopped");
    case PluginState::Starting:
      return QLatin1String("starting");
    case PluginState::Running:
      return QLatin1String("running");
    case PluginState::Degraded:
      return QLatin1String("degraded");
    case PluginState::Failed:
      return QLatin1String("failed");
  }
  return QLatin1String("");
}

}  // namespace tagwire
