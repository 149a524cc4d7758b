// SPDX-License-Identifier: Apache-2.0
#include "remote/remotefeed.h"

#include <algorithm>

#include "tracker.h"

namespace tagwire::rtls {

namespace {

constexpr size_t mostRemembered = 1000;
constexpr std::chrono::seconds mostLate{60};  ///< an event may come so long after a newer one

}  // namespace

RemoteFeed::RemoteFeed(Subscription subscription) : m_subscription(std::move(subscription)) {
  const std::vector<PointId> &points = m_subscription.positions;
  for (const QString &tag : m_subscription.tags) {
    const size_t number = m_tags.size();
    m_tagNumbers.insert(tag, static_cast<int>(number));
    m_tags.emplace_back().point = number < points.size() ? points[number] : PointId::None;
  }
}

void RemoteFeed::begin() {
  m_earlier = QSet<Key>(m_newest.cbegin(), m_newest.cend());
  if (m_began && !m_owed) m_owed = missedSince();
}

std::optional<Time> RemoteFeed::resume(Time now) {
  if (m_began) return m_owed;
  m_began = now;
  return std::nullopt;
}

/// Nothing of before the first stream, unless the clock there is behind ours.
Time RemoteFeed::missedSince() const {
  if (!m_seen) return *m_began;
  return std::min(*m_seen, std::max<Time>(*m_seen - mostLate, *m_began));
}

/// Within one connection nothing is taken for a repetition: two fixes may well have the same time.
RemoteFeed::Taken<Event> RemoteFeed::take(const RemoteEvent &remote, const Moment &moment) {
  if (!remote.event.origin.isEmpty()) return tl::unexpected(Drop::Relayed);
  if (!m_tagNumbers.contains(remote.event.tagId)) return tl::unexpected(Drop::NotAsked);
  if (remote.time) {
    const Key key = keyOf(remote);
    if (m_earlier.contains(key)) return tl::unexpected(Drop::Repeated);
    remember(key, moment.time);
  }
  return made(remote, remote.time.value_or(moment.time));
}

RemoteFeed::Taken<Event> RemoteFeed::takeMissed(const RemoteEvent &remote, Time since, Time now) {
  if (!remote.event.origin.isEmpty()) return tl::unexpected(Drop::Relayed);
  if (!m_tagNumbers.contains(remote.event.tagId) || !isWithinSubscription(remote)) {
    return tl::unexpected(Drop::NotAsked);
  }
  const Key key = keyOf(remote);
  const bool isKnown = m_earlier.contains(key) || std::find(m_newest.cbegin(), m_newest.cend(), key) != m_newest.cend();
  if (isKnown || *remote.time < since) return tl::unexpected(Drop::Repeated);
  remember(key, now);
  m_earlier.insert(key);  // the stream may bring it yet
  return made(remote, *remote.time);
}

/// A site remembers the events of all its zones and managers.
bool RemoteFeed::isWithinSubscription(const RemoteEvent &remote) const {
  if (!m_names.triggers.isEmpty() && !m_names.triggers.contains(remote.event.triggerId)) return false;
  int zone = remote.event.zoneId;
  if (m_subscription.zone == 0) return true;
  for (qsizetype steps = 0; zone != 0 && steps <= m_names.zones.size(); ++steps) {
    if (zone == m_subscription.zone) return true;
    zone = m_names.zones.value(zone).parent;
  }
  return false;
}

Event RemoteFeed::made(const RemoteEvent &remote, Time time) const {
  TriggerEvent event = remote.event;
  addNames(event);
  event.origin = m_subscription.origin;
  return Event{.time = time, .source = {}, .body = event};
}

RemoteFeed::Key RemoteFeed::keyOf(const RemoteEvent &remote) {
  return {remote.event.triggerId, remote.event.direction, remote.event.tagId, *remote.time};
}

void RemoteFeed::remember(const Key &key, Time now) {
  // A clock that is ahead there must not hide what comes after.
  const Time time = std::min(key.time, now);
  m_seen = std::max(m_seen.value_or(time), time);
  m_newest.push_back(key);
  if (m_newest.size() > mostRemembered) m_newest.pop_front();
}

void RemoteFeed::addNames(TriggerEvent &event) const {
  const auto trigger = m_names.triggers.constFind(event.triggerId);
  const bool isKnown = trigger != m_names.triggers.cend();
  if (event.triggerName.isEmpty() && isKnown) event.triggerName = trigger->name;
  if (event.tagName.isEmpty()) event.tagName = m_names.tags.value(event.tagId).name;
  if (event.zoneId == 0) event.zoneId = m_subscription.zone;
  if (event.zoneId == 0 && isKnown) event.zoneId = trigger->zone;
}

RemoteFeed::Taken<Sample> RemoteFeed::take(const IncomingFix &incoming, const Moment &moment) {
  const int number = m_tagNumbers.value(incoming.fix.tag, -1);
  if (number < 0 || m_subscription.positions.empty()) return tl::unexpected(Drop::NotAsked);
  Tag &tag = m_tags[static_cast<size_t>(number)];
  auto fix = std::make_shared<Fix>(incoming.fix);
  fix->origin = m_subscription.origin;
  fix->zone = zoneOf(*fix);
  tag.position = {incoming.x, incoming.y, incoming.z, std::move(fix)};
  tag.last = {sourceTime(incoming, moment.time), moment.elapsed};
  m_silence.hear(number);
  return Sample{tag.point, Quality::good(), tag.last.time, tag.position};
}

/// A number means something here when the manifest or the static data say so; any other may well be that of one of our
/// own zones. What is asked for by zone lies in it.
int RemoteFeed::zoneOf(const Fix &fix) const {
  return m_names.zones.contains(fix.zone) ? fix.zone : m_subscription.zone;
}

std::chrono::nanoseconds RemoteFeed::nextDeadline() const {
  const int tag = m_silence.longestSilent();
  return tag < 0 ? endless : after(m_tags[static_cast<size_t>(tag)].last.elapsed, m_subscription.timeout);
}

Samples RemoteFeed::advance(const Moment &moment) {
  Samples samples;
  while (nextDeadline() <= moment.elapsed) samples << forget(QualityReason::Lost, moment.time);
  return samples;
}

Samples RemoteFeed::disconnect(Time time) {
  Samples samples;
  while (m_silence.longestSilent() >= 0) samples << forget(QualityReason::Disconnected, time);
  return samples;
}

/// The tag that was silent for longest is not to be trusted any more.
Sample RemoteFeed::forget(QualityReason reason, Time time) {
  const int number = m_silence.longestSilent();
  m_silence.remove(number);
  const Tag &tag = m_tags[static_cast<size_t>(number)];
  return {tag.point, Quality::bad(reason), time, tag.position};
}

}  // namespace tagwire::rtls
