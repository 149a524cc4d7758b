// SPDX-License-Identifier: Apache-2.0
// Services: small abstract classes that an instance may also implement, asked through PluginContext::request. Each
// method takes values, returns void and has the reply as its first parameter (so that the compiler can tell
// the rest); it answers exactly once, then or later.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "../result.h"

namespace tagwire {

class Plugin;

/// Takes the one answer of a service. Copyable; may be kept and called later, in the service's thread.
template <class Answer>
using Reply = std::function<void(Result<Answer>)>;

/// Why a request was not answered by a service.
enum class NoAnswer : quint8 {
  Absent,  ///< no instance (of that name) offers it
  Down,    ///< one does, and does not run; or it stopped meanwhile
  Late     ///< it runs, and did not answer in time
};

/// What a request brought: the service's own answer or error, or with `none` the host's word that there is no answer.
template <class Answer>
struct Answered : Result<Answer> {
  Answered(Result<Answer> own) : Result<Answer>(std::move(own)) {}
  Answered(NoAnswer why, const QString &text) : Result<Answer>(failure(text)), none(why) {}

  std::optional<NoAnswer> none = {};
};

}  // namespace tagwire
