// SPDX-License-Identifier: Apache-2.0
#include "eventring.h"

namespace tagwire::ws {

namespace {

/// Bytes of what others may write at any length.
qsizetype textSize(const Event &event) {
  if (const auto *custom = std::get_if<CustomEvent>(&event.body)) return 2 * custom->type.size() + custom->json.size();
  if (const auto *system = std::get_if<SystemEvent>(&event.body)) return 2 * system->text.size();
  if (const auto *status = std::get_if<CommandStatus>(&event.body)) return 2 * status->error.size();
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) return 2 * alarm->message.size();
  if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) return 2 * change->comment.size();
  return 0;
}

}  // namespace

void EventRing::add(const Event &event) {
  m_events.push_back(event);
  m_text += textSize(event);
  while (m_events.size() > m_most || m_text > mostText) {
    m_text -= textSize(m_events.front());
    m_events.pop_front();
  }
}

}  // namespace tagwire::ws
