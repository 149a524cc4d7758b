// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../manifest.h"
#include "audittrail.h"

namespace tagwire {

/// That the program begins (`start`) or ends (`stop`) its work by a manifest: which files, with their SHA-256. A change
/// of the configuration shows as another hash from one start to the next.
AuditEntry manifestRecord(const char *action, const QList<ManifestDocument> &documents);

}  // namespace tagwire
