// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <array>
#include <chrono>

#include "result.h"

namespace tagwire::rtls {

/// Lets fixes of one tag pass in the order of their senders' sequence numbers (R1-12): 1…200, wrapping; a step of 1 to
/// 100 is forward. Each sender has its own count; a new one, or 10 s of silence, starts it anew. Plain value.
class SequenceGate {
 public:
  static constexpr std::chrono::seconds silence{10};

  /// `sequence` -1: the fix has none and always passes. Errors: not within 1…200, not forward.
  Result<void> pass(const QString &sender, int sequence, std::chrono::nanoseconds elapsed);

 private:
  struct Count {
    QString sender;
    int sequence = 0;  ///< 0: unused
    std::chrono::nanoseconds heard{0};
  };
  Count &countOf(const QString &sender);

  // A tag is heard by one gateway or a few; the longest silent one makes room.
  std::array<Count, 4> m_counts;
};

}  // namespace tagwire::rtls
