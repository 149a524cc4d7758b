// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>

#include "writesequence.h"

namespace tagwire::modbus {

/// The commands of one instance, one after the other, each told step by step until a final one. Holds at most 100.
/// No I/O: the owner sends what next() gives and reports what came back. `tell` may call add(). Thread-bound; owned by
/// the ModbusSource.
class CommandQueue {
 public:
  using Tell = std::function<void(const CommandStatus &)>;
  /// Told of what was read back, before the outcome: whoever hears that may look at the point at once.
  using Show = std::function<void(int point, const Reading &reading)>;
  using Moment = WriteSequence::Moment;

  struct Outgoing {
    quint8 unit = 0;
    QByteArray pdu;
  };
  static constexpr size_t capacity = 100;

  CommandQueue(Tell tell, Show show, const UnitBook &units = {})
      : m_tell(std::move(tell)), m_show(std::move(show)), m_units(units) {}

  /// `index` names the point to `show`. Urgent ones go before the others.
  void add(const Command &command, const RegisterPoint &point, int index);
  /// When next() has something; Moment::max() when never.
  Moment due() const;
  /// Whom the next request is for; nothing when none is due.
  std::optional<quint8> nextUnit(Moment now) const;
  /// The next request to send; commands that expired (by the time of day) or don't fit are ended on the way. Then comes
  /// answered() or lost().
  std::optional<Outgoing> next(Time time, Moment now);
  void answered(const Reply &reply, Moment now);
  void lost(const QString &why);
  /// The unit of the next request was found not to answer before anything was sent.
  void unreachable(const QString &why);
  /// Ends everything: there is no way to the device.
  void failAll(const QString &why);

 private:
  struct Entry {
    Command command;
    RegisterPoint point;
    int index = 0;
  };
  struct Running {
    Entry entry;
    WriteSequence sequence;
  };

  void step(const Command &command, CommandState state, const QString &error = {}, const Value &actual = {}) const;
  void finish(const WriteSequence::Outcome &outcome);

  Tell m_tell;
  Show m_show;
  UnitBook m_units;
  bool m_isUnderWay = false;
  std::deque<Entry> m_waiting;
  std::optional<Running> m_current;
};

}  // namespace tagwire::modbus
