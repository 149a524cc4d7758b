// SPDX-License-Identifier: Apache-2.0
// LiveProtocol: what a new subscription gets first, a snapshot (R6-2) or what it missed (R6-3).
#include <algorithm>

#include "liveprotocol.h"
#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype replayPieceBytes = 256 * 1024;

// What one turn may cost, about 10 ms each. A snapshot is made in one go, so a turn takes longer by one of them.
constexpr std::chrono::milliseconds timePerTurn{10};
constexpr qsizetype encodedPerTurn = 1024 * 1024;
constexpr qsizetype copiedPerTurn = 32 * 1024 * 1024;
constexpr qsizetype costOfLook = 8;  ///< at one sample, in bytes that could have been encoded meanwhile

}  // namespace

void LiveProtocol::catchUp(LiveClient &client) {
  // Until the peer has taken what it was sent; drained() goes on.
  if (client.catchUps.isEmpty() || client.isAsking || client.session->isCongested()) return;
  continueNextTurn();
  if (client.hadItsTurn) return;
  // What a replay or snapshot covers must not come again with the end of this turn.
  flush();
  LiveSubscription &subscription = *client.catchUps.first();
  if (isTurnSpent(subscription)) return deferCatchUp(client);
  client.hadItsTurn = true;
  if (subscription.stage == Stage::Replay && !m_ring.covers(subscription.sequence)) {
    subscription.stage = Stage::Snapshot;
    subscription.hasGap = true;
    subscription.own.reset();
  }
  if (subscription.stage == Stage::Replay) {
    replay(client, subscription);
  } else if (subscription.feed->wantsAlarms() && subscription.feed->snapshotTail.isEmpty()) {
    askForAlarms(client);
  } else {
    sendSnapshot(client, subscription, {});
  }
}

void LiveProtocol::catchUpLater() {
  forgetSnapshots();
  for (auto &[id, client] : m_clients) client.hadItsTurn = false;
  const auto first = m_clients.lower_bound(std::exchange(m_firstDeferred, 0));
  for (auto each = first; each != m_clients.end(); ++each) catchUp(each->second);
  for (auto each = m_clients.begin(); each != first; ++each) catchUp(each->second);
}

/// Where nothing waits for the next turn yet, this one has just begun.
void LiveProtocol::continueNextTurn() {
  if (m_next.isActive()) return;
  m_turn = {m_context.clock().elapsed(), 0, 0};
  m_next.start(0);
}

bool LiveProtocol::isTurnSpent(const LiveSubscription &next) const {
  const bool isEncoded = next.stage == Stage::Snapshot && !next.feed->snapshotTail.isEmpty();
  if (isEncoded) return m_turn.copied >= copiedPerTurn;
  return m_turn.encoded >= encodedPerTurn || m_context.clock().elapsed() - m_turn.began >= timePerTurn;
}

void LiveProtocol::deferCatchUp(const LiveClient &client) {
  if (m_firstDeferred == 0) m_firstDeferred = client.session->id();
}

void LiveProtocol::replay(LiveClient &client, LiveSubscription &subscription) {
  m_text.clear();
  if (const auto own = std::exchange(subscription.own, nullptr)) addLastValues(*subscription.feed, *own);
  auto entry = m_ring.after(subscription.sequence);
  for (; entry != m_ring.end(); ++entry) {
    // Entries of one number stay together: the next piece begins behind a number.
    if (m_text.size() > replayPieceBytes && entry->sequence != subscription.sequence) break;
    if (const auto *samples = std::get_if<Samples>(&entry->content)) {
      m_turn.encoded += samples->size() * costOfLook;
      for (const Sample &sample : *samples) {
        const PointNames::Entry *name = m_names.find(sample);
        if (name && subscription.feed->wants(*name)) m_text.add(*name, sample);
      }
    } else {
      collect(*subscription.feed, LiveEvent(std::get<Event>(entry->content)), nullptr);
    }
    subscription.sequence = entry->sequence;
  }
  m_turn.encoded += m_text.size();
  if (!m_text.isEmpty()) {
    const QByteArray samplesTail = m_text.samplesTail();
    sendUpdate(subscription, subscription.sequence, samplesTail + m_text.eventsTail());
  }
  if (entry != m_ring.end()) return;
  subscription.sequence = m_newest;
  subscription.stage = Stage::Live;
  client.catchUps.removeFirst();
}

void LiveProtocol::addLastValues(LiveFeed &feed, const QList<PointId> &points) {
  m_turn.encoded += points.size() * costOfLook;
  for (const PointId point : points) {
    const Sample &sample = m_context.points().last(point);
    const PointNames::Entry *entry = m_names.find(sample);
    if (entry && feed.wants(*entry)) m_text.add(*entry, sample);
  }
}

void LiveProtocol::askForAlarms(LiveClient &client) {
  client.isAsking = true;
  m_asking.append(client.session->id());
  if (m_asking.size() > 1) return;
  m_alarms.ask([this](const AlarmBook::Active &alarms) { takeAlarms(alarms); });
}

void LiveProtocol::takeAlarms(const AlarmBook::Active &alarms) {
  bool isFirst = true;
  for (const quint64 id : std::exchange(m_asking, {})) {
    const auto found = m_clients.find(id);
    if (found == m_clients.end()) continue;
    LiveClient &client = found->second;
    client.isAsking = false;
    flush();
    continueNextTurn();
    // Whoever is first now, if the one that asked was unsubscribed meanwhile: the answer is as good for it.
    if (client.catchUps.isEmpty() || client.catchUps.first()->stage != Stage::Snapshot) continue;
    LiveSubscription &subscription = *client.catchUps.first();
    // The first one in any case: however busy each turn is, each answer serves somebody. The others ask again.
    if (!std::exchange(isFirst, false) && isTurnSpent(subscription)) {
      deferCatchUp(client);
    } else {
      sendSnapshot(client, subscription, alarms);
    }
  }
}

void LiveProtocol::sendSnapshot(LiveClient &client, LiveSubscription &subscription, const AlarmBook::Active &alarms) {
  LiveFeed &feed = *subscription.feed;
  // Its number is that of `subscribed`, though the values may be newer: whoever resumes from it misses nothing.
  const QByteArray head = "{\"op\":\"snapshot\",\"id\":" + subscription.id +
                          (subscription.hasGap ? ",\"gap\":true" : "") +
                          ",\"seq\":" + QByteArray::number(subscription.sequence);
  auto frame = feed.snapshots.constFind(head);
  if (frame == feed.snapshots.cend()) {
    if (feed.snapshotTail.isEmpty()) {
      feed.snapshotTail = snapshotTail(feed, alarms);
      m_turn.encoded += feed.snapshotTail.size() + m_context.points().count() * costOfLook;
    }
    frame = feed.snapshots.insert(head, Frame::text(head + feed.snapshotTail + '}'));
    m_turn.copied += frame->bytes().size();
  }
  client.session->send(*frame);
  subscription.stage = Stage::Live;
  subscription.sequence = m_newest;
  client.catchUps.removeFirst();
  if (subscription.events.isEmpty()) return;
  sendUpdate(subscription, m_newest, ",\"events\":[" + subscription.events.join(',') + ']');
  subscription.events.clear();
}

QByteArray LiveProtocol::snapshotTail(LiveFeed &feed, const AlarmBook::Active &alarms) {
  m_text.clear();
  const PointTable &points = m_context.points();
  for (quint32 id = 1; id <= points.count(); ++id) {
    const Sample &sample = points.last(static_cast<PointId>(id));
    if (sample.quality.reason == QualityReason::Removed) continue;
    const PointNames::Entry *entry = m_names.find(sample);
    if (entry && feed.wants(*entry)) m_text.add(*entry, sample, true);
  }
  for (const AlarmStatus &alarm : alarms) {
    if (!feed.wantsAlarm(alarm.transition.area, alarm.transition.ruleId)) continue;
    JsonText json;
    json.beginObject();
    putStanding(json, alarm);
    json.endObject();
    m_text.addAlarm(json.bytes());
  }
  return m_text.snapshotTail();
}

void LiveProtocol::forgetSnapshots() {
  for (const auto &[key, feed] : m_feeds) {
    feed->snapshotTail.clear();
    feed->snapshots.clear();
  }
}

}  // namespace tagwire::ws
