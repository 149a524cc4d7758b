// SPDX-License-Identifier: Apache-2.0
#include "pendingwrites.h"

#include "pdu.h"

namespace tagwire::modbus {
namespace {

constexpr quint8 stillAtWork = 5;

}  // namespace

void PendingWrites::add(const QStringList &commands, Moment deadline, Done done) {
  ++m_last;
  m_waits[m_last] = {commands, deadline, false, std::move(done)};
  for (const QString &command : commands) m_byCommand.insert(command, m_last);
}

void PendingWrites::take(const CommandStatus &status) {
  if (!isFinal(status.state)) return;
  const quint64 number = m_byCommand.take(status.commandId);
  const auto found = m_waits.find(number);
  if (found == m_waits.end()) return;
  Wait &wait = found->second;
  wait.open.removeOne(status.commandId);
  wait.hasFailed |= status.state != CommandState::Succeeded;
  if (wait.open.isEmpty()) end(number, wait.hasFailed ? deviceFailure : quint8{0});
}

std::optional<PendingWrites::Moment> PendingWrites::firstDeadline() const {
  if (m_waits.empty()) return std::nullopt;
  return m_waits.begin()->second.deadline;
}

/// Whoever is told may write again at once, so the map is looked at anew each time.
void PendingWrites::expire(Moment now) {
  while (!m_waits.empty() && m_waits.begin()->second.deadline <= now) end(m_waits.begin()->first, stillAtWork);
}

void PendingWrites::end(quint64 number, quint8 exception) {
  const auto found = m_waits.find(number);
  if (found == m_waits.end()) return;
  const Wait wait = std::move(found->second);
  m_waits.erase(found);
  for (const QString &command : wait.open) m_byCommand.remove(command);
  wait.done(exception);
}

void PendingWrites::clear() {
  m_waits.clear();
  m_byCommand.clear();
}

}  // namespace tagwire::modbus
