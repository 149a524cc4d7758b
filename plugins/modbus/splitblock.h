// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backoff.h"
#include "pollplan.h"

namespace tagwire::modbus {

/// A block on its way through reading, pass after pass. When the device refuses an address in it, it falls into
/// halves until the refused points stand alone, so that one bad address does not spoil the others; that is
/// remembered. The whole is tried again after 1 s, then ever more rarely, up to once a minute: a device that starts up
/// refuses everything for a while, and must not be read in single points for ever. Plain value, moved only by its
/// owner, the Poller; no clock of its own.
class SplitBlock {
 public:
  explicit SplitBlock(Block whole);

  const Block &whole() const { return m_whole; }
  /// Begins a pass.
  void begin(std::chrono::nanoseconds now);
  /// What to read next in this pass; null when it is over.
  const Block *current() const;
  /// The current piece was read, or failed in a way that says nothing of its addresses.
  void advance();
  /// The device refused the current piece. Returns the points that are now known to be refused: none while it can
  /// still be cut.
  QList<int> refuse(std::chrono::nanoseconds now);
  /// Ends the pass as it stands.
  void abandon();

 private:
  struct Piece {
    Block block;
    bool refused = false;
  };

  void skipRefused();

  Block m_whole;
  QList<Piece> m_pieces;
  qsizetype m_current;
  Backoff m_retry;
  std::chrono::nanoseconds m_retryAt{0};
  bool m_isSplit = false;
};

}  // namespace tagwire::modbus
