// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "export.h"
#include "result.h"

namespace tagwire {

/// Makes a folder with what is missing above it. Errors are the system's reason.
TAGWIRE_EXPORT Result<void> makeFolders(const QString &folder);

/// The process that holds the flock of this open file, as " (pid 4711)"; empty where the system does not tell.
QString lockHolder(int descriptor);

}  // namespace tagwire
