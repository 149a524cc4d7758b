// SPDX-License-Identifier: Apache-2.0
// What operators do with alarms (R3-21): the same by REST and by every protocol that has it.
#pragma once

#include <QJsonObject>

#include "alarmdesks.h"
#include "auditing.h"

namespace tagwire::ws {

/// "ack", "shelve", "unshelve", "suppress", "unsuppress", "out-of-service", "in-service", "comment".
QLatin1String wordOf(AlarmAction::Kind kind);
std::optional<AlarmAction::Kind> actionFromWord(const QString &word);
Right rightFor(AlarmAction::Kind kind);

/// A rule's number, 0 to 2147483647; below 0 that of an interlock's alarm.
Result<int> readRuleId(const QJsonValue &value);
Result<int> ruleIdFromText(const QString &text);

/// "comment", "duration_s" and "one_shot" of a body or a message; errors say what is allowed.
Result<AlarmAction> readAction(AlarmAction::Kind kind, int ruleId, const QJsonObject &message, const Caller &caller);
/// Who it was, for the alarm's record.
QString operatorName(const Caller &caller);

/// How an action ended. Plain value.
struct ActionOutcome {
  std::optional<Refusal> refusal;     ///< none: it is as was asked for
  bool isChanged = false;             ///< false: it was like that before
  std::optional<AlarmStatus> status;  ///< after it, where the caller may read it
};
using ActionTaker = std::function<void(const ActionOutcome &)>;

/// Finds the rule, holds the action to the caller's rights for its area, and hands it to the rule's desk; what it
/// changes goes on record. `taker` is called once, never from within this call.
void carryOut(PluginContext &context, const AlarmAction &action, const Doer &doer, ActionTaker taker);
/// The same where the rule was found before; then `taker` may be called at once.
void carryOutAt(PluginContext &context, const FoundAlarm &found, const AlarmAction &action, const Doer &doer,
                ActionTaker taker);

/// Why an answer of a desk is none that the caller asked for; nothing when it is.
std::optional<Refusal> refusalOf(const Result<AlarmAnswer> &answer, int ruleId);

}  // namespace tagwire::ws
