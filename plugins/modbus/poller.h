// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "splitblock.h"

namespace tagwire::modbus {

/// Says what to read when, and learns from what came of it. Each block has an absolute schedule without drift: times
/// are start + n × period. What can't be kept up with is skipped and counted, never piled up. A unit that
/// leaves two requests in a row unanswered rests for up to 1.8 s, so that the others behind the same gateway don't wait
/// for it each time. `now` is Clock::elapsed(). Plain value without I/O; owned by the ModbusSource.
class Poller {
 public:
  using Moment = std::chrono::nanoseconds;

  explicit Poller(const QList<Block> &blocks);

  /// All blocks are due now.
  void begin(Moment now);
  /// The link is there again: what was missed meanwhile is due once, at once, and not counted as skipped.
  void resume(Moment now);
  /// The piece to read now, which then awaits one of the outcomes below; null when nothing is due.
  const Block *next(Moment now);
  /// When next() has something again; Moment::max() without any block.
  Moment due() const;

  /// Outcomes of the piece that next() gave.
  void answered(Moment now);
  /// The device refused the addresses; returns the points known to be the reason.
  QList<int> refused(Moment now);
  /// Any other exception; returns the points of the piece.
  QList<int> failed(Moment now);
  /// The connection broke; returns the points of the piece.
  QList<int> lost(Moment now);
  /// No answer in time; returns the points of the piece, or of the whole unit when it is silent.
  QList<int> timedOut(Moment now);

  size_t blocks() const { return m_entries.size(); }
  quint64 scans() const { return m_scans; }
  quint64 skippedCycles() const { return m_skipped; }

 private:
  struct Entry {
    SplitBlock block;
    Moment due{0};
  };
  struct Unit {
    int unanswered = 0;
    Backoff rest{std::chrono::milliseconds(500), std::chrono::milliseconds(1500)};
    Moment restsUntil = Moment::min();
  };

  Moment dueOf(const Entry &entry) const;
  Entry *earliest(Moment now);
  void unitAnswered();
  void closeIfOver(Moment now);
  QList<int> pointsOfCurrent() const;
  QList<int> pointsOfUnit(quint8 unit) const;

  std::vector<Entry> m_entries;
  std::map<quint8, Unit> m_units;
  Entry *m_current = nullptr;
  quint64 m_scans = 0;
  quint64 m_skipped = 0;
};

}  // namespace tagwire::modbus
