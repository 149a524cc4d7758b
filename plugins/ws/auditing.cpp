// SPDX-License-Identifier: Apache-2.0
#include "auditing.h"

namespace tagwire::ws {

QString actorOf(const Caller &caller) {
  static constexpr std::array kinds{"", "token:", "jwt:", "user:"};
  if (caller.kind == Caller::Kind::Anonymous) return QStringLiteral("anonymous");
  return QLatin1String(kinds[static_cast<size_t>(caller.kind)]) + caller.name;
}

QString addressOf(const QString &peer) {
  const QString address = peer.section(u':', 0, -2);
  const bool isBracketed = address.startsWith(u'[') && address.endsWith(u']');
  return isBracketed ? address.mid(1, address.size() - 2) : address;
}

AuditEntry auditEntry(const char *kind, const QString &action, const Doer &doer) {
  AuditEntry entry;
  entry.kind = QLatin1String(kind);
  entry.action = action;
  entry.actor = actorOf(*doer.caller);
  entry.address = doer.address;
  return entry;
}

}  // namespace tagwire::ws
