// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../instancealarms.h"
#include "commandrouter.h"
#include "interlocks.h"
#include "scenes.h"

namespace tagwire {

/// CommandControl as plugins get it; what is done goes into the audit trail. Thread-bound to the host thread; owned by
/// the Runtime.
class OperatorDesk : public CommandControl {
 public:
  OperatorDesk(CommandRouter &router, Interlocks &interlocks, Scenes &scenes, const InstanceAlarms &instanceAlarms,
               AuditTrail &audit)
      : m_router(router),
        m_interlocks(interlocks),
        m_scenes(scenes),
        m_instanceAlarms(instanceAlarms),
        m_audit(audit) {}

  DryRun dryRun(const Command &command) const override { return m_router.dryRun(command); }
  Result<Selection> select(PointId point, const Operator &by) override;
  Result<void> deselect(const QString &selection, const Operator &by) override;
  Result<void> approve(const QString &commandId, const Operator &by) override {
    return m_router.approve(commandId, by);
  }
  Result<void> cancel(const QString &commandId, const Operator &by) override {
    return m_scenes.has(commandId) ? m_scenes.cancel(commandId, by) : m_router.cancel(commandId, by);
  }
  QList<SceneStatus> scenes() const override { return m_scenes.all(); }
  QList<InterlockStatus> interlocks() const override { return m_interlocks.all(); }
  Result<void> resetInterlock(int id, const Operator &by) override;
  QList<AlarmStatus> hostAlarms() const override { return m_interlocks.alarms() + m_instanceAlarms.all(); }

 private:
  void audit(const char *kind, const char *action, const Operator &by, const QString &subject,
             const QString &reference = {}, const QString &refusal = {});

  CommandRouter &m_router;
  Interlocks &m_interlocks;
  Scenes &m_scenes;
  const InstanceAlarms &m_instanceAlarms;
  AuditTrail &m_audit;
};

}  // namespace tagwire
