// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include <vector>

#include "modbusserver.h"
#include "motion.h"
#include "plugin.h"
#include "pointconfig.h"

namespace tagwire::modbus {

/// `tagwire sim modbus`: a Modbus server whose points come from a CSV file and move ten times a second. What a client
/// writes stays. Thread-bound; owned by the program.
class ModbusSimulator : public Tool {
  Q_OBJECT
 public:
  explicit ModbusSimulator(const Clock *clock = nullptr);

  tl::expected<QString, ToolError> start(const QStringList &arguments) override;

  quint16 port() const { return m_server.port(); }
  /// Brings the values up to date; the timer does that, tests may.
  void move();

 private:
  struct Moving {
    ModbusPoint point;
    Motion motion;
    Value value;
    int followed = -1;
  };

  Result<void> load(const QString &file, quint8 unit);
  Result<void> follow(const QString &file);
  Result<void> place(Moving &moving);
  bool isHeld(const Moving &moving);
  void store(Moving &moving, const Value &value);
  Value held(const Moving &moving);

  Clock m_systemClock;
  const Clock &m_clock;
  ModbusServer m_server;
  QTimer m_timer;
  std::vector<Moving> m_points;
  std::chrono::nanoseconds m_start{0};
  std::chrono::nanoseconds m_moved{0};
};

}  // namespace tagwire::modbus
