// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "backoff.h"
#include "drain.h"
#include "keeprules.h"
#include "plugin.h"
#include "readerpool.h"
#include "services/historyreader.h"
#include "spool/losstally.h"
#include "sqlconfig.h"
#include "sqlmetrics.h"
#include "sqlpoints.h"

namespace tagwire::sql {

/// Keeps the history: decides what is kept, puts it into the spool, and answers questions. The drain carries it on into
/// the database. How it is itself, it says as points of its own. Thread-bound, in a thread of its own ("blocking" in
/// plugin.json), since the spool waits for the disk. Owned by the host.
class SqlSink : public Plugin, public Sink, public HistoryReader, public HistoryWriter {
  Q_OBJECT
 public:
  SqlSink(const SqlConfig &config, PluginContext &context);
  ~SqlSink() override;

  void start() override;
  void stop() override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;

  void values(Reply<HistoryPage> reply, HistoryQuery query) override;
  void trend(Reply<HistoryPage> reply, HistoryTrendQuery query) override;
  void lastBefore(Reply<HistoryPage> reply, QStringList points, QStringList tags, Time time) override;
  void events(Reply<HistoryEventPage> reply, HistoryEventQuery query) override;
  void storedPoints(Reply<QList<HistoryPoint>> reply, QString after, int limit) override;
  void quarantined(Reply<QuarantinePage> reply, qint64 after, int limit) override;
  void requeue(Reply<int> reply, QList<qint64> ids) override;
  void discard(Reply<int> reply, QList<qint64> ids) override;
  void storeBatches(Reply<int> reply, QString from, std::shared_ptr<const HistoryBatches> batches) override;

 private:
  /// The way back into our thread for those that work in others; closed when we stop.
  struct Mailbox {
    std::mutex mutex;
    SqlSink *sink = nullptr;
    std::atomic<PointKey> traced = 0;  ///< the point that somebody traces; 0: none
  };
  struct KnownPoint {
    std::shared_ptr<const Point> point;
    PointKey key = 0;
    quint32 checkedIn = 0;  ///< round in which it was last compared with the point table
  };

  void openSpool();
  void startDrain();
  void take(const Samples &samples);
  const KnownPoint *known(PointId id);
  void noteTraced(const Samples &samples);
  void commit();
  void giveWritten();
  void everySecond();
  void noteLosses();
  void tellLosses(bool atOnce);
  void tellLoss(const SpoolLoss &loss);
  void spoolFailed(const QString &reason);
  void setOutage(const QString &outage, const QString &complaint);
  void store(const Event &event, const std::optional<HistoryGap> &gap = {});
  void showState();
  void publish();
  /// In the drain's thread.
  static void tellStored(const std::shared_ptr<Mailbox> &mailbox, const std::vector<StoredSample> &samples);
  static void post(const std::shared_ptr<Mailbox> &mailbox, std::function<void(SqlSink &)> task);
  template <class Answer>
  void ask(Reply<Answer> reply, std::function<Result<Answer>(HistoryQuestions &, const Patience &)> question);
  template <class Answer>
  void work(Reply<Answer> reply, std::function<Result<Answer>(Drain &)> task);

  const SqlConfig m_config;
  PluginContext &m_context;
  KeepRules m_rules;
  SqlMetrics m_metrics;
  std::shared_ptr<Spool> m_spool;
  bool m_isSpoolOpen = false;
  std::shared_ptr<Drain> m_drain;         ///< while it runs; the readers' threads may hold it a little longer
  std::unique_ptr<ReaderPool> m_readers;  ///< while it runs
  std::shared_ptr<Mailbox> m_mailbox;
  std::vector<KnownPoint> m_known;  ///< by point id
  quint32 m_round = 1;              ///< seconds, as we count them
  Samples m_held;                   ///< came before the spool was open
  QList<Event> m_heldEvents;        ///< likewise
  bool m_owesWritten = false;
  QTimer m_commitTimer;
  QTimer m_retryTimer;
  QTimer m_secondTimer;
  Backoff m_backoff;
  LossTally m_losses;
  SqlPoints m_points;
  HistoryHealth m_health;
  QString m_spoolTrouble;
  QString m_outage;
  QString m_complaint;
  bool m_isDrainSettled = false;  ///< the drain has said how the database is
  bool m_running = false;
  PluginState m_state = PluginState::Stopped;
  QString m_stateText;
};

}  // namespace tagwire::sql
