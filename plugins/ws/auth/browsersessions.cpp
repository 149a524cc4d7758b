// SPDX-License-Identifier: Apache-2.0
#include "browsersessions.h"

#include "auth/signingkey.h"

namespace tagwire::ws {

Result<void> BrowserSessions::open(const QString &dataDir) {
  if (tokens) return {};
  const auto key = signingKey(dataDir);
  if (!key) return failure(key.error());
  auto made = SessionTokens::withKey(*key, SessionLifetimes());
  if (!made) return failure(made.error());
  tokens = std::move(*made);
  return {};
}

}  // namespace tagwire::ws
