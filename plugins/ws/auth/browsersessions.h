// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "auth/caller.h"
#include "auth/endedsessions.h"
#include "auth/lockout.h"
#include "auth/sessiontokens.h"

namespace tagwire::ws {

/// What all gateways of a host know of people at browsers: sessions that ended or were renewed, logins that failed.
/// Shared by the instances (PluginContext::shared); thread-bound (host thread).
class BrowserSessions {
 public:
  std::optional<SessionTokens> tokens;  ///< none before the first gateway starts
  LoginLockout lockout{LockoutLimits()};
  QByteArray site;  ///< stands in the cookie's name: eight characters that are others for every data dir

  /// Reads or makes the signing key, and reads which sessions have ended. The text is a warning: that could not be
  /// read, so every session from before has ended.
  Result<QString> open(const QString &dataDir, Time now);

  /// A token of this session was made or shown: what the session opened lives as long as the newest one.
  void saw(const SessionClaims &claims, Time now);
  /// The session of this user's caller was neither ended nor has its newest token expired.
  bool holds(const Caller &caller, Time now) const;
  /// From now on. Keep what comes back in `data_dir` (keepEndedSession), for it to hold after a restart.
  EndedSession end(const SessionClaims &claims, Time now);

 private:
  static constexpr qsizetype mostRemembered = 10'000;

  QHash<QByteArray, Time> m_expiries;  ///< by csrf: of the newest token
};

}  // namespace tagwire::ws
