// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "circuitbreaker.h"
#include "splitblock.h"

namespace tagwire::modbus {

/// Which units a request may be for. On a shared line, and where a second connection is at hand, units that are being
/// probed or that are slow must not hold up the others.
enum class Scope : quint8 { All, Healthy, Aside };

/// Says what to read when, and learns from what came of it. Each block has an absolute schedule without drift: times
/// are start + n × period. What can't be kept up with is skipped and counted, never piled up. Of one block one request
/// is under way at a time, of different blocks any number. Each unit has a CircuitBreaker. `now` is Clock::elapsed().
/// Plain value without I/O; owned by the ModbusSource.
class Poller {
 public:
  using Moment = std::chrono::nanoseconds;

  struct Settings {
    int suspendAfter = 2;  ///< failures in a row, then the unit is only probed
    std::chrono::milliseconds longestPause{2000};
    bool isLine = false;          ///< frames carry no number: see CircuitBreaker
    bool probesAreApart = false;  ///< a second connection carries them, so they may take their time
    UnitBook units;
  };
  /// A request to send. Each one taken awaits one of the outcomes below.
  struct Poll {
    int entry = 0;  ///< names it in the outcome
    bool isProbe = false;
    bool isAside = false;  ///< of a unit that must not hold up the others
    Block block;
    std::chrono::milliseconds timeout{0};
  };

  Poller(const QList<Block> &blocks, const Settings &settings);

  /// All blocks are due now; whatever was under way is forgotten.
  void begin(Moment now);
  /// The link is there again: what was missed meanwhile is due once, at once, and not counted as skipped.
  void resume(Moment now);
  /// What to read now; nothing when nothing is due.
  std::optional<Poll> next(Moment now, Scope scope);
  /// When next() has something again; Moment::max() when nothing ever.
  Moment due(Scope scope) const;
  /// How long the next request for a unit aside may keep the line.
  std::chrono::milliseconds asideTime() const;
  /// A probe for `unit` out of turn, when it has to be probed before anything else is asked of it.
  std::optional<Poll> probeFirst(quint8 unit);

  /// Outcomes. The lists returned are points that can't be read.
  void answered(const Poll &poll, Moment now, std::chrono::nanoseconds took);
  /// The device refused the addresses; returns the points known to be the reason.
  QList<int> refused(const Poll &poll, Moment now);
  /// Another exception that the device itself answered.
  QList<int> failed(const Poll &poll, Moment now);
  /// No answer of the unit; the points of the request, or of the whole unit when it is given up.
  QList<int> unanswered(const Poll &poll, Moment now);
  /// The link broke while this request was under way. Once may be chance; a unit whose requests break it again and
  /// again counts as one that does not answer.
  QList<int> brokeTheLink(const Poll &poll, Moment now);
  /// The link broke through no fault of this request: it is due again, behind the others, so that none is always first.
  void interrupted(const Poll &poll, Moment now);
  /// A command had no answer either.
  QList<int> unitFailed(quint8 unit, Moment now);

  /// Points that were not read for three periods and more since they were read last; each is told once.
  QList<int> stale(Moment now);

  size_t blocks() const { return m_entries.size(); }
  size_t units() const { return m_units.size(); }
  bool hasHealthyUnits() const;
  /// It left so many requests unanswered that it is only probed.
  bool isGivenUp(quint8 unit) const;
  quint64 scans() const { return m_scans; }
  quint64 skippedCycles() const { return m_skipped; }
  /// How long after they were due blocks were read, since this was asked last; at most 1000.
  QList<std::chrono::nanoseconds> takeCycles() { return std::exchange(m_cycles, {}); }

 private:
  struct Entry {
    SplitBlock block;
    Moment due{0};
    Moment ready{0};  ///< its place among the others that are due
    Moment read{0};
    bool isInFlight = false;
    bool isStale = false;
    int failures = 0;  ///< in a row, while its unit answers others
  };
  struct Unit {
    CircuitBreaker breaker;
    UnitSettings settings;
    std::vector<int> entries;
    std::set<std::pair<Moment, int>> waiting;  ///< by Entry::ready
    bool isProbed = false;                     ///< a probe is under way
    int probes = 0;
    int breaks = 0;                         ///< of the link, in a row
    size_t probed = 0;                      ///< in `entries`: the one that answered last, or the next to try
    bool isKnown = false;                   ///< it answered something
    std::chrono::nanoseconds usualTime{0};  ///< of an answer, smoothed; 0: none yet
    bool isSlow = false;
  };

  Unit &unitOf(const Poll &poll) { return m_units.at(poll.block.unit); }
  Entry &entryOf(const Poll &poll) { return m_entries[static_cast<size_t>(poll.entry)]; }
  /// Already after its first unanswered request: many may die together.
  static bool isAside(const Unit &unit) { return unit.breaker.failures() > 0 || unit.isSlow; }
  std::chrono::nanoseconds asideTime(const Unit &unit) const;
  static bool isWithin(const Unit &unit, Scope scope);
  Moment dueOf(const Unit &unit) const;
  std::optional<Poll> take(quint8 id, Unit &unit, Moment now);
  Poll probe(quint8 id, Unit &unit);
  Block probeBlock(quint8 id, const Unit &unit) const;
  std::chrono::milliseconds probeTimeout(const Unit &unit, int probe) const;
  void enqueue(int index, Moment ready);
  void release(const Poll &poll, Moment now);
  void learnTime(Unit &unit, std::chrono::nanoseconds took);
  void readSoon(Unit &unit, Moment now);
  QList<int> giveUp(Unit &unit, Moment now, const QList<int> &points);
  void unitAnswered(const Poll &poll);
  static QList<int> pointsOf(const Block &block);
  QList<int> pointsOf(const Unit &unit) const;

  Settings m_settings;
  std::vector<Entry> m_entries;
  std::map<quint8, Unit> m_units;
  quint64 m_scans = 0;
  quint64 m_skipped = 0;
  QList<std::chrono::nanoseconds> m_cycles;
};

}  // namespace tagwire::modbus
