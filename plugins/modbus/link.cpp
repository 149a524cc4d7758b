// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include "seriallink.h"
#include "tcplink.h"

namespace tagwire::modbus {

/// Asked first: where nothing came, waiting for it is an error to Qt.
void Link::takeIn() {
  pollfd look{static_cast<int>(descriptor()), POLLIN, 0};
  if (::poll(&look, 1, 0) == 1 && (look.revents & POLLIN) != 0) device()->waitForReadyRead(0);
}

std::unique_ptr<Link> makeLink(const Endpoint &endpoint) {
  if (endpoint.transport == Transport::Serial) return std::make_unique<SerialLink>(endpoint);
  return std::make_unique<TcpLink>(endpoint);
}

}  // namespace tagwire::modbus
