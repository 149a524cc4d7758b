// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QPointer>

#include "command.h"
#include "device/device.h"

namespace tagwire::ws {

class GatewayState;

/// Commands to devices (R2-10): sent over the device's connection, ended by its acknowledgement. A device that does not
/// answer, or goes before it does, may have carried the command out: the outcome is then unknown. Thread-bound; owned
/// by the DeviceBook.
class DeviceCommands {
 public:
  static constexpr int mostOfOneDevice = 100;  ///< that wait for an acknowledgement
  static constexpr std::chrono::seconds answerWithin{8};

  /// `home`: the gateway that owns the point; every step is told there. `device` is null for one that is gone.
  void execute(GatewayState &home, const Device *device, const Command &command);
  /// Whether a message of a device means to be an acknowledgement.
  static bool isAcknowledgement(const QByteArray &message);
  std::optional<Rejection> acknowledge(const Session &from, const QByteArray &message);
  /// The session is gone.
  void lost(const Session &session);
  /// Ends those that were not answered in time.
  void tick(std::chrono::nanoseconds now);

 private:
  struct Waiting {
    QPointer<GatewayState> home;
    const Session *session;
    PointId point;
    std::chrono::nanoseconds deadline;
  };
  void end(const QString &commandId, CommandState state, const QString &error);

  QHash<QString, Waiting> m_waiting;
};

}  // namespace tagwire::ws
