// SPDX-License-Identifier: Apache-2.0
#include "protocol.h"

namespace tagwire::ws {

std::optional<Refusal> checkSome(const Caller &caller, std::span<const Right> rights) {
  QStringList due;
  for (const Right &right : rights) {
    if (caller.may(right)) return std::nullopt;
    due << QLatin1String(right.what) + QLatin1String(":") + QLatin1String(right.verb);
  }
  return Refusal{403, QStringLiteral("not permitted: %1 is due").arg(due.join(QStringLiteral(" or "))), {}};
}

}  // namespace tagwire::ws
