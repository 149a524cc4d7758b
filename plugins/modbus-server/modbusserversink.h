// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "exposure.h"
#include "modbusserver.h"
#include "pendingwrites.h"
#include "plugin.h"

namespace tagwire::modbus {

/// Serves points to other programs that speak Modbus, and turns what they write into commands. Thread-bound; owned by
/// the host.
class ModbusServerSink : public Plugin, public Sink {
  Q_OBJECT
  Q_PROPERTY(quint16 port READ port)
 public:
  ModbusServerSink(const ModbusServerConfig &config, const QList<ExposedPoint> &points, PluginContext &context);
  ~ModbusServerSink() override;

  void start() override;
  void stop() override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;

  /// The one really taken; 0 while nobody listens over TCP.
  quint16 port() const { return m_server.port(); }

 private:
  bool listen();
  void leaveListeners();
  void showLastValues();
  void show(const Sample &sample);
  void lineLost(const QString &why);
  void clientTurnedAway(const QString &why);
  void request(quint8 unit, const RegisterWrite &write, const QString &peer, const ModbusServer::Done &done);
  void expireWrites();
  Command commandFor(const PointWrite &write, const QString &peer) const;

  ModbusServerConfig m_config;
  PluginContext &m_context;
  ModbusServer m_server;
  Exposure m_exposure;
  PendingWrites m_pending;
  QTimer m_deadline;
  bool m_isRunning = false;
  std::optional<std::chrono::nanoseconds> m_turnedAway;  ///< when somebody was, last
  Counter m_misfits;
};

}  // namespace tagwire::modbus
