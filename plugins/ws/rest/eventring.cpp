// SPDX-License-Identifier: Apache-2.0
#include "eventring.h"

namespace tagwire::ws {

void EventRing::add(const Event &event) {
  m_events.push_back(event);
  m_text += textSize(event);
  while (m_events.size() > m_most || m_text > mostText) {
    m_text -= textSize(m_events.front());
    m_events.pop_front();
  }
}

}  // namespace tagwire::ws
