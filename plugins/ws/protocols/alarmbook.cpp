// SPDX-License-Identifier: Apache-2.0
#include "alarmbook.h"

#include <algorithm>

#include "alarmdesks.h"
#include "plugin.h"

namespace tagwire::ws {

AlarmBook::AlarmBook(PluginContext &context) : m_context(context), m_self(std::make_shared<AlarmBook *>(this)) {}

void AlarmBook::ask(Taker taker) {
  m_takers.append(std::move(taker));
  if (m_takers.size() > 1) return;
  askAlarms(m_context, [book = std::weak_ptr(m_self)](const Result<Active> &answer) {
    if (const auto self = book.lock()) (*self)->answered(answer);
  });
}

void AlarmBook::note(const AlarmTransition &transition, Time time) {
  if (m_takers.isEmpty()) return;
  // One entry a rule: what comes last is what holds.
  const auto same = [&](const AlarmStatus &each) { return each.transition.ruleId == transition.ruleId; };
  const auto found = std::find_if(m_meanwhile.begin(), m_meanwhile.end(), same);
  if (found == m_meanwhile.end()) {
    m_meanwhile.append({.since = time, .transition = transition});
  } else {
    *found = {.since = time, .transition = transition};
  }
}

void AlarmBook::answered(const Result<Active> &answer) {
  // No desk is no fault: a site may do without alarms.
  Active active = answer ? *answer : Active();
  for (const AlarmStatus &newer : std::as_const(m_meanwhile)) {
    const auto same = [&](const AlarmStatus &each) { return each.transition.ruleId == newer.transition.ruleId; };
    const auto found = std::find_if(active.begin(), active.end(), same);
    if (newer.transition.state == AlarmState::Ok) {
      if (found != active.end()) active.erase(found);
    } else if (found != active.end()) {
      *found = newer;
    } else {
      active.append(newer);
    }
  }
  m_meanwhile.clear();
  // A taker may ask again.
  const QList<Taker> takers = std::exchange(m_takers, {});
  for (const Taker &taker : takers) taker(active);
}

}  // namespace tagwire::ws
