// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <utility>
#include <vector>

#include "bus.h"
#include "commandqueue.h"
#include "plugin.h"
#include "reportfilter.h"

namespace tagwire::modbus {

/// How an instance reads; the way to the device is the Bus's. Plain value.
struct SourceSettings {
  UnitBook units;
  int maxGap = 8;
  int suspendAfter = 2;
  std::chrono::milliseconds longestPause{1800};
};

/// Reads and writes the points of the units behind one endpoint. Joins the plain classes to the bus, and turns what
/// goes wrong into qualities. Thread-bound; owned by the host.
class ModbusSource : public Plugin, public Source, private BusClient {
  Q_OBJECT
 public:
  /// `ids` in the order of `points`. The bus may be shared with other instances.
  ModbusSource(const SourceSettings &settings, std::shared_ptr<Bus> bus, const QList<ModbusPoint> &points,
               const QList<PointId> &ids, PluginContext &context);
  ~ModbusSource() override;

  void start() override;
  void stop() override;
  void execute(const Command &command) override;

 private:
  struct PointState {
    RegisterPoint point;
    ReportFilter filter;
    PointId id;
  };
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter requests, answers, exceptions, timeouts, invalid, reconnects, scans, skipped;
    Histogram answerTime, cycleTime;
  };

  std::optional<Request> takeCommand(Moment now) override;
  std::optional<Request> takePoll(Moment now, Scope scope) override;
  Moment commandDue() const override { return m_commands.due(); }
  Moment due(Scope scope) const override { return m_poller.due(scope); }
  std::chrono::milliseconds asideTime() const override { return m_poller.asideTime(); }
  bool hasHealthyUnits() const override { return m_poller.hasHealthyUnits(); }
  void linkOpened(Moment now) override;
  void linkLost(QualityReason reason, const QString &text) override;
  void answered(const Request &request, const Reply &reply, Moment now, std::chrono::nanoseconds took) override;
  void unanswered(const Request &request, QualityReason reason, const QString &text, Moment now) override;
  void interrupted(const Request &request, const QString &text) override;
  void turnEnded() override;

  int indexOf(PointId id) const;
  QString nameOf(const PointState &state) const;
  Request requestOf(const Poller::Poll &poll);
  bool isCommand(const Request &request) const { return request.mark == m_commandMark; }
  std::optional<Poller::Poll> pollOf(const Request &request);
  void pollAnswered(const Request &request, const Reply &reply, Moment now, std::chrono::nanoseconds took);
  void takeValues(const QByteArray &bytes, const Block &block, Moment now);
  void takeReading(int index, const Reading &reading, Time time, Moment now);
  void takeBad(const QList<int> &points, QualityReason reason);
  void takeStale();
  void append(const PointState &state, std::optional<Sample> sample);
  void publish();
  void updateStatus();
  void tellStatus(PluginState state, const QString &text);
  QString badPointsText() const;
  void tellStep(const CommandStatus &status);
  void count();

  PluginContext &m_context;
  SourceSettings m_settings;
  std::shared_ptr<Bus> m_bus;
  QList<quint8> m_units;
  std::vector<PointState> m_points;
  std::vector<std::pair<PointId, int>> m_indexOf;  ///< in m_points, by id
  Poller m_poller;
  CommandQueue m_commands;
  Counters m_counters;
  QHash<quint64, Poller::Poll> m_polls;  ///< under way, by Request::mark
  quint64 m_mark = 0;
  quint64 m_commandMark = 0;      ///< of the newest request of a command
  quint64 m_probeForCommand = 0;  ///< of the newest probe that a command waits for
  Samples m_batch;
  QTimer m_staleCheck;
  bool m_isRunning = false;
  int m_badPoints = 0;
  QString m_linkProblem;
  bool m_wasLost = false;  ///< points turned bad with the link, whatever their schedule
  bool m_hasAnswered = false;
  bool m_isLinkTold = false;
  Moment m_badAt{0};
  Moment m_toldAt{0};
  PluginState m_state = PluginState::Starting;
  QString m_statusText;
  quint64 m_scansAtStatus = 0;
  quint64 m_scansCounted = 0;
  quint64 m_skippedCounted = 0;
  quint64 m_connectsCounted = 0;
};

}  // namespace tagwire::modbus
