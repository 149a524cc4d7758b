// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include <deque>
#include <optional>

#include "backoff.h"
#include "notify/notice.h"

namespace tagwire::alarms {

/// The notices that wait for one target: in order, one message at a time, with pauses after failures, a rate limit and
/// grouping. No clock, timer or I/O. `elapsed` is a clock that only goes forward. Plain class.
class TargetQueue {
 public:
  using Elapsed = std::chrono::nanoseconds;
  static constexpr qsizetype mostWaiting = 10'000;
  static constexpr qsizetype mostInGroup = 100;
  /// So often a message is tried that the target refuses for what it says.
  static constexpr int mostRefusals = 5;
  static constexpr std::chrono::seconds firstPause{1};
  static constexpr std::chrono::minutes longestPause{5};

  struct Limits {
    std::chrono::milliseconds giveUpAfter{24 * 3'600'000};
    int perMinute = 60;                  ///< messages; repeated attempts do not count
    std::chrono::milliseconds group{0};  ///< 0: each notice is a message
    double jitter = 0.2;                 ///< of the pauses
  };
  /// What a failed attempt led to.
  struct Failure {
    QList<Notice> postponed;
    QList<qint64> givenUp;
    bool isRefusal = false;  ///< why they were given up; else they were too old
  };

  explicit TargetQueue(const Limits &limits);

  /// False: too many wait, it was not taken. `now` is the wall clock.
  bool add(const Notice &notice, Time now, Elapsed elapsed);
  /// The message that is to go out now, if any; then nothing until its end is told. A message that failed comes again
  /// with the same notices.
  QList<Notice> take(Elapsed elapsed);
  QList<qint64> delivered();
  /// The target was not there or did not want it now. `atLeast`: it asked for this pause.
  Failure failed(Time now, Elapsed elapsed, Elapsed atLeast = {});
  /// The target can't take what this message says. Tried some times more, then given up, so that it holds up no other;
  /// a target that refuses the next one too is taken for one that fails. A group is first tried notice by notice.
  Failure refused(Time now, Elapsed elapsed);
  /// The attempt ended without an outcome: it is due again.
  void release();

  /// When take() gives something; nothing: not before something happens.
  std::optional<Elapsed> due(Elapsed elapsed) const;
  qsizetype size() const { return static_cast<qsizetype>(m_waiting.size()); }
  bool isBusy() const { return m_isBusy; }
  /// Failed in a row.
  int failures() const { return m_failures; }

 private:
  struct Entry {
    Notice notice;
    Elapsed born{0};
  };

  QList<Notice> postpone(Time now, Elapsed elapsed, Elapsed atLeast);
  QList<qint64> giveUpOld(Elapsed elapsed);
  void endMessage();
  qsizetype messageSize() const;

  const Limits m_limits;
  Backoff m_pauses;
  std::deque<Entry> m_waiting;  ///< by Notice::id
  std::deque<Elapsed> m_sent;   ///< first attempts within the last minute
  qsizetype m_current = 0;      ///< so many at the head are the message that was begun
  qsizetype m_singles = 0;      ///< so many at the head go out one by one, for together they were refused
  Elapsed m_notBefore{0};       ///< a pause after a failure; 0: none
  int m_failures = 0;
  int m_refusals = 0;            ///< of the message that was begun
  bool m_hasRefusedOne = false;  ///< a message was given up since the last that was delivered
  bool m_isBusy = false;
};

}  // namespace tagwire::alarms
