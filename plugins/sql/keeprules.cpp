// SPDX-License-Identifier: Apache-2.0
#include "keeprules.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tagwire::sql {

namespace {

double nanosecondsBetween(const Sample &from, const Sample &to) {
  return static_cast<double>((to.time - from.time).count());
}

bool isFiniteNumber(const Sample &sample) {
  const auto number = toNumber(sample.value);
  return number && std::isfinite(*number);
}

/// How far apart two values are; nothing where that can't be said.
std::optional<double> distance(const Value &from, const Value &to) {
  const auto *a = std::get_if<Position>(&from);
  const auto *b = std::get_if<Position>(&to);
  if (a && b) return std::hypot(b->x - a->x, b->y - a->y, b->z - a->z);
  const auto first = toNumber(from);
  const auto second = toNumber(to);
  if (!first || !second || !std::isfinite(*first) || !std::isfinite(*second)) return {};
  return std::abs(*second - *first);
}

bool isSame(const Value &from, const Value &to) {
  const auto *a = std::get_if<Position>(&from);
  const auto *b = std::get_if<Position>(&to);
  if (a && b) {
    const int zoneOfA = a->fix ? a->fix->zone : 0;
    const int zoneOfB = b->fix ? b->fix->zone : 0;
    return a->x == b->x && a->y == b->y && a->z == b->z && zoneOfA == zoneOfB;
  }
  const auto *first = std::get_if<double>(&from);
  const auto *second = std::get_if<double>(&to);
  if (first && second && std::isnan(*first) && std::isnan(*second)) return true;
  return from == to;
}

}  // namespace

void KeepRule::describe(Shape<KeepRule> &shape) {
  shape.required("points", &KeepRule::points, "full names: `*` one level, `#` the rest")
      .example("plc1/#")
      .range(1, 10'000)
      .orSingle()
      .check(&TopicFilter::problemWith);
  shape.required("keep", &KeepRule::keep, "which values are stored; a change of quality always is (but with `none`)");
  shape
      .optional("deviation", &KeepRule::deviation,
                "`deadband`: how far from the last one stored, `swinging_door`: how far from the line; in the point's "
                "unit, or in length units")
      .range(0, 1e12);
  shape.optional("period_ms", &KeepRule::period, "`period`: at most one in this time")
      .range(1, 86'400'000)
      .example(60000);
  shape.optional("longest_ms", &KeepRule::longest, "one is stored at least when the last is older than this; 0: never")
      .range(0, 864'000'000);
}

void KeepRule::check(const QString &path, ConfigReader &reader) const {
  const bool usesDeviation = keep == Keep::Deadband || keep == Keep::SwingingDoor;
  if (usesDeviation && deviation <= 0) {
    reader.error(path + QStringLiteral(".deviation"), QStringLiteral("is missing (allowed: a number above 0)"));
  }
  if (!usesDeviation && deviation > 0) {
    reader.error(path + QStringLiteral(".deviation"),
                 QStringLiteral("does nothing here (allowed with: deadband, swinging_door)"));
  }
  if (keep == Keep::Period && period.count() <= 0) {
    reader.error(path + QStringLiteral(".period_ms"), QStringLiteral("is missing (allowed: 1 to 86400000)"));
  }
  if (keep != Keep::Period && period.count() > 0) {
    reader.error(path + QStringLiteral(".period_ms"), QStringLiteral("does nothing here (allowed with: period)"));
  }
  if ((keep == Keep::All || keep == Keep::None) && longest.count() > 0) {
    reader.error(path + QStringLiteral(".longest_ms"),
                 QStringLiteral("does nothing here (allowed with: on_change, deadband, swinging_door, period)"));
  }
}

KeepRules::KeepRules(const TopicFilter &wanted, const QList<KeepRule> &rules) : m_wanted(wanted) {
  m_rules.reserve(static_cast<size_t>(rules.size()));
  for (const KeepRule &rule : rules) {
    m_rules.push_back({TopicFilter(rule.points), rule});
    m_mayHold = m_mayHold || rule.keep == Keep::SwingingDoor;
  }
}

KeepRules::State &KeepRules::stateOf(PointId id, const Point &point) {
  const auto index = static_cast<size_t>(id);
  if (index >= m_points.size()) m_points.resize(std::max(index + 1, m_points.size() * 2));
  State &state = m_points[index];
  if (state.isKnown) return state;
  state.isKnown = true;
  state.isWanted = m_wanted.accepts(point.fullName);
  const auto fitting = std::find_if(m_rules.begin(), m_rules.end(),
                                    [&](const Entry &each) { return each.points.accepts(point.fullName); });
  if (fitting == m_rules.end()) return state;
  if (fitting->rule.keep == Keep::None) state.isWanted = false;
  if (fitting->rule.keep != Keep::All) state.rule = &fitting->rule;
  return state;
}

void KeepRules::offer(const Sample &sample, const Point &point, const Take &take) {
  State &state = stateOf(sample.point, point);
  if (!state.isWanted) return;
  if (!state.rule) return take(sample);
  const Sample &newest = state.hasHeld ? state.held : state.kept;
  if (state.hasKept && sample.time < newest.time) return take(sample);
  if (!state.hasKept) return keep(state, sample, take);
  if (state.rule->keep == Keep::SwingingDoor) return swing(state, sample, take);
  if (isDue(state, sample)) keep(state, sample, take);
}

void KeepRules::flush(const Take &take) {
  for (State &state : m_points) {
    if (state.hasHeld) take(state.held);
    state.hasHeld = false;
    state.hasKept = false;
  }
}

void KeepRules::release(Time now, const Take &take) {
  if (!m_mayHold) return;
  for (State &state : m_points) {
    if (!state.hasHeld) continue;
    if (state.heldSince == Time()) state.heldSince = now;
    const std::chrono::milliseconds longest = state.rule->longest.count() > 0 ? state.rule->longest : longestHeld;
    if (now - state.heldSince < std::min<std::chrono::milliseconds>(longest, longestHeld)) continue;
    const Sample held = state.held;
    keep(state, held, take);
  }
}

void KeepRules::keep(State &state, const Sample &sample, const Take &take) {
  state.kept = sample;
  state.hasKept = true;
  state.hasHeld = false;
  take(sample);
}

bool KeepRules::isDue(const State &state, const Sample &sample) {
  const KeepRule &rule = *state.rule;
  if (sample.quality != state.kept.quality) return true;
  const auto age = sample.time - state.kept.time;
  if (rule.longest.count() > 0 && age >= rule.longest) return true;
  if (rule.keep == Keep::Period) return age >= rule.period;
  if (rule.keep == Keep::Deadband) {
    if (const auto far = distance(state.kept.value, sample.value)) return *far > rule.deviation;
  }
  return !isSame(state.kept.value, sample.value);
}

// The held one is stored when the door has closed: when no line from the last one stored passes all that came since.
void KeepRules::swing(State &state, const Sample &sample, const Take &take) {
  const KeepRule &rule = *state.rule;
  const Sample &newest = state.hasHeld ? state.held : state.kept;
  const bool isLine = isFiniteNumber(sample) && isFiniteNumber(state.kept) && sample.quality == newest.quality &&
                      sample.time > newest.time;
  if (!isLine) {  // a text, NaN, another quality, the very same time: nothing to draw a line through
    if (sample.quality == newest.quality && isSame(newest.value, sample.value)) {
      if (rule.longest.count() == 0 || sample.time - state.kept.time < rule.longest) return;
    }
    if (state.hasHeld) take(state.held);
    return keep(state, sample, take);
  }
  if (!state.hasHeld) return openDoor(state, sample);
  const double span = nanosecondsBetween(state.kept, sample);
  const double rise = *toNumber(sample.value) - *toNumber(state.kept.value);
  const double low = std::max(state.flattest, (rise - rule.deviation) / span);
  const double high = std::min(state.steepest, (rise + rule.deviation) / span);
  const double slope = rise / span;
  const bool isTooLong = rule.longest.count() > 0 && sample.time - state.kept.time >= rule.longest;
  if (!isTooLong && slope >= state.flattest && slope <= state.steepest) {
    state.flattest = low;
    state.steepest = high;
    state.held = sample;
    state.heldSince = {};
    return;
  }
  const Sample corner = state.held;
  keep(state, corner, take);
  openDoor(state, sample);
}

void KeepRules::openDoor(State &state, const Sample &sample) {
  const double span = nanosecondsBetween(state.kept, sample);
  const double rise = *toNumber(sample.value) - *toNumber(state.kept.value);
  state.flattest = (rise - state.rule->deviation) / span;
  state.steepest = (rise + state.rule->deviation) / span;
  state.held = sample;
  state.heldSince = {};
  state.hasHeld = true;
}

}  // namespace tagwire::sql
