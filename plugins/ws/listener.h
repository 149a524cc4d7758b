// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTcpServer>
#include <QTcpSocket>

#include <memory>

#include "listenaddress.h"
#include "result.h"

namespace tagwire::ws {

/// The listening socket. Hands each connection over at once, so that nothing queues up in it. Thread-bound; owned by
/// the gateway.
class Listener : public QTcpServer {
  Q_OBJECT
 public:
  Listener();

  /// Waits for connections at `where`; errors are the system's text.
  Result<void> open(const ListenAddress &where);
  /// The next connection that came, or null.
  std::unique_ptr<QTcpSocket> take();

 Q_SIGNALS:
  void arrived();

 protected:
  void incomingConnection(qintptr descriptor) override;

 private:
  std::unique_ptr<QTcpSocket> m_socket;
};

}  // namespace tagwire::ws
