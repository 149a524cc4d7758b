// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/historyreader.h"
#include "spool/storedevent.h"

namespace tagwire::sql {

/// Gaps travel as events, so that they survive what they tell of: {"type":"system","kind":"history_gap","text":…} with
/// "from_ns", "to_ns", "records" and "reason".

/// Adds the gap to the event that tells of it.
void markGap(StoredEvent &event, const HistoryGap &gap);
/// The gap that an event tells of, if any.
std::optional<HistoryGap> gapOf(const StoredEvent &event);

}  // namespace tagwire::sql
