// SPDX-License-Identifier: Apache-2.0
#include "arbiter.h"

#include <algorithm>

namespace tagwire::modbus {

template <class Take>
std::optional<Request> Arbiter::ask(Take take) {
  // A copy: a client may leave while it is asked.
  const QList<BusClient *> clients = m_clients;
  for (qsizetype i = 1; i <= clients.size(); ++i) {
    const qsizetype index = (m_last + i) % clients.size();
    if (!m_clients.contains(clients[index])) continue;
    auto request = take(clients[index]);
    if (!request) continue;
    m_last = index;
    request->client = clients[index];
    return request;
  }
  return std::nullopt;
}

std::optional<Request> Arbiter::next(Scope scope, bool withCommands, Moment now) {
  const auto command = [&]() -> std::optional<Request> {
    if (!withCommands) return std::nullopt;
    return ask([&](BusClient *client) { return client->takeCommand(now); });
  };
  if (m_commands < commandsInRow) {
    if (auto request = command()) {
      ++m_commands;
      return request;
    }
  }
  const Scope admitted = narrowed(scope, now);
  if (auto request = ask([&](BusClient *client) { return client->takePoll(now, admitted); })) {
    m_commands = 0;
    return request;
  }
  return command();
}

Arbiter::Moment Arbiter::due(Scope scope, bool withCommands, Moment now) const {
  Moment command = Moment::max();
  for (const BusClient *client : m_clients) command = std::min(command, client->commandDue());
  const Moment poll = narrowed(scope, now) == scope
                          ? earliest(scope)
                          : std::min(earliest(Scope::Healthy), std::max(earliest(Scope::Aside), m_asideFrom));
  return withCommands ? std::min(command, poll) : poll;
}

Scope Arbiter::narrowed(Scope scope, Moment now) const {
  if (scope != Scope::All || now >= m_asideFrom) return scope;
  std::chrono::nanoseconds aside{0};
  for (const BusClient *client : m_clients) aside = std::max<std::chrono::nanoseconds>(aside, client->asideTime());
  const Moment healthy = earliest(Scope::Healthy);
  return healthy == Moment::max() || healthy - now >= aside ? Scope::All : Scope::Healthy;
}

Arbiter::Moment Arbiter::earliest(Scope scope) const {
  Moment first = Moment::max();
  for (const BusClient *client : m_clients) first = std::min(first, client->due(scope));
  return first;
}

}  // namespace tagwire::modbus
