// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include "crowd.h"
#include "moment.h"

namespace tagwire::rtls {

/// Remembers which tags are alone that should not be, and tells when one moves about so and when that ends. The crowd
/// is moved first, by the owner of both. Plain class.
class EscortBoard {
 public:
  EscortBoard(const std::vector<EscortRule> &rules, const Crowd &crowd);

  void addTag() { m_walks.emplace_back(); }
  /// The crowd has its new position; `before` is where it was (none: nowhere).
  void moved(int tag, const std::optional<Position> &before, const Moment &moment, QList<Unaccompanied> &told);
  /// The tag is lost, and out of the crowd.
  void lost(int tag, const Moment &moment, QList<Unaccompanied> &told);
  /// After a restart, when all are where they were: who is alone is so since `moment`. Raises nothing.
  void restored(int tag, const Moment &moment);
  /// When settle() is due next, on Moment::elapsed; endless: never.
  std::chrono::nanoseconds nextDeadline() const;
  /// Does what delays were waiting for until `elapsed`.
  void settle(std::chrono::nanoseconds elapsed, QList<Unaccompanied> &told);

 private:
  struct Walk {
    bool hasMoved = false;
    bool isTold = false;
    Moment since;   ///< alone
    Position from;  ///< where it was then
    std::chrono::nanoseconds deadline = endless;
  };
  using Deadline = std::tuple<std::chrono::nanoseconds, int, int>;  ///< when, tag, rule

  const EscortRule &ruleOf(int rule) const { return m_rules[static_cast<size_t>(rule)]; }
  Walk *walkOf(int tag, int rule);
  bool isAlone(int tag, int rule) const;
  void lookAgain(int companion, const std::optional<Position> &before, const Moment &moment,
                 QList<Unaccompanied> &told);
  void judge(int tag, int rule, const Moment &moment, QList<Unaccompanied> &told);
  void end(int tag, int rule, Time time, const QString &reason, QList<Unaccompanied> &told);
  void schedule(int tag, int rule, Walk &walk, std::chrono::nanoseconds deadline);

  const std::vector<EscortRule> m_rules;
  const Crowd &m_crowd;
  std::vector<std::vector<int>> m_ofWalker;     ///< by class: rules
  std::vector<std::vector<int>> m_ofCompanion;  ///< by class: rules
  std::vector<std::map<int, Walk>> m_walks;     ///< by tag: of those rules by which it is alone
  std::set<Deadline> m_deadlines;
};

}  // namespace tagwire::rtls
