// SPDX-License-Identifier: Apache-2.0
#include "fixfilter.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tagwire::rtls {

namespace {

constexpr size_t mostRecent = 4;

qint64 milliseconds(std::chrono::nanoseconds length) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
}

FixFilter::Verdict judgeClock(const FilterRules &rules, const IncomingFix &fix, Time now) {
  if (!fix.time) return {};
  const auto age = now - *fix.time;
  if (rules.maxAge && age > *rules.maxAge) {
    return {Refusal::Age,
            QStringLiteral("TS is %1 ms old (allowed: %2)").arg(milliseconds(age)).arg(milliseconds(*rules.maxAge))};
  }
  if (rules.maxAhead && -age > *rules.maxAhead) {
    return {
        Refusal::Ahead,
        QStringLiteral("TS is %1 ms ahead (allowed: %2)").arg(milliseconds(-age)).arg(milliseconds(*rules.maxAhead))};
  }
  return {};
}

}  // namespace

FixFilter::Verdict FixFilter::judge(const FilterRules &rules, const IncomingFix &fix, Time time, const Moment &now) {
  if (rules.isOff()) return {};
  if (auto verdict = judgeClock(rules, fix, now.time); verdict.refusal != Refusal::None) return verdict;
  const double accuracy = fix.fix.accuracy;
  if (rules.maxAccuracy && accuracy > *rules.maxAccuracy) {
    return {Refusal::Accuracy, QStringLiteral("Acc is %1 (allowed: %2)").arg(accuracy).arg(*rules.maxAccuracy)};
  }
  const Seen seen{
      time, now.time, now.elapsed, fix.x, fix.y, fix.z, std::isnan(accuracy) ? 0 : accuracy, fix.time.has_value()};
  if (m_last && now.elapsed - m_last->elapsed >= memory) forget();
  if (m_last) {
    if (auto verdict = judgePast(rules, seen); verdict.refusal != Refusal::None) return verdict;
  }
  keep(rules, seen);
  return {};
}

FixFilter::Verdict FixFilter::judgePast(const FilterRules &rules, const Seen &seen) {
  const auto isSame = [&](const Seen &each) { return seen.isSameAs(each); };
  if (rules.duplicates && std::ranges::any_of(m_recent, isSame)) {
    return {Refusal::Duplicate, QStringLiteral("the same time and place came before")};
  }
  if (rules.order && seen.time < m_last->time) {
    return {Refusal::Order, QStringLiteral("TS is %1 ms before that of the last position taken")
                                .arg(milliseconds(m_last->time - seen.time))};
  }
  if (rules.maxSpeed) return judgeSpeed(*rules.maxSpeed, seen);
  return {};
}

FixFilter::Verdict FixFilter::judgeSpeed(double maxSpeed, const Seen &seen) {
  const double speed = speedBetween(*m_last, seen);
  if (speed <= maxSpeed) return {};
  m_consistent = m_refused && speedBetween(*m_refused, seen) <= maxSpeed ? m_consistent + 1 : 1;
  m_refused = seen;
  if (m_consistent >= consistentFixes) {
    forget();
    return {};
  }
  return {Refusal::Speed,
          QStringLiteral("is %1 per second away from the last position taken (allowed: %2)").arg(speed).arg(maxSpeed)};
}

/// By what their senders say. When it came counts for those who say nothing, for our own clock may be set, and for one
/// that is older than any delay explains: a clock was wrong then, or was put right.
double FixFilter::secondsBetween(const Seen &from, const Seen &to) const {
  // Nobody knows where a tag will be: a sender whose clock was never ahead so far has no more time than has passed.
  const auto ahead = std::max(m_ahead, from.time - from.received);
  const Time told = std::max(std::min(to.time, to.received + ahead), std::min(from.time, to.time));
  const bool isTold = from.isTimed && to.isTimed && from.time - to.time < memory;
  return isTold ? std::abs(std::chrono::duration<double>(told - from.time).count())
                : std::chrono::duration<double>(to.elapsed - from.elapsed).count();
}

/// What both accuracies explain is no way. A little late is as good as early.
double FixFilter::speedBetween(const Seen &from, const Seen &to) const {
  const double apart = std::hypot(to.x - from.x, to.y - from.y, to.z - from.z);
  const double way = std::max(0.0, apart - from.accuracy - to.accuracy);
  const double seconds = secondsBetween(from, to);
  if (way == 0) return 0;
  return seconds == 0 ? std::numeric_limits<double>::infinity() : way / seconds;
}

void FixFilter::keep(const FilterRules &rules, const Seen &seen) {
  m_last = seen;
  if (seen.isTimed) m_ahead = std::max(m_ahead, seen.time - seen.received);
  m_refused.reset();
  if (!rules.duplicates) return;
  if (m_recent.size() >= mostRecent) m_recent.erase(m_recent.begin());
  m_recent.push_back(seen);
}

}  // namespace tagwire::rtls
