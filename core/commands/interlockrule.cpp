// SPDX-License-Identifier: Apache-2.0
#include "interlockrule.h"

#include "commandlimits.h"

namespace tagwire {

namespace {

/// Looks up the names of one interlock.
class InterlockResolver {
 public:
  InterlockResolver(const InterlockConfig &interlock, const ManifestNames &names, Problems &problems)
      : m_interlock(interlock), m_names(names), m_problems(problems) {}

  InterlockRule rule() {
    InterlockRule rule{m_interlock.id,
                       m_interlock.name,
                       m_interlock.mode,
                       m_interlock.severity,
                       m_interlock.delay,
                       m_interlock.startup,
                       {},
                       {}};
    for (qsizetype i = 0; i < m_interlock.points.size(); ++i) {
      guard(m_interlock.points.at(i), QStringLiteral("points[%1]").arg(i), rule.points);
    }
    for (const ConditionConfig &each : m_interlock.conditions) {
      if (each.type) rule.conditions.push_back(resolveCondition(each, m_names, m_problems));
    }
    return rule;
  }

 private:
  void error(const QString &at, const QString &message) {
    m_problems.append({m_interlock.places.value(at), m_interlock.path + u'.' + at, message, false});
  }

  void guard(const PointReference &reference, const QString &at, QList<GuardedPoint> &points) {
    const auto point = m_names.points.point(m_names.points.find(reference.name));
    if (!point) return;
    const bool isTwice =
        std::any_of(points.cbegin(), points.cend(), [&](const auto &each) { return each.id == point->id; });
    if (isTwice) return error(at, QStringLiteral("point \"%1\" is named twice").arg(point->fullName));
    if (!point->writable) {
      return error(
          at,
          QStringLiteral("point \"%1\" is read-only (allowed: points that commands may write)").arg(point->fullName));
    }
    points.append({point->id, safeValueOf(*point)});
    if (m_interlock.mode != InterlockMode::Trip) return;
    const std::optional<Value> &safe = points.last().safe;
    const auto number = safe ? toNumber(*safe) : std::nullopt;
    if (!safe) {
      error(at, QStringLiteral("a trip can't bring point \"%1\" to a safe value: it has none (allowed: bool and "
                               "numbers, or a point with a safe value of its own)")
                    .arg(point->fullName));
    } else if (number &&
               ((point->minimum && *number < *point->minimum) || (point->maximum && *number > *point->maximum))) {
      error(at, QStringLiteral("a trip can't bring point \"%1\" to its safe value %2, which is out of its range "
                               "(allowed: a safe value from min to max)")
                    .arg(point->fullName, toText(*safe)));
    }
  }

  const InterlockConfig &m_interlock;
  const ManifestNames &m_names;
  Problems &m_problems;
};

}  // namespace

QList<InterlockRule> resolveInterlocks(const QList<InterlockConfig> &interlocks, const ManifestNames &names,
                                       Problems &problems) {
  QList<InterlockRule> rules;
  for (const InterlockConfig &each : interlocks) rules << InterlockResolver(each, names, problems).rule();
  return rules;
}

}  // namespace tagwire
