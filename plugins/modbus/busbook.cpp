// SPDX-License-Identifier: Apache-2.0
#include "busbook.h"

namespace tagwire::modbus {

Result<std::shared_ptr<Bus>> BusBook::bus(const Bus::Settings &settings, const QList<quint8> &units) {
  const Endpoint &endpoint = settings.endpoints.first();
  if (!endpoint.isLine()) return std::make_shared<Bus>(settings);
  auto &line = m_lines[endpoint.toText()];
  if (auto inUse = line.lock()) {
    if (inUse->settings().endpoints != settings.endpoints) {
      return failure(QStringLiteral("%1 is shared with another instance that sets the line differently (allowed: the "
                                    "same endpoint in all instances)")
                         .arg(endpoint.toText()));
    }
    for (const quint8 unit : units) {
      if (!inUse->units().contains(unit)) continue;
      return failure(
          QStringLiteral("unit %1 on %2 is asked by another instance already (allowed: each unit of a line in "
                         "one instance)")
              .arg(unit)
              .arg(endpoint.toText()));
    }
    return inUse;
  }
  auto fresh = std::make_shared<Bus>(settings);
  line = fresh;
  return fresh;
}

}  // namespace tagwire::modbus
