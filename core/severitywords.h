// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "event.h"

namespace tagwire {

/// As the manifest says them.
constexpr auto enumWords(Severity) {
  return std::array{std::pair{"critical", Severity::Critical}, std::pair{"major", Severity::Major},
                    std::pair{"minor", Severity::Minor}, std::pair{"info", Severity::Info}};
}

}  // namespace tagwire
