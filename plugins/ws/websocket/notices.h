// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include "protocolkind.h"
#include "timestamp.h"

namespace tagwire::ws {

// What the gateway itself has to say to a client, in the words of its protocol.

/// The message that tells a client of this protocol what it did wrong.
QByteArray complaint(ProtocolKind kind, const QString &text, Time now);
/// The answer to a credential that comes while the session is open: its page's welcome was sent long ago.
/// Empty where the page has none.
QByteArray authenticated(ProtocolKind kind, Time now);

}  // namespace tagwire::ws
