// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "backoff.h"
#include "pollplan.h"

namespace tagwire::modbus {

/// A block on its way through reading, pass after pass. When the device refuses an address in it, it is bisected until
/// the refused points stand alone; they are remembered and left out, and what lies between them is read in as few
/// requests as before. When it is no point but an address in a gap that the device refuses, that gap is no longer read
/// over. What was refused is tried again after 1 s, then ever more rarely, up to every 5 min; while all of it is
/// refused every 2 s, for a device that starts up refuses everything for a while. Plain value, moved only by its owner,
/// the Poller; no clock of its own.
class SplitBlock {
 public:
  explicit SplitBlock(Block whole);

  const Block &whole() const { return m_whole; }
  /// Begins a pass.
  void begin(std::chrono::nanoseconds now);
  /// What to read next in this pass; null when it is over.
  const Block *current() const { return m_work.empty() ? nullptr : &m_piece; }
  /// The current piece was read.
  void answered();
  /// The current piece failed in a way that says nothing of its addresses.
  void skip();
  /// The device refused the current piece. Returns the points that are now known to be refused: none while it can
  /// still be cut.
  QList<int> refuse(std::chrono::nanoseconds now);
  /// Ends the pass as it stands.
  void abandon();
  /// Ends it, and nothing is remembered.
  void forget();
  /// The device was away: what it refused before is tried again in the next pass.
  void tryAgainSoon();
  /// Points that are left out at present.
  qsizetype refusedPoints() const;

 private:
  struct Range {
    qsizetype first = 0;
    qsizetype last = 0;
    bool isWhole = false;  ///< the first try at everything after a pause
  };

  void addRuns();
  void addRefused();
  void take();
  void dropFront();
  void settle();
  bool isKnownToBeRefused(const Range &range) const;
  bool isLearned() const { return m_isRefused.size() > 0; }
  bool isExplained(const Range &range) const;
  bool isOnePlace(const Range &range) const;

  Block m_whole;
  Block m_piece;
  std::deque<Range> m_work;
  std::vector<Range> m_cutInTwo;     ///< refused ranges of this pass, the widest first
  std::vector<bool> m_isRefused;     ///< per part; both empty while nothing was ever refused
  std::vector<bool> m_isGapRefused;  ///< behind each part
  Backoff m_retry;
  std::chrono::nanoseconds m_retryAt{0};
};

}  // namespace tagwire::modbus
