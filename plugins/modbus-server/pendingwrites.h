// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QStringList>

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "event.h"

namespace tagwire::modbus {

/// Writes of clients whose commands are under way, and who waits for their outcome. Bounded. Plain class; owned by the
/// ModbusServerSink.
class PendingWrites {
 public:
  using Done = std::function<void(quint8 exception)>;
  using Moment = std::chrono::nanoseconds;

  /// Commands at a time, of all writes together: what a driver queues (CommandQueue), so that a write is not cut off in
  /// the middle.
  static constexpr size_t capacity = 100;

  bool hasRoomFor(qsizetype commands) const { return static_cast<size_t>(m_byCommand.size() + commands) <= capacity; }
  /// One write made these commands (at least one). `done` is called once all have ended: 0, or exception 4 when one did
  /// not succeed. `deadline` is not before that of the last one.
  void add(const QStringList &commands, Moment deadline, Done done);
  /// A step of a command, ours or not.
  void take(const CommandStatus &status);
  /// Nothing when none waits.
  std::optional<Moment> firstDeadline() const;
  /// Waits no longer for those whose deadline is over: exception 5 (the request is taken on and still at work).
  void expire(Moment now);
  /// Forgets all; nobody is told anything.
  void clear();

 private:
  struct Wait {
    QStringList open;
    Moment deadline{0};
    bool hasFailed = false;
    Done done;
  };

  void end(quint64 number, quint8 exception);

  std::map<quint64, Wait> m_waits;  ///< the oldest first
  QHash<QString, quint64> m_byCommand;
  quint64 m_last = 0;
};

}  // namespace tagwire::modbus
