// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "event.h"

namespace tagwire::ws {

/// The newest events, oldest first: as many as were asked for, and no more than 8 MiB of text in them. Plain class.
class EventRing {
 public:
  explicit EventRing(size_t most) : m_most(most) {}

  void add(const Event &event);
  const std::deque<Event> &events() const { return m_events; }

 private:
  static constexpr qsizetype mostText = 8 * 1024 * 1024;

  size_t m_most;
  std::deque<Event> m_events;
  qsizetype m_text = 0;
};

}  // namespace tagwire::ws
