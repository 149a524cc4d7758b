// SPDX-License-Identifier: Apache-2.0
#include "ratewindow.h"

#include <algorithm>

namespace tagwire::alarms {

void RateWindow::take(double value, Nanoseconds at, Nanoseconds window) {
  if (m_count > 0) {
    const size_t base = baseAt(at - window);
    if (base == m_count) {
      m_count = 0;
      keep(m_newest);
    } else {
      m_first = (m_first + base) % m_ring.size();
      m_count -= base;
    }
  }
  m_newest = Mark{at, value};
  if (m_count == 0 || at - mark(m_count - 1).at >= window / buckets) keep(m_newest);
  m_span = std::max(window, at - mark(0).at);
}

std::optional<double> RateWindow::rate(Nanoseconds now, Nanoseconds window) const {
  if (m_count == 0 || now - mark(0).at < window / 2) return std::nullopt;
  const Mark &base = mark(baseAt(now - m_span));
  const std::chrono::duration<double> seconds = now - base.at;
  return (m_newest.value - base.value) / seconds.count();
}

std::optional<RateWindow::Nanoseconds> RateWindow::nextDue(Nanoseconds now, Nanoseconds window) const {
  if (m_count == 0) return std::nullopt;
  if (now - mark(0).at < window / 2) return mark(0).at + window / 2;
  const size_t next = baseAt(now - m_span) + 1;
  if (next > m_count) return std::nullopt;
  // In steps, so that not every sample moves it: whoever sorts rules by it has less to do.
  const Nanoseconds step = window / buckets;
  return (mark(next).at + m_span + step - Nanoseconds(1)) / step * step;
}

const RateWindow::Mark &RateWindow::mark(size_t index) const {
  return index == m_count ? m_newest : m_ring[(m_first + index) % m_ring.size()];
}

/// The newest one not after `beginning`; the oldest, when all are after it.
size_t RateWindow::baseAt(Nanoseconds beginning) const {
  size_t base = 0;
  while (base < m_count && mark(base + 1).at <= beginning) ++base;
  return base;
}

void RateWindow::keep(const Mark &mark) {
  m_ring.resize(buckets + 2);
  m_ring[(m_first + m_count) % m_ring.size()] = mark;
  ++m_count;
}

}  // namespace tagwire::alarms
