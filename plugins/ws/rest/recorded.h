// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auditing.h"
#include "context.h"
#include "rest/router.h"

namespace tagwire::ws {

inline Doer doerOf(const Call &call) { return {call.caller, addressOf(call.sender.text)}; }

/// The same handler; what it carries out (status 2xx) goes on record with its method, path and body: for routes that
/// change the configuration, and whose bodies hold no secret.
std::function<void(const Call &)> recorded(PluginContext &context, const char *kind,
                                           std::function<void(const Call &)> handler);

}  // namespace tagwire::ws
