// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QString>

namespace tagwire {
class ConfigReader;
class PluginContext;
}  // namespace tagwire

namespace tagwire::alarms {

struct AlarmsConfig;

/// The ids of all rules of the manifest and the instance that has each: viewers name a rule by nothing but its id, so
/// two instances may not have the same one. Shared by the instances (PluginContext::shared); host thread.
struct RuleIds {
  QHash<int, QString> instances;  ///< by rule id

  /// Enters the rules of this instance; one that another instance has is an error at its key.
  void enter(const AlarmsConfig &config, const PluginContext &context, ConfigReader &reader);
  void leave(const QString &instance);
};

}  // namespace tagwire::alarms
