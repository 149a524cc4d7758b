// SPDX-License-Identifier: Apache-2.0
#include "commandqueue.h"

namespace tagwire::modbus {

void CommandQueue::add(const Command &command, const RegisterPoint &point, int index) {
  if (m_waiting.size() >= capacity && !command.isUrgent) {
    step(command, CommandState::Failed, QStringLiteral("busy: %1 commands are waiting already").arg(capacity));
    return;
  }
  if (command.isUrgent) {
    m_waiting.push_front({command, point, index});
  } else {
    m_waiting.push_back({command, point, index});
  }
}

CommandQueue::Moment CommandQueue::due() const {
  if (m_isUnderWay) return Moment::max();
  if (m_current) return m_current->sequence.readyAt();
  return m_waiting.empty() ? Moment::max() : Moment::min();
}

std::optional<quint8> CommandQueue::nextUnit(Moment now) const {
  if (due() > now) return std::nullopt;
  return m_current ? m_current->entry.point.unit : m_waiting.front().point.unit;
}

std::optional<CommandQueue::Outgoing> CommandQueue::next(Time time, Moment now) {
  while (!m_current && !m_waiting.empty()) {
    const Entry entry = std::move(m_waiting.front());
    m_waiting.pop_front();
    if (entry.command.expires != Time() && entry.command.expires <= time) {
      step(entry.command, CommandState::Expired, QStringLiteral("its time was up before it could be sent"));
      continue;
    }
    const auto sequence = WriteSequence::make(entry.point, entry.command.value, m_units.of(entry.point.unit));
    if (!sequence) {
      step(entry.command, CommandState::Failed, sequence.error());
      continue;
    }
    // The last look: what stands in its way may have come while it waited.
    if (const auto blocked = obstacleNow(entry.command)) {
      m_tell(*blocked);
      continue;
    }
    m_current = Running{entry, *sequence};
    step(entry.command, CommandState::Sent);
  }
  // What was told may have led to failAll(), and to the next command.
  if (due() > now || !m_current) return std::nullopt;
  m_isUnderWay = true;
  return Outgoing{m_current->entry.point.unit, m_current->sequence.request()};
}

void CommandQueue::answered(const Reply &reply, Moment now) {
  if (!m_current) return;
  m_isUnderWay = false;
  const bool wasWrite = m_current->sequence.isWriting();
  const auto outcome = m_current->sequence.answered(reply, now);
  const int index = m_current->entry.index;
  const std::optional<Reading> reading = m_current->sequence.readBack();
  if (wasWrite && reply.kind == Reply::Kind::Answer) step(m_current->entry.command, CommandState::Acked);
  if (reading) m_show(index, *reading);
  if (outcome && m_current) finish(*outcome);
}

void CommandQueue::lost(const QString &why) {
  m_isUnderWay = false;
  if (!m_current) return;
  if (const auto outcome = m_current->sequence.lost(why)) finish(*outcome);
}

void CommandQueue::unreachable(const QString &why) {
  if (m_current) return lost(why);
  if (m_waiting.empty()) return;
  const Entry entry = std::move(m_waiting.front());
  m_waiting.pop_front();
  step(entry.command, CommandState::Failed, why);
}

void CommandQueue::failAll(const QString &why) {
  m_isUnderWay = false;
  if (m_current) {
    finish({CommandState::Unknown, {}, QStringLiteral("whether the device took the value is not known: ") + why});
  }
  std::deque<Entry> waiting;
  waiting.swap(m_waiting);
  for (const Entry &entry : waiting) step(entry.command, CommandState::Failed, why);
}

void CommandQueue::step(const Command &command, CommandState state, const QString &error, const Value &actual) const {
  m_tell(CommandStatus{command.id, command.point, state, actual, error});
}

void CommandQueue::finish(const WriteSequence::Outcome &outcome) {
  // First out, then told: whoever hears of it may send the next command at once.
  const Command command = m_current->entry.command;
  m_current.reset();
  step(command, outcome.state, outcome.error, outcome.actual);
}

}  // namespace tagwire::modbus
