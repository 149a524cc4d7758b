// SPDX-License-Identifier: Apache-2.0
#include "commandbook.h"

namespace tagwire::ws {

namespace {

/// The same for every credential of one user, and never that of a token of the same name.
QString ownerOf(const Caller &caller) { return QString::number(static_cast<int>(caller.kind)) + u':' + caller.name; }

QString keyOf(const QString &owner, const QString &correlationId) { return owner + u'/' + correlationId; }

bool isSameStep(const CommandStatus &one, const CommandStatus &two) {
  return one.state == two.state && one.actualValue == two.actualValue && one.error == two.error;
}

}  // namespace

std::shared_ptr<CommandBook> CommandBook::of(PluginContext &context) {
  return context.shared<CommandBook>("command book", [] { return std::make_shared<CommandBook>(); });
}

CommandBook::Record &CommandBook::remember(const QString &commandId) {
  const auto found = m_records.find(commandId);
  if (found != m_records.end()) return *found;
  if (m_order.size() >= remembered) {
    const Record oldest = m_records.take(m_order.front());
    m_order.pop_front();
    m_byCorrelation.remove(keyOf(oldest.owner, oldest.command.correlationId));
  }
  m_order.push_back(commandId);
  Record &record = m_records[commandId];
  record.command.id = commandId;
  return record;
}

void CommandBook::note(const Command &command, const Caller &caller) {
  Record &record = remember(command.id);
  record.command = command;
  record.owner = ownerOf(caller);
  if (!command.correlationId.isEmpty()) m_byCorrelation.insert(scoped(command.correlationId, caller), command.id);
}

void CommandBook::follow(const CommandStatus &status, Time time) {
  Record &record = remember(status.commandId);
  if (record.command.point == PointId::None) record.command.point = status.point;
  if (record.hasEnded() || record.steps.size() >= stepsOfOne) return;
  if (!record.steps.isEmpty() && isSameStep(record.steps.last().status, status)) return;
  record.steps.append({time, status});
}

bool CommandBook::isOf(const QString &commandId, const Caller &caller) const {
  const Record *record = find(commandId);
  return record && record->owner == ownerOf(caller);
}

const CommandBook::Record *CommandBook::find(const QString &commandId) const {
  const auto found = m_records.constFind(commandId);
  return found == m_records.cend() ? nullptr : &*found;
}

const CommandBook::Record *CommandBook::earlier(const QString &correlationId, const Caller &caller) const {
  if (correlationId.isEmpty()) return nullptr;
  return find(m_byCorrelation.value(scoped(correlationId, caller)));
}

QString CommandBook::scoped(const QString &correlationId, const Caller &caller) {
  return correlationId.isEmpty() ? QString() : keyOf(ownerOf(caller), correlationId);
}

}  // namespace tagwire::ws
