// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "access/permissions.h"
#include "timestamp.h"

namespace tagwire::ws {

/// Who speaks: what a credential stands for at the moment it was looked at. Plain value, shared and never changed.
struct Caller {
  enum class Kind : quint8 { Anonymous, Token, Jwt, User };

  Kind kind = Kind::Anonymous;
  QString name;  ///< of the token or the user, or the JWT's subject; for the audit
  Permissions permissions;
  std::optional<Time> expires;  ///< leeway included; of a user: when the token shown expires (BrowserSessions)
  QString credential;           ///< names this very credential, to see later whether it still holds; no secret
  QByteArray csrf;              ///< of a browser's session: what a write by REST must bring in X-CSRF-Token

  bool may(Right right) const { return permissions.allowSome(right); }
  bool may(Right right, QStringView thing) const { return permissions.allow(right, thing); }
};

/// "user ann", "token meter": what a command, an audit or a log tells of who asked.
inline QString nameWithKind(const Caller &caller) {
  static constexpr std::array kinds{"", "token ", "jwt ", "user "};
  return QLatin1String(kinds[static_cast<size_t>(caller.kind)]) + caller.name;
}

using CallerPointer = std::shared_ptr<const Caller>;

}  // namespace tagwire::ws
