// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "sample.h"
#include "storedevent.h"

namespace tagwire::sql {

/// What waits to be written, oldest first, within bounds: beyond them the oldest is dropped and counted. Thread-bound;
/// owned by the SqlSink.
class WriteBuffer {
 public:
  /// JSON of all waiting events, in bytes.
  static constexpr qsizetype mostEventBytes = 64 * 1024 * 1024;

  struct Counts {
    qint64 samples = 0;
    qint64 events = 0;
    bool isNone() const { return samples == 0 && events == 0; }
  };

  /// Longest text of a sample, in characters.
  static constexpr qsizetype longestText = 65'536;

  /// A text counts as one more sample per 32 characters, so that the bound holds for memory, too.
  WriteBuffer(qsizetype mostSamples, qsizetype mostEvents);

  /// A text beyond `longestText` is cut.
  void add(Sample sample);
  void add(const StoredEvent &event);

  const std::deque<Sample> &samples() const { return m_samples; }
  const std::deque<StoredEvent> &events() const { return m_events; }
  /// Time to write, or soon something is dropped.
  bool isHalfFull() const;
  bool isEmpty() const { return m_samples.empty() && m_events.empty(); }

  /// The oldest ones are stored.
  void remove(qsizetype samples, qsizetype events);
  /// What was dropped since the last call.
  Counts takeDropped();
  /// Gives up on all of it; returns what that was.
  Counts clear();

 private:
  void removeSample();
  void removeEvent();

  const qsizetype m_mostWeight;
  const qsizetype m_mostEvents;
  std::deque<Sample> m_samples;
  std::deque<StoredEvent> m_events;
  qsizetype m_weight = 0;
  qsizetype m_eventBytes = 0;
  Counts m_dropped;
};

}  // namespace tagwire::sql
