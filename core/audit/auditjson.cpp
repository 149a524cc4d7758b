// SPDX-License-Identifier: Apache-2.0
#include "auditjson.h"

namespace tagwire {

QJsonObject toJson(const AuditRecord &record) {
  const AuditEntry &entry = record.entry;
  return {{QStringLiteral("number"), record.number},
          {QStringLiteral("time"), toIso(entry.time, 9)},
          {QStringLiteral("kind"), entry.kind},
          {QStringLiteral("action"), entry.action},
          {QStringLiteral("actor"), entry.actor},
          {QStringLiteral("address"), entry.address},
          {QStringLiteral("subject"), entry.subject},
          {QStringLiteral("reference"), entry.reference},
          {QStringLiteral("comment"), entry.comment},
          {QStringLiteral("details"), entry.details},
          {QStringLiteral("hash"), QString::fromLatin1(record.hash.toHex())}};
}

}  // namespace tagwire
