// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>

#include "event.h"

namespace tagwire::cluster {

/// Which of several hubs tells of alarms. All evaluate the same values, one of them speaks: it goes on for as long as
/// it is heard, and then the first by name takes over. The others keep what they would have told, until it comes from
/// who speaks; what is left when they take over they tell. Plain class; `now` is Clock::elapsed.
class AlarmVoice {
 public:
  using Moment = std::chrono::nanoseconds;
  static constexpr std::chrono::seconds silence{3};
  /// So long after its own an alarm of another hub is the same one.
  static constexpr std::chrono::seconds sameAlarm{30};
  static constexpr size_t mostHeld = 10'000;

  explicit AlarmVoice(QString node) : m_node(std::move(node)) {}

  void start(Moment now);
  void heard(const QString &node, bool isSpeaking, Moment now);
  /// Decides anew; what is to be told now.
  QList<Event> look(Moment now);
  bool isSpeaking() const { return m_isSpeaking; }
  /// An alarm of our own: true when it is to be told at once, else it is kept.
  bool tells(const Event &event, Moment now);
  /// Another hub told this.
  void told(const Event &event, Moment now);

  /// Alarms only: of anything else every node has its own.
  static bool concerns(const Event &event);

 private:
  struct Other {
    Moment heard{0};
    bool isSpeaking = false;
  };
  struct Kept {
    Moment at;
    QByteArray key;
    Event event;
  };
  static QByteArray keyOf(const Event &event);
  void forget(Moment now);

  const QString m_node;
  Moment m_startedAt{0};
  bool m_isSpeaking = false;
  std::map<QString, Other> m_others;
  std::deque<Kept> m_held;  ///< our own, not told
  std::deque<Kept> m_told;  ///< by another, and not by us yet
};

}  // namespace tagwire::cluster
