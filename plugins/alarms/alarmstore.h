// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLoggingCategory>
#include <QObject>

#include <functional>
#include <memory>

#include "metrics.h"
#include "notify/notice.h"
#include "services/alarmdesk.h"

namespace tagwire {
class PointTable;
}

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
};

/// What the file held when it was opened.
struct StoreContent {
  QList<KeptAlarm> alarms;
  QList<Notice> notices;   ///< by id
  QList<AlarmRule> rules;  ///< the newest version of each rule that is not removed
  qint64 lastOccurrence = 0;
  qint64 lastNotice = 0;
  QString setAside;  ///< name under which a file that could not be read lies now; empty: all was well
};

/// The alarms' own SQLite file in the data dir: states, history, rules of run time, notices still to be sent. One
/// thread of its own does the work; everything here returns at once. What comes while a transaction is under way is
/// committed together with the next (group commit): no timer, so a single change waits for nothing. A disk that fails
/// makes it go down, with a line in the log; it is tried again, and when it comes up again needsAll() asks for
/// everything, for it may have missed much. Thread-bound (host thread); owned by Alarms.
class AlarmStore : public QObject {
  Q_OBJECT
 public:
  using Opened = std::function<void(Result<StoreContent>)>;
  /// Whether it is on disk.
  using Done = std::function<void(bool isStored)>;
  /// Longest wait for one commit; what takes longer counts as not stored (and may be on disk later all the same).
  static constexpr std::chrono::seconds patience{2};
  /// Most work that waits; what is beyond is answered with false at once and counted.
  static constexpr qsizetype mostWaiting = 20'000;

  /// The file is made in `folder`, mode 0600. `points` turns point ids into names and back.
  AlarmStore(QString folder, QString name, const PointTable &points, const QLoggingCategory &log, Metrics &metrics);
  ~AlarmStore() override;

  /// Opens or makes the file. One that is damaged or of a newer version is put aside under another name, never deleted,
  /// and a new one is made. An error when that can't be done either (then it is tried again by itself).
  void open(Opened opened);
  /// `done` comes in the order of the calls, in this thread, never from within this call.
  void commit(StoreWork work, Done done);
  bool isUp() const;
  /// Waits for what is under way, up to `patience`, and closes. Every `done` was called then.
  void close();

  void history(Reply<QList<Event>> reply, AlarmHistoryQuery query);
  /// Alarms that came or rose within [from, to): time, rule and severity of each, the oldest first.
  struct Came {
    Time time;
    int ruleId = 0;
    QString ruleName;
    QString area;
    Severity severity = Severity::Info;
  };
  void came(Reply<QList<Came>> reply, Time from, Time to);
  void ruleVersions(Reply<QList<AlarmRule>> reply, int id);

 Q_SIGNALS:
  void wentDown(const QString &reason);
  /// Up again after it was down: the owner commits its whole state.
  void needsAll();

 private:
  class Worker;
  std::unique_ptr<Worker> m_worker;
};

}  // namespace tagwire::alarms
