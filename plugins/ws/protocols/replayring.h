// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

#include <chrono>
#include <deque>
#include <variant>

#include "event.h"
#include "sample.h"

namespace tagwire::ws {

/// The newest batches and events for clients that come back (R6-3), bounded by bytes and age. Batches are shared with
/// whoever else holds them. Plain class, one thread.
class ReplayRing {
 public:
  struct Entry {
    quint64 sequence = 0;
    std::chrono::nanoseconds kept;
    qsizetype bytes = 0;
    std::variant<Samples, Event> content;
  };

  /// `sequence`: what happened up to it is not in the ring.
  explicit ReplayRing(quint64 sequence, qsizetype mostBytes = 16 * 1024 * 1024,
                      std::chrono::nanoseconds longest = std::chrono::seconds(60));

  void add(quint64 sequence, std::chrono::nanoseconds elapsed, const Samples &samples);
  void add(quint64 sequence, std::chrono::nanoseconds elapsed, const Event &event);
  void dropOld(std::chrono::nanoseconds elapsed);
  /// Nobody can ask for what came up to `sequence`: empty, and it stays so until the next add().
  void skip(quint64 sequence);

  /// Whether it holds all that came after `sequence`.
  bool covers(quint64 sequence) const { return sequence >= m_lost; }
  /// The first entry after `sequence`; end() when there is none.
  std::deque<Entry>::const_iterator after(quint64 sequence) const;
  std::deque<Entry>::const_iterator end() const { return m_entries.end(); }
  qsizetype bytes() const { return m_bytes; }

 private:
  void append(Entry entry);

  std::deque<Entry> m_entries;
  quint64 m_lost;  ///< newest number that is not here any more
  qsizetype m_bytes = 0;
  qsizetype m_mostBytes;
  std::chrono::nanoseconds m_longest;
};

}  // namespace tagwire::ws
