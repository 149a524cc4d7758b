// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../export.h"

namespace tagwire {

/// The process of one isolated instance, started by IsolatedPlugin with the socket to it as descriptor 3: loads the
/// library, runs the one instance, ends with it. Needs a QCoreApplication. The exit code.
TAGWIRE_EXPORT int runPluginHost();

}  // namespace tagwire
