// SPDX-License-Identifier: Apache-2.0
#include "commandbook.h"

#include <algorithm>

#include "auth/commandaccess.h"
#include "commands/commandcontrol.h"

namespace tagwire::ws {

namespace {

/// The same for every credential of one user, and never that of a token of the same name.
QString ownerOf(const Caller &caller) { return QString::number(static_cast<int>(caller.kind)) + u':' + caller.name; }

/// Whatever names and ids hold, no two pairs make one key.
QString commandKey(const QString &owner, const QString &correlationId) {
  return QString::number(owner.size()) + u':' + owner + u'/' + correlationId;
}

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
  if (m_order.size() >= remembered) forgetOne();
  m_order.push_back(commandId);
  Record &record = m_records[commandId];
  record.command.id = commandId;
  return record;
}

/// The oldest that has ended, so that one which waits for a person is still there when they come.
void CommandBook::forgetOne() {
  auto place = std::find_if(m_order.begin(), m_order.end(), [this](const QString &id) { return find(id)->hasEnded(); });
  if (place == m_order.end()) place = m_order.begin();
  const Record oldest = m_records.take(*place);
  m_order.erase(place);
  const QString key = commandKey(oldest.owner, oldest.command.correlationId);
  if (m_byCorrelation.value(key) == oldest.command.id) m_byCorrelation.remove(key);
}

bool CommandBook::Record::isFor(const Command &other) const {
  return command.point == other.point && command.scene == other.scene && command.kind == other.kind &&
         command.duration == other.duration && command.value == other.value;
}

void CommandBook::note(const Command &command, const Caller &caller) {
  Record &record = remember(command.id);
  record.command = command;
  if (command.kind != CommandKind::Scene) record.points = {command.point};
  record.owner = ownerOf(caller);
  if (!command.correlationId.isEmpty()) m_byCorrelation.insert(scoped(command.correlationId, caller), command.id);
}

void CommandBook::follow(const CommandStatus &status, Time time) {
  Record &record = remember(status.commandId);
  if (record.command.point == PointId::None) record.command.point = status.point;
  if (status.scene != 0) record.command.kind = CommandKind::Scene;
  if (status.scene != 0) record.command.scene = status.scene;
  if (record.points.isEmpty()) record.points = pointsOf(status);
  if (record.hasEnded()) return;
  if (!record.steps.isEmpty() && isSameStep(record.steps.last().status, status)) return;
  // A scene may have more steps than are kept; the newest one counts.
  if (record.steps.size() >= stepsOfOne) record.steps.removeLast();
  record.steps.append({time, status});
  // Of a queued command the router says nothing else but this, and who approved it.
  const bool isApproved = !record.approvedBy.isEmpty() || status.error.startsWith(approvalText);
  record.waitsForApproval = status.state == CommandState::Queued && !status.error.isEmpty() && !isApproved;
}

void CommandBook::noteApproval(const QString &commandId, const QString &by) {
  const auto found = m_records.find(commandId);
  if (found == m_records.end()) return;
  found->approvedBy = by;
  found->waitsForApproval = false;
}

bool CommandBook::isOf(const QString &commandId, const Caller &caller) const {
  const Record *record = find(commandId);
  return record && record->owner == ownerOf(caller);
}

const CommandBook::Record *CommandBook::find(const QString &commandId) const {
  const auto found = m_records.constFind(commandId);
  return found == m_records.cend() ? nullptr : &*found;
}

QList<const CommandBook::Record *> CommandBook::newestFirst() const {
  QList<const Record *> all;
  for (auto id = m_order.rbegin(); id != m_order.rend(); ++id) {
    if (!id->contains(u'/')) all << find(*id);
  }
  return all;
}

const CommandBook::Record *CommandBook::earlier(const QString &correlationId, const Caller &caller) const {
  if (correlationId.isEmpty()) return nullptr;
  return find(m_byCorrelation.value(scoped(correlationId, caller)));
}

QString CommandBook::scoped(const QString &correlationId, const Caller &caller) {
  return correlationId.isEmpty() ? QString() : commandKey(ownerOf(caller), correlationId);
}

}  // namespace tagwire::ws
