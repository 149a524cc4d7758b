// SPDX-License-Identifier: Apache-2.0
#include "auditreader.h"

#include <QFile>
#include <QVariant>

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "../storage/statement.h"
#include "auditschema.h"

namespace tagwire {

namespace {

constexpr std::chrono::milliseconds busyTimeout{2000};
constexpr int stepsBetweenLooks = 10'000;
constexpr int mostRecords = 10'001;  ///< of a page, and the one that tells whether there is a next

qint64 storedTime(Time time) { return time.time_since_epoch().count(); }

/// What is asked for, as SQL with its values in order.
struct Question {
  QByteArray sql = QByteArrayLiteral("SELECT ") + auditColumns + " FROM audit WHERE 1";
  QList<QVariant> values;

  void demand(const char *condition, const QVariant &value) {
    sql += QByteArrayLiteral(" AND ") + condition;
    values << value;
  }
  void demandText(const char *condition, const QString &text) {
    if (!text.isEmpty()) demand(condition, text);
  }
  static Question from(const AuditQuery &query);
};

Question Question::from(const AuditQuery &query) {
  Question question;
  if (query.from) question.demand("time_ns >= ?", storedTime(*query.from));
  if (query.to) question.demand("time_ns < ?", storedTime(*query.to));
  if (query.before > 0) question.demand("number < ?", query.before);
  question.demandText("kind = ?", query.kind);
  question.demandText("actor = ?", query.actor);
  question.demandText("subject = ?", query.subject);
  question.demandText("reference <> '' AND reference = ?", query.reference);
  question.sql += " ORDER BY number DESC LIMIT " + QByteArray::number(std::clamp(query.limit, 1, mostRecords));
  return question;
}

void bindAll(Statement &statement, const QList<QVariant> &values) {
  int parameter = 1;
  for (const QVariant &value : values) {
    if (value.typeId() == QMetaType::QString) {
      statement.bind(parameter++, storableText(value.toString(), value.toString().size()));
    } else {
      statement.bind(parameter++, value.toLongLong());
    }
  }
}

}  // namespace

AuditReader::AuditReader(const QString &dataDir, const std::atomic<bool> *mustStop)
    : m_path(dataDir + u'/' + QLatin1String(auditFileName)), m_mustStop(mustStop) {}

Result<void> AuditReader::open() {
  if (::access(QFile::encodeName(m_path).constData(), R_OK) != 0) {
    return errno == ENOENT ? failure(QStringLiteral("there is no %1").arg(m_path))
                           : failure(QStringLiteral("%1 can't be read: %2").arg(m_path, qt_error_string(errno)));
  }
  if (const auto opened = m_connection.openForReading(m_path, busyTimeout); !opened) {
    return failure(QStringLiteral("%1: %2").arg(m_path, opened.error()));
  }
  if (m_mustStop) sqlite3_progress_handler(m_connection.handle(), stepsBetweenLooks, &AuditReader::progress, this);
  return {};
}

int AuditReader::progress(void *reader) { return static_cast<AuditReader *>(reader)->m_mustStop->load() ? 1 : 0; }

Result<void> AuditReader::failed() const {
  return failure(QStringLiteral("%1: %2").arg(m_path, errorText(m_connection.handle())));
}

Result<QList<AuditRecord>> AuditReader::read(const AuditQuery &query) {
  const Question question = Question::from(query);
  Statement statement;
  if (!statement.prepare(m_connection.handle(), question.sql.constData())) return tl::unexpected(failed().error());
  bindAll(statement, question.values);
  QList<AuditRecord> records;
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) records << auditRowFrom(statement).record();
  if (code != SQLITE_DONE) return tl::unexpected(failed().error());
  return records;
}

Result<AuditVerdict> AuditReader::verify(const std::optional<AuditMark> &noted) {
  AuditVerdict verdict;
  const auto application = m_connection.number("PRAGMA application_id");
  if (!application && !isDamage(m_connection.handle())) return tl::unexpected(failed().error());
  if (!application || *application != auditApplicationId) {
    verdict.fault = QStringLiteral("%1 is no audit trail").arg(m_path);
    return verdict;
  }
  // One view of it, however much is appended meanwhile.
  if (sqlite3_exec(m_connection.handle(), "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(failed().error());
  }
  if (const auto followed = follow(verdict, noted); !followed) return tl::unexpected(followed.error());
  if (!verdict.fault.isEmpty()) return verdict;
  if (const auto checked = checkWhole(verdict); !checked) return tl::unexpected(checked.error());
  return verdict;
}

Result<void> AuditReader::follow(AuditVerdict &verdict, const std::optional<AuditMark> &noted) {
  const auto damaged = [&] {
    if (!isDamage(m_connection.handle()) && sqlite3_errcode(m_connection.handle()) != SQLITE_ERROR) return failed();
    verdict.fault = errorText(m_connection.handle());
    verdict.badNumber = verdict.records + 1;
    return Result<void>();
  };
  Statement statement;
  const QByteArray sql = QByteArrayLiteral("SELECT ") + auditColumns + " FROM audit NOT INDEXED ORDER BY number";
  if (!statement.prepare(m_connection.handle(), sql.constData())) return damaged();
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) {
    const AuditRow row = auditRowFrom(statement);
    const qint64 due = verdict.records + 1;
    const bool isInOrder = row.number == due;
    if (isInOrder && row.hash == row.hashAfter(verdict.lastHash)) {
      verdict.records = due;
      verdict.lastHash = row.hash;
      if (!noted || noted->number != due || noted->hash == row.hash) continue;
      verdict.badNumber = due;
      verdict.badTime = Time(std::chrono::nanoseconds(row.time));
      verdict.fault = QStringLiteral("it is another one than was noted");
      return {};
    }
    verdict.badNumber = due;
    verdict.badTime = Time(std::chrono::nanoseconds(row.time));
    verdict.fault = isInOrder ? QStringLiteral("its hash does not fit: it or the record before was changed")
                              : QStringLiteral("it is missing: number %1 follows").arg(row.number);
    return {};
  }
  if (code != SQLITE_DONE) return damaged();
  if (noted && noted->number > verdict.records) {
    verdict.badNumber = verdict.records + 1;
    verdict.fault = QStringLiteral("it is missing: the end was cut off, for number %1 was noted").arg(noted->number);
  }
  if (verdict.records == 0) verdict.fault = QStringLiteral("it has no record (allowed: one at least)");
  return {};
}

/// An index that lies hides records from those who ask for them.
Result<void> AuditReader::checkWhole(AuditVerdict &verdict) {
  const auto found = m_connection.word("PRAGMA integrity_check(1)");
  if (found && *found == u"ok") return {};
  if (!found && !isDamage(m_connection.handle())) return failed();
  verdict.fault = QStringLiteral("the records are whole, but the file is damaged: ") +
                  (found ? *found : errorText(m_connection.handle()));
  return {};
}

}  // namespace tagwire
