// SPDX-License-Identifier: Apache-2.0
#include "scenejournal.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace tagwire {

namespace {

constexpr qint64 largestSceneJournal = 16 * 1024 * 1024;

QString ticks(Time time) { return QString::number(time.time_since_epoch().count()); }

Time timeFrom(const QJsonValue &value) { return Time(std::chrono::nanoseconds(value.toString().toLongLong())); }

QJsonObject recordObject(const SceneRecord &record) {
  const Command &command = record.command;
  return {{QStringLiteral("id"), command.id},
          {QStringLiteral("scene"), command.scene},
          {QStringLiteral("correlation_id"), command.correlationId},
          {QStringLiteral("requested_by"), command.requestedBy},
          {QStringLiteral("address"), command.address},
          {QStringLiteral("comment"), command.comment},
          {QStringLiteral("created"), ticks(command.created)},
          {QStringLiteral("state"), toText(record.state)},
          {QStringLiteral("step"), record.step},
          {QStringLiteral("is_stopping"), record.isStopping},
          {QStringLiteral("text"), record.text},
          {QStringLiteral("interlock"), record.interlock},
          {QStringLiteral("ended"), ticks(record.ended)}};
}

std::optional<SceneRecord> recordFrom(const QJsonObject &json) {
  SceneRecord record;
  Command &command = record.command;
  command.kind = CommandKind::Scene;
  command.id = json.value(QLatin1String("id")).toString();
  command.scene = json.value(QLatin1String("scene")).toInt();
  command.correlationId = json.value(QLatin1String("correlation_id")).toString();
  command.requestedBy = json.value(QLatin1String("requested_by")).toString();
  command.address = json.value(QLatin1String("address")).toString();
  command.comment = json.value(QLatin1String("comment")).toString();
  command.created = timeFrom(json.value(QLatin1String("created")));
  record.state = CommandState::Unknown;
  for (int i = 0; i <= static_cast<int>(CommandState::Unknown); ++i) {
    const auto state = static_cast<CommandState>(i);
    if (toText(state) == json.value(QLatin1String("state")).toString()) record.state = state;
  }
  record.step = std::max(0, json.value(QLatin1String("step")).toInt());
  record.isStopping = json.value(QLatin1String("is_stopping")).toBool();
  record.text = json.value(QLatin1String("text")).toString();
  record.interlock = json.value(QLatin1String("interlock")).toInt();
  record.ended = timeFrom(json.value(QLatin1String("ended")));
  return command.id.isEmpty() ? std::nullopt : std::optional(record);
}

}  // namespace

QList<SceneRecord> SceneJournal::open(const QString &folder, const QLoggingCategory &log) {
  if (folder.isEmpty()) return {};
  m_file = std::make_unique<KeptFile>(folder, QStringLiteral("scenes.json"), log, largestSceneJournal);
  const auto content = m_file->read();
  if (content && !*content) return {};
  const QJsonDocument document = content ? QJsonDocument::fromJson(**content) : QJsonDocument();
  if (!document.isArray()) {
    const QString aside = m_file->path() + QLatin1String(".damaged");
    qCWarning(log).noquote() << m_file->path() << "can't be read and is put aside:"
                             << (content ? QStringLiteral("it is no list") : content.error())
                             << "- which scenes were running is not known";
    if (const auto moved = m_file->putAside(aside); !moved) qCWarning(log).noquote() << moved.error();
    return {};
  }
  QList<SceneRecord> records;
  for (const QJsonValue &each : document.array()) {
    if (auto record = recordFrom(each.toObject())) records << std::move(*record);
  }
  return records;
}

void SceneJournal::keep(const QList<SceneRecord> &records, KeptFile::Done done) {
  if (!m_file) {
    if (done) done({});
    return;
  }
  m_file->write([records] {
    QJsonArray list;
    for (const SceneRecord &each : records) list << recordObject(each);
    return QJsonDocument(list).toJson(QJsonDocument::Compact);
  });
  if (done) m_file->whenWritten(std::move(done));
}

void SceneJournal::tick(std::chrono::nanoseconds elapsed) {
  if (m_file) m_file->tick(elapsed);
}

void SceneJournal::flush() {
  if (m_file) m_file->flush();
}

}  // namespace tagwire
