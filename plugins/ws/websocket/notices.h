// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <optional>

#include "protocolkind.h"
#include "timestamp.h"

namespace tagwire::ws {

// What the gateway itself has to say to a client, in the words of its protocol.

/// The message that tells a client of this protocol what it did wrong.
QByteArray complaint(ProtocolKind kind, const QString &text, Time now);
/// The answer to a credential that comes while the session is open: its page's welcome was sent long ago.
/// Empty where the page has none.
QByteArray authenticated(ProtocolKind kind, Time now);

/// The credential that a client's message brings; nothing when it brings none. With `omlox` it comes with any message,
/// which is carried out as well.
std::optional<QString> credentialIn(ProtocolKind kind, const QJsonObject &message);
/// What is said before a session is closed with this code for want of a credential; empty: the close says it.
QByteArray parting(ProtocolKind kind, quint16 code, const QString &reason);

}  // namespace tagwire::ws
