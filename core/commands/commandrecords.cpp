// SPDX-License-Identifier: Apache-2.0
// CommandRouter: what it remembers of commands and points, and what it tells.
#include "commandrouter.h"

namespace tagwire {

using namespace std::chrono_literals;

CommandRouter::Known &CommandRouter::remember(const Command &command) {
  Known &known = m_known[command.id];
  known.command = command;
  known.last = {command.id, command.point, CommandState::Queued, Value(), QString(), 0};
  known.deadline = Moment::max();
  m_order.enqueue(command.id);
  if (!command.correlationId.isEmpty()) m_byCorrelation.insert(command.correlationId, command.id);
  ++m_open;
  return known;
}

void CommandRouter::forgetOldest() {
  for (qsizetype left = m_order.size(); m_order.size() > mostRemembered && left > 0; --left) {
    const QString id = m_order.dequeue();
    const auto found = m_known.find(id);
    if (!found->second.isClosed || isPulseOpen(found->second)) {
      m_order.enqueue(id);
      continue;
    }
    const QString correlation = found->second.command.correlationId;
    if (m_byCorrelation.value(correlation) == id) m_byCorrelation.remove(correlation);
    m_known.erase(found);
  }
}

void CommandRouter::keep(KeptFile::Done done) {
  QList<CommandJournal::Entry> entries;
  for (const QString &id : std::as_const(m_order)) {
    const Known &known = m_known.at(id);
    const bool isOpen = isPulseOpen(known);
    if (known.command.correlationId.isEmpty() && !isOpen) continue;
    entries << CommandJournal::Entry{known.command, known.last.state, isOpen};
  }
  m_journal.keep(entries, m_points, std::move(done));
}

void CommandRouter::raise(const CommandStatus &status) {
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = status;
  ++m_nesting;
  m_hub.raise(nullptr, event);
  --m_nesting;
}

void CommandRouter::say(const QString &kind, const QString &text, Severity severity) {
  Event event;
  event.time = m_clock.now();
  event.source = QStringLiteral("tagwire");
  event.body = SystemEvent{kind, text, severity};
  ++m_nesting;
  m_hub.raise(nullptr, event);
  --m_nesting;
}

void CommandRouter::audit(const Known &known, const QString &action, const Operator &by, const QJsonObject &details) {
  if (!m_audit) return;
  AuditEntry entry;
  entry.time = m_clock.now();
  entry.kind = QStringLiteral("command");
  entry.action = action;
  entry.actor = by.name;
  entry.address = by.address;
  entry.subject = nameOf(known.command.point);
  entry.reference = known.command.id;
  entry.comment = by.comment;
  entry.details = details;
  if (details.isEmpty()) {
    entry.details.insert(QStringLiteral("value"), toJson(known.command.value));
    if (known.command.kind == CommandKind::Pulse) {
      entry.details.insert(QStringLiteral("duration_ms"), qint64(known.command.duration.count()));
    }
  }
  m_audit->append(std::move(entry));
}

QString CommandRouter::nameOf(PointId id) const {
  const auto point = m_points.point(id);
  return point ? point->fullName : QString();
}

CommandRouter::Known *CommandRouter::find(const QString &id) {
  const auto found = m_known.find(id);
  return found == m_known.end() ? nullptr : &found->second;
}

void CommandRouter::watchPoints() {
  QList<PointId> timed;
  for (quint32 i = 1; i <= m_points.count(); ++i) {
    const auto point = m_points.point(PointId(i));
    if (!point || !point->commandRules) continue;
    const CommandRules &rules = *point->commandRules;
    if (rules.minimumOn != 0ms || rules.minimumOff != 0ms) timed << point->id;
  }
  if (!timed.isEmpty()) m_hub.watch(this, timed);
}

void CommandRouter::samplesPassed(const Samples &watched) {
  for (const Sample &sample : watched) {
    const bool *isOn = std::get_if<bool>(&sample.value);
    if (!isOn) continue;
    Lane &lane = m_lanes[sample.point];
    if (lane.isOn && *lane.isOn != *isOn) lane.use.changedAt = m_clock.elapsed();
    lane.isOn = *isOn;
  }
}

}  // namespace tagwire
