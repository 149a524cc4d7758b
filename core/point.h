// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "configlocation.h"
#include "sample.h"

namespace tagwire {

/// What a command needs besides its value before it is sent.
enum class Confirm : quint8 {
  None,
  Select,       ///< the same caller has selected the point before (IEC 61850-7-2: select before operate)
  SecondPerson  ///< somebody else who may write the point has approved it
};
constexpr auto enumWords(Confirm) {
  return std::array{std::pair{"none", Confirm::None}, std::pair{"select", Confirm::Select},
                    std::pair{"second_person", Confirm::SecondPerson}};
}

/// What the router demands of commands for a point. Shared, for most points have none.
struct CommandRules {
  Confirm confirm = Confirm::None;
  std::chrono::milliseconds interval{0};    ///< least time between two commands
  std::chrono::milliseconds minimumOn{0};   ///< bool: how long it has to be on before it may be switched off
  std::chrono::milliseconds minimumOff{0};  ///< and off before it may be switched on
  std::optional<double> maximumStep = {};   ///< largest change by one command, engineering units
  std::optional<Value> safeValue = {};      ///< what a pulse ends in, and no interlock holds up; absent: false or 0

  friend bool operator==(const CommandRules &, const CommandRules &) = default;
};

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
  CommandRules commandRules = {};
  ConfigLocation where = {};  ///< where the manifest names it; for error messages only
  QString tag = {};           ///< RTLS tag that it is about: who reads it needs positions:read of this tag; empty: none
};

/// A declared point: what the table keeps, without the place in the manifest and in an order that keeps it small, for
/// there may be a hundred thousand. Never changed once it is handed out: a reload puts another one under its id.
struct Point {
  QString name;
  QString fullName;
  QString owner;  ///< instance id
  QString unit;
  QString description;
  QString tag;  ///< RTLS tag that it is about; empty: none
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::shared_ptr<const CommandRules> commandRules;  ///< null: none
  std::optional<int> number;
  PointId id = PointId::None;
  ValueType type = ValueType::Double;
  bool writable = false;
  bool verify = true;
  bool isNumberAssigned = false;  ///< the number is the host's choice
  bool isRemoved = false;         ///< the manifest has it no more: no name finds it, its quality is Bad (removed)
};

}  // namespace tagwire
