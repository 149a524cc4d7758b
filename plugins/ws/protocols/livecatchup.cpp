// SPDX-License-Identifier: Apache-2.0
// LiveProtocol: what a new subscription gets first, a snapshot (R6-2) or what it missed (R6-3).
#include <algorithm>

#include "liveprotocol.h"
#include "plugin.h"
#include "wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype replayPieceBytes = 256 * 1024;

}  // namespace

void LiveProtocol::catchUp(LiveClient &client) {
  // Until the peer has taken what it was sent; drained() goes on.
  if (client.catchUps.isEmpty() || client.isAsking || client.session->isCongested()) return;
  m_next.start(0);
  if (client.hadItsTurn) return;
  client.hadItsTurn = true;
  // What a replay or snapshot covers must not come again with the end of this turn.
  flush();
  LiveSubscription &subscription = *client.catchUps.first();
  if (subscription.stage == Stage::Replay && !m_ring.covers(subscription.sequence)) {
    subscription.stage = Stage::Snapshot;
    subscription.hasGap = true;
  }
  if (subscription.stage == Stage::Replay) {
    replay(client, subscription);
  } else if (subscription.feed->wantsAlarms()) {
    askForAlarms(client);
  } else {
    sendSnapshot(client, subscription, {});
  }
}

void LiveProtocol::catchUpLater() {
  forgetSnapshots();
  for (auto &[id, client] : m_clients) {
    client.hadItsTurn = false;
    catchUp(client);
  }
}

void LiveProtocol::replay(LiveClient &client, LiveSubscription &subscription) {
  m_text.clear();
  auto entry = m_ring.after(subscription.sequence);
  for (; entry != m_ring.end(); ++entry) {
    // Entries of one number stay together: the next piece begins behind a number.
    if (m_text.size() > replayPieceBytes && entry->sequence != subscription.sequence) break;
    if (const auto *samples = std::get_if<Samples>(&entry->content)) {
      for (const Sample &sample : *samples) {
        const PointNames::Entry *name = m_names.find(sample);
        if (name && subscription.feed->wants(*name)) m_text.add(*name, sample);
      }
    } else {
      collect(*subscription.feed, LiveEvent(std::get<Event>(entry->content)), nullptr);
    }
    subscription.sequence = entry->sequence;
  }
  if (!m_text.isEmpty()) {
    const QByteArray samplesTail = m_text.samplesTail();
    sendUpdate(subscription, subscription.sequence, samplesTail + m_text.eventsTail());
  }
  if (entry != m_ring.end()) return;
  subscription.sequence = m_newest;
  subscription.stage = Stage::Live;
  client.catchUps.removeFirst();
}

void LiveProtocol::askForAlarms(LiveClient &client) {
  client.isAsking = true;
  m_alarms.ask([this, session = client.session->id()](const AlarmBook::Active &alarms) {
    const auto found = m_clients.find(session);
    if (found == m_clients.end()) return;
    LiveClient &asking = found->second;
    asking.isAsking = false;
    // Whoever is first now, if the one that asked was unsubscribed meanwhile: the answer is as good for it.
    if (asking.catchUps.isEmpty() || asking.catchUps.first()->stage != Stage::Snapshot) return catchUp(asking);
    flush();
    sendSnapshot(asking, *asking.catchUps.first(), alarms);
    m_next.start(0);
  });
}

void LiveProtocol::sendSnapshot(LiveClient &client, LiveSubscription &subscription, const AlarmBook::Active &alarms) {
  LiveFeed &feed = *subscription.feed;
  // Its number is that of `subscribed`, though the values may be newer: whoever resumes from it misses nothing.
  const QByteArray head = "{\"op\":\"snapshot\",\"id\":" + subscription.id +
                          (subscription.hasGap ? ",\"gap\":true" : "") +
                          ",\"seq\":" + QByteArray::number(subscription.sequence);
  auto frame = feed.snapshots.constFind(head);
  if (frame == feed.snapshots.cend()) {
    if (feed.snapshotTail.isEmpty()) feed.snapshotTail = snapshotTail(feed, alarms);
    frame = feed.snapshots.insert(head, Frame::text(head + feed.snapshotTail + '}'));
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
    const PointNames::Entry *entry = m_names.find(sample);
    if (entry && feed.wants(*entry)) m_text.add(*entry, sample, true);
  }
  for (const ActiveAlarm &alarm : alarms) {
    if (!feed.wants(alarm.transition)) continue;
    JsonText json;
    json.beginObject();
    putAlarm(json, alarm.transition, alarm.since);
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
