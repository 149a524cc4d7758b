// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QThreadPool>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "../metrics.h"
#include "auditfile.h"

namespace tagwire {

/// The trail in data_dir/audit.db: a queue, and a thread that writes all that is queued in one transaction. What can't
/// be written is tried again twice a second; the queue is bounded, what finds no room is lost, counted, and afterwards
/// on record as lost. Thread-safe but for open() and close(), which the owner calls; it has to outlive all who append.
class TAGWIRE_EXPORT StoredAuditTrail : public AuditTrail {
 public:
  static constexpr size_t mostWaiting = 10'000;
  static constexpr qsizetype mostBytes = 16 * 1024 * 1024;  ///< that wait
  static constexpr std::chrono::milliseconds usualPatience{1000};

  /// Why nothing can be stored; empty: it is well again. Called once per change, in any thread; may not append.
  using TroubleTaker = std::function<void(const QString &trouble)>;

  /// `patience`: how long who appends waits for the disk.
  StoredAuditTrail(const Clock &clock, Metrics &metrics, TroubleTaker trouble,
                   std::chrono::milliseconds patience = usualPatience);
  ~StoredAuditTrail() override;

  /// Begins to write; what was appended before waits for it. Returns at once.
  void open(const QString &dataDir);
  /// Tries once more to store what waits, answers, and ends. What is appended afterwards is refused.
  void close();

  void append(AuditEntry entry, std::function<void(const Result<void> &)> stored = {}) override;
  void read(const AuditQuery &query, std::function<void(const Result<QList<AuditRecord>> &)> answer) const override;

 private:
  class Answer;
  struct Waiting {
    AuditRow row;
    std::shared_ptr<Answer> answer;  ///< null: nobody asks
    bool isCounted = false;          ///< as failed
  };
  struct Figures {
    explicit Figures(Metrics &metrics);
    Counter records;
    Counter failed;
    Counter lost;
    Gauge waiting;
  };

  void work(const QString &dataDir);
  /// False: nothing could be written.
  bool write(AuditFile &file, std::unique_lock<std::mutex> &lock);
  static void tellNotice(AuditFile &file);
  void tookTooLong(const QString &reason);
  // With the mutex held:
  void enqueue(Waiting waiting);
  void lose(const Waiting &waiting);
  void begin(const QString &trouble);
  void end();
  void succeeded(size_t count);
  void failed(const QString &reason);
  void giveUp();

  const Clock &m_clock;
  const TroubleTaker m_tellTrouble;
  const std::chrono::milliseconds m_patience;
  Figures m_figures;
  mutable QThreadPool m_readers;
  mutable std::atomic<int> m_questions = 0;
  std::atomic<bool> m_mustStop = false;  ///< readers
  QString m_dataDir;
  std::thread m_writer;

  std::mutex m_mutex;  ///< for all below
  std::condition_variable m_changed;
  std::deque<Waiting> m_waiting;
  qsizetype m_bytes = 0;  ///< of these
  bool m_isClosing = false;
  QString m_trouble;  ///< why nothing can be stored; empty: all is well
  Time m_troubleSince;
  qint64 m_late = 0;  ///< entries since then that were told as not stored
  qint64 m_lost = 0;  ///< and those that found no room
};

}  // namespace tagwire
