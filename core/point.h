// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <optional>

#include "configlocation.h"
#include "sample.h"

namespace tagwire {

/// What a plugin says of a point when it declares it.
struct PointInfo {
  QString name;  ///< within the instance: "boiler/temp"; the full name is "<instance id>/boiler/temp"
  ValueType type = ValueType::Double;
  std::optional<int> number = {};  ///< id on the older protocols, 1…2147483647; given once by the host if absent
  QString unit = {};               ///< engineering unit, "°C"
  QString description = {};
  bool writable = false;               ///< commands are admitted
  bool verify = true;                  ///< a write is confirmed by reading back
  std::optional<double> minimum = {};  ///< lowest value a command may write, engineering units
  std::optional<double> maximum = {};  ///< highest
  ConfigLocation where = {};           ///< where the manifest names it; for error messages only
  QString tag = {};  ///< RTLS tag that it is about: who reads it needs positions:read of this tag; empty: none
};

/// A declared point: what the table keeps, without the place in the manifest and in an order that keeps it small, for
/// there may be a hundred thousand. Never changed once it is handed out.
struct Point {
  QString name;
  QString fullName;
  QString owner;  ///< instance id
  QString unit;
  QString description;
  QString tag;  ///< RTLS tag that it is about; empty: none
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::optional<int> number;
  PointId id = PointId::None;
  ValueType type = ValueType::Double;
  bool writable = false;
  bool verify = true;
};

}  // namespace tagwire
