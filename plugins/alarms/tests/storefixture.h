// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QSignalSpy>
#include <QTest>

#include <sqlite3.h>

#include "alarmstore.h"
#include "patience.h"
#include "storage/sqliteconnection.h"
#include "testcontext.h"

namespace tagwire::alarms {

/// Another program that has the file open: reads it by SQL, holds locks, or changes it.
class OtherProgram {
 public:
  explicit OtherProgram(const QString &path) {
    const auto opened = m_connection.open(path, std::chrono::seconds(1));
    if (!opened) qWarning("%s", qPrintable(opened.error()));
  }
  bool execute(const char *sql) { return m_connection.execute(sql).has_value(); }
  /// Every row on a line, columns separated by '|', NULL as nothing. An error gives its text.
  QString read(const char *sql, int columns = 1) {
    Statement statement;
    if (const auto prepared = statement.prepare(m_connection.handle(), sql); !prepared) return prepared.error();
    QStringList rows;
    while (statement.step() == SQLITE_ROW) {
      QStringList row;
      for (int i = 0; i < columns; ++i) row << QString::fromUtf8(statement.text(i));
      rows << row.join(u'|');
    }
    return rows.join(u'\n');
  }

 private:
  SqliteConnection m_connection;
};

/// A store in a data dir of its own, and what it told.
class StoreFixture {
 public:
  explicit StoreFixture(qint64 keptRecords = AlarmStore::mostRecords, const QString &folder = {})
      : m_folder(folder.isEmpty() ? context.dataDir() : folder), m_keptRecords(keptRecords) {
    make();
  }

  void make() {
    store.reset();
    store = std::make_unique<AlarmStore>(m_folder, QStringLiteral("alarms.db"), context.points(), context.log(),
                                         context.metrics(), m_keptRecords);
    QObject::connect(store.get(), &AlarmStore::wentDown, store.get(), [this](const QString &why) { told << why; });
    QObject::connect(store.get(), &AlarmStore::needsAll, store.get(), [this] { told << QStringLiteral("needs all"); });
  }
  QString path() const { return m_folder + QStringLiteral("/alarms.db"); }

  /// What the file held, or an error with nothing.
  std::optional<StoreContent> open() {
    opened.clear();
    store->open([this](Result<StoreContent> content) { opened << std::move(content); });
    if (!testing::waitFor([this] { return !opened.isEmpty(); })) return std::nullopt;
    return opened.last() ? std::optional(*opened.last()) : std::nullopt;
  }
  /// Another life of the program, with the same file.
  std::optional<StoreContent> reopen() {
    make();
    return open();
  }
  /// Whether it is on disk; waits for that.
  bool commit(const StoreWork &work) {
    std::optional<bool> answer;
    store->commit(work, [&answer](bool isStored) { answer = isStored; });
    return testing::waitFor([&answer] { return answer.has_value(); }) && *answer;
  }
  Result<QList<Event>> history(const AlarmHistoryQuery &query = {}) {
    return wait<QList<Event>>([&](const auto &reply) { store->history(reply, query); });
  }
  Result<QList<AlarmStore::Came>> came(Time from, Time to) {
    return wait<QList<AlarmStore::Came>>([&](const auto &reply) { store->came(reply, from, to); });
  }
  Result<QList<AlarmRule>> ruleVersions(int id) {
    return wait<QList<AlarmRule>>([&](const auto &reply) { store->ruleVersions(reply, id); });
  }
  QString read(const char *sql, int columns = 1) const { return OtherProgram(path()).read(sql, columns); }
  double metric(const char *name) { return context.metrics().counter(name, "").value(); }

  TestContext context{QStringLiteral("alarms")};
  std::unique_ptr<AlarmStore> store;
  QList<Result<StoreContent>> opened;
  QStringList told;  ///< reasons of wentDown and "needs all", in their order

 private:
  template <class Answer, class Ask>
  Result<Answer> wait(Ask ask) {
    auto answer = std::make_shared<std::optional<Result<Answer>>>();
    ask(Reply<Answer>([answer](Result<Answer> given) { *answer = std::move(given); }));
    if (!testing::waitFor([&] { return answer->has_value(); })) return failure(QStringLiteral("no answer"));
    return **answer;
  }

  QString m_folder;
  qint64 m_keptRecords;
};

inline Time at(qint64 seconds) { return Time(std::chrono::seconds(1'770'000'000 + seconds)); }

inline Event transition(int rule, qint64 alarm, AlarmState state, Time time, AlarmState previous = AlarmState::Ok) {
  AlarmTransition body;
  body.alarmId = alarm;
  body.ruleId = rule;
  body.ruleName = QStringLiteral("rule %1").arg(rule);
  body.state = state;
  body.previous = previous;
  return {.time = time, .source = {}, .body = body};
}

inline StoreWork workOf(const Event &event) {
  StoreWork work;
  work.records << event;
  return work;
}

/// `count` records of rule 1, a second apart, with alarm ids from `first` on.
inline StoreWork manyRecords(int count, qint64 first = 1) {
  StoreWork work;
  for (int i = 0; i < count; ++i) work.records << transition(1, first + i, AlarmState::Alarm, at(first + i));
  return work;
}

/// Their numbers, "1 2 3".
inline QString idsOf(const QList<Event> &events) {
  QStringList ids;
  for (const Event &event : events) ids << QString::number(event.sequence);
  return ids.join(u' ');
}

}  // namespace tagwire::alarms
