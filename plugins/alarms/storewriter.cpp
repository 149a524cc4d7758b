// SPDX-License-Identifier: Apache-2.0
#include "storewriter.h"

#include <QJsonDocument>

#include <sqlite3.h>

#include <algorithm>

#include "storedrecord.h"

namespace tagwire::alarms {

namespace {

// Old records that go with one transaction beyond as many as came, so that none takes long after the limit was lowered.
constexpr qint64 trimStep = 500;

}  // namespace

Result<void> StoreWriter::prepare() {
  const QByteArray insertRecord = QByteArrayLiteral("INSERT INTO alarm_history(") + recordColumns + ") VALUES(NULL" +
                                  QByteArrayLiteral(",?").repeated(recordParameters) + ')';
  // A commit that was given up may have come to its end after all. The numbers are those of recordColumns.
  const QByteArray insertMissed =
      QByteArrayLiteral("INSERT INTO alarm_history(") + recordColumns +
      ") SELECT NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17 WHERE NOT EXISTS (SELECT 1 FROM "
      "alarm_history WHERE rule_id = ?4 AND time_ns = ?1 AND kind = ?3 AND alarm_id IS ?7 AND state IS ?8 AND previous "
      "IS "
      "?9 AND condition IS ?10 AND cause IS ?15)";
  const std::pair<Statement &, const char *> statements[] = {
      {m_begin, "BEGIN IMMEDIATE"},
      {m_commit, "COMMIT"},
      {m_insertRecord, insertRecord.constData()},
      {m_insertMissed, insertMissed.constData()},
      {m_trimRecords, "DELETE FROM alarm_history WHERE id <= ?"},
      {m_insertAlarm, "INSERT OR REPLACE INTO alarm_state(rule_id, memory) VALUES(?,?)"},
      {m_removeAlarm, "DELETE FROM alarm_state WHERE rule_id = ?"},
      {m_removeAlarms, "DELETE FROM alarm_state"},
      {m_insertNotice,
       "INSERT OR REPLACE INTO notice(id, target, created_ns, not_before_ns, attempts, body) VALUES(?,?,?,?,?,?)"},
      {m_removeNotice, "DELETE FROM notice WHERE id = ?"},
      {m_removeNotices, "DELETE FROM notice"},
      {m_insertRule,
       "INSERT OR REPLACE INTO alarm_rule(id, version, removed, time_ns, t, who, json) VALUES(?,?,?,?,?,?,?)"},
      {m_setNumber, "INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)"}};
  for (const auto &[statement, sql] : statements) {
    if (const auto prepared = statement.prepare(m_connection.handle(), sql); !prepared) {
      // A plain error is a table or column that is not there: somebody else changed the file.
      const bool isAltered = (sqlite3_errcode(m_connection.handle()) & 0xff) == SQLITE_ERROR;
      m_foundDamage = isAltered || isDamage(m_connection.handle());
      return prepared;
    }
  }
  return {};
}

Result<void> StoreWriter::write(const QList<NamedWork> &works) {
  const Numbers before = m_numbers;
  m_foundDamage = false;
  Result<void> done = finish(m_begin);
  for (const NamedWork &work : works) {
    if (done) done = add(work);
  }
  if (done) done = trim(m_numbers.newestRecord - before.newestRecord);
  if (done) done = setNumbersOf(before);
  if (done) done = finish(m_commit);
  if (done) return done;
  m_numbers = before;
  if (!sqlite3_get_autocommit(m_connection.handle())) m_connection.execute("ROLLBACK");
  return done;
}

Result<void> StoreWriter::add(const NamedWork &named) {
  const StoreWork &work = named.work;
  Result<void> cleared;
  if (work.isWhole) cleared = finish(m_removeAlarms).and_then([this] { return finish(m_removeNotices); });
  return cleared.and_then([&] { return addRecords(named); })
      .and_then([&] { return addAlarms(work.alarms); })
      .and_then([&] { return addNotices(work); })
      .and_then([&] { return addRules(work.rules); });
}

Result<void> StoreWriter::addRecords(const NamedWork &named) {
  for (qsizetype i = 0; i < named.work.records.size(); ++i) {
    const StoredRecord record{named.work.records.at(i), named.points.value(i)};
    Statement &insert = named.work.isWhole ? m_insertMissed : m_insertRecord;
    if (!bindRecord(insert, record)) continue;
    if (const auto added = finish(insert); !added) return added;
    // Without a new row SQLite names the last one of whatever table.
    if (sqlite3_changes(m_connection.handle()) > 0) {
      m_numbers.newestRecord = sqlite3_last_insert_rowid(m_connection.handle());
    }
    m_numbers.lastOccurrence = std::max(m_numbers.lastOccurrence, occurrenceOf(record.event));
  }
  return {};
}

Result<void> StoreWriter::addAlarms(const QList<KeptAlarm> &alarms) {
  for (const KeptAlarm &alarm : alarms) {
    Statement &statement = alarm.memory.isEmpty() ? m_removeAlarm : m_insertAlarm;
    statement.bind(1, static_cast<qint64>(alarm.ruleId));
    if (!alarm.memory.isEmpty()) statement.bind(2, alarm.memory);
    if (const auto added = finish(statement); !added) return added;
  }
  return {};
}

Result<void> StoreWriter::addNotices(const StoreWork &work) {
  for (const Notice &notice : work.notices) {
    m_insertNotice.bind(1, notice.id);
    m_insertNotice.bind(2, storableText(notice.target, longestStoredText));
    m_insertNotice.bind(3, nanosecondsOf(notice.created));
    m_insertNotice.bind(4, nanosecondsOf(notice.notBefore));
    m_insertNotice.bind(5, static_cast<qint64>(notice.attempts));
    m_insertNotice.bind(6, notice.body);
    if (const auto added = finish(m_insertNotice); !added) return added;
    m_numbers.lastNotice = std::max(m_numbers.lastNotice, notice.id);
  }
  for (const qint64 id : work.settledNotices) {
    m_removeNotice.bind(1, id);
    if (const auto removed = finish(m_removeNotice); !removed) return removed;
  }
  return {};
}

Result<void> StoreWriter::addRules(const QList<AlarmRule> &rules) {
  for (const AlarmRule &rule : rules) {
    m_insertRule.bind(1, static_cast<qint64>(rule.id));
    m_insertRule.bind(2, static_cast<qint64>(rule.version));
    m_insertRule.bind(3, static_cast<qint64>(rule.rule.isEmpty()));
    if (rule.changedAt) {
      m_insertRule.bind(4, nanosecondsOf(*rule.changedAt));
      m_insertRule.bind(5, toIso(*rule.changedAt).toLatin1());
    }
    if (!rule.changedBy.isEmpty()) m_insertRule.bind(6, storableText(rule.changedBy, longestStoredText));
    m_insertRule.bind(7, QJsonDocument(rule.rule).toJson(QJsonDocument::Compact));
    if (const auto added = finish(m_insertRule); !added) return added;
  }
  return {};
}

Result<void> StoreWriter::trim(qint64 added) {
  const qint64 due = m_numbers.newestRecord - m_mostRecords;
  if (due < m_numbers.oldestRecord) return {};
  const qint64 upTo = std::min(due, m_numbers.oldestRecord + added + trimStep);
  m_trimRecords.bind(1, upTo);
  const auto trimmed = finish(m_trimRecords);
  if (trimmed) m_numbers.oldestRecord = upTo + 1;
  return trimmed;
}

Result<void> StoreWriter::setNumbersOf(const Numbers &before) {
  Result<void> done;
  if (m_numbers.lastOccurrence > before.lastOccurrence) done = setNumber("last_occurrence", m_numbers.lastOccurrence);
  if (done && m_numbers.lastNotice > before.lastNotice) done = setNumber("last_notice", m_numbers.lastNotice);
  return done;
}

Result<void> StoreWriter::setNumber(const char *key, qint64 value) {
  m_setNumber.bind(1, QByteArray(key));
  m_setNumber.bind(2, value);
  return finish(m_setNumber);
}

Result<void> StoreWriter::finish(Statement &statement) {
  Result<void> result;
  if (statement.step() != SQLITE_DONE) {
    m_foundDamage = isDamage(m_connection.handle());
    result = failure(errorText(m_connection.handle()));
  }
  statement.reset();
  return result;
}

}  // namespace tagwire::alarms
