// SPDX-License-Identifier: Apache-2.0
#include "seriallink.h"
#include "tcplink.h"

namespace tagwire::modbus {

std::unique_ptr<Link> makeLink(const Endpoint &endpoint) {
  if (endpoint.transport == Transport::Serial) return std::make_unique<SerialLink>(endpoint);
  return std::make_unique<TcpLink>(endpoint);
}

}  // namespace tagwire::modbus
