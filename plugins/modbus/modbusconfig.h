// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "devicetemplate.h"
#include "modbussource.h"
#include "pointconfig.h"
#include "unitconfig.h"

namespace tagwire::modbus {

constexpr qsizetype mostPoints = 100'000;  ///< of one instance

/// The `config` of one instance, as written. Plain value.
struct ModbusConfig {
  std::optional<Endpoint> endpoint;
  QList<Endpoint> endpoints;
  int unit = 1;
  std::chrono::milliseconds pollInterval{1000};
  std::chrono::milliseconds timeout{1000};
  std::chrono::milliseconds requestPause{0};
  int maxRegisters = maxReadRegisters;
  int maxBits = maxReadBits;
  WriteStyle writeFunction = WriteStyle::Automatic;
  std::chrono::milliseconds verifyTime{1000};
  QList<UnitConfig> units;
  int maxOutstanding = 1;
  std::chrono::milliseconds connectPause{0};
  int maxGap = 8;
  int suspendAfter = 2;
  std::chrono::milliseconds probeInterval{1800};
  bool probeConnection = true;
  QList<PointConfig> points;
  QMap<QString, DeviceTemplate> templates;
  QList<DeviceConfig> devices;

  static void describe(Shape<ModbusConfig> &shape);

  /// Reports keys of which one is needed and none is there.
  static void tellMissing(ConfigReader &reader);
  /// Reports what one key alone can't say of the way to the device.
  void checkLink(ConfigReader &reader) const;
  Bus::Settings busSettings(const QList<ModbusPoint> &points) const;
  SourceSettings sourceSettings() const;

  /// Appends the devices' points to `points` and gives all of them, checked; what is wrong with one is reported at its
  /// key, and the others are still checked. Call it once.
  QList<ModbusPoint> settlePoints(ConfigReader &reader);
  /// What is declared of them; `settled` is what settlePoints() gave without an error.
  QList<PointInfo> pointInfos(const QList<ModbusPoint> &settled, const ConfigReader &reader) const;
  /// The same as rows of a CSV file, with absolute addresses and each with its unit id.
  PointRows pointRows(const QList<ModbusPoint> &settled) const;

 private:
  static void describeLink(Shape<ModbusConfig> &shape);
  static void describeRequests(Shape<ModbusConfig> &shape);
  QList<Endpoint> allEndpoints() const { return endpoint ? QList{*endpoint} : endpoints; }
  UnitBook unitBook() const;
  QString unitProblem(const ModbusPoint &point, const UnitBook &book) const;
};

}  // namespace tagwire::modbus
