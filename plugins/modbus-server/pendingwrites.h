// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QStringList>

#include <functional>
#include <map>

#include "event.h"

namespace tagwire::modbus {

/// Writes of clients whose commands are under way, and who waits for their outcome. Bounded. Plain class; owned by the
/// ModbusServerSink.
class PendingWrites {
 public:
  using Done = std::function<void(quint8 exception)>;

  bool isFull() const { return m_waits.size() >= most; }
  qsizetype size() const { return static_cast<qsizetype>(m_waits.size()); }
  /// One write made these commands (at least one); gives its number. `done` is called once all have ended: 0, or
  /// exception 4 when one did not succeed.
  quint64 add(const QStringList &commands, Done done);
  /// A step of a command, ours or not.
  void take(const CommandStatus &status);
  /// Waits no longer for the outcome of this write: exception 5 (the request is taken on and still at work). Too late
  /// is no harm.
  void expire(quint64 number);
  /// Forgets all; nobody is told anything.
  void clear();

 private:
  static constexpr size_t most = 100;
  struct Wait {
    QStringList open;
    bool hasFailed = false;
    Done done;
  };

  void end(quint64 number, quint8 exception);

  std::map<quint64, Wait> m_waits;
  QHash<QString, quint64> m_byCommand;
  quint64 m_last = 0;
};

}  // namespace tagwire::modbus
