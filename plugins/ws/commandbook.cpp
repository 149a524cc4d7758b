// SPDX-License-Identifier: Apache-2.0
#include "commandbook.h"

namespace tagwire::ws {

namespace {

/// The same for every credential of one user, and never that of a token of the same name.
QString ownerOf(const Caller &caller) { return QString::number(static_cast<int>(caller.kind)) + u':' + caller.name; }

}  // namespace

std::shared_ptr<CommandBook> CommandBook::of(PluginContext &context) {
  return context.shared<CommandBook>("command book", [] { return std::make_shared<CommandBook>(); });
}

void CommandBook::note(const QString &commandId, const Caller &caller) {
  if (!m_owners.contains(commandId)) m_order.push_back(commandId);
  m_owners.insert(commandId, ownerOf(caller));
  if (m_order.size() <= remembered) return;
  m_owners.remove(m_order.front());
  m_order.pop_front();
}

bool CommandBook::isOf(const QString &commandId, const Caller &caller) const {
  const auto found = m_owners.constFind(commandId);
  return found != m_owners.cend() && *found == ownerOf(caller);
}

}  // namespace tagwire::ws
