// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include "auth/authenticator.h"
#include "commandbook.h"
#include "device/devicebook.h"
#include "listenerbook.h"
#include "plugin.h"
#include "rooms/roombook.h"
#include "rooms/roomstatistics.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// What the protocols and the REST routes of one gateway share: configuration, host, and the way out for what clients
/// bring in. Thread-bound; owned by the gateway, outlives protocols and routes.
class GatewayState : public QObject {
  Q_OBJECT
 public:
  GatewayState(WsConfig settings, PluginContext &host)
      : config(std::move(settings)),
        context(host),
        authenticator(config, host),
        devices(DeviceBook::of(host)),
        rooms(RoomBook::join(config, host)),
        since(host.clock().elapsed()) {}
  /// Held as long as the gateway lives.
  std::shared_ptr<ListenerBook> listeners;

  const WsConfig config;
  PluginContext &context;
  Authenticator authenticator;
  const std::shared_ptr<DeviceBook> devices;
  const std::shared_ptr<RoomBook> rooms;
  RoomStatistics roomStatistics;
  const std::chrono::nanoseconds since;  ///< when this gateway was made, by the clock that only goes forward
  const std::shared_ptr<CommandBook> commands = CommandBook::of(context);

  /// Hands a command on and remembers whose it is. The caller's rights were checked.
  void request(Command command, const Caller &caller) {
    commands->note(command, caller);
    command.correlationId = CommandBook::scoped(command.correlationId, caller);
    Q_EMIT commandRequested(command);
  }

 Q_SIGNALS:
  /// Values of points that the gateway itself owns (devices). They go to the hub and to our own protocols.
  void samplesReady(const tagwire::Samples &samples);
  /// The same for events.
  void eventRaised(const tagwire::Event &event);
  void commandRequested(const tagwire::Command &command);
  /// The hub hands a command to a point that the gateway owns.
  void commandArrived(const tagwire::Command &command);
};

}  // namespace tagwire::ws
