// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "event.h"

namespace tagwire::cluster {

/// Which alarms this hub tells. All hubs evaluate the same values, and the one that holds the lease (VoiceLease) tells.
/// Whatever comes is kept first: the holder tells it once the lease was confirmed after it came, so that nothing is on
/// its way out that another hub may tell as well. Who is not the holder drops what the holder has told, and what is
/// left for long. What an operator did happened on one hub alone, which tells it. Plain class; `now` is Clock::elapsed.
class AlarmVoice {
 public:
  using Moment = std::chrono::nanoseconds;
  /// So long after the last confirmation somebody holds the lease; another may take it after VoiceLease::length.
  static constexpr std::chrono::seconds confidence{3};
  /// So long after its own an alarm of another hub is the same one.
  static constexpr std::chrono::seconds sameAlarm{30};
  static constexpr size_t mostHeld = 10'000;

  void start();
  /// The lease was ours at `begin`: what came up to then is to be told now.
  QList<Event> confirmed(Moment begin, Moment now);
  /// Another hub holds it.
  void taken() { m_isOthers = true; }
  bool isSpeaking(Moment now) const { return m_confirmed && now - *m_confirmed < confidence; }
  /// Something waits for the lease to be confirmed.
  bool isWaiting() const { return !m_isOthers && !m_held.empty(); }

  /// An alarm of our own: true when it is to be told at once, else it is kept.
  bool tells(const Event &event, Moment now);
  /// Another hub told this; `isLate`: long ago.
  void told(const Event &event, Moment now, bool isLate = false);
  /// What this operator's change comes to here is not told once more; forgotten when nothing came of it.
  void follows(const Event &event, Moment now);
  void forgets(const Event &event);
  qint64 dropped() const { return m_dropped; }

  /// Alarms only: of anything else every node has its own.
  static bool concerns(const Event &event);
  static bool isOperators(const Event &event);

 private:
  struct Kept {
    Moment at;
    QByteArray key;
    Event event;
  };
  using Keep = std::deque<Kept>;
  static QByteArray keyOf(const Event &event);
  static Keep::iterator find(Keep &keep, const QByteArray &key);
  void forget(Moment now);

  std::optional<Moment> m_confirmed;
  bool m_isOthers = false;
  Keep m_held;  ///< our own, not told
  Keep m_told;  ///< by another, and not by us yet
  qint64 m_dropped = 0;
};

}  // namespace tagwire::cluster
