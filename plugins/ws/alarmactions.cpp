// SPDX-License-Identifier: Apache-2.0
#include "alarmactions.h"

#include <algorithm>
#include <array>
#include <limits>

#include "protocols/wirejson.h"
#include "services/gisdata.h"

namespace tagwire::ws {

namespace {

using Kind = AlarmAction::Kind;

struct Word {
  Kind kind;
  const char *word;
  Right right;
};

constexpr std::array actionWords{Word{Kind::Acknowledge, "ack", right::acknowledgeAlarms},
                                 Word{Kind::Shelve, "shelve", right::shelveAlarms},
                                 Word{Kind::Unshelve, "unshelve", right::shelveAlarms},
                                 Word{Kind::Suppress, "suppress", right::administerAlarms},
                                 Word{Kind::Unsuppress, "unsuppress", right::administerAlarms},
                                 Word{Kind::OutOfService, "out-of-service", right::administerAlarms},
                                 Word{Kind::InService, "in-service", right::administerAlarms},
                                 Word{Kind::Comment, "comment", right::acknowledgeAlarms}};

constexpr double longestShelving = 366.0 * 86400;  ///< seconds; a rule's own maximum is the desk's to know

const Word &wordFor(Kind kind) {
  return *std::find_if(actionWords.begin(), actionWords.end(), [kind](const Word &each) { return each.kind == kind; });
}

Result<QString> readAlarmComment(const QJsonObject &message) {
  const QJsonValue value = message.value(QLatin1String("comment"));
  if (isAbsent(value)) return QString();
  const QString text = value.toString();
  const bool isPlain = std::none_of(text.cbegin(), text.cend(), [](QChar each) {
    return each.category() == QChar::Other_Control && each != u'\n' && each != u'\t';
  });
  if (value.isString() && isPlain && text.size() <= AlarmDesk::longestComment) return text;
  return failure(QStringLiteral("comment is wrong (allowed: text of up to %1 characters, without control characters)")
                     .arg(AlarmDesk::longestComment));
}

Result<void> readShelving(const QJsonObject &message, AlarmAction &action) {
  const QJsonValue duration = message.value(QLatin1String("duration_s"));
  if (!isAbsent(duration)) {
    const double seconds = duration.toDouble(-1);
    if (!duration.isDouble() || !(seconds >= 1 && seconds <= longestShelving)) {
      return failure(QStringLiteral("duration_s is wrong (allowed: 1 to %1 seconds)").arg(qint64(longestShelving)));
    }
    action.duration = std::chrono::milliseconds(static_cast<qint64>(seconds * 1000));
  }
  const QJsonValue oneShot = message.value(QLatin1String("one_shot"));
  if (!isAbsent(oneShot) && !oneShot.isBool()) {
    return failure(QStringLiteral("one_shot is wrong (allowed: true, false)"));
  }
  action.isOneShot = oneShot.toBool();
  if (action.kind == Kind::Shelve && !action.duration && !action.isOneShot) {
    return failure(QStringLiteral("shelve needs duration_s (seconds) or one_shot (true: until it is back in OK)"));
  }
  return {};
}

AuditEntry actionEntry(const AlarmAction &action, const Doer &doer, const AlarmTransition &before,
                       const AlarmTransition &after) {
  AuditEntry entry = auditEntry("alarm", wordOf(action.kind), doer);
  entry.subject = QStringLiteral("rule:%1").arg(action.ruleId);
  entry.comment = action.comment;
  entry.details = {{QStringLiteral("rule_name"), after.ruleName},
                   {QStringLiteral("alarm_id"), after.alarmId},
                   {QStringLiteral("state"), toText(after.state)},
                   {QStringLiteral("before"), toText(before.condition)},
                   {QStringLiteral("after"), toText(after.condition)}};
  if (action.duration) entry.details.insert(QStringLiteral("duration_s"), action.duration->count() / 1000.0);
  if (action.isOneShot) entry.details.insert(QStringLiteral("one_shot"), true);
  return entry;
}

}  // namespace

QLatin1String wordOf(Kind kind) { return QLatin1String(wordFor(kind).word); }

std::optional<Kind> actionFromWord(const QString &word) {
  for (const Word &each : actionWords) {
    if (word == QLatin1String(each.word)) return each.kind;
  }
  return std::nullopt;
}

Right rightFor(Kind kind) { return wordFor(kind).right; }

Result<int> readRuleId(const QJsonValue &value) {
  const auto number = wholeNumber(value);
  if (number && std::abs(*number) <= std::numeric_limits<int>::max()) return static_cast<int>(*number);
  return failure(
      QStringLiteral("rule_id is wrong or missing (allowed: a whole number of 0 to 2147483647, or below 0 for "
                     "an interlock)"));
}

Result<int> ruleIdFromText(const QString &text) {
  bool isNumber = false;
  const int number = text.toInt(&isNumber);
  if (isNumber && QString::number(number) == text && number > std::numeric_limits<int>::min()) return number;
  return failure(QStringLiteral("a rule's id must be a whole number of 0 to 2147483647, or below 0 for an interlock"));
}

QString operatorName(const Caller &caller) {
  return caller.name.isEmpty() ? nameWithKind(caller).trimmed() : caller.name;
}

Result<AlarmAction> readAction(Kind kind, int ruleId, const QJsonObject &message, const Caller &caller) {
  AlarmAction action;
  action.kind = kind;
  action.ruleId = ruleId;
  action.by = operatorName(caller);
  const auto comment = readAlarmComment(message);
  if (!comment) return failure(comment.error());
  action.comment = *comment;
  if (const auto shelving = readShelving(message, action); !shelving) return failure(shelving.error());
  return action;
}

std::optional<Refusal> refusalOf(const Result<AlarmAnswer> &answer, int ruleId) {
  using Outcome = AlarmAnswer::Outcome;
  if (!answer) return Refusal{503, answer.error(), {}};
  const QString text = answer->errors.join(QStringLiteral("; "));
  switch (answer->outcome) {
    case Outcome::Done:
    case Outcome::Already:
      return std::nullopt;
    case Outcome::NoSuchRule:
      return noSuchRule(ruleId);
    case Outcome::NotPossible:
      return Refusal{409, text, {}};
    case Outcome::Invalid:
      break;
  }
  return Refusal{400, text, {}};
}

void carryOutAt(PluginContext &context, const FoundAlarm &found, const AlarmAction &action, const Doer &doer,
                ActionTaker taker) {
  const CallerPointer &caller = doer.caller;
  const Right due = rightFor(action.kind);
  const QString area = found.status.transition.area;
  const bool mayRead = caller->may(right::readAlarms, area);
  if (!caller->may(due, area)) {
    // Whether it is there is nothing for who may not see it.
    if (!mayRead) return taker({noSuchRule(action.ruleId), false, {}});
    const QString text = QStringLiteral("not permitted: %1:%2 for the area of rule %3 is due")
                             .arg(QLatin1String(due.what), QLatin1String(due.verb))
                             .arg(action.ruleId);
    return taker({Refusal{403, text, {}}, false, {}});
  }
  if (action.ruleId < 0) {
    // To have seen it is one thing, to let the machine start again another: no "acknowledge all" does that.
    const bool isInstance = found.status.transition.comparison == u"instance";
    const QString text =
        isInstance ? QStringLiteral(
                         "the alarm of instance %1 ends when it is loaded again, and takes nothing else (POST "
                         "/api/v1/manifest/reload)")
                         .arg(found.status.transition.ruleName)
                   : QStringLiteral(
                         "the alarm of interlock %1 ends with its reset, and takes nothing else (POST "
                         "/api/v1/interlocks/%1/reset)")
                         .arg(-action.ruleId);
    return taker({Refusal{409, text, {}}, false, {}});
  }
  context.requestFrom(
      found.instance, &AlarmDesk::act,
      [&context, taker = std::move(taker), action, doer, before = found.status.transition,
       mayRead](const Result<AlarmAnswer> &answer) {
        ActionOutcome outcome{refusalOf(answer, action.ruleId), false, {}};
        if (!outcome.refusal) {
          outcome.isChanged = answer->outcome == AlarmAnswer::Outcome::Done;
          if (outcome.isChanged) context.audit().append(actionEntry(action, doer, before, answer->status.transition));
          if (mayRead) outcome.status = answer->status;
        }
        taker(outcome);
      },
      action);
}

void carryOut(PluginContext &context, const AlarmAction &action, const Doer &doer, ActionTaker taker) {
  findAlarm(context, action.ruleId,
            [&context, action, doer, taker = std::move(taker)](const tl::expected<FoundAlarm, Refusal> &found) {
              if (!found) return taker({found.error(), false, {}});
              carryOutAt(context, *found, action, doer, taker);
            });
}

}  // namespace tagwire::ws
