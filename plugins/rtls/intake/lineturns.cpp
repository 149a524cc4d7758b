// SPDX-License-Identifier: Apache-2.0
#include "lineturns.h"

#include <QDeadlineTimer>

#include <algorithm>

namespace tagwire::rtls {

using namespace std::chrono_literals;

namespace {

constexpr auto longest = 5ms;

}  // namespace

LineSource::~LineSource() {
  if (m_isWaiting) m_turns.remove(*this);
}

void LineSource::wait() {
  if (!m_isWaiting) m_turns.add(*this);
}

void LineTurns::add(LineSource &source) {
  source.m_isWaiting = true;
  m_waiting.push_back(&source);
  schedule();
}

void LineTurns::remove(LineSource &source) {
  source.m_isWaiting = false;
  std::erase(m_waiting, &source);
}

void LineTurns::schedule() {
  if (std::exchange(m_isScheduled, true)) return;
  QMetaObject::invokeMethod(this, &LineTurns::work, Qt::QueuedConnection);
}

void LineTurns::work() {
  m_isScheduled = false;
  const QDeadlineTimer end(longest);
  int left = linesAtOnce;
  while (!m_waiting.empty() && left > 0 && !end.hasExpired()) {
    LineSource *source = m_waiting.front();
    m_waiting.pop_front();
    source->m_isWaiting = false;
    left -= std::max(source->takeSome(std::min(left, linesOfOne)), 1);
  }
  if (!m_waiting.empty()) schedule();
}

}  // namespace tagwire::rtls
