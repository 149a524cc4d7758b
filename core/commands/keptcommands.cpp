// SPDX-License-Identifier: Apache-2.0
#include "keptcommands.h"

#include <QJsonDocument>

namespace tagwire {

namespace {
constexpr qint64 largestList = 16 * 1024 * 1024;
}

QJsonArray KeptCommands::read(const QString &folder, const QString &fileName, const QString &unknown,
                              const QLoggingCategory &log) {
  if (folder.isEmpty()) return {};
  m_file = std::make_unique<KeptFile>(folder, fileName, log, largestList);
  const auto content = m_file->read();
  if (content && !*content) return {};
  const QJsonDocument document = content ? QJsonDocument::fromJson(**content) : QJsonDocument();
  if (document.isArray()) return document.array();
  qCWarning(log).noquote() << m_file->path() << "can't be read and is put aside:"
                           << (content ? QStringLiteral("it is no list") : content.error()) << "-" << unknown
                           << "is not known";
  if (const auto moved = m_file->putAside(); !moved) qCWarning(log).noquote() << moved.error();
  return {};
}

void KeptCommands::write(std::function<QJsonArray()> list, KeptFile::Done done) {
  if (!m_file) {
    if (done) done({});
    return;
  }
  m_file->write([list = std::move(list)] { return QJsonDocument(list()).toJson(QJsonDocument::Compact); });
  if (done) m_file->whenWritten(std::move(done));
}

void KeptCommands::tick(std::chrono::nanoseconds elapsed) {
  if (m_file) m_file->tick(elapsed);
}

void KeptCommands::flush() {
  if (m_file) m_file->flush();
}

QJsonObject keptCommand(const Command &command) {
  return {{QStringLiteral("id"), command.id},
          {QStringLiteral("correlation_id"), command.correlationId},
          {QStringLiteral("requested_by"), command.requestedBy},
          {QStringLiteral("address"), command.address},
          {QStringLiteral("comment"), command.comment},
          {QStringLiteral("created"), keptTime(command.created)}};
}

Command keptCommandFrom(const QJsonObject &json) {
  Command command;
  command.id = json.value(QLatin1String("id")).toString();
  command.correlationId = json.value(QLatin1String("correlation_id")).toString();
  command.requestedBy = json.value(QLatin1String("requested_by")).toString();
  command.address = json.value(QLatin1String("address")).toString();
  command.comment = json.value(QLatin1String("comment")).toString();
  command.created = keptTimeFrom(json.value(QLatin1String("created")));
  return command;
}

CommandState keptStateFrom(const QJsonValue &word) {
  for (int i = 0; i <= static_cast<int>(CommandState::Unknown); ++i) {
    const auto state = static_cast<CommandState>(i);
    if (toText(state) == word.toString()) return state;
  }
  return CommandState::Unknown;
}

QString keptTime(Time time) { return QString::number(time.time_since_epoch().count()); }

Time keptTimeFrom(const QJsonValue &text) { return Time(std::chrono::nanoseconds(text.toString().toLongLong())); }

}  // namespace tagwire
