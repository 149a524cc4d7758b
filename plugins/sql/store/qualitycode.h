// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record.h"

namespace tagwire::sql {

/// Qualities as numbers, the same in every store: level << 8 | reason, and this for what was imported.
constexpr int historicalCode = 0x10000;
constexpr QualityReason lastReason = QualityReason::Removed;

int codeOf(Quality quality, bool isHistorical);
/// A code that is none of ours is Bad.
Quality qualityFrom(int code);
bool isHistorical(int code);

/// Neither NaN nor infinite, in no coordinate; true for what is no number.
bool isFinite(const Value &value);
/// What can't be stored as a number leaves nothing behind; then the quality says why, unless it says worse.
Quality storedQuality(const StoredSample &sample);

/// Within 1950 to 2240: an absurd clock does no harm, and sums of times stay in 64 bits.
Time storedTime(Time time);

}  // namespace tagwire::sql
