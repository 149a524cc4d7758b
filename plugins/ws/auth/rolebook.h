// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "access/roles.h"
#include "context.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// The manifest's own roles, of all gateways together: users are the host's, so what a role may do must not depend on
/// the gateway at which its user logs in. Shared by the instances (PluginContext::shared); thread-bound (host thread).
class RoleBook {
 public:
  using Own = QMap<QString, QList<QString>>;

  static std::shared_ptr<RoleBook> of(PluginContext &context);
  /// Enters the roles of this gateway; one that another gateway defines otherwise is an error at `reader`.
  static void check(const WsConfig &config, PluginContext &context, ConfigReader &reader);

  void enter(const QString &instance, const Own &own);
  void leave(const QString &instance);
  /// The built-in ones and those of every gateway.
  const Roles &roles() const { return m_roles; }

 private:
  void settle();

  QMap<QString, Own> m_own;  ///< by instance
  Roles m_roles;
};

}  // namespace tagwire::ws
