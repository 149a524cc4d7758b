// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audittrail.h"

namespace tagwire {

/// {"number","time","kind","action","actor","address","subject","reference","comment","details","hash"}: the form of
/// REST and of `tagwire audit list --json`. All of it is there, texts may be empty; the time has nine digits, the hash
/// is hexadecimal.
TAGWIRE_EXPORT QJsonObject toJson(const AuditRecord &record);

}  // namespace tagwire
