// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLoggingCategory>
#include <QObject>
#include <QTimer>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>

#include "backoff.h"
#include "metrics.h"
#include "storefile.h"
#include "storereader.h"
#include "taskthread.h"

namespace tagwire {
class PointTable;
}

namespace tagwire::alarms {

/// The alarms' own SQLite file in the data dir: states, history, rules of run time, notices still to be sent. Two
/// threads of its own do the work, one commits, one reads and tidies up; everything here returns at once. What comes
/// while a transaction is under way is committed together with the next (group commit): no timer, so a single change
/// waits for nothing. A disk that fails makes it go down, with a line in the log; it is tried again, and when it comes
/// up again needsAll() asks for everything, for it may have missed much. Thread-bound (host thread); owned by Alarms.
class AlarmStore : public QObject {
  Q_OBJECT
 public:
  using Opened = std::function<void(Result<StoreContent>)>;
  /// Whether it is on disk.
  using Done = std::function<void(bool isStored)>;
  using Came = CameAlarm;
  /// Longest wait for one commit; what takes longer counts as not stored (and may be on disk later all the same).
  static constexpr std::chrono::seconds patience{2};
  /// Most work that waits; what is beyond is not stored and counted.
  static constexpr qsizetype mostWaiting = 20'000;
  /// Most questions that wait; what is beyond is refused.
  static constexpr qsizetype mostQuestions = 100;
  /// Of these the oldest go.
  static constexpr qint64 mostRecords = 1'000'000;

  /// The file is made as `name` in `folder`, mode 0600. `points` turns point ids into names and back.
  AlarmStore(const QString &folder, const QString &name, const PointTable &points, const QLoggingCategory &log,
             Metrics &metrics, qint64 keptRecords = mostRecords);
  ~AlarmStore() override;

  /// Opens or makes the file. One that is damaged or of a newer version is put aside under another name, never deleted,
  /// and a new one is made. An error when that can't be done either; then it is tried again by itself, and `opened`
  /// comes once more, with the content, followed by needsAll(). What is committed meanwhile is not stored.
  void open(Opened opened);
  /// `done` comes in the order of the calls, in this thread, never from within this call.
  void commit(StoreWork work, Done done);
  bool isUp() const { return m_state == State::Up; }
  /// Waits for what is under way, up to `patience`, and closes. Every `done` was called then. open() may follow.
  void close();

  /// By time. Records are read while it is down too, as long as the file can be.
  void history(Reply<QList<Event>> reply, const AlarmHistoryQuery &query);
  /// Alarms that came or rose within [from, to): time, rule and severity of each, the oldest first.
  void came(Reply<QList<Came>> reply, Time from, Time to);
  /// The oldest first; none when there never was such a rule of run time.
  void ruleVersions(Reply<QList<AlarmRule>> reply, int id);

 Q_SIGNALS:
  /// Also when it goes on at once, in a new file; needsAll() follows then.
  void wentDown(const QString &reason);
  /// Up again after it was down: the owner commits its whole state (StoreWork::isWhole).
  void needsAll();

 private:
  enum class State : quint8 { Closed, Opening, Up, Down };

  struct Waiting {
    NamedWork work;
    Done done;
    std::chrono::steady_clock::time_point since;
    bool isRefused = false;
  };
  struct Question {
    TaskThread::Task ask;          ///< in the reader's thread
    std::function<bool()> answer;  ///< in ours; whether the file was found to be sound
    std::function<void(const QString &)> refuse;
    int file = 0;  ///< m_files when it was asked
  };
  struct Figures {
    explicit Figures(Metrics &metrics);
    Counter commits, records, notStored;
    Gauge waiting, up;
  };

  template <class Answer, class Found>
  void ask(Reply<Answer> reply, std::function<Result<Found>(StoreReader &)> find,
           std::function<Answer(const Found &)> translate);
  NamedWork named(StoreWork work) const;
  Event eventOf(const StoredRecord &record) const;

  void openFile();
  void fileOpened(const Result<StoreContent> &content);
  void writeNext();
  void written(const StoreFile::Outcome &outcome);
  void readNext();
  void answered();
  void refuseQuestions();
  void bringHome();
  void beginAnew();
  void comeUp();
  void goDown(const QString &reason);
  void losePatience();
  void answerAll(bool isStored);
  void answerFirst(qsizetype count, bool isStored);
  void answerRefused();
  void finish(std::chrono::steady_clock::time_point deadline);

  const QString m_path;
  const PointTable &m_points;
  const QLoggingCategory &m_log;
  const qint64 m_keptRecords;
  Figures m_figures;
  std::unique_ptr<TaskThread> m_writer;  ///< while not closed
  std::unique_ptr<TaskThread> m_reader;
  std::shared_ptr<StoreFile> m_file;  ///< the writer's while it is busy
  std::shared_ptr<std::atomic_bool> m_mustStop;
  std::deque<Waiting> m_waiting;     ///< the first m_underWay of them are with the writer
  std::deque<Question> m_questions;  ///< the first is with the reader while that is busy
  Opened m_opened;                   ///< until it got a content
  QTimer m_patience;
  QTimer m_retry;
  Backoff m_backoff;
  State m_state = State::Closed;
  QString m_reason;  ///< why it is down
  qsizetype m_underWay = 0;
  int m_files = 0;  ///< rises when one is put aside, and when the new one is there
  bool m_isBringingHome = false;
  bool m_isDamaged = false;  ///< the reader found out
  bool m_hasMissed = false;  ///< some work was not stored since needsAll()
};

}  // namespace tagwire::alarms
