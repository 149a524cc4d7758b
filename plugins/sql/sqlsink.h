// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <optional>

#include "backoff.h"
#include "historywriter.h"
#include "plugin.h"
#include "sqlconfig.h"
#include "sqlitefile.h"
#include "topicfilter.h"
#include "writebuffer.h"

namespace tagwire::sql {

/// Keeps the history: buffers what comes, writes it in batches, and holds it while the database can't be written.
/// Thread-bound, in a thread of its own ("blocking" in plugin.json), since every database call may wait for the disk.
/// Owned by the host.
class SqlSink : public Plugin, public Sink {
  Q_OBJECT
 public:
  SqlSink(const SqlConfig &config, PluginContext &context);
  ~SqlSink() override;

  void start() override;
  void stop() override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;

 private:
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter samples, events, samplesDropped, eventsDropped, refused, errors;
    Gauge waiting;
  };

  bool accepts(PointId id);
  void attempt();
  void storeLast();
  void storeIfDue();
  bool isBatchDue() const;
  Result<void> open();
  void close();
  Result<void> storeBatches(bool withRest);
  Result<void> storeBatch();
  void countStored(qsizetype samples, qsizetype events, int refused);
  void failed(const QString &reason);
  void healed();
  void countDropped();
  void markGap();
  Event takeGap();
  void scheduleRest();
  void setState(PluginState state, const QString &text);

  const SqlConfig m_config;
  PluginContext &m_context;
  const QString m_path;
  TopicFilter m_filter;
  std::vector<quint8> m_accepted;  ///< by point id: 0 not asked yet, 1 yes, 2 no
  WriteBuffer m_buffer;
  SqliteFile m_file;
  std::optional<HistoryWriter> m_writer;  ///< while the file is open
  QTimer m_batchTimer;
  QTimer m_retryTimer;
  Backoff m_backoff;
  Counters m_counters;
  WriteBuffer::Counts m_gap;  ///< dropped, and not told yet
  bool m_running = false;
  bool m_failing = false;
  bool m_refusalLogged = false;
  PluginState m_state = PluginState::Stopped;
  QString m_stateText;
};

}  // namespace tagwire::sql
