// SPDX-License-Identifier: Apache-2.0
// What operators do beside asking for a command.
#include "commandcontrol.h"

#include "commandrouter.h"

namespace tagwire {

CommandControl::~CommandControl() = default;

AuditEntry entryBy(const Operator &by, const char *kind, const QString &action, const QString &subject,
                   const QString &reference) {
  AuditEntry entry;
  entry.kind = QLatin1String(kind);
  entry.action = action;
  entry.actor = by.name;
  entry.address = by.address;
  entry.subject = subject;
  entry.reference = reference;
  entry.comment = by.comment;
  return entry;
}

QLatin1String toText(InterlockMode mode) {
  switch (mode) {
    case InterlockMode::Trip:
      return QLatin1String("trip");
    case InterlockMode::Advisory:
      return QLatin1String("advisory");
    default:
      return QLatin1String("permissive");
  }
}

DryRun CommandRouter::dryRun(const Command &given) const {
  DryRun run;
  const auto fail = [&](const QString &text) {
    run.obstacle = Obstacle{CommandState::Failed, text, 0};
    return run;
  };
  Command probe = given;
  probe.id = QStringLiteral("dry-run");
  const auto command = checkedCommand(probe, m_points, m_clock);
  if (!command) return fail(command.error());
  const auto point = m_points.point(command->point);
  if (point->commandRules) run.confirm = point->commandRules->confirm;
  const auto value = valueNow(*command);
  if (!value) return fail(value.error());
  run.value = *value;
  const auto lane = m_lanes.find(command->point);
  const PointUse use = lane == m_lanes.end() ? PointUse() : lane->second.use;
  const QString wrong = againstRules(*point, *value, m_points.last(command->point), use, m_clock.elapsed());
  if (!wrong.isEmpty()) return fail(wrong);
  Command due = *command;
  due.value = *value;
  const QList<Obstacle> obstacles = obstaclesOf(due);
  if (!obstacles.isEmpty()) run.obstacle = obstacles.first();
  for (const Obstacle &each : obstacles) run.interlocks << each.interlock;
  if (m_guard.warnings) run.warnings = m_guard.warnings(due.point, due.value);
  return run;
}

Result<Selection> CommandRouter::select(PointId id, const Operator &by) {
  const auto point = m_points.point(id);
  if (!point) return failure(QStringLiteral("no such point"));
  return m_selections.select(*point, by.name, m_clock.now(), m_clock.elapsed());
}

Result<void> CommandRouter::deselect(const QString &selection, const Operator &by) {
  return m_selections.deselect(selection, by.name, m_clock.elapsed());
}

Result<void> CommandRouter::approve(const QString &commandId, const Operator &by) {
  Known *known = find(commandId);
  if (!known || known->phase != Phase::Approval) return failure(QStringLiteral("no command of this id waits"));
  if (known->command.requestedBy == by.name) {
    return failure(QStringLiteral("a second person has to approve it: %1 asked for it").arg(by.name));
  }
  audit(*known, QStringLiteral("approved"), by);
  constexpr std::chrono::seconds atLeast{10};
  known->expires = std::max(known->expires, m_clock.elapsed() + atLeast);
  known->command.expires = std::max(known->command.expires, m_clock.now() + atLeast);
  step(*known, CommandState::Queued, approvalText + by.name);
  enqueue(*known);
  return {};
}

Result<void> CommandRouter::cancel(const QString &commandId, const Operator &by) {
  Known *known = find(commandId);
  if (!known || known->phase == Phase::Over) return failure(QStringLiteral("no command of this id is open"));
  const QString text = QStringLiteral("cancelled by %1").arg(by.name);
  if (known->command.kind == CommandKind::Pulse && (known->phase == Phase::Handed || known->phase == Phase::PulseOn)) {
    audit(*known, QStringLiteral("cancelled"), by);
    stopPulse(*known, text);
    return {};
  }
  if (known->phase == Phase::Handed || known->phase == Phase::PulseOff) {
    return failure(QStringLiteral("it was sent already"));
  }
  audit(*known, QStringLiteral("cancelled"), by);
  end(*known, CommandState::Failed, text);
  return {};
}

}  // namespace tagwire
