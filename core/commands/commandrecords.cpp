// SPDX-License-Identifier: Apache-2.0
// CommandRouter: what it remembers of commands and points, and what it tells.
#include "commandrouter.h"

namespace tagwire {

using namespace std::chrono_literals;

void CommandRouter::open(const QString &folder, const QLoggingCategory &log) {
  watchPoints();
  const QJsonArray records =
      m_journal.read(folder, QStringLiteral("commands.json"), QStringLiteral("which commands were under way"), log);
  for (const QJsonValue &each : records) {
    if (const auto record = keptRecordFrom(each.toObject(), m_points)) takeOver(*record);
  }
  if (!m_interrupted.isEmpty()) keep();
  if (!m_ends.empty()) m_timer.start();
}

void CommandRouter::takeOver(const CommandRecord &record) {
  Known &known = remember(record.command);
  known.last = record.last;
  known.phase = Phase::Over;
  known.isClosed = true;
  --m_open;
  if (!isFinal(record.last.state)) {
    known.last.state = record.wasBegun ? CommandState::Unknown : CommandState::Failed;
    known.last.error = record.isPulseOpen ? QStringLiteral("the program ended during the pulse")
                       : record.wasBegun  ? QStringLiteral("the program ended while the command was under way")
                                          : QStringLiteral("the program ended before the command was sent");
  }
  if (isFinal(record.last.state) && !record.isPulseOpen) return;
  const QString name = nameOf(record.command.point);
  SystemEvent told{QStringLiteral("command_interrupted"),
                   QStringLiteral("%1, command of %2: %3").arg(name, record.command.requestedBy, known.last.error),
                   Severity::Major};
  const auto point = m_points.point(record.command.point);
  if (record.isPulseOpen && point->writable && safeValueOf(*point)) {
    m_ends[record.command.point].pulse = record.command.id;
    told = {QStringLiteral("pulse_recovered"),
            QStringLiteral("the program ended during a pulse of %1, which is ended now").arg(name), Severity::Major};
  } else if (record.isPulseOpen) {
    told = {QStringLiteral("pulse_not_ended"),
            QStringLiteral("the program ended during a pulse of %1, which can't be brought to a safe value any more")
                .arg(name),
            Severity::Critical};
  }
  m_interrupted.append({record.command.id, told});
}

void CommandRouter::start() {
  if (m_interrupted.isEmpty()) return;
  // Not from within the start of the host: no sink would hear of it.
  QMetaObject::invokeMethod(this, &CommandRouter::tellInterrupted, Qt::QueuedConnection);
}

void CommandRouter::tellInterrupted() {
  const auto interrupted = std::exchange(m_interrupted, {});
  for (const auto &[id, event] : interrupted) {
    const Known *known = find(id);
    if (!known) continue;
    const CommandStatus last = known->last;
    audit(*known, toText(last.state), {QStringLiteral("tagwire"), {}, {}}, {{QStringLiteral("error"), last.error}});
    say(event.kind, event.text, event.severity);
    raise(last);
  }
}

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
  QList<std::pair<CommandRecord, QString>> records;
  for (const QString &id : std::as_const(m_order)) {
    const Known &known = m_known.at(id);
    const bool isOpen = isPulseOpen(known);
    if (known.command.correlationId.isEmpty() && known.isClosed && !isOpen) continue;
    records.emplaceBack(CommandRecord{known.command, known.last, known.phase >= Phase::Keeping, isOpen},
                        nameOf(known.command.point));
  }
  const auto list = [records = std::move(records)] {
    QJsonArray array;
    for (const auto &[record, point] : records) array << keptRecord(record, point);
    return array;
  };
  m_journal.write(list, std::move(done));
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
  AuditEntry entry = entryBy(by, "command", action, nameOf(known.command.point), known.command.id);
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
    if (!point || point->isRemoved || !point->commandRules) continue;
    const CommandRules &rules = *point->commandRules;
    if (rules.minimumOn != 0ms || rules.minimumOff != 0ms) timed << point->id;
  }
  m_hub.unwatch(this);
  if (!timed.isEmpty()) m_hub.watch(this, timed);
}

void CommandRouter::samplesPassed(const Samples &watched) {
  for (const Sample &sample : watched) {
    const bool *isOn = std::get_if<bool>(&sample.value);
    if (!isOn) continue;
    Lane &lane = m_lanes[sample.point];
    // Before this run it may have changed at any time: a compressor counts from here on.
    if (!lane.isOn || *lane.isOn != *isOn) lane.use.changedAt = m_clock.elapsed();
    lane.isOn = *isOn;
  }
}

}  // namespace tagwire
