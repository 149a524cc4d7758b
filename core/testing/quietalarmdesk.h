// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/alarmdesk.h"

namespace tagwire {

/// An alarm desk for tests: knows no alarm and refuses everything; a test overrides what it needs.
class QuietAlarmDesk : public AlarmDesk {
 public:
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override { reply(QList<AlarmStatus>()); }
  void alarm(Reply<AlarmStatus> reply, int) override { reply(refused()); }
  void act(Reply<AlarmAnswer> reply, AlarmAction) override { reply(refused()); }
  void areas(Reply<QList<AlarmArea>> reply) override { reply(QList<AlarmArea>()); }
  void history(Reply<QList<Event>> reply, AlarmHistoryQuery) override { reply(QList<Event>()); }
  void statistics(Reply<AlarmStatistics> reply, Time, Time) override { reply(refused()); }
  void rules(Reply<QList<AlarmRule>> reply, QList<int>) override { reply(QList<AlarmRule>()); }
  QList<int> manifestRules() const override { return {}; }
  void ruleVersions(Reply<QList<AlarmRule>> reply, int) override { reply(refused()); }
  void changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange) override { reply(refused()); }

 private:
  static tl::unexpected<QString> refused() { return failure(QStringLiteral("not in this test")); }
};

}  // namespace tagwire
