// SPDX-License-Identifier: Apache-2.0
#include "storereader.h"

#include <sqlite3.h>

#include <algorithm>

namespace tagwire::alarms {

namespace {

// A reader waits only while the file is made or brought home.
constexpr std::chrono::milliseconds readerBusyTimeout{1000};
// Steps of SQLite's machine between two looks at the clock.
constexpr int stepsBetweenLooks = 10'000;
constexpr int mostRecords = 10'000;

QByteArray wordsOf(const QList<AlarmState> &states) {
  QByteArrayList words;
  for (const AlarmState state : states) words << '\'' + QByteArray(toText(state).latin1()) + '\'';
  return words.join(',');
}

QByteArray numbersOf(const QList<int> &rules) {
  QByteArrayList numbers;
  for (const int rule : rules) numbers << QByteArray::number(rule);
  return numbers.join(',');
}

}  // namespace

void StoreReader::Question::add(const char *condition, qint64 number) {
  sql += condition;
  numbers << number;
}

Result<void> StoreReader::open() {
  m_foundDamage = false;
  m_deadline = std::chrono::steady_clock::now() + patience;
  const auto opened = m_connection.openForReading(m_path, readerBusyTimeout);
  if (!opened) return failure(QStringLiteral("%1: %2").arg(m_path, opened.error()));
  sqlite3_progress_handler(m_connection.handle(), stepsBetweenLooks, &StoreReader::isOver, this);
  return {};
}

int StoreReader::isOver(void *reader) {
  const auto *self = static_cast<const StoreReader *>(reader);
  return *self->m_mustStop || std::chrono::steady_clock::now() > self->m_deadline ? 1 : 0;
}

Result<QList<StoredRecord>> StoreReader::history(const AlarmHistoryQuery &query) {
  if (const auto opened = open(); !opened) return failure(opened.error());
  const auto question = historyQuestion(query);
  if (!question) return failure(question.error());
  QList<StoredRecord> records;
  const auto read = forEachRow(*question, [&](const Statement &row) { records.append(recordFrom(row)); });
  if (!read) return failure(read.error());
  return records;
}

Result<StoreReader::Question> StoreReader::historyQuestion(const AlarmHistoryQuery &query) {
  Question question{QByteArrayLiteral("SELECT ") + recordColumns + " FROM alarm_history WHERE 1", {}};
  if (query.from) question.add(" AND time_ns >= ?", nanosecondsOf(*query.from));
  if (query.to) question.add(" AND time_ns < ?", nanosecondsOf(*query.to));
  // One rule is read along its index; with several, rows would have to be sorted by time, so (+) that is left alone.
  if (query.rules.size() == 1) question.add(" AND rule_id = ?", query.rules.first());
  if (query.rules.size() > 1) question.sql += " AND +rule_id IN (" + numbersOf(query.rules) + ')';
  if (!query.states.isEmpty()) question.sql += " AND kind = 'alarm' AND state IN (" + wordsOf(query.states) + ')';
  if (const auto added = addPosition(query, question); !added) return failure(added.error());
  question.sql += query.newestFirst ? " ORDER BY time_ns DESC, id DESC" : " ORDER BY time_ns, id";
  question.add(" LIMIT ?", std::clamp(query.limit, 1, mostRecords));
  return question;
}

/// Behind the last record of the page before. When that one is gone by now, so is all that is older.
Result<void> StoreReader::addPosition(const AlarmHistoryQuery &query, Question &question) {
  if (query.after == 0) return {};
  const auto after = static_cast<qint64>(query.after);
  std::optional<qint64> time;
  const auto read = forEachRow({"SELECT time_ns FROM alarm_history WHERE id = ?", {after}},
                               [&](const Statement &row) { time = row.integer(0); });
  if (!read) return read;
  if (time) {
    question.add(query.newestFirst ? " AND (time_ns, id) < (?" : " AND (time_ns, id) > (?", *time);
    question.add(",?)", after);
  } else {
    question.add(query.newestFirst ? " AND id < min(?, 0)" : " AND id > ?", after);
  }
  return {};
}

Result<QList<CameAlarm>> StoreReader::came(Time from, Time to) {
  if (const auto opened = open(); !opened) return failure(opened.error());
  const Question question{
      "SELECT time_ns, rule_id, rule_name, area, severity FROM alarm_history WHERE time_ns >= ? AND time_ns < ? AND "
      "kind = 'alarm' AND (state = 'ALARM' AND previous <> 'ALARM' OR state = 'WARNING' AND previous = 'OK') "
      // Of those that nobody was told of, none count (docs/alarm-states.md).
      "AND condition NOT IN ('Shelved', 'Suppressed-by-Design', 'Out-of-Service') "
      "ORDER BY time_ns, id",
      {nanosecondsOf(from), nanosecondsOf(to)}};
  QHash<QByteArray, QString> texts;  // few names, many records
  const auto text = [&](const QByteArray &utf8) {
    const auto found = texts.constFind(utf8);
    return found != texts.constEnd() ? *found : *texts.insert(utf8, QString::fromUtf8(utf8));
  };
  QList<CameAlarm> alarms;
  const auto read = forEachRow(question, [&](const Statement &row) {
    alarms.append({Time(std::chrono::nanoseconds(row.integer(0))), static_cast<int>(row.integer(1)), text(row.text(2)),
                   text(row.text(3)), severityFrom(row.text(4))});
  });
  if (!read) return failure(read.error());
  return alarms;
}

Result<QList<AlarmRule>> StoreReader::ruleVersions(int id) {
  if (const auto opened = open(); !opened) return failure(opened.error());
  QList<AlarmRule> rules;
  const auto read =
      forEachRow({QByteArrayLiteral("SELECT ") + ruleColumns + " FROM alarm_rule WHERE id = ? ORDER BY version", {id}},
                 [&](const Statement &row) { rules.append(ruleFrom(row)); });
  if (!read) return failure(read.error());
  return rules;
}

void StoreReader::bringHome() {
  m_foundDamage = false;
  if (!m_connection.open(m_path, readerBusyTimeout) || !m_connection.execute("PRAGMA synchronous = FULL")) return;
  sqlite3 *database = m_connection.handle();
  const int code = sqlite3_wal_checkpoint_v2(database, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) m_foundDamage = isDamage(database);
}

Result<void> StoreReader::forEachRow(const Question &question, const std::function<void(const Statement &)> &take) {
  Statement statement;
  if (const auto prepared = statement.prepare(m_connection.handle(), question.sql.constData()); !prepared) {
    return failed();
  }
  int parameter = 0;
  for (const qint64 number : question.numbers) statement.bind(++parameter, number);
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) take(statement);
  return code == SQLITE_DONE ? Result<void>() : failed();
}

tl::unexpected<QString> StoreReader::failed() {
  sqlite3 *database = m_connection.handle();
  m_foundDamage = isDamage(database);
  if ((sqlite3_errcode(database) & 0xff) == SQLITE_INTERRUPT) {
    return failure(*m_mustStop ? QStringLiteral("the alarm store is closing")
                               : QStringLiteral("it takes too long: ask for a shorter range of time"));
  }
  return failure(QStringLiteral("%1: %2").arg(m_path, errorText(database)));
}

}  // namespace tagwire::alarms
