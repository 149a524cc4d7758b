// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include "result.h"

namespace tagwire::ws {

/// The key that browser sessions are signed with: the 32 bytes of `directory`/session.key, which the first call makes
/// (0600, whole or not at all, also when several start at once). Remove the file to end all sessions at the next start.
/// Blocks for a file sync the first time: call it at start. Errors name the file: it is of another size, no plain file,
/// of another owner or readable by others, or cannot be read or made.
Result<QByteArray> signingKey(const QString &directory);

}  // namespace tagwire::ws
