// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFileDevice>
#include <QThreadPool>

#include <atomic>

#include "sqlconfig.h"
#include "store/historystore.h"
#include "store/storereader.h"
#include "tool.h"
#include "tool/historyexport.h"
#include "tool/historyimport.h"

namespace tagwire::sql {

/// How the sides of a configured database are made.
struct StoreMakers {
  std::function<std::unique_ptr<StoreReader>(const SqlConfig &, const QString &dataDir)> reader;
  std::function<std::unique_ptr<HistoryStore>(const SqlConfig &, const QString &dataDir)> store;
};

/// `tagwire history <verb> MANIFEST …`: reads the manifest, and works in a thread of its own, so that the program can
/// be ended meanwhile. Thread-bound; owned by the command.
class HistoryTool : public Tool {
  Q_OBJECT
 public:
  explicit HistoryTool(StoreMakers makers);
  /// Ends what is under way and waits for it.
  ~HistoryTool() override;

 protected:
  struct Chosen {
    QString id;
    QString dataDir;
    SqlConfig config;
  };

  /// The instance of this id; the only one when `instance` is empty.
  static tl::expected<Chosen, ToolError> choose(const QString &manifest, const QString &instance);
  /// Runs `work` in the thread; it returns the exit code.
  void begin(std::function<int()> work);
  /// What start() returns when it was asked for help.
  QString help(const char *usage);
  /// For people, on stderr; from any thread.
  static void say(const QString &text);
  /// The last words when `result` is an error, and `code`; else 0.
  static int exitCodeOf(const Result<void> &result, int code = 1);

  const StoreMakers m_makers;
  const std::shared_ptr<std::atomic_bool> m_mustStop = std::make_shared<std::atomic_bool>(false);

 private:
  QThreadPool m_pool;
};

/// `tagwire history export`. Thread-bound; owned by the command.
class ExportTool : public HistoryTool {
  Q_OBJECT
 public:
  using HistoryTool::HistoryTool;
  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

 private:
  int run(const ExportOptions &options, const Chosen &chosen) const;
  Result<void> write(const ExportOptions &options, const Chosen &chosen, QIODevice &output) const;
  static int writtenCode(const Result<void> &written, const QFileDevice &output);
};

/// `tagwire history import`. Thread-bound; owned by the command.
class ImportTool : public HistoryTool {
  Q_OBJECT
 public:
  using HistoryTool::HistoryTool;
  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

 private:
  int run(const ImportOptions &options, const Chosen &chosen);
};

}  // namespace tagwire::sql
