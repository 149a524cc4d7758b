// SPDX-License-Identifier: Apache-2.0
#include "busbook.h"

namespace tagwire::modbus {

Result<std::shared_ptr<Bus>> BusBook::bus(const Bus::Settings &settings) {
  const Endpoint &endpoint = settings.endpoints.first();
  if (!endpoint.isLine()) return std::make_shared<Bus>(settings);
  auto &line = m_lines[endpoint.toText()];
  if (auto inUse = line.lock()) {
    if (inUse->settings().endpoints == settings.endpoints) return inUse;
    return failure(
        QStringLiteral("%1 is shared with another instance that sets the line differently (allowed: the same "
                       "endpoint in all instances)")
            .arg(endpoint.toText()));
  }
  auto fresh = std::make_shared<Bus>(settings);
  line = fresh;
  return fresh;
}

}  // namespace tagwire::modbus
