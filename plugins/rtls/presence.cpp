// SPDX-License-Identifier: Apache-2.0
#include "presence.h"

#include <algorithm>

namespace tagwire::rtls {
namespace {

using std::chrono::nanoseconds;

nanoseconds dwellDeadline(const Presence &presence, const PresenceRule &rule) {
  // Who is about to leave does not dwell; coming back in makes up for it.
  return presence.dwelt || presence.leaving ? endless : after(presence.entered.elapsed, rule.dwell);
}

nanoseconds toleranceDeadline(const Presence &presence, const PresenceRule &rule) {
  return presence.outside ? after(presence.outside->elapsed, rule.toleranceTimeout) : endless;
}

void leave(Presence &presence, Time time, bool timedOut, Happenings &happened) {
  happened.push_back({Happening::Left, time, !presence.firstSight, timedOut});
  presence = Presence();
}

void enter(Presence &presence, const PresenceRule &rule, Happenings &happened) {
  presence.stage = Presence::Stage::Inside;
  if (!presence.firstSight) happened.push_back({Happening::Entered, presence.entered.time + rule.entryDelay});
}

void dwell(Presence &presence, const PresenceRule &rule, Happenings &happened) {
  presence.dwelt = true;
  happened.push_back({Happening::Dwelt, presence.entered.time + std::max(rule.dwell, rule.entryDelay)});
}

void settleEntering(Presence &presence, const PresenceRule &rule, nanoseconds at, Happenings &happened) {
  if (at < after(presence.entered.elapsed, rule.entryDelay)) {
    presence = Presence();  // nothing was heard of it any more
  } else {
    enter(presence, rule, happened);
  }
}

void settleInside(Presence &presence, const PresenceRule &rule, nanoseconds at, Happenings &happened) {
  if (presence.leaving) {
    leave(presence, presence.leaving->time + rule.exitDelay, presence.timedOut, happened);
  } else if (at == dwellDeadline(presence, rule)) {
    dwell(presence, rule, happened);
  } else if (at == toleranceDeadline(presence, rule)) {
    presence.leaving = Moment{presence.outside->time + rule.toleranceTimeout, at};
  } else {
    presence.timedOut = true;
    const Moment &last = presence.outside ? *presence.outside : presence.entered;
    presence.leaving = Moment{last.time + (at - last.elapsed), at};
  }
}

void stepOutside(Presence &presence, const PresenceRule &rule, double distance, const Moment &moment) {
  if (!presence.outside) presence.outside = moment;
  presence.timedOut = false;
  if (rule.exitTolerance <= 0 || distance > rule.exitTolerance) {
    if (!presence.leaving) presence.leaving = moment;
  } else if (toleranceDeadline(presence, rule) > moment.elapsed) {
    presence.leaving.reset();
  }
}

void stepInside(Presence &presence, bool firstSight, const Moment &moment) {
  if (presence.stage == Presence::Stage::Outside) {
    presence.stage = Presence::Stage::Entering;
    presence.firstSight = firstSight;
    presence.entered = moment;
  }
  presence.outside.reset();
  presence.leaving.reset();
  presence.timedOut = false;
}

}  // namespace

nanoseconds deadlineOf(const Presence &presence, const PresenceRule &rule) {
  switch (presence.stage) {
    case Presence::Stage::Outside:
      return endless;
    case Presence::Stage::Entering:
      return std::min(after(presence.entered.elapsed, rule.entryDelay), after(presence.heard, rule.timeout));
    case Presence::Stage::Inside:
      break;
  }
  if (presence.leaving) return after(presence.leaving->elapsed, rule.exitDelay);
  return std::min(
      {dwellDeadline(presence, rule), toleranceDeadline(presence, rule), after(presence.heard, rule.timeout)});
}

void settle(Presence &presence, const PresenceRule &rule, nanoseconds elapsed, Happenings &happened) {
  for (nanoseconds at = deadlineOf(presence, rule); at != endless && at <= elapsed; at = deadlineOf(presence, rule)) {
    if (presence.stage == Presence::Stage::Entering) {
      settleEntering(presence, rule, at, happened);
    } else {
      settleInside(presence, rule, at, happened);
    }
  }
}

void step(Presence &presence, const PresenceRule &rule, const Observation &observation, const Moment &moment,
          Happenings &happened) {
  settle(presence, rule, moment.elapsed, happened);
  presence.heard = moment.elapsed;
  if (observation.inside) {
    stepInside(presence, observation.firstSight, moment);
  } else if (presence.stage == Presence::Stage::Inside) {
    stepOutside(presence, rule, observation.distance, moment);
  } else {
    presence = Presence();
    return;
  }
  settle(presence, rule, moment.elapsed, happened);
  if (presence.stage == Presence::Stage::Inside) happened.push_back({Happening::Stayed, moment.time});
}

Presence shifted(Presence presence, nanoseconds by) {
  presence.entered.elapsed += by;
  presence.heard += by;
  if (presence.outside) presence.outside->elapsed += by;
  if (presence.leaving) presence.leaving->elapsed += by;
  return presence;
}

void lose(Presence &presence, Time time, Happenings &happened) {
  if (presence.stage == Presence::Stage::Inside) leave(presence, time, true, happened);
  presence = Presence();
}

}  // namespace tagwire::rtls
