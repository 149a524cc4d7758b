// SPDX-License-Identifier: Apache-2.0
#include "alarmdesks.h"

#include <cmath>

#include "commands/commandcontrol.h"

namespace tagwire::ws {

namespace {

/// Stands for the host where the id of an instance is due.
const QLatin1String hostDesk("tagwire");

/// The alarm of an interlock, whatever its state, or of an instance that was given up.
tl::expected<FoundAlarm, Refusal> findOfHost(PluginContext &context, int ruleId) {
  for (const AlarmStatus &each : context.commands().hostAlarms()) {
    if (each.transition.ruleId == ruleId) return FoundAlarm{hostDesk, each};
  }
  for (const InterlockStatus &each : context.commands().interlocks()) {
    if (each.id != -ruleId) continue;
    AlarmStatus quiet;
    quiet.transition.ruleId = ruleId;
    quiet.transition.ruleName = each.name;
    quiet.transition.severity = each.severity;
    quiet.transition.comparison = QStringLiteral("interlock");
    quiet.transition.value = std::nan("");
    return FoundAlarm{hostDesk, quiet};
  }
  return tl::unexpected(noSuchRule(ruleId));
}

}  // namespace

void askStanding(PluginContext &context, std::function<void(const DeskAnswers<QList<AlarmStatus>> &)> taker) {
  askDesks(context, &AlarmDesk::standingAlarms,
           [&context, taker = std::move(taker)](DeskAnswers<QList<AlarmStatus>> answers) {
             const QList<AlarmStatus> ofHost = context.commands().hostAlarms();
             if (!ofHost.isEmpty() || !context.commands().interlocks().isEmpty()) {
               answers.entries.append({hostDesk, ofHost});
             }
             taker(answers);
           });
}

void askAlarms(PluginContext &context, std::function<void(const Result<QList<AlarmStatus>> &)> taker) {
  askStanding(context, [taker = std::move(taker)](const auto &answers) {
    if (answers.entries.isEmpty()) return taker(failure(answers.refusal()->text));
    QList<AlarmStatus> all;
    for (const auto &each : answers.entries) all += each.answer;
    taker(all);
  });
}

Refusal noSuchRule(int ruleId) { return {404, QStringLiteral("there is no rule %1").arg(ruleId), {}}; }

void findAlarm(PluginContext &context, int ruleId,
               std::function<void(const tl::expected<FoundAlarm, Refusal> &)> taker) {
  if (ruleId < 0) return taker(findOfHost(context, ruleId));
  askDesks(
      context, &AlarmDesk::alarm,
      [taker = std::move(taker), ruleId](const DeskAnswers<AlarmStatus> &answers) {
        if (!answers.entries.isEmpty()) {
          const auto &first = answers.entries.first();
          return taker(FoundAlarm{first.instance, first.answer});
        }
        const bool isUnknown = answers.missing.isEmpty() && !answers.errors.isEmpty();
        taker(tl::unexpected(isUnknown ? noSuchRule(ruleId) : *answers.refusal()));
      },
      ruleId);
}

}  // namespace tagwire::ws
