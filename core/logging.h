// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "export.h"
#include "result.h"

namespace tagwire {

/// Sends every Qt log message to stderr, one line each ("<UTC time> <level> <instance>: <text>"), or, when stderr is
/// the journal's, to the journal with the fields PRIORITY and TAGWIRE_PLUGIN. Control characters are escaped, so that
/// no device or client can forge a line. Call once, before the first message.
TAGWIRE_EXPORT void installLogging();

/// "debug", "info", "warning" or "error": the least that is shown of Tagwire's own categories. QT_LOGGING_RULES wins.
TAGWIRE_EXPORT Result<void> setLogLevel(const QString &level);

/// `text` on one line: control characters, and those that turn text round, as \xNN or \uNNNN.
TAGWIRE_EXPORT QString onOneLine(const QString &text);

}  // namespace tagwire
