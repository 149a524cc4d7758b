// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "sample.h"

namespace tagwire {

/// Where the values of one point were at what time on their way from the source to the clients, for `tagwire trace`. On
/// for one point and a bounded time, when somebody asks. Thread-safe; owned by the host.
class TAGWIRE_EXPORT PointTrace {
 public:
  static constexpr int mostRows = 100;  ///< values followed: the first ones, to the end of their way
  static constexpr int mostHops = 50;   ///< of one value; what is more is counted
  static constexpr std::chrono::seconds longest{60};

  /// One stop of a value. `hop` is a word of the trace's own: "received", "handed_over", "taken", "stored", "sent".
  struct Hop {
    const char *hop = "";
    Time time;
    QString instance;  ///< empty: the hub
    QString detail;
  };
  /// One value of the point and where it was, in order of time.
  struct Row {
    Sample sample;
    QList<Hop> hops;
    int omitted = 0;  ///< hops that had no room
  };
  struct Report {
    PointId point = PointId::None;  ///< None: nothing was traced yet
    Time until;
    bool isOn = false;
    QList<Row> rows;
  };

  explicit PointTrace(const Clock &clock) : m_clock(clock) {}

  /// Follows the next values of `point`; what was known of another one is forgotten. False when another point is
  /// traced at the moment. For the same point it goes on for so long from now.
  bool begin(PointId point, std::chrono::seconds time);
  void end();
  Report report() const;

  /// All that it costs while nobody traces; ask before anything else.
  bool isOn() const { return m_point.load(std::memory_order_relaxed) != PointId::None; }
  /// The values of the traced point among these.
  Samples tracedOf(const Samples &samples) const;
  /// These are in the hub now: followed from here on.
  void received(const Samples &traced);
  /// Those that are followed have come to another stop, now or at `time`.
  void reached(const Samples &traced, const char *hop, const QString &instance, const QString &detail = {});
  void reached(PointId point, Time sourceTime, const Hop &hop);

 private:
  bool isOver() const { return m_clock.elapsed() >= m_until; }

  const Clock &m_clock;
  std::atomic<PointId> m_point = PointId::None;
  mutable std::mutex m_mutex;  ///< for what follows
  PointId m_lastPoint = PointId::None;
  std::chrono::nanoseconds m_until{0};  ///< Clock::elapsed
  Time m_untilTime;
  std::vector<Row> m_rows;
};

}  // namespace tagwire
