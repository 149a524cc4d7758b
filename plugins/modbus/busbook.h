// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "bus.h"

namespace tagwire::modbus {

/// The buses in use, so that several instances can share one serial line. Thread-bound; owned by the plugin's factory.
class BusBook {
 public:
  /// A bus of its own over Modbus TCP; on a line that of all who name the same endpoint. Error: the line is in use with
  /// other settings.
  Result<std::shared_ptr<Bus>> bus(const Bus::Settings &settings);

 private:
  std::map<QString, std::weak_ptr<Bus>> m_lines;  ///< by endpoint, without the settings of the line
};

}  // namespace tagwire::modbus
