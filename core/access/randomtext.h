// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include "../export.h"

namespace tagwire {

/// Random bytes of the system's generator as base64url without padding: 32 bytes make 43 characters. Thread-safe.
TAGWIRE_EXPORT QByteArray randomText(int bytes);

}  // namespace tagwire
