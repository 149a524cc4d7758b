// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busclient.h"

namespace tagwire::modbus {

/// Who on a bus may send next. Commands go before polls, but after eight of them a poll that is due has its turn.
/// Equals take turns. Where all share one connection, units aside (probed or slow) get under 5 % of the time,
/// or the gaps in which nobody else has anything to ask. Plain class without I/O or clock; owned by the Bus.
class Arbiter {
 public:
  using Moment = BusClient::Moment;

  static constexpr int commandsInRow = 8;
  /// A request aside that took `t` is followed by at least this many times `t` without one: under 5 % in all.
  static constexpr int asideRest = 20;

  void add(BusClient *client) { m_clients.append(client); }
  void remove(BusClient *client) { m_clients.removeAll(client); }
  const QList<BusClient *> &clients() const { return m_clients; }

  /// What to send next on a connection that serves `scope`; only one of them takes commands.
  std::optional<Request> next(Scope scope, bool withCommands, Moment now);
  /// When next() has something; Moment::max() when never.
  Moment due(Scope scope, bool withCommands, Moment now) const;
  /// A request aside on the shared connection ended.
  void asideEnded(Moment now, std::chrono::nanoseconds took) { m_asideFrom = now + asideRest * took; }

 private:
  Scope narrowed(Scope scope, Moment now) const;
  Moment earliest(Scope scope) const;
  template <class Take>
  std::optional<Request> ask(Take take);

  QList<BusClient *> m_clients;
  qsizetype m_last = 0;
  int m_commands = 0;
  Moment m_asideFrom = Moment::min();
};

}  // namespace tagwire::modbus
