// SPDX-License-Identifier: Apache-2.0
#include "rtlsstream.h"

#include <algorithm>

#include "auth/eventaccess.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype mostRecent = 16;

}  // namespace

bool Heartbeats::isDue(Elapsed elapsed, Elapsed interval, qint64 ts) {
  if (elapsed - m_sentAt < interval) return false;
  // The rhythm is kept however late we look, unless a whole beat was missed.
  m_sentAt = elapsed - m_sentAt < 2 * interval ? m_sentAt + interval : elapsed;
  m_open.append({ts, elapsed});
  m_recent.append(ts);
  if (m_recent.size() > mostRecent) m_recent.removeFirst();
  return true;
}

bool Heartbeats::isMissing(Elapsed elapsed, Elapsed timeout) const {
  return !m_open.isEmpty() && elapsed - m_open.first().sentAt >= timeout;
}

bool Heartbeats::takesAnswer(qint64 ts, Elapsed elapsed) {
  if (m_recent.contains(ts)) {
    m_open.removeIf([ts](const Open &each) { return each.ts == ts; });
    return false;
  }
  if (elapsed - m_answeredAt < std::chrono::seconds(1)) return false;
  m_answeredAt = elapsed;
  return true;
}

QString missingRight(const Permissions &permissions, const QString &tag, bool positionsToo) {
  if (positionsToo && !permissions.allow(right::readPositions, tag)) return QStringLiteral("positions:read");
  if (!EventAccess::allowTag(permissions, tag)) return QStringLiteral("events:read or positions:read");
  return {};
}

int RtlsStream::narrow(const Permissions &permissions) {
  int fewer = 0;
  for (auto tag = tags.begin(); tag != tags.end();) {
    if (missingRight(permissions, tag.key(), tag.value()).isEmpty()) {
      ++tag;
      continue;
    }
    ++fewer;
    if (missingRight(permissions, tag.key(), false).isEmpty()) {
      *tag++ = false;
    } else {
      tag = tags.erase(tag);
    }
  }
  return fewer;
}

bool RtlsStream::wantsEvent(const TriggerEvent &event, const ZoneDirectory *directory) const {
  if (!isBegun || !tags.contains(event.tagId)) return false;
  if (triggers && !triggers->contains(event.triggerId)) return false;
  return holdsZone(event.zoneId, directory);
}

}  // namespace tagwire::ws
