// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/alarmdesk.h"
#include "storage/statement.h"

namespace tagwire::alarms {

/// An event of the alarms with the full name of its point, which is what outlives the program. Plain value.
struct StoredRecord {
  Event event;  ///< AlarmTransition or AlarmConditionChange; once stored, its sequence is the number of the record
  QString point;
};

/// Columns of the table alarm_history that insertRecordSql fills and recordFrom() reads, the number first.
constexpr const char *recordColumns =
    "id, time_ns, t, kind, rule_id, rule_name, area, alarm_id, state, previous, condition, severity, point, value, "
    "who, cause, comment, json";
constexpr int recordParameters = 17;

/// What is beyond is cut off.
constexpr qsizetype longestStoredText = 65'536;

inline qint64 nanosecondsOf(Time time) { return time.time_since_epoch().count(); }

/// Binds `record` to an INSERT of recordColumns without the number, parameter by parameter. False: it is neither of the
/// two.
bool bindRecord(Statement &insert, const StoredRecord &record);
/// The other way round, from a row of recordColumns. Its point has a name and no id yet.
StoredRecord recordFrom(const Statement &row);

/// The alarm_id; 0: none.
qint64 occurrenceOf(const Event &event);

/// Columns of the table alarm_rule that ruleFrom() reads.
constexpr const char *ruleColumns = "id, version, time_ns, who, json";
AlarmRule ruleFrom(const Statement &row);

Severity severityFrom(const QByteArray &text);

}  // namespace tagwire::alarms
