// SPDX-License-Identifier: Apache-2.0
#include "commandqueue.h"

namespace tagwire::modbus {

void CommandQueue::add(const Command &command, const ModbusPoint &point, int index) {
  if (m_waiting.size() >= capacity) {
    step(command, CommandState::Failed, QStringLiteral("busy: %1 commands are waiting already").arg(capacity));
    return;
  }
  m_waiting.push_back({command, point, index});
}

std::optional<CommandQueue::Outgoing> CommandQueue::next(Time now) {
  while (!m_current && !m_waiting.empty()) {
    const Entry entry = std::move(m_waiting.front());
    m_waiting.pop_front();
    if (entry.command.expires != Time() && entry.command.expires <= now) {
      step(entry.command, CommandState::Expired, QStringLiteral("its time was up before it could be sent"));
      continue;
    }
    const auto sequence = WriteSequence::make(entry.point, entry.command.value);
    if (!sequence) {
      step(entry.command, CommandState::Failed, sequence.error());
      continue;
    }
    m_current = Running{entry, *sequence};
    step(entry.command, CommandState::Sent);
  }
  if (!m_current) return std::nullopt;
  return Outgoing{m_current->entry.point.unit, m_current->sequence.request()};
}

std::optional<CommandQueue::ReadBack> CommandQueue::answered(const Reply &reply) {
  if (!m_current) return std::nullopt;
  const bool wasWrite = m_current->sequence.isWriting();
  const auto outcome = m_current->sequence.answered(reply);
  if (wasWrite && reply.kind == Reply::Kind::Answer) step(m_current->entry.command, CommandState::Acked);
  std::optional<ReadBack> readBack;
  if (m_current->sequence.readBack()) readBack = ReadBack{m_current->entry.index, *m_current->sequence.readBack()};
  if (outcome) finish(*outcome);
  return readBack;
}

void CommandQueue::lost(const QString &why) {
  if (!m_current) return;
  if (const auto outcome = m_current->sequence.lost(why)) finish(*outcome);
}

void CommandQueue::failAll(const QString &why) {
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
