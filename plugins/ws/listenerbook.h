// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// Where all gateways of the manifest listen: who needs no credential on one of them must not be able to come in by
/// another. Shared by the instances (PluginContext::shared).
struct ListenerBook {
  QStringList reachable;  ///< ids of gateways that other machines can reach
  QStringList anonymous;  ///< ids of gateways with anonymous permissions

  /// That gateway is no more.
  void leave(const QString &instance);
  /// Enters this gateway; an error goes to `reader` when there are both kinds. Hold the result as long as it lives.
  static std::shared_ptr<ListenerBook> join(const WsConfig &config, PluginContext &context, ConfigReader &reader);
};

}  // namespace tagwire::ws
