// SPDX-License-Identifier: Apache-2.0
#include "quality.h"

namespace tagwire {

QLatin1String toText(QualityReason reason) {
  switch (reason) {
    case QualityReason::None:
      return QLatin1String("");
    case QualityReason::WaitingForFirstValue:
      return QLatin1String("waiting_for_first_value");
    case QualityReason::NoConnection:
      return QLatin1String("no_connection");
    case QualityReason::Timeout:
      return QLatin1String("timeout");
    case QualityReason::IllegalFunction:
      return QLatin1String("illegal_function");
    case QualityReason::IllegalAddress:
      return QLatin1String("illegal_address");
    case QualityReason::IllegalValue:
      return QLatin1String("illegal_value");
    case QualityReason::DeviceFailure:
      return QLatin1String("device_failure");
    case QualityReason::DeviceBusy:
      return QLatin1String("device_busy");
    case QualityReason::GatewayPathUnavailable:
      return QLatin1String("gateway_path_unavailable");
    case QualityReason::GatewayTargetFailed:
      return QLatin1String("gateway_target_failed");
    case QualityReason::DeviceException:
      return QLatin1String("device_exception");
    case QualityReason::InvalidResponse:
      return QLatin1String("invalid_response");
    case QualityReason::OutOfRange:
      return QLatin1String("out_of_range");
    case QualityReason::NotANumber:
      return QLatin1String("not_a_number");
    case QualityReason::Stale:
      return QLatin1String("stale");
    case QualityReason::Lost:
      return QLatin1String("lost");
    case QualityReason::Disconnected:
      return QLatin1String("disconnected");
    case QualityReason::Disabled:
      return QLatin1String("disabled");
    case QualityReason::Removed:
      return QLatin1String("removed");
  }
  return QLatin1String("");
}

QString toText(Quality quality) {
  if (quality.isGood()) return QStringLiteral("good");
  const QLatin1String level = quality.isBad() ? QLatin1String("bad") : QLatin1String("uncertain");
  if (quality.reason == QualityReason::None) return level;
  return level + u':' + toText(quality.reason);
}

}  // namespace tagwire
