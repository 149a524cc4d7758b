// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QVarLengthArray>

#include <optional>

#include "moment.h"

namespace tagwire::rtls {

/// When a tag counts as being in a region. A trigger of the manifest leaves the last two endless.
struct PresenceRule {
  std::chrono::nanoseconds entryDelay{0};  ///< inside for so long without a break, before it counts as entered
  double exitTolerance = 0;                ///< outside by no more than this is still inside
  std::chrono::nanoseconds exitDelay{0};   ///< reason to leave for so long without a break, before it counts as left
  std::chrono::nanoseconds dwell = endless;
  std::chrono::nanoseconds toleranceTimeout = endless;  ///< outside within the tolerance for so long: leaves
  std::chrono::nanoseconds timeout = endless;           ///< no fix for so long: leaves
  friend bool operator==(const PresenceRule &, const PresenceRule &) = default;
};

/// What a fix tells of one tag at one region.
struct Observation {
  bool inside = false;
  double distance = 0;      ///< to the region, when outside
  bool firstSight = false;  ///< nothing was known of the tag before
};

/// What became of it.
struct Happening {
  enum Kind : quint8 { Entered, Left, Dwelt, Stayed };
  Kind kind = Entered;  ///< Stayed: a fix came, and the tag is inside
  Time time;
  bool crossed = false;   ///< Left, and was seen to enter
  bool timedOut = false;  ///< Left, because nothing was heard
};
using Happenings = QVarLengthArray<Happening, 4>;

/// One tag at one region. Plain value; an outsider's is the same as none. The functions below are all that changes it:
/// pure functions of presence, rule, observation and time. Deadlines are on Moment::elapsed. A happening that a delay
/// confirms has the source time of the fix that began the wait, plus the wait.
struct Presence {
  enum class Stage : quint8 { Outside, Entering, Inside };
  Stage stage = Stage::Outside;
  bool firstSight = false;  ///< was inside when first seen: nobody saw it enter
  bool dwelt = false;
  bool timedOut = false;             ///< `leaving` because nothing was heard
  Moment entered;                    ///< first fix inside
  std::chrono::nanoseconds heard{};  ///< last fix
  std::optional<Moment> outside;     ///< still counts as inside, but has been outside since
  std::optional<Moment> leaving;     ///< since when there is a reason to leave
  friend bool operator==(const Presence &, const Presence &) = default;
};

/// When settle() has something to do next; endless: never.
std::chrono::nanoseconds deadlineOf(const Presence &presence, const PresenceRule &rule);
/// Does what was due until `elapsed`.
void settle(Presence &presence, const PresenceRule &rule, std::chrono::nanoseconds elapsed, Happenings &happened);
/// A fix came; `moment` has its source time. Does first what was due before it.
void step(Presence &presence, const PresenceRule &rule, const Observation &observation, const Moment &moment,
          Happenings &happened);
/// The same with every Moment::elapsed moved, as another clock says it.
Presence shifted(Presence presence, std::chrono::nanoseconds by);
/// The tag is lost: it leaves at once.
void lose(Presence &presence, Time time, Happenings &happened);

}  // namespace tagwire::rtls
