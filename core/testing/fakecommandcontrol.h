// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands/commandcontrol.h"

namespace tagwire {

/// Answers what the test put in and keeps what it was asked.
class FakeCommandControl : public CommandControl {
 public:
  DryRun dryRun(const Command &command) const override {
    probed.append(command);
    return run;
  }
  Result<Selection> select(PointId point, const Operator &by) override {
    calls << QStringLiteral("select by %1@%2").arg(by.name, by.address);
    if (!error.isEmpty()) return failure(error);
    return Selection{QStringLiteral("selection-1"), point, selectedUntil};
  }
  Result<void> deselect(const QString &selection, const Operator &by) override {
    return call(QStringLiteral("deselect"), selection, by);
  }
  Result<void> approve(const QString &commandId, const Operator &by) override {
    return call(QStringLiteral("approve"), commandId, by);
  }
  Result<void> cancel(const QString &commandId, const Operator &by) override {
    return call(QStringLiteral("cancel"), commandId, by);
  }
  QList<SceneStatus> scenes() const override { return sceneList; }
  QList<InterlockStatus> interlocks() const override { return interlockList; }
  Result<void> resetInterlock(int id, const Operator &by) override {
    return call(QStringLiteral("reset"), QString::number(id), by);
  }
  QList<AlarmStatus> hostAlarms() const override { return hostAlarmList; }

  DryRun run;
  QString error;  ///< what every call fails with; empty: none
  Time selectedUntil;
  QList<SceneStatus> sceneList;
  QList<InterlockStatus> interlockList;
  QList<AlarmStatus> hostAlarmList;
  QStringList calls;
  mutable QList<Command> probed;

 private:
  Result<void> call(const QString &what, const QString &which, const Operator &by) {
    calls << QStringLiteral("%1 %2 by %3@%4 (%5)").arg(what, which, by.name, by.address, by.comment);
    if (error.isEmpty()) return {};
    return failure(error);
  }
};

}  // namespace tagwire
