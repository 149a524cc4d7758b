// SPDX-License-Identifier: Apache-2.0
// CommandRouter: pulses. The value is one write, the safe value another; each is told under an id of its own, and the
// pulse's own statuses are made from them. The second is written until it is there, whatever becomes of the first.
#include "commandrouter.h"

namespace tagwire {

using namespace std::chrono_literals;

namespace {
constexpr auto safeWriteLife = 10s;
}

bool CommandRouter::isPulseOpen(const Known &known) const {
  if (known.command.kind != CommandKind::Pulse) return false;
  const auto end = m_ends.find(known.command.point);
  if (end != m_ends.end() && end->second.pulse == known.command.id) return true;
  return !known.isClosed && known.phase >= Phase::Keeping && known.phase != Phase::Over;
}

bool CommandRouter::endPulses(const QString &why) {
  m_stopping = why;
  bool isOpen = !m_ends.empty();
  QStringList on;
  for (const auto &[id, known] : m_known) {
    if (isPulseOpen(known)) isOpen = true;
    if (known.phase == Phase::PulseOn || known.phase == Phase::Handed) on << id;
  }
  for (const QString &id : std::as_const(on)) stopPulse(*find(id), QStringLiteral("ended early: ") + why);
  return isOpen;
}

bool CommandRouter::followPulse(const CommandStatus &status) {
  const auto pulse = m_pulses.constFind(status.commandId);
  if (pulse == m_pulses.cend()) return false;
  const QString id = *pulse;
  if (isFinal(status.state)) m_pulses.erase(pulse);
  const auto end = m_ends.find(status.point);
  if (end != m_ends.end() && end->second.child == status.commandId) {
    if (status.state == CommandState::Succeeded) {
      safeWasWritten(status.point);
    } else if (isFinal(status.state)) {
      safeWasNotWritten(status.point, status.error);
    }
    return true;
  }
  Known *known = find(id);
  if (known && !known->isClosed && known->phase == Phase::Handed) followPulseOn(*known, status);
  return true;
}

void CommandRouter::followPulseOn(Known &known, const CommandStatus &status) {
  if (status.state == CommandState::Sent) known.wasSent = true;
  if (!isFinal(status.state)) return step(known, status.state, status.error);
  if (status.state == CommandState::Succeeded) {
    known.phase = Phase::PulseOn;
    known.actual = status.actualValue;
    known.deadline = m_clock.elapsed() + known.command.duration;
    if (known.last.state != CommandState::Acked) step(known, CommandState::Acked);
    if (auto ending = known.ending) {  // stopped while the value was on its way
      ending->actualValue = known.actual;
      return endPulse(known, ending);
    }
    QTimer::singleShot(known.command.duration, Qt::PreciseTimer, this, &CommandRouter::tick);
    return;
  }
  if (!known.wasSent) return end(known, status.state, status.error, {}, status.interlock);
  endPulse(known, status);
}

/// What is on ends now, what is on its way as soon as it is there, what was not sent never begins. False: no pulse.
bool CommandRouter::stopPulse(Known &known, const QString &why) {
  if (known.command.kind != CommandKind::Pulse) return false;
  CommandStatus ending{{}, known.command.point, CommandState::Failed, known.actual, why, 0};
  switch (known.phase) {
    case Phase::Keeping:
      end(known, CommandState::Failed, why);
      return true;
    case Phase::Handed:
      known.ending = std::move(ending);
      return true;
    case Phase::PulseOn:
      endPulse(known, std::move(ending));
      return true;
    default:
      return false;
  }
}

void CommandRouter::endPulse(Known &known, std::optional<CommandStatus> ending) {
  known.phase = Phase::PulseOff;
  known.ending = std::move(ending);
  PulseEnd &pulseEnd = m_ends[known.command.point];
  pulseEnd.pulse = known.command.id;
  writeSafe(known.command.point);
}

void CommandRouter::writeSafe(PointId id) {
  PulseEnd &pulseEnd = m_ends.at(id);
  if (!pulseEnd.child.isEmpty()) {
    m_pulses.remove(pulseEnd.child);
    return safeWasNotWritten(id, QStringLiteral("the plugin gave no outcome in time"));
  }
  const Known *known = find(pulseEnd.pulse);
  const auto point = m_points.point(id);
  Command command;
  command.id = QStringLiteral("%1/off%2").arg(pulseEnd.pulse).arg(++pulseEnd.tries);
  command.point = id;
  command.value = *safeValueOf(*point);
  command.requestedBy = known ? known->command.requestedBy : QStringLiteral("tagwire");
  command.created = m_clock.now();
  command.expires = command.created + safeWriteLife;
  command.isUrgent = true;
  pulseEnd.child = command.id;
  pulseEnd.at = m_clock.elapsed() + 2 * safeWriteLife;
  m_pulses.insert(command.id, pulseEnd.pulse);
  if (!m_timer.isActive()) m_timer.start();
  const auto handed = m_execute(point->owner, command);
  if (handed) return;
  m_pulses.remove(command.id);
  if (m_ends.count(id) > 0) safeWasNotWritten(id, handed.error());
}

void CommandRouter::safeWasWritten(PointId point) {
  const PulseEnd pulseEnd = m_ends.at(point);
  m_ends.erase(point);
  keep();
  if (pulseEnd.tries > 1) {
    say(QStringLiteral("pulse_ended"),
        QStringLiteral("%1 is back at its safe value, at try %2").arg(nameOf(point)).arg(pulseEnd.tries),
        Severity::Info);
  }
  if (Known *known = find(pulseEnd.pulse); known && !known->isClosed) {
    const auto ending = known->ending;
    end(*known, ending ? ending->state : CommandState::Succeeded, ending ? ending->error : QString(),
        ending ? ending->actualValue : known->actual);
  }
  next(point);
}

/// Told with the first failure; the tries go on, and so long no other command for this point has its turn.
void CommandRouter::safeWasNotWritten(PointId point, const QString &why) {
  PulseEnd &pulseEnd = m_ends.at(point);
  pulseEnd.child.clear();
  pulseEnd.at = m_clock.elapsed() + pulseEnd.backoff.next();
  if (pulseEnd.tries != 1) return;
  const QString text = QStringLiteral(
                           "%1 could not be brought back to its safe value (%2); this is tried again until it "
                           "is done")
                           .arg(nameOf(point), why);
  say(QStringLiteral("pulse_not_ended"), text, Severity::Critical);
  if (Known *known = find(pulseEnd.pulse); known && !known->isClosed) {
    end(*known, CommandState::Failed, text, known->actual);
  }
}

}  // namespace tagwire
