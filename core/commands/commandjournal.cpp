// SPDX-License-Identifier: Apache-2.0
#include "commandjournal.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace tagwire {

namespace {

constexpr qint64 largestJournal = 16 * 1024 * 1024;

CommandState stateFrom(const QString &word) {
  for (int i = 0; i <= static_cast<int>(CommandState::Unknown); ++i) {
    if (toText(static_cast<CommandState>(i)) == word) return static_cast<CommandState>(i);
  }
  return CommandState::Unknown;
}

QJsonObject entryJson(const CommandJournal::Entry &entry, const PointTable &points) {
  const Command &command = entry.command;
  const auto point = points.point(command.point);
  QJsonObject json{{QStringLiteral("id"), command.id},
                   {QStringLiteral("point"), point ? point->fullName : QString()},
                   {QStringLiteral("value"), tagwire::toJson(command.value)},
                   {QStringLiteral("kind"), static_cast<int>(command.kind)},
                   {QStringLiteral("duration_ms"), static_cast<qint64>(command.duration.count())},
                   {QStringLiteral("correlation_id"), command.correlationId},
                   {QStringLiteral("requested_by"), command.requestedBy},
                   {QStringLiteral("created"), QString::number(command.created.time_since_epoch().count())},
                   {QStringLiteral("state"), toText(entry.state)}};
  if (entry.isPulseOpen) json.insert(QStringLiteral("pulse_open"), true);
  return json;
}

/// Nothing for a point that is not there any more.
std::optional<CommandJournal::Entry> entryFrom(const QJsonObject &json, const PointTable &points) {
  const auto point = points.point(points.find(json.value(QLatin1String("point")).toString()));
  if (!point) return std::nullopt;
  CommandJournal::Entry entry;
  Command &command = entry.command;
  command.id = json.value(QLatin1String("id")).toString();
  command.point = point->id;
  command.kind = static_cast<CommandKind>(qBound(0, json.value(QLatin1String("kind")).toInt(), 2));
  // A toggle has no value until its turn comes.
  const auto value = valueFromJson(json.value(QLatin1String("value"))).and_then([&](const Value &each) {
    return convertTo(each, point->type);
  });
  if (value) command.value = *value;
  command.duration = std::chrono::milliseconds(json.value(QLatin1String("duration_ms")).toInteger());
  command.correlationId = json.value(QLatin1String("correlation_id")).toString();
  command.requestedBy = json.value(QLatin1String("requested_by")).toString();
  command.created = Time(std::chrono::nanoseconds(json.value(QLatin1String("created")).toString().toLongLong()));
  entry.state = stateFrom(json.value(QLatin1String("state")).toString());
  entry.isPulseOpen = json.value(QLatin1String("pulse_open")).toBool();
  return command.id.isEmpty() ? std::nullopt : std::optional(entry);
}

}  // namespace

QList<CommandJournal::Entry> CommandJournal::open(const QString &folder, const PointTable &points,
                                                  const QLoggingCategory &log) {
  if (folder.isEmpty()) return {};
  m_file = std::make_unique<KeptFile>(folder, QStringLiteral("commands.json"), log, largestJournal);
  const auto content = m_file->read();
  if (content && !*content) return {};
  const QJsonDocument document = content ? QJsonDocument::fromJson(**content) : QJsonDocument();
  if (!document.isArray()) {
    const QString aside = m_file->path() + QLatin1String(".damaged");
    qCWarning(log).noquote() << m_file->path() << "can't be read and is put aside:"
                             << (content ? QStringLiteral("it is no list") : content.error())
                             << "- which commands were under way is not known";
    if (const auto moved = m_file->putAside(aside); !moved) qCWarning(log).noquote() << moved.error();
    return {};
  }
  QList<Entry> entries;
  for (const QJsonValue &each : document.array()) {
    if (auto entry = entryFrom(each.toObject(), points)) entries << std::move(*entry);
  }
  return entries;
}

void CommandJournal::keep(const QList<Entry> &entries, const PointTable &points, KeptFile::Done done) {
  if (!m_file) {
    if (done) done({});
    return;
  }
  QJsonArray list;
  for (const Entry &entry : entries) list << entryJson(entry, points);
  m_file->write([list] { return QJsonDocument(list).toJson(QJsonDocument::Compact); });
  if (done) m_file->whenWritten(std::move(done));
}

void CommandJournal::tick(std::chrono::nanoseconds elapsed) {
  if (m_file) m_file->tick(elapsed);
}

void CommandJournal::flush() {
  if (m_file) m_file->flush();
}

}  // namespace tagwire
