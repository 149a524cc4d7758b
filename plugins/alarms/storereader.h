// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "storage/sqliteconnection.h"
#include "storedrecord.h"
#include "storework.h"

namespace tagwire::alarms {

/// One question to the alarms' file, by a connection of its own that only reads, so that no commit waits for it. It
/// blocks. Thread-bound, in a thread of the AlarmStore that owns it.
class StoreReader {
 public:
  /// Longest time for one answer: whoever asked has given up soon after.
  static constexpr std::chrono::seconds patience{4};

  /// `mustStop` ends it before its time; it is an error then.
  StoreReader(QString path, std::shared_ptr<const std::atomic_bool> mustStop)
      : m_path(std::move(path)), m_mustStop(std::move(mustStop)) {}

  /// By time, those of the same time by number.
  Result<QList<StoredRecord>> history(const AlarmHistoryQuery &query);
  Result<QList<CameAlarm>> came(Time from, Time to);
  Result<QList<AlarmRule>> ruleVersions(int id);

  /// Moves what was committed from the journal into the file. Commits go on meanwhile.
  void bringHome();

  /// Whether the last error was that the file is damaged.
  bool foundDamage() const { return m_foundDamage; }

 private:
  /// A SELECT that grows, with what is to be bound.
  struct Question {
    QByteArray sql;
    QList<qint64> numbers;
    void add(const char *condition, qint64 number);
  };

  Result<void> open();
  Result<Question> historyQuestion(const AlarmHistoryQuery &query);
  Result<void> addPosition(const AlarmHistoryQuery &query, Question &question);
  Result<void> forEachRow(const Question &question, const std::function<void(const Statement &)> &take);
  tl::unexpected<QString> failed();
  static int isOver(void *reader);

  const QString m_path;
  const std::shared_ptr<const std::atomic_bool> m_mustStop;
  SqliteConnection m_connection;
  std::chrono::steady_clock::time_point m_deadline;
  bool m_foundDamage = false;
};

}  // namespace tagwire::alarms
