// SPDX-License-Identifier: Apache-2.0
#include "notify/routing.h"

#include <algorithm>

namespace tagwire::alarms {

bool isWanted(const NotificationTarget &target, const Occasion &occasion) {
  using Kind = Occasion::Kind;
  // Whoever wrote the escalation has chosen: no filter of the target may swallow it.
  if (occasion.kind == Kind::Escalated && !occasion.targets.isEmpty()) return occasion.targets.contains(target.id);
  const bool isKindWanted = target.events.isEmpty() ? occasion.kind == Kind::Raised || occasion.kind == Kind::Resolved
                                                    : target.events.contains(occasion.kind);
  if (!isKindWanted) return false;
  // Who was told when it came, or when it was escalated, is told how it went on.
  const bool isAfter = occasion.kind == Kind::Resolved || occasion.kind == Kind::Acknowledged;
  const bool fits = target.severities.isEmpty() || target.severities.contains(occasion.alarm.severity) ||
                    (isAfter && target.severities.contains(occasion.raisedAs));
  if (!fits) return false;
  const auto covers = [&](const AreaPattern &each) { return each.pattern.matches(occasion.alarm.area); };
  if (!target.areas.isEmpty() && std::none_of(target.areas.cbegin(), target.areas.cend(), covers)) return false;
  const auto isOpen = [&](const Schedule &each) { return each.contains(occasion.time); };
  return target.schedule.isEmpty() || std::any_of(target.schedule.cbegin(), target.schedule.cend(), isOpen);
}

}  // namespace tagwire::alarms
