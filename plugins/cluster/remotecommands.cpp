// SPDX-License-Identifier: Apache-2.0
#include "remotecommands.h"

#include "audit/audittrail.h"
#include "isolation/wire.h"

namespace tagwire::cluster {

namespace {

constexpr int commandKey = 0;
constexpr int pointKey = 1;
constexpr int stateKey = 0;
constexpr int errorKey = 1;
constexpr int valueKey = 2;
constexpr int interlockKey = 3;

QByteArray encode(const CommandStatus &status) {
  return QCborMap{{stateKey, static_cast<int>(status.state)},
                  {errorKey, status.error},
                  {valueKey, isolation::toCbor(status.actualValue)},
                  {interlockKey, status.interlock}}
      .toCborValue()
      .toCbor();
}

}  // namespace

void RemoteCommands::ask(const Command &command, Wire &wire) {
  const Sender *owner = m_points.owner(command.point);
  CommandStatus failed{command.id, command.point, CommandState::Failed, {}, {}};
  if (!owner || m_asked.size() >= static_cast<size_t>(mostOpen)) {
    failed.error = owner ? QStringLiteral("too many commands wait for other nodes (allowed: %1)").arg(mostOpen)
                         : QStringLiteral("the point is of no other node");
    return m_tell.status(failed);
  }
  if (const auto obstacle = obstacleNow(command)) return m_tell.status(*obstacle);
  QCborMap map;
  map.insert(commandKey, isolation::toCbor(command));
  map.insert(pointKey, m_points.nameAt(*owner, command.point));
  const quint64 number = Wire::newNumber();
  if (const auto sent = wire.ask(*owner, number, map.toCborValue().toCbor()); !sent) {
    failed.error = sent.error();
    return m_tell.status(failed);
  }
  m_asked[number] = {command.id, command.point};
  m_askedIds.insert(command.id);
}

void RemoteCommands::answered(quint64 number, const QByteArray &data, bool isNobody) {
  const auto found = m_asked.find(number);
  if (found == m_asked.end()) return;
  CommandStatus status{found->second.command, found->second.point, CommandState::Failed, {}, {}};
  if (isNobody) {
    status.error = QStringLiteral("the node of this point is away, or takes no commands");
  } else {
    QCborParserError error;
    const QCborMap map = QCborValue::fromCbor(data, &error).toMap();
    if (error.error != QCborError::NoError) return;
    const auto state = static_cast<int>(map.value(stateKey).toInteger(static_cast<int>(CommandState::Failed)));
    status.state = static_cast<CommandState>(std::clamp(state, 0, static_cast<int>(CommandState::Unknown)));
    status.error = map.value(errorKey).toString();
    if (const auto value = isolation::valueFrom(map.value(valueKey))) status.actualValue = *value;
    status.interlock = static_cast<int>(map.value(interlockKey).toInteger());
  }
  if (isFinal(status.state)) m_asked.erase(found);
  m_tell.status(status);
}

void RemoteCommands::refuse(const QString &from, const Command &command, const QString &point, const QByteArray &reply,
                            const QString &why) {
  AuditEntry entry;
  entry.kind = QStringLiteral("command");
  entry.action = QStringLiteral("refused");
  entry.actor = command.requestedBy + u'@' + from;
  entry.subject = point;
  entry.reference = command.id;
  entry.comment = why;
  m_context.audit().append(entry);
  m_tell.answer(reply, encode({command.id, PointId::None, CommandState::Failed, {}, why}));
}

void RemoteCommands::take(const QString &from, const QByteArray &data, const QByteArray &reply) {
  QCborParserError error;
  const QCborMap map = QCborValue::fromCbor(data, &error).toMap();
  if (error.error != QCborError::NoError) return;
  auto command = isolation::commandFrom(map.value(commandKey).toMap());
  if (!command) return;
  const QString name = map.value(pointKey).toString();
  if (!m_config.commandsFrom.contains(from)) {
    return refuse(from, *command, name, reply, QStringLiteral("commands of node %1 are not taken here").arg(from));
  }
  command->point = m_context.points().find(name);
  if (command->point == PointId::None || m_points.owner(command->point)) {
    return refuse(from, *command, name, reply, QStringLiteral("there is no point %1 here").arg(name));
  }
  if (command->kind == CommandKind::Scene) {
    return refuse(from, *command, name, reply, QStringLiteral("scenes are run where they are (allowed: write)"));
  }
  command->requestedBy += u'@' + from;
  command->obstacle = {};
  command->isUrgent = false;
  if (m_takenOrder.size() >= mostOpen) m_taken.remove(m_takenOrder.takeFirst());
  m_taken.insert(command->id, {reply, name});
  m_takenOrder << command->id;
  m_tell.request(*command);
}

void RemoteCommands::passed(const CommandStatus &status) {
  const auto found = m_taken.constFind(status.commandId);
  // That it waits there says the router of where it was asked already.
  if (found == m_taken.cend() || status.state == CommandState::Queued) return;
  m_tell.answer(found->reply, encode(status));
  if (!isFinal(status.state)) return;
  m_takenOrder.removeOne(status.commandId);
  m_taken.erase(found);
}

void RemoteCommands::clear() {
  m_asked.clear();
  m_askedIds.clear();
  m_taken.clear();
  m_takenOrder.clear();
}

}  // namespace tagwire::cluster
