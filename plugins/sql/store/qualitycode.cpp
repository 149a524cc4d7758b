// SPDX-License-Identifier: Apache-2.0
#include "store/qualitycode.h"

#include <algorithm>
#include <cmath>

namespace tagwire::sql {

int codeOf(Quality quality, bool isHistorical) {
  const int code = static_cast<int>(quality.level) << 8 | static_cast<int>(quality.reason);
  return isHistorical ? code | historicalCode : code;
}

Quality qualityFrom(int code) {
  const auto level = static_cast<quint8>(code >> 8 & 0xff);
  const auto reason = static_cast<quint8>(code & 0xff);
  if (level > static_cast<quint8>(QualityLevel::Bad) || reason > static_cast<quint8>(lastReason)) {
    return Quality::bad(QualityReason::None);
  }
  return {static_cast<QualityLevel>(level), static_cast<QualityReason>(reason)};
}

bool isHistorical(int code) { return (code & historicalCode) != 0; }

bool isFinite(const Value &value) {
  if (const auto *number = std::get_if<double>(&value)) return std::isfinite(*number);
  if (const auto *at = std::get_if<Position>(&value)) {
    return std::isfinite(at->x) && std::isfinite(at->y) && std::isfinite(at->z);
  }
  return true;
}

Quality storedQuality(const StoredSample &sample) {
  const bool mustSay = !sample.quality.isBad() && !isFinite(sample.value);
  return mustSay ? Quality::bad(QualityReason::NotANumber) : sample.quality;
}

Time storedTime(Time time) {
  constexpr std::chrono::sys_days earliest = std::chrono::year(1950) / 1 / 1;
  constexpr std::chrono::sys_days latest = std::chrono::year(2240) / 1 / 1;
  return std::clamp<Time>(time, earliest, latest);
}

}  // namespace tagwire::sql
