// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "export.h"

namespace tagwire {

/// Text of a stranger (a peer, a device, a file) for a log line or an error: at most `longest` characters, and a ? for
/// each that steers a terminal or can't be seen.
TAGWIRE_EXPORT QString printable(const QString &text, qsizetype longest = 200);

}  // namespace tagwire
