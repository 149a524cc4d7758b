// SPDX-License-Identifier: Apache-2.0
// Services: small abstract classes that an instance may also implement, asked through PluginContext::request. Each
// method takes values, returns void and has the reply as its first parameter (so that the compiler can tell
// the rest); it answers exactly once, then or later.
#pragma once

#include <functional>

#include "../result.h"

namespace tagwire {

class Plugin;

/// Takes the one answer of a service. Copyable; may be kept and called later, in the service's thread.
template <class Answer>
using Reply = std::function<void(Result<Answer>)>;

}  // namespace tagwire
