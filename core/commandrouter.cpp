// SPDX-License-Identifier: Apache-2.0
#include "commandrouter.h"

#include <QTimer>

namespace tagwire {

namespace {
constexpr int remembered = 1000;
constexpr std::chrono::seconds defaultLife{10};
// What a plugin may still need for the reply and the read-back of a command that it sent just before its end.
constexpr std::chrono::seconds grace{10};
}  // namespace

bool CommandRouter::isSame(const Command &known, const Command &given) const {
  if (known.point != given.point) return false;
  const auto point = m_points.point(given.point);
  const auto value = point ? convertTo(given.value, point->type) : Result<Value>(given.value);
  return value && *value == known.value;
}

CommandRouter::CommandRouter(const PointTable &points, Hub &hub, const Clock &clock, Execute execute)
    : m_points(points), m_hub(hub), m_clock(clock), m_execute(std::move(execute)) {
  connect(&m_hub, &Hub::commandStatus, this, &CommandRouter::follow);
}

Result<Command> CommandRouter::checked(Command command) const {
  const auto point = m_points.point(command.point);
  if (!point) return failure(QStringLiteral("no such point"));
  if (!point->writable) return failure(QStringLiteral("point %1 is read-only").arg(point->fullName));
  auto value = convertTo(command.value, point->type);
  if (!value) return failure(QStringLiteral("point %1: %2").arg(point->fullName, value.error()));
  const auto number = toNumber(*value);
  const bool isLow = number && point->minimum && !(*number >= *point->minimum);
  const bool isHigh = number && point->maximum && !(*number <= *point->maximum);
  if (isLow || isHigh) {
    return failure(QStringLiteral("point %1: %2 is out of range (allowed: %3 to %4)")
                       .arg(point->fullName, toText(*value),
                            point->minimum ? QString::number(*point->minimum) : QStringLiteral("any"),
                            point->maximum ? QString::number(*point->maximum) : QStringLiteral("any")));
  }
  command.value = std::move(*value);
  if (command.created == Time()) command.created = m_clock.now();
  if (command.expires == Time()) command.expires = command.created + defaultLife;
  if (m_clock.now() >= command.expires) return failure(QStringLiteral("the command has expired"));
  return command;
}

void CommandRouter::request(Command given) {
  if (given.id.isEmpty()) given.id = newCommandId();
  if (const QString first = m_byCorrelation.value(given.correlationId);
      !given.correlationId.isEmpty() && !first.isEmpty()) {
    Known &known = m_known[first];
    if (!isSame(known.command, given)) {
      raise({given.id, given.point, CommandState::Failed, Value(),
             QStringLiteral("the correlation id was used for another command")});
      return;
    }
    if (first != given.id && known.aliases.size() < remembered) known.aliases << given.id;
    CommandStatus status = known.last;
    status.commandId = given.id;
    raise(status);
    return;
  }
  auto command = checked(given);
  if (!command) {
    raise({given.id, given.point, CommandState::Failed, Value(), command.error()});
    return;
  }
  remember(*command);
  raise({command->id, command->point, CommandState::Queued, Value(), QString()});
  const auto handed = m_execute(m_points.point(command->point)->owner, *command);
  if (!handed) {
    raise({command->id, command->point, CommandState::Failed, Value(), handed.error()});
    return;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(command->expires - m_clock.now()) + grace;
  QTimer::singleShot(left, this, [this, id = command->id] { giveUp(id); });
}

void CommandRouter::remember(const Command &command) {
  m_known.insert(command.id, {command, {command.id, command.point, CommandState::Queued, Value(), QString()}, {}});
  m_order.enqueue(command.id);
  if (!command.correlationId.isEmpty()) m_byCorrelation.insert(command.correlationId, command.id);
  if (m_order.size() <= remembered) return;
  const Known oldest = m_known.take(m_order.dequeue());
  m_byCorrelation.remove(oldest.command.correlationId);
}

void CommandRouter::follow(const CommandStatus &status) {
  const auto found = m_known.find(status.commandId);
  if (found == m_known.end()) return;
  found->last = status;
  const QStringList aliases = found->aliases;
  for (const QString &alias : aliases) {
    CommandStatus copy = status;
    copy.commandId = alias;
    raise(copy);
  }
}

void CommandRouter::raise(const CommandStatus &status) {
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = status;
  m_hub.raise(nullptr, event);
}

void CommandRouter::giveUp(const QString &commandId) {
  const auto found = m_known.constFind(commandId);
  if (found == m_known.cend() || isFinal(found->last.state)) return;
  raise({commandId, found->command.point, CommandState::Unknown, Value(),
         QStringLiteral("the plugin gave no outcome in time")});
}

}  // namespace tagwire
