// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <QString>

#include "../export.h"
#include "service.h"

namespace tagwire {

/// One connection of a device. Called in the thread of who claimed, which is the host's.
class TAGWIRE_EXPORT DeviceHolder {
 public:
  virtual ~DeviceHolder();
  /// A newer connection of the device is at `node`; this one is to be closed.
  virtual void taken(const QString &node) = 0;
};

/// Which of several nodes has a device: the newest connection of all. Offered by plugin `cluster`; where nobody offers
/// it there is one node, and nobody to ask.
class TAGWIRE_EXPORT DeviceOwnership {
 public:
  static constexpr const char *serviceName = "device ownership";
  virtual ~DeviceOwnership();

  /// The device has connected here: whoever else has it is told to close. Held for as long as `holder` lives. Says
  /// which other node had it, empty for none. An error: not known now; it is claimed once the others can be reached, so
  /// take the device all the same.
  virtual void claimDevice(Reply<QString> reply, QString device, std::weak_ptr<DeviceHolder> holder) = 0;
};

}  // namespace tagwire
