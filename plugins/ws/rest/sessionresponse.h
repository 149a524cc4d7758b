// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "gatewaystate.h"

namespace tagwire::ws {

/// Who the caller is and may do, as login and GET /api/v1/session tell it.
QJsonObject describeCaller(const Caller &caller);
/// Begins a browser session of a user who was proved to be that: the answer with `status` and its cookie, and a record
/// of it. 401 when the user was removed, or changed, while that was looked at.
Response beginSession(GatewayState &state, const QString &name, const QString &generation, const Sender &sender,
                      int status);

}  // namespace tagwire::ws
