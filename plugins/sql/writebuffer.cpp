// SPDX-License-Identifier: Apache-2.0
#include "writebuffer.h"

namespace tagwire::sql {

namespace {

qsizetype weightOf(const Sample &sample) {
  const auto *text = std::get_if<QString>(&sample.value);
  return text ? 1 + text->size() / 32 : 1;
}

}  // namespace

WriteBuffer::WriteBuffer(qsizetype mostSamples, qsizetype mostEvents)
    : m_mostWeight(mostSamples), m_mostEvents(mostEvents) {}

void WriteBuffer::add(Sample sample) {
  if (auto *text = std::get_if<QString>(&sample.value); text && text->size() > longestText) {
    *text = text->left(longestText);
  }
  m_weight += weightOf(sample);
  m_samples.push_back(std::move(sample));
  while (m_weight > m_mostWeight) {
    removeSample();
    ++m_dropped.samples;
  }
}

void WriteBuffer::add(const StoredEvent &event) {
  m_events.push_back(event);
  m_eventBytes += event.bytes();
  while (static_cast<qsizetype>(m_events.size()) > m_mostEvents || m_eventBytes > mostEventBytes) {
    removeEvent();
    ++m_dropped.events;
  }
}

bool WriteBuffer::isHalfFull() const {
  return 2 * m_weight >= m_mostWeight || 2 * static_cast<qsizetype>(m_events.size()) >= m_mostEvents ||
         2 * m_eventBytes >= mostEventBytes;
}

void WriteBuffer::remove(qsizetype samples, qsizetype events) {
  for (qsizetype i = 0; i < samples; ++i) removeSample();
  for (qsizetype i = 0; i < events; ++i) removeEvent();
}

WriteBuffer::Counts WriteBuffer::takeDropped() { return std::exchange(m_dropped, Counts()); }

WriteBuffer::Counts WriteBuffer::clear() {
  const Counts all{static_cast<qint64>(m_samples.size()), static_cast<qint64>(m_events.size())};
  remove(all.samples, all.events);
  return all;
}

void WriteBuffer::removeSample() {
  m_weight -= weightOf(m_samples.front());
  m_samples.pop_front();
}

void WriteBuffer::removeEvent() {
  m_eventBytes -= m_events.front().bytes();
  m_events.pop_front();
}

}  // namespace tagwire::sql
