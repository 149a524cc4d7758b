// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <vector>

#include "backoff.h"
#include "commandqueue.h"
#include "connection.h"
#include "modbusconfig.h"
#include "plugin.h"
#include "poller.h"
#include "reportfilter.h"

namespace tagwire::modbus {

/// Reads and writes the points of one Modbus TCP server. Joins the plain classes to the connection and the timers, and
/// turns what goes wrong into qualities. Thread-bound; owned by the host.
class ModbusSource : public Plugin, public Source {
  Q_OBJECT
 public:
  /// `ids` in the order of `points`.
  ModbusSource(const ModbusConfig &config, const QList<ModbusPoint> &points, const QList<PointId> &ids,
               PluginContext &context);

  void start() override;
  void stop() override;
  void execute(const Command &command) override;

 private:
  enum class Sent : quint8 { Nothing, Poll, Command };

  struct PointState {
    ModbusPoint point;
    PointId id;
    ReportFilter filter;
  };
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter requests, answers, exceptions, timeouts, invalid, reconnects, scans, skipped;
  };

  void pump();
  void open();
  void takeReply(const Reply &reply);
  void takePollReply(const Reply &reply);
  void takeLoss(QualityReason reason, const QString &text, Connection::State before);
  void publish(const QByteArray &bytes, const Block &block);
  void publishReadBack(const CommandQueue::ReadBack &readBack);
  void publishBad(const QList<int> &points, QualityReason reason);
  void publishAllBad(QualityReason reason);
  void takeReading(Samples &batch, int index, const Reading &reading, Time time);
  static void append(Samples &batch, const PointState &state, std::optional<Sample> sample);
  void emitBatch(const Samples &batch);
  void updateStatus();
  QString badPointsText() const;
  void tellStep(const CommandStatus &status);
  void countScans();
  std::chrono::nanoseconds elapsed() const { return m_context.clock().elapsed(); }

  PluginContext &m_context;
  ModbusConfig m_config;
  std::vector<PointState> m_points;
  QHash<PointId, int> m_indexOf;
  Poller m_poller;
  CommandQueue m_commands;
  Connection m_connection;
  Counters m_counters;
  QTimer m_wake;
  QTimer m_retry;
  Backoff m_backoff;
  QByteArray m_readPdu;
  Block m_reading;
  Sent m_sent = Sent::Nothing;
  bool m_isRunning = false;
  bool m_answeredSinceOpen = false;
  int m_failuresInRow = 0;
  int m_badPoints = 0;
  QString m_linkProblem;
  PluginState m_state = PluginState::Starting;
  QString m_statusText;
  quint64 m_scansAtStatus = 0;
  quint64 m_scansCounted = 0;
  quint64 m_skippedCounted = 0;
};

}  // namespace tagwire::modbus
