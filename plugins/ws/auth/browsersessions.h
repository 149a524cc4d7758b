// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "auth/lockout.h"
#include "auth/sessiontokens.h"

namespace tagwire::ws {

/// What all gateways of a host know of people at browsers: sessions that ended, logins that failed. Shared by the
/// instances (PluginContext::shared).
struct BrowserSessions {
  std::optional<SessionTokens> tokens;  ///< none before the first gateway starts
  LoginLockout lockout{LockoutLimits()};

  /// Reads or makes the signing key.
  Result<void> open(const QString &dataDir);
};

}  // namespace tagwire::ws
