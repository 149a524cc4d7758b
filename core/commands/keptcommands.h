// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>

#include <memory>

#include "../command.h"
#include "../keptfile.h"

namespace tagwire {

/// A list of commands that has to outlive the program, the oldest first: a JSON array in a file of the data dir.
/// Without one (read() was not called, or without a folder) nothing is kept. Thread-bound.
class KeptCommands {
 public:
  /// What an earlier run left. A file that can't be understood is put aside; the log says then that `unknown` is not
  /// known.
  QJsonArray read(const QString &folder, const QString &fileName, const QString &unknown, const QLoggingCategory &log);
  /// Replaces what is kept. `list` is called in another thread. `done` comes once it is on the disk or could not be
  /// written, maybe at once.
  void write(std::function<QJsonArray()> list, KeptFile::Done done);
  void tick(std::chrono::nanoseconds elapsed);
  /// Waits for the disk.
  void flush();

 private:
  std::unique_ptr<KeptFile> m_file;
};

/// Of a command: `id`, `correlation_id`, `requested_by`, `address`, `comment`, `created` (nanoseconds since 1970, as
/// text).
QJsonObject keptCommand(const Command &command);
Command keptCommandFrom(const QJsonObject &json);
/// A word of toText(CommandState); others: unknown.
CommandState keptStateFrom(const QJsonValue &word);
/// Nanoseconds since 1970, as text: JSON's numbers do not hold them.
QString keptTime(Time time);
Time keptTimeFrom(const QJsonValue &text);

}  // namespace tagwire
