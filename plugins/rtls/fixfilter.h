// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "moment.h"
#include "services/fixintake.h"

namespace tagwire::rtls {

/// Why a fix was not taken; `None`: it was.
enum class Refusal : quint8 { None, Sequence, Duplicate, Order, Age, Ahead, Speed, Accuracy };
inline constexpr std::array refusalNames{"none", "sequence", "duplicate", "order", "age", "ahead", "speed", "accuracy"};

/// What was refused only because it is not new still says that the tag is there. What is not believed does not: nobody
/// vouches for the tag's place any more.
constexpr bool isSignOfLife(Refusal refusal) {
  return refusal == Refusal::Sequence || refusal == Refusal::Duplicate || refusal == Refusal::Order;
}

/// What a fix must be like to be believed. Each rule is off unless it is set. Plain value.
struct FilterRules {
  bool duplicates = false;  ///< same time and place as one of the last four
  bool order = false;       ///< older than the newest that was taken
  std::optional<std::chrono::nanoseconds> maxAge;
  std::optional<std::chrono::nanoseconds> maxAhead;
  std::optional<double> maxSpeed;  ///< length units per second
  std::optional<double> maxAccuracy;

  bool isOff() const { return !duplicates && !order && !maxAge && !maxAhead && !maxSpeed && !maxAccuracy; }
};

/// Believes fixes of one tag or does not. What went before counts for ten seconds: after a pause as long as that, the
/// next fix is taken whatever was before. A tag that is really where `max_speed` does not let it be is believed at the
/// third fix in a row that goes well with the one before it. So no rule that looks back can lock a tag out. Plain
/// value.
class FixFilter {
 public:
  static constexpr std::chrono::seconds memory{10};
  static constexpr int consistentFixes = 3;

  struct Verdict {
    Refusal refusal = Refusal::None;
    QString text;  ///< what is wrong and what is allowed
  };
  /// `time` is the fix's source time, as it would be published.
  Verdict judge(const FilterRules &rules, const IncomingFix &fix, Time time, const Moment &now);
  /// What went before is forgotten.
  void forget() { *this = FixFilter(); }

 private:
  struct Seen {
    Time time;
    Time received;
    std::chrono::nanoseconds elapsed{0};  ///< when it came
    double x = 0;
    double y = 0;
    double z = 0;
    double accuracy = 0;   ///< 0: not known
    bool isTimed = false;  ///< by its sender
    bool isSameAs(const Seen &other) const {
      return isTimed && time == other.time && x == other.x && y == other.y && z == other.z;
    }
  };
  double secondsBetween(const Seen &from, const Seen &to) const;
  double speedBetween(const Seen &from, const Seen &to) const;
  Verdict judgePast(const FilterRules &rules, const Seen &seen);
  Verdict judgeSpeed(double maxSpeed, const Seen &seen);
  void keep(const FilterRules &rules, const Seen &seen);

  std::optional<Seen> m_last;     ///< that was taken; with `order` it is the newest too
  std::vector<Seen> m_recent;     ///< of the last ones taken; only with `duplicates`
  std::optional<Seen> m_refused;  ///< last one that was too fast
  Time::duration m_ahead{0};      ///< how far those taken were at most ahead of our clock
  int m_consistent = 0;           ///< how many of those in a row go together
};

}  // namespace tagwire::rtls
