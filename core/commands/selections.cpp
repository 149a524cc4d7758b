// SPDX-License-Identifier: Apache-2.0
#include "selections.h"

namespace tagwire {

Result<Selection> Selections::select(const Point &point, const QString &by, Time now,
                                     std::chrono::nanoseconds elapsed) {
  forgetOld(elapsed);
  if (!point.writable) return failure(QStringLiteral("point %1 is read-only").arg(point.fullName));
  const auto found = m_held.find(point.id);
  if (found != m_held.end() && found->by != by) {
    return failure(QStringLiteral("point %1 is selected by %2").arg(point.fullName, found->by));
  }
  if (found == m_held.end() && m_held.size() >= most) {
    return failure(QStringLiteral("%1 points are selected, which is all that can be").arg(most));
  }
  Held &held = m_held[point.id];
  if (held.id.isEmpty()) held.id = newCommandId();
  held.by = by;
  held.until = elapsed + life;
  return Selection{held.id, point.id, now + life};
}

Result<void> Selections::deselect(const QString &id, const QString &by, std::chrono::nanoseconds elapsed) {
  forgetOld(elapsed);
  const auto removed = m_held.removeIf(
      [&](const std::pair<const PointId &, Held &> &each) { return each.second.id == id && each.second.by == by; });
  if (removed > 0) return {};
  return failure(QStringLiteral("there is no such selection of yours; it may be over"));
}

Result<void> Selections::check(const QString &id, const Point &point, const QString &by,
                               std::chrono::nanoseconds elapsed) const {
  const auto found = m_held.constFind(point.id);
  if (found != m_held.cend() && found->until > elapsed && found->by == by && found->id == id && !id.isEmpty())
    return {};
  if (found != m_held.cend() && found->until > elapsed && found->by != by) {
    return failure(QStringLiteral("point %1 is selected by %2").arg(point.fullName, found->by));
  }
  return failure(
      QStringLiteral("point %1 has to be selected first, at most %2 s before").arg(point.fullName).arg(life.count()));
}

Result<void> Selections::take(const QString &id, const Point &point, const QString &by,
                              std::chrono::nanoseconds elapsed) {
  auto mine = check(id, point, by, elapsed);
  if (mine) m_held.remove(point.id);
  return mine;
}

void Selections::forgetOld(std::chrono::nanoseconds elapsed) {
  m_held.removeIf([&](const std::pair<const PointId &, Held &> &each) { return each.second.until <= elapsed; });
}

}  // namespace tagwire
