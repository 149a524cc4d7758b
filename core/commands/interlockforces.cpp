// SPDX-License-Identifier: Apache-2.0
#include "interlockforces.h"

#include <algorithm>

namespace tagwire {

namespace {
// Every command ends, by its expiry at the latest; should one get lost all the same, the point must not stay as it is.
constexpr std::chrono::seconds lostAfter{60};
}  // namespace

void InterlockForces::begin(int interlock, const QList<GuardedPoint> &points, std::chrono::nanoseconds now) {
  end(interlock);
  for (const GuardedPoint &each : points) {
    Write write;
    write.interlock = interlock;
    write.point = each.id;
    write.at = now;
    write.safe = each.safe.value_or(Value());
    m_writes.push_back(std::move(write));
  }
}

void InterlockForces::end(int interlock) {
  std::erase_if(m_writes, [interlock](const Write &each) { return each.interlock == interlock; });
}

bool InterlockForces::areDone(int interlock) const {
  return std::none_of(m_writes.begin(), m_writes.end(),
                      [interlock](const Write &each) { return each.interlock == interlock; });
}

QList<Command> InterlockForces::due(std::chrono::nanoseconds now) {
  QList<Command> commands;
  for (Write &write : m_writes) {
    if (now < write.at) continue;
    Command command;
    command.id = write.command = newCommandId();
    command.point = write.point;
    command.value = write.safe;
    command.requestedBy = QStringLiteral("interlock:%1").arg(write.interlock);
    command.isUrgent = true;
    commands << command;
    write.at = now + lostAfter;
  }
  return commands;
}

InterlockForces::Outcome InterlockForces::ended(const CommandStatus &status, std::chrono::nanoseconds now) {
  const auto write = std::find_if(m_writes.begin(), m_writes.end(),
                                  [&](const Write &each) { return each.command == status.commandId; });
  if (write == m_writes.end() || status.commandId.isEmpty() || !isFinal(status.state)) return Outcome::NotOurs;
  if (status.state == CommandState::Succeeded) {
    m_writes.erase(write);
    return Outcome::Done;
  }
  write->command.clear();
  write->at = now + write->backoff.next();
  return std::exchange(write->hasFailed, true) ? Outcome::FailedAgain : Outcome::Failed;
}

int InterlockForces::interlockOf(const QString &command) const {
  const auto write =
      std::find_if(m_writes.begin(), m_writes.end(), [&](const Write &each) { return each.command == command; });
  return write == m_writes.end() || command.isEmpty() ? 0 : write->interlock;
}

std::optional<std::chrono::nanoseconds> InterlockForces::next() const {
  const auto first =
      std::min_element(m_writes.begin(), m_writes.end(), [](const auto &a, const auto &b) { return a.at < b.at; });
  return first == m_writes.end() ? std::nullopt : std::optional(first->at);
}

}  // namespace tagwire
