// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/audittrail.h"
#include "auth/caller.h"

namespace tagwire::ws {

/// Who does something and from where: for the rights, and for the record. Plain value.
struct Doer {
  CallerPointer caller;
  QString address;  ///< "192.0.2.7", without the port
};

/// "user:anna", "token:scada", "jwt:<subject>" or "anonymous": who a caller is on record. Nothing in it is what a
/// client says of itself: the approval of a second person compares it.
QString actorOf(const Caller &caller);
/// The address of "<ip>:<port>".
QString addressOf(const QString &peer);
AuditEntry auditEntry(const char *kind, const QString &action, const Doer &doer);

}  // namespace tagwire::ws
