// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMetaType>
#include <QString>

#include "export.h"

namespace tagwire {

enum class PluginState : quint8 { Stopped, Starting, Running, Degraded, Failed };

/// It does its work, as far as what it talks to lets it.
constexpr bool isUp(PluginState state) { return state == PluginState::Running || state == PluginState::Degraded; }
/// "stopped", "starting", "running", "degraded", "failed".
TAGWIRE_EXPORT QLatin1String toText(PluginState state);

/// One instance as /healthz and the pages show it.
struct InstanceStatus {
  QString id;
  QString type;
  PluginState state = PluginState::Stopped;
  QString text;  ///< why it is not running; empty when all is well
};

}  // namespace tagwire

Q_DECLARE_METATYPE(tagwire::PluginState)
