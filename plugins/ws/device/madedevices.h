// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/accessfile.h"

namespace tagwire::ws {

/// A device that was made by REST. Plain value.
struct MadeDevice {
  QString id;
  QString model;
  QString token;  ///< id of the token that was made with it
  Time created;
  QString createdBy;

  static void describe(Shape<MadeDevice> &shape);
};

/// What stands in `<data_dir>/devices.json`.
struct MadeDevices {
  static constexpr int currentVersion = 1;
  static constexpr int most = 10'000;
  int version = currentVersion;
  QList<MadeDevice> devices;

  static void describe(Shape<MadeDevices> &shape);
};

/// That file. Changing it waits for the disk.
class MadeDevicesFile : public AccessFile<MadeDevices> {
 public:
  explicit MadeDevicesFile(const QString &dataDir);
};

/// Makes a token that may publish for the device, and enters both; the token's text. Waits for the disk.
AccessResult<QByteArray> enterDevice(const QString &dataDir, MadeDevice device, Time now);
/// Revokes the device's token and strikes the device out. Waits for the disk.
AccessResult<void> strikeDevice(const QString &dataDir, const QString &id);

}  // namespace tagwire::ws
