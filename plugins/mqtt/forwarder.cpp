// SPDX-License-Identifier: Apache-2.0
#include "forwarder.h"

namespace tagwire::mqtt {

using namespace std::chrono_literals;

namespace {

constexpr qsizetype batchSize = 4000;
constexpr auto paceStep = 20ms;

/// Another time it may: the broker is full, or in trouble (MQTT 5: unspecified, implementation specific, quota).
bool mayWorkLater(int reason) { return reason == 0x80 || reason == 0x83 || reason == 0x97; }

}  // namespace

Forwarder::Forwarder(Link &link, Outbox &outbox, const Settings &settings, const Clock &clock, Metrics &metrics)
    : m_link(link),
      m_outbox(outbox),
      m_settings(settings),
      m_clock(clock),
      m_sent(
          metrics.counter("tagwire_mqtt_messages_sent_total", "Messages given to the connection, repeated ones too")),
      m_acknowledged(metrics.counter("tagwire_mqtt_messages_acknowledged_total", "Messages that the broker has taken")),
      m_refused(
          metrics.counter("tagwire_mqtt_messages_refused_total", "Messages that the broker does not take, ever")) {
  m_pace.setSingleShot(true);
  m_pace.setTimerType(Qt::PreciseTimer);
  m_look.setInterval(1s);
  connect(&m_pace, &QTimer::timeout, this, &Forwarder::advance);
  connect(&m_look, &QTimer::timeout, this, &Forwarder::look);
  connect(&m_outbox, &Outbox::committed, this, [this] {
    for (Lane &lane : m_lanes) lane.isEmpty = false;
    advance();
  });
  connect(&m_link, &Link::acknowledged, this, &Forwarder::acknowledged);
}

void Forwarder::setEncoders(EncodeSamples samples, EncodeEvent event) {
  m_encodeSamples = std::move(samples);
  m_encodeEvent = std::move(event);
}

void Forwarder::begin() {
  pause();
  m_tokens = 0;
  m_refilledAt = m_progressAt = m_clock.elapsed();
  m_look.start();
  m_outbox.mark([this, generation = m_generation](OutboxMark mark) {
    if (generation != m_generation) return;
    m_mark = mark;
    m_isActive = true;
    advance();
  });
}

void Forwarder::pause() {
  ++m_generation;
  m_isActive = false;
  m_pace.stop();
  m_look.stop();
  m_first.clear();
  m_inFlight.clear();
  for (Lane &lane : m_lanes) {
    for (const auto &chunk : lane.chunks) {
      if (chunk->waiting == 0) m_outbox.delivered(rangeOf(lane, *chunk));
    }
    lane = Lane{.stream = lane.stream};
  }
}

void Forwarder::first(Encode encode) {
  m_first.push_back(std::move(encode));
  if (m_isActive) advance();
}

size_t Forwarder::countOf(const Lane &lane) {
  if (!lane.batch) return 0;
  return lane.stream == spool::Stream::Telemetry ? lane.batch->samples.size() : lane.batch->events.size();
}

// The batch's range goes to its first and last record: what is missing there is gone for good.
spool::SpoolRange Forwarder::rangeOf(const Lane &lane, const Chunk &chunk) {
  const auto sequenceOf = [&](size_t index) {
    return lane.stream == spool::Stream::Telemetry ? lane.batch->samples[index].sequence
                                                   : lane.batch->events[index].sequence;
  };
  spool::SpoolRange range = lane.batch->range;
  if (chunk.first > 0) range.first = sequenceOf(chunk.first);
  if (chunk.next < countOf(lane)) range.next = sequenceOf(chunk.next);
  return range;
}

bool Forwarder::isHistorical(const Lane &lane, size_t index) const {
  if (lane.batch->range.boot != m_mark.boot) return true;
  return lane.stream == spool::Stream::Telemetry ? lane.batch->samples[index].sequence < m_mark.samples
                                                 : lane.batch->events[index].sequence < m_mark.events;
}

void Forwarder::advance() {
  if (!m_isActive || m_isAdvancing) return;
  m_isAdvancing = true;
  const quint64 generation = m_generation;
  while (m_isActive && generation == m_generation && m_inFlight.size() < m_settings.mostInFlight && hasPace()) {
    if (!sendNext()) break;
  }
  m_isAdvancing = false;
}

bool Forwarder::sendNext() {
  if (!m_first.empty()) {
    const Encode encode = std::move(m_first.front());
    m_first.pop_front();
    send(encode(), nullptr);
    return true;
  }
  for (Lane &lane : m_lanes) {
    if (lane.next < countOf(lane)) {
      sendChunk(lane);
      return true;
    }
    if (!lane.batch && !lane.isReading && !lane.isEmpty) read(lane);
  }
  return false;
}

void Forwarder::sendChunk(Lane &lane) {
  const auto chunk = std::make_shared<Chunk>();
  chunk->first = lane.next;
  const bool isOld = isHistorical(lane, lane.next);
  const size_t most = lane.stream == spool::Stream::Telemetry ? static_cast<size_t>(m_settings.chunk) : 1;
  chunk->next = chunk->first + 1;
  while (chunk->next - chunk->first < most && chunk->next < countOf(lane) && isHistorical(lane, chunk->next) == isOld) {
    ++chunk->next;
  }
  lane.next = chunk->next;
  lane.chunks.push_back(chunk);
  const auto batch = lane.batch;
  send(lane.stream == spool::Stream::Telemetry
           ? m_encodeSamples(std::span(batch->samples).subspan(chunk->first, chunk->next - chunk->first), isOld)
           : m_encodeEvent(batch->events[chunk->first], isOld),
       chunk);
  finish(lane);
}

void Forwarder::send(const QList<Message> &messages, const std::shared_ptr<Chunk> &chunk) {
  for (const Message &message : messages) {
    const auto number = m_link.publish(message);
    m_tokens -= 1;
    if (!number) {
      m_refused.add();
      Q_EMIT refused(message.topic, number.error());
      continue;
    }
    m_sent.add();
    if (m_inFlight.isEmpty()) m_progressAt = m_clock.elapsed();
    if (chunk) ++chunk->waiting;
    m_inFlight.insert(*number, {chunk, message.topic});
  }
}

void Forwarder::read(Lane &lane) {
  lane.isReading = true;
  m_outbox.read(lane.stream, batchSize, [this, &lane, generation = m_generation](const Outbox::BatchPointer &batch) {
    if (generation != m_generation) return;
    lane.isReading = false;
    if (batch->range.isEmpty()) {
      lane.isEmpty = true;
      if (m_lanes[0].isEmpty && m_lanes[1].isEmpty && m_inFlight.isEmpty()) Q_EMIT caughtUp();
      return;
    }
    lane.batch = batch;
    lane.next = 0;
    if (countOf(lane) == 0) finish(lane);
    advance();
  });
}

/// When all of the batch is with the broker, the next one is due.
void Forwarder::finish(Lane &lane) {
  if (!lane.batch || lane.next < countOf(lane)) return;
  for (const auto &chunk : lane.chunks) {
    if (chunk->waiting > 0) return;
  }
  m_outbox.delivered(lane.batch->range);
  lane.batch.reset();
  lane.chunks.clear();
  lane.next = 0;
  read(lane);
}

void Forwarder::acknowledged(int number, int reason) {
  const auto found = m_inFlight.constFind(number);
  if (found == m_inFlight.cend()) return;
  const Flight flight = *found;
  if (reason >= 128 && mayWorkLater(reason)) {
    m_link.restart(QStringLiteral("the broker does not take messages now: ") + reasonText(reason), true);
    return;
  }
  m_inFlight.erase(found);
  m_progressAt = m_clock.elapsed();
  if (reason >= 128) {
    m_refused.add();
    Q_EMIT refused(flight.topic, reasonText(reason));
  } else {
    m_acknowledged.add();
  }
  if (flight.chunk && --flight.chunk->waiting == 0) {
    for (Lane &lane : m_lanes) finish(lane);
  }
  // In bursts: one at a time, each message and each acknowledgement would wake up the other side.
  if (m_inFlight.size() <= m_settings.mostInFlight / 2) advance();
}

bool Forwarder::hasPace() {
  if (m_settings.perSecond == 0) return true;
  const auto now = m_clock.elapsed();
  const double passed = std::chrono::duration<double>(now - m_refilledAt).count();
  m_refilledAt = now;
  const double most = std::max(1.0, m_settings.perSecond * 0.1);
  m_tokens = std::min(most, m_tokens + passed * m_settings.perSecond);
  if (m_tokens >= 1) return true;
  if (!m_pace.isActive()) m_pace.start(paceStep);
  return false;
}

void Forwarder::look() {
  if (!m_isActive || m_inFlight.isEmpty()) return;
  if (m_clock.elapsed() - m_progressAt < m_settings.ackTimeout) return;
  m_link.restart(QStringLiteral("the broker acknowledges nothing"), false);
}

}  // namespace tagwire::mqtt
