// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "../backoff.h"
#include "../command.h"
#include "interlockrule.h"

namespace tagwire {

/// The writes that bring the points of tripped interlocks to their safe values: each is tried until it succeeded once.
/// Plain class; owned by Interlocks. Times are of Clock::elapsed.
class InterlockForces {
 public:
  enum class Outcome : quint8 {
    NotOurs,  ///< or no end of a try
    Done,
    Failed,       ///< for the first time; it is tried again
    FailedAgain,  ///< it is tried again
  };

  void begin(int interlock, const QList<GuardedPoint> &points, std::chrono::nanoseconds now);
  /// It was reset: what is not done yet is given up.
  void end(int interlock);
  bool areDone(int interlock) const;
  /// The commands that are due; each is a try with an id of its own.
  QList<Command> due(std::chrono::nanoseconds now);
  /// How a try ended.
  Outcome ended(const CommandStatus &status, std::chrono::nanoseconds now);
  /// The interlock whose try has this command id; 0: none.
  int interlockOf(const QString &command) const;
  /// When due() gives something next; none: never.
  std::optional<std::chrono::nanoseconds> next() const;

 private:
  struct Write {
    int interlock = 0;
    PointId point = PointId::None;
    Value safe;
    QString command;                 ///< the newest try
    std::chrono::nanoseconds at{0};  ///< of the next try
    bool hasFailed = false;
    Backoff backoff{std::chrono::milliseconds(250), std::chrono::seconds(10)};
  };
  std::vector<Write> m_writes;  ///< those that are not done
};

}  // namespace tagwire
