// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "playedpoints.h"
#include "result.h"
#include "sample.h"

namespace tagwire::replay {

/// Values of the past, in order of time, piece by piece. Thread-bound; owned by the Replay.
class Recording {
 public:
  /// The next values, none older than those before; empty: that was all. Errors are for people; the same piece may be
  /// asked for again.
  using Take = std::function<void(Result<std::vector<Sample>>)>;

  virtual ~Recording() = default;
  /// Answers once, later; never after cancel(). One question at a time.
  virtual void next(Take take) = 0;
  virtual void cancel() = 0;
  /// From the beginning again.
  virtual void rewind() = 0;
  /// Since it was made.
  virtual LeftOut leftOut() const = 0;
};

}  // namespace tagwire::replay
