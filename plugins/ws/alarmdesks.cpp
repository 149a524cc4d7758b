// SPDX-License-Identifier: Apache-2.0
#include "alarmdesks.h"

namespace tagwire::ws {

/// The host's own words: PluginContext::request tells it by nothing else.
DeskSilence silenceOf(const QString &error) {
  if (error.endsWith(QStringLiteral(" offers the ") + QLatin1String(AlarmDesk::serviceName))) {
    return DeskSilence::Absent;
  }
  const bool isLate = error.endsWith(QLatin1String(" did not answer in time")) || error.startsWith(u"gone: ");
  return isLate ? DeskSilence::Unavailable : DeskSilence::None;
}

void askAlarms(PluginContext &context, std::function<void(const Result<QList<AlarmStatus>> &)> taker) {
  askDesks(context, &AlarmDesk::standingAlarms, [taker = std::move(taker)](const auto &answers) {
    if (answers.entries.isEmpty()) return taker(failure(answers.refusal()->text));
    QList<AlarmStatus> all;
    for (const auto &each : answers.entries) all += each.answer;
    taker(all);
  });
}

Refusal noSuchRule(int ruleId) { return {404, QStringLiteral("there is no rule %1").arg(ruleId), {}}; }

void findAlarm(PluginContext &context, int ruleId,
               std::function<void(const tl::expected<FoundAlarm, Refusal> &)> taker) {
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
