// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include <deque>
#include <memory>

#include "auth/caller.h"
#include "context.h"

namespace tagwire::ws {

/// Who asked for which of the newest 1,000 commands, for all gateways together: an operator sees the outcome of what
/// they wrote on any of their ports (R5-2). Thread-bound (main thread); shared by the gateways.
class CommandBook {
 public:
  static std::shared_ptr<CommandBook> of(PluginContext &context);

  /// Before the command is handed on.
  void note(const QString &commandId, const Caller &caller);
  bool isOf(const QString &commandId, const Caller &caller) const;

 private:
  static constexpr size_t remembered = 1000;

  QHash<QString, QString> m_owners;
  std::deque<QString> m_order;  ///< the oldest first
};

}  // namespace tagwire::ws
