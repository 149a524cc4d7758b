// SPDX-License-Identifier: Apache-2.0
// LiveProtocol: updates as they arrive (R6-2, R6-4, R6-6).
#include <algorithm>

#include "liveprotocol.h"

namespace tagwire::ws {

void LiveProtocol::collect(LiveFeed &feed, const LiveEvent &event, QList<QByteArray> *events) {
  const auto *alarm = std::get_if<AlarmTransition>(&event.event().body);
  const auto *change = std::get_if<AlarmConditionChange>(&event.event().body);
  const bool isWanted = (alarm && feed.wantsAlarm(alarm->area, alarm->ruleId)) ||
                        (change && feed.wantsAlarm(change->area, change->ruleId));
  if (isWanted) m_text.addAlarm(event.alarmJson());
  if (!feed.wants(event)) return;
  m_text.addEvent(event.json(m_context.points()));
  if (events) events->append(event.json(m_context.points()));
}

void LiveProtocol::publish(LiveFeed &feed) {
  Update update;
  const bool isPaced = feed.interval().count() > 0;
  m_text.clear();
  for (const Samples &batch : std::as_const(m_turnSamples)) {
    for (const Sample &sample : batch) {
      const PointNames::Entry *entry = m_names.find(sample);
      if (!entry || !feed.wants(*entry)) continue;
      if (isPaced) {
        feed.waiting.put(sample);
      } else {
        m_text.add(*entry, sample);
        update.samples.append(sample);
      }
    }
  }
  for (const LiveEvent &event : std::as_const(m_turnEvents)) collect(feed, event, &update.events);
  update.samplesTail = m_text.samplesTail();
  update.eventsTail = m_text.eventsTail();
  // With samples held back a client has not got all up to the newest number: after a break it must ask for them again.
  if (feed.waiting.isEmpty()) feed.sequence = m_newest;
  update.sequence = feed.sequence;
  deliver(feed, update);
}

void LiveProtocol::publishWaiting(LiveFeed &feed) {
  Update update;
  update.samples = feed.waiting.samples();
  update.sequence = m_newest;
  m_text.clear();
  for (const Sample &sample : std::as_const(update.samples)) {
    if (const PointNames::Entry *entry = m_names.find(sample)) m_text.add(*entry, sample);
  }
  update.samplesTail = m_text.samplesTail();
  feed.waiting.clear();
  feed.sequence = m_newest;
  feed.sentAt = m_context.clock().elapsed();
  deliver(feed, update);
}

void LiveProtocol::pace() {
  using std::chrono::nanoseconds;
  const nanoseconds elapsed = m_context.clock().elapsed();
  nanoseconds soonest = nanoseconds::max();
  for (const auto &[key, feed] : m_feeds) {
    if (feed->waiting.isEmpty()) continue;
    const nanoseconds due = feed->sentAt + feed->interval() - elapsed;
    if (due.count() <= 0) {
      publishWaiting(*feed);
    } else {
      soonest = std::min(soonest, due);
    }
  }
  if (soonest == nanoseconds::max()) return m_pace.stop();
  m_pace.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(soonest), std::chrono::milliseconds(1)));
}

void LiveProtocol::deliver(LiveFeed &feed, Update &update) {
  if (update.samplesTail.isEmpty() && update.eventsTail.isEmpty()) return;
  if (m_context.trace().isOn()) update.traced = m_context.trace().tracedOf(update.samples);
  for (LiveSubscription *subscription : std::as_const(feed.subscriptions)) deliver(*subscription, update);
}

void LiveProtocol::deliver(LiveSubscription &subscription, Update &update) {
  if (subscription.stage == Stage::Replay) return;  // the ring has it
  if (subscription.stage == Stage::Snapshot) {
    // Points and alarms will be in the snapshot; events are in none.
    subscription.events.append(update.events);
    if (subscription.events.size() > m_limits.queueMessages) m_tooSlow.append(subscription.session->id());
    return;
  }
  const bool isCongested = subscription.session->isCongested();
  if (isCongested || !subscription.held.isEmpty()) hold(subscription, update.samples);
  if (!subscription.held.isEmpty()) {
    if (!isCongested) return sendHeld(subscription, update.eventsTail);
    if (!update.eventsTail.isEmpty()) sendUpdate(subscription, subscription.sequence, update.eventsTail);
    return;
  }
  subscription.sequence = std::max(subscription.sequence, update.sequence);
  if (!update.traced.isEmpty()) traceSent(subscription, update.traced);
  if (subscription.id == update.lastId && subscription.sequence == update.lastSequence) {
    return subscription.session->send(update.lastFrame);
  }
  const QByteArray head =
      "{\"op\":\"update\",\"id\":" + subscription.id + ",\"seq\":" + QByteArray::number(subscription.sequence);
  auto frame = update.frames.constFind(head);
  if (frame == update.frames.cend()) {
    frame = update.frames.insert(head, Frame::text(head + update.samplesTail + update.eventsTail + '}'));
  }
  update.lastId = subscription.id;
  update.lastSequence = subscription.sequence;
  update.lastFrame = *frame;
  subscription.session->send(*frame);
}

/// Into the session's queue, which leaves at the end of this turn of the event loop.
void LiveProtocol::traceSent(const LiveSubscription &subscription, const Samples &traced) {
  const Session &session = *subscription.session;
  m_context.trace().reached(traced, "sent", m_context.id(), session.peer() + u' ' + session.upgrade().path);
}

void LiveProtocol::closeSlow() {
  const QList<quint64> slow = std::exchange(m_tooSlow, {});
  for (const quint64 id : slow) {
    const auto found = m_clients.find(id);
    if (found == m_clients.end()) continue;
    for (const auto &[name, subscription] : found->second.subscriptions) subscription->events.clear();
    found->second.session->close(1013, QStringLiteral("too slow"));
  }
}

void LiveProtocol::hold(LiveSubscription &subscription, const Samples &samples) {
  int replaced = 0;
  for (const Sample &sample : samples) replaced += subscription.held.put(sample) ? 1 : 0;
  if (replaced == 0) return;
  m_coalesced.add(replaced);
  m_clients.at(subscription.session->id()).coalesced += static_cast<quint64>(replaced);
}

void LiveProtocol::sendHeld(LiveSubscription &subscription, const QByteArray &eventsTail) {
  m_text.clear();
  for (const Sample &sample : subscription.held.samples()) {
    if (const PointNames::Entry *entry = m_names.find(sample)) m_text.add(*entry, sample);
  }
  if (m_context.trace().isOn()) traceSent(subscription, m_context.trace().tracedOf(subscription.held.samples()));
  subscription.held.clear();
  subscription.sequence = std::max(subscription.sequence, m_newest);
  sendUpdate(subscription, subscription.sequence, m_text.samplesTail() + eventsTail);
}

void LiveProtocol::sendUpdate(LiveSubscription &subscription, quint64 sequence, const QByteArray &tail) {
  subscription.session->send(Frame::text("{\"op\":\"update\",\"id\":" + subscription.id +
                                         ",\"seq\":" + QByteArray::number(sequence) + tail + '}'));
}

}  // namespace tagwire::ws
