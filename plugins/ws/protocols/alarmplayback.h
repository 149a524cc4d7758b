// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QTimer>

#include "alarmhistory.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// Shows one client a piece of the history again, at a chosen speed (R3-24). Holds two pages at most, and goes on only
/// while the client takes what it is sent. Thread-bound (main thread); owned by AlarmsProtocol.
class AlarmPlayback {
 public:
  struct Wish {
    Time from;
    Time to;
    double speed = 1;  ///< 10: ten seconds of then in one of now

    /// Without `to` up to now.
    static Result<Wish> fromJson(const QJsonObject &message, Time now);
  };

  static constexpr double slowest = 0.1;
  static constexpr double fastest = 1000;
  static constexpr std::chrono::seconds longestWait{10};  ///< between two events, however far apart they were

  /// Sends at most half of `queue` frames in one turn. `admits` tells what the client may see now.
  AlarmPlayback(PluginContext &context, const Wish &wish, Session &session, int queue,
                std::function<bool(const Event &)> admits);

  /// Sends what is due, asks for what comes next, and comes back by itself when more is due.
  void goOn();
  void stop();
  /// `playback_end` was sent.
  bool isOver() const { return m_isOver; }

 private:
  void ask();
  void took(const tl::expected<AlarmHistoryPage, Refusal> &page);
  std::chrono::nanoseconds dueOf(const Event &event) const;
  void show(const Event &event);
  void wait(std::chrono::nanoseconds time);
  void end(bool isStopped, const QString &error);

  static constexpr int pageSize = 200;

  PluginContext &m_context;
  Session &m_session;
  const std::function<bool(const Event &)> m_admits;
  const double m_speed;
  const int m_mostPerTurn;
  AlarmHistoryQuery m_query;
  AlarmCursor m_cursor;
  QList<Event> m_waiting;
  Time m_shownTime;                        ///< of the newest that was shown
  std::chrono::nanoseconds m_shownDue{0};  ///< when it was due
  qint64 m_shown = 0;
  bool m_isAsking = false;
  bool m_hasAll = false;  ///< no further page follows
  bool m_isOver = false;
  QTimer m_timer;
  const std::shared_ptr<AlarmPlayback *> m_self;  ///< a page that comes late finds it gone
};

}  // namespace tagwire::ws
