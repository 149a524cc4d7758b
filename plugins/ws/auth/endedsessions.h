// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/accessfile.h"

namespace tagwire::ws {

/// A browser session that somebody ended before its time. Plain value.
struct EndedSession {
  QString session;  ///< SessionClaims::csrf
  Time until;       ///< when it would have ended by itself

  static void describe(Shape<EndedSession> &shape);
};

/// What stands in `<data_dir>/ended-sessions.json`: without it a copied cookie would live again after a restart.
struct EndedSessions {
  static constexpr int currentVersion = 1;
  static constexpr int most = 10'000;
  int version = currentVersion;
  QList<EndedSession> sessions;

  static void describe(Shape<EndedSessions> &shape);
};

/// Errors: why the file can't be used.
Result<QList<EndedSession>> readEndedSessions(const QString &dataDir);
/// Enters one and strikes out those that have ended by themselves; of too many, those that end first. Waits for the
/// disk.
AccessResult<void> keepEndedSession(const QString &dataDir, const EndedSession &ended, Time now);

}  // namespace tagwire::ws
