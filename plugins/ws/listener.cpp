// SPDX-License-Identifier: Apache-2.0
#include "listener.h"

namespace tagwire::ws {

Listener::Listener() {
  // A thousand clients that come back after a restart come at once (Qt's 50 took 10 s for them).
  setListenBacklogSize(1024);
  setMaxPendingConnections(1024);
}

Result<void> Listener::open(const ListenAddress &where) {
  if (listen(where.address, where.port)) return {};
  return failure(errorString());
}

void Listener::incomingConnection(qintptr descriptor) {
  auto socket = std::make_unique<QTcpSocket>();
  if (!socket->setSocketDescriptor(descriptor)) return;
  m_socket = std::move(socket);
  Q_EMIT arrived();
}

std::unique_ptr<QTcpSocket> Listener::take() { return std::move(m_socket); }

}  // namespace tagwire::ws
