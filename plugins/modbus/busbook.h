// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "bus.h"

namespace tagwire::modbus {

/// The buses in use, so that several instances can share one serial line. Thread-bound; owned by the plugin's factory.
class BusBook {
 public:
  /// A bus of its own over Modbus TCP; on a line that of all who name the same endpoint. Errors: the line is in use
  /// with other settings, or another instance asks the same unit there: an answer on a line does not say to whom it
  /// belongs, so late answers can only be told apart by who asks all of a unit.
  Result<std::shared_ptr<Bus>> bus(const Bus::Settings &settings, const QList<quint8> &units);

 private:
  std::map<QString, std::weak_ptr<Bus>> m_lines;  ///< by endpoint, without the settings of the line
};

}  // namespace tagwire::modbus
