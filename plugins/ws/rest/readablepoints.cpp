// SPDX-License-Identifier: Apache-2.0
#include "readablepoints.h"

#include <algorithm>

#include "auth/pointaccess.h"

namespace tagwire::ws {

PointSet ReadablePoints::of(const Permissions &permissions) {
  if (mayReadAllPoints(permissions)) return nullptr;
  const QString key = permissions.key(right::readPoints) + u'\n' + permissions.key(right::readPositions);
  Known &known = m_known[key];
  known.used = ++m_uses;
  const quint32 count = m_points.count();
  if (const quint64 revision = m_points.revision(); std::exchange(known.revision, revision) != revision)
    known.set.reset();
  const size_t judged = known.set ? known.set->size() : 0;
  if (!known.set || judged < count) {
    // Without a reload, who may read a point stays the same.
    auto set = known.set ? std::make_shared<std::vector<bool>>(*known.set) : std::make_shared<std::vector<bool>>();
    set->reserve(count);
    for (auto i = static_cast<quint32>(judged) + 1; i <= count; ++i) {
      set->push_back(mayRead(permissions, *m_points.point(PointId{i})));
      ++m_judged;
    }
    known.set = std::move(set);
  }
  const PointSet set = known.set;
  makeRoom();
  return set;
}

void ReadablePoints::makeRoom() {
  if (m_known.size() <= mostSets) return;
  auto oldest = m_known.begin();
  for (auto each = m_known.begin(); each != m_known.end(); ++each) {
    if (each->used < oldest->used) oldest = each;
  }
  m_known.erase(oldest);
}

}  // namespace tagwire::ws
