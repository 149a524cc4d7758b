// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSocketNotifier>
#include <QSslConfiguration>

#include <memory>
#include <optional>

#include "http/stream.h"
#include "network/descriptor.h"
#include "network/listenaddress.h"
#include "result.h"
#include "timestamp.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// The listening socket. Hands each connection over at once, so that nothing queues up in it. Thread-bound; owned by
/// the gateway.
class Listener : public QObject {
  Q_OBJECT
 public:
  /// From now on connections are TLS with this certificate; those that are open keep theirs. On an error nothing
  /// changes. The text is a warning, if there is anything to warn about. For start and for each reload.
  Result<QString> useTls(const TlsConfig &tls, Time now);
  /// Waits for connections at `where`; errors are the system's text. `socket`, if it is open, listens there already.
  Result<void> open(const ListenAddress &where, Descriptor socket = {});
  /// Accepts no more; who connects to the socket waits.
  Descriptor release();
  /// Why open() failed: somebody else listens there.
  bool isPortTaken() const { return m_isPortTaken; }
  QHostAddress address() const { return m_address; }
  quint16 port() const { return m_port; }
  /// The connection that arrived, or null.
  std::unique_ptr<Stream> take() { return std::move(m_stream); }
  /// Accepts again after acceptFailed().
  void resume();

 Q_SIGNALS:
  void arrived();
  /// Accepts no more until resume(): no descriptors or no memory.
  void acceptFailed(const QString &why);

 private:
  static constexpr int acceptedAtOnce = 64;       ///< then it is the turn of those that are connected
  static constexpr int unsentBytes = 256 * 1024;  ///< of one client, in the kernel
  static constexpr int backlog = 1024;            ///< a thousand clients that come back after a restart come at once

  Result<void> bindTo(const ListenAddress &where);
  void acceptSome();
  bool acceptOne();

  Descriptor m_socket;
  std::unique_ptr<QSocketNotifier> m_readable;
  QHostAddress m_address;
  quint16 m_port = 0;
  std::optional<QSslConfiguration> m_tls;
  std::unique_ptr<Stream> m_stream;
  bool m_isPortTaken = false;
};

}  // namespace tagwire::ws
