// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commandrouter.h"

namespace tagwire {

/// CommandControl as plugins get it. Thread-bound to the host thread; owned by the Runtime.
class OperatorDesk : public CommandControl {
 public:
  explicit OperatorDesk(CommandRouter &router) : m_router(router) {}

  DryRun dryRun(const Command &command) const override { return m_router.dryRun(command); }
  Result<Selection> select(PointId point, const Operator &by) override { return m_router.select(point, by); }
  Result<void> deselect(const QString &selection, const Operator &by) override {
    return m_router.deselect(selection, by);
  }
  Result<void> approve(const QString &commandId, const Operator &by) override {
    return m_router.approve(commandId, by);
  }
  Result<void> cancel(const QString &commandId, const Operator &by) override { return m_router.cancel(commandId, by); }
  QList<InterlockStatus> interlocks() const override { return {}; }
  Result<void> resetInterlock(int id, const Operator &) override {
    return failure(QStringLiteral("there is no interlock %1").arg(id));
  }

 private:
  CommandRouter &m_router;
};

}  // namespace tagwire
