// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "export.h"

namespace tagwire {

/// How far a value can be trusted (OPC UA Part 8: Good, Uncertain, Bad).
enum class QualityLevel : quint8 { Good, Uncertain, Bad };

/// Why a value is not Good. The text form is the name in snake_case ("no_connection").
enum class QualityReason : quint8 {
  None,
  WaitingForFirstValue,
  NoConnection,
  Timeout,
  IllegalFunction,
  IllegalAddress,
  IllegalValue,
  DeviceFailure,
  DeviceBusy,
  GatewayPathUnavailable,
  GatewayTargetFailed,
  DeviceException,
  InvalidResponse,
  OutOfRange,
  NotANumber,
  Stale,
  Lost,
  Disconnected,
  Disabled,
  Removed
};

/// Level and reason. Plain value, two bytes.
struct Quality {
  QualityLevel level = QualityLevel::Good;
  QualityReason reason = QualityReason::None;

  static constexpr Quality good() { return {}; }
  static constexpr Quality uncertain(QualityReason reason) { return {QualityLevel::Uncertain, reason}; }
  static constexpr Quality bad(QualityReason reason) { return {QualityLevel::Bad, reason}; }

  constexpr bool isGood() const { return level == QualityLevel::Good; }
  constexpr bool isBad() const { return level == QualityLevel::Bad; }
  friend constexpr bool operator==(Quality, Quality) = default;
};

/// "good", "uncertain:<reason>" or "bad:<reason>" (the form of R6-7).
TAGWIRE_EXPORT QString toText(Quality quality);
/// "no_connection"; empty for None.
TAGWIRE_EXPORT QLatin1String toText(QualityReason reason);

}  // namespace tagwire
