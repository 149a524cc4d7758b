// SPDX-License-Identifier: Apache-2.0
#include "audittrail.h"

namespace tagwire {

AuditTrail::~AuditTrail() = default;

}  // namespace tagwire
