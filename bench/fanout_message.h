// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modbus_net.h"

namespace tagwire::bench {

/// The text that every sender sends: {"ts":<CLOCK_MONOTONIC, ns>,"pad":"xxx…"}, `size` bytes long.
inline std::string fanoutMessage(std::size_t size) {
  std::string text = "{\"ts\":" + std::to_string(monotonic()) + ",\"pad\":\"";
  text.resize(size - 2, 'x');
  return text + "\"}";
}

}  // namespace tagwire::bench
