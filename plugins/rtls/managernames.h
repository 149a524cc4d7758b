// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QString>

namespace tagwire {
class ConfigReader;
class PluginContext;
}  // namespace tagwire

namespace tagwire::rtls {

struct RtlsConfig;

/// The names of all managers of the manifest and the instance that has each: a client names nothing but the manager, so
/// two instances may not have the same one. Shared by the instances (PluginContext::shared); host thread.
struct ManagerNames {
  QHash<QString, QString> instances;  ///< by name

  /// Enters the managers of this instance; one that another instance has is an error at its key.
  void enter(const RtlsConfig &config, const PluginContext &context, ConfigReader &reader);
  void leave(const QString &instance);
};

}  // namespace tagwire::rtls
