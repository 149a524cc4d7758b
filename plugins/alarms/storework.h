// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QStringList>

#include "notify/notice.h"
#include "services/alarmdesk.h"

namespace tagwire::alarms {

/// What one rule remembers over a restart, as JSON (see alarmmemory.h).
struct KeptAlarm {
  int ruleId = 0;
  QByteArray memory;  ///< empty: nothing to remember any more
};

/// What belongs together: all of it is on disk or nothing.
struct StoreWork {
  QList<Event> records;  ///< AlarmTransition or AlarmConditionChange, in their order
  QList<KeptAlarm> alarms;
  QList<Notice> notices;         ///< new ones, and those whose attempts changed; by Notice::id
  QList<qint64> settledNotices;  ///< delivered or given up
  QList<AlarmRule> rules;        ///< new versions of rules of run time
  /// `alarms` and `notices` are all there are: what else the file holds of them goes. Records that it holds already are
  /// not stored again. The answer to needsAll().
  bool isWhole = false;
};

/// What the file held when it was opened.
struct StoreContent {
  QList<KeptAlarm> alarms;
  QList<Notice> notices;         ///< by id
  QList<AlarmRule> rules;        ///< the newest version of each rule that is not removed
  QHash<int, int> ruleVersions;  ///< the newest version of each rule of run time that ever was, by id
  qint64 lastOccurrence = 0;
  qint64 lastNotice = 0;
  QString setAside;  ///< name under which a file that could not be read lies now; empty: all was well
  QString whyAside;  ///< and why, with its path
};

/// An alarm that came (OK → WARNING or ALARM) or rose.
struct CameAlarm {
  Time time;
  int ruleId = 0;
  QString ruleName;
  QString area;
  Severity severity = Severity::Info;
};

/// Work with the full names of the points of its records, so that it can be stored without the point table.
struct NamedWork {
  StoreWork work;
  QStringList points;  ///< one for each record
};

}  // namespace tagwire::alarms
