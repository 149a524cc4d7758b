// SPDX-License-Identifier: Apache-2.0
#include "alarmfollower.h"

namespace tagwire::cluster {

namespace {

using Kind = AlarmAction::Kind;

struct FollowedCause {
  const char *cause;
  Kind kind;
};
constexpr FollowedCause followedCauses[] = {
    {"ack", Kind::Acknowledge},      {"shelve", Kind::Shelve},         {"unshelve", Kind::Unshelve},
    {"suppress", Kind::Suppress},    {"unsuppress", Kind::Unsuppress}, {"out-of-service", Kind::OutOfService},
    {"in-service", Kind::InService}, {"comment", Kind::Comment},
};

/// What an action looks like when it is told.
Event eventOf(int rule, const QString &cause, const QString &by) {
  AlarmConditionChange change;
  change.ruleId = rule;
  change.cause = cause;
  change.by = by;
  return {0, {}, {}, change};
}

Event eventOf(const AlarmAction &action) {
  for (const auto &each : followedCauses) {
    if (each.kind == action.kind) return eventOf(action.ruleId, QLatin1String(each.cause), action.by);
  }
  return {};
}

/// "rule" and "group:…" are the rule's own reasons.
bool isSuppressedByOperator(const AlarmStatus &status) {
  return !status.suppressedBy.isEmpty() && status.suppressedBy != u"rule" && !status.suppressedBy.startsWith(u"group:");
}

bool isUnacknowledged(const AlarmStatus &status) {
  const AlarmCondition condition = status.transition.condition;
  return condition == AlarmCondition::UnacknowledgedActive || condition == AlarmCondition::RtnUnacknowledged;
}

/// What is to be done to `ours` so that it stands as `theirs`, by who did it there, or else by `hub`.
/// What is only here may never have been there: that it is over there says something after we were away alone.
QList<AlarmAction> differences(const AlarmStatus &theirs, const AlarmStatus &ours, const QString &hub, Time now,
                               bool wasAway) {
  QList<AlarmAction> actions;
  const auto add = [&](Kind kind, const QString &by, std::optional<std::chrono::milliseconds> duration = {}) {
    actions.append({kind, ours.transition.ruleId, by.isEmpty() ? hub : by, theirs.comment, duration});
  };
  const bool isSettled = ours.since + AlarmFollower::settling <= now;
  if (isSettled && isUnacknowledged(ours) && theirs.isAcknowledged) add(Kind::Acknowledge, theirs.acknowledgedBy);
  // It was acknowledged there after it was over.
  const bool isOverThere = theirs.transition.condition == AlarmCondition::Normal;
  const bool isOverHere = ours.transition.condition == AlarmCondition::RtnUnacknowledged;
  if (wasAway && isSettled && isOverHere && isOverThere) add(Kind::Acknowledge, {});
  if (theirs.shelvedUntil && !ours.shelvedUntil && *theirs.shelvedUntil > now) {
    add(Kind::Shelve, theirs.shelvedBy, std::chrono::ceil<std::chrono::milliseconds>(*theirs.shelvedUntil - now));
  }
  if (!theirs.shelvedUntil && ours.shelvedUntil) add(Kind::Unshelve, {});
  if (isSuppressedByOperator(theirs) && !isSuppressedByOperator(ours)) add(Kind::Suppress, theirs.suppressedBy);
  if (!isSuppressedByOperator(theirs) && isSuppressedByOperator(ours)) add(Kind::Unsuppress, {});
  if (!theirs.outOfServiceBy.isEmpty() && ours.outOfServiceBy.isEmpty()) add(Kind::OutOfService, theirs.outOfServiceBy);
  if (theirs.outOfServiceBy.isEmpty() && !ours.outOfServiceBy.isEmpty()) add(Kind::InService, {});
  return actions;
}

}  // namespace

void AlarmFollower::clear() {
  m_hasMissed = true;
  m_isAsking = false;
  m_life = std::make_shared<int>();
}

void AlarmFollower::take(const Sender &hub, const Event &event) {
  const auto *change = std::get_if<AlarmConditionChange>(&event.body);
  if (!change || change->ruleId <= 0 || !isTrusted(hub)) return;
  if (change->cause == u"rule_changed" || change->cause == u"rule_removed") return takeRule(hub, *change);
  for (const auto &each : followedCauses) {
    if (change->cause != QLatin1String(each.cause)) continue;
    AlarmAction action{each.kind, change->ruleId, change->by, change->comment};
    if (each.kind == Kind::Shelve) {
      const Time now = m_context.clock().now();
      if (!change->until || *change->until <= now) return;
      action.duration = std::chrono::ceil<std::chrono::milliseconds>(*change->until - now);
    }
    return act(action);
  }
}

void AlarmFollower::act(const AlarmAction &action) {
  const Event told = eventOf(action);
  m_voice.follows(told, m_context.clock().elapsed());
  m_context.request(&AlarmDesk::act, guarded<AlarmAnswer>([this, told, action](const Result<AlarmAnswer> &answer) {
    if (answer && answer->outcome == AlarmAnswer::Outcome::Done) return;
    m_voice.forgets(told);
    const QString why = answer ? answer->errors.join(QStringLiteral("; ")) : answer.error();
    if (why.isEmpty()) return;  // it stood like that already
    qCWarning(m_context.log()).noquote() << "rule" << action.ruleId << "can't follow what" << action.by
                                         << "did at another hub:" << why;
  }),
                    action);
}

/// What the rule is now has to be asked there.
void AlarmFollower::takeRule(const Sender &hub, const AlarmConditionChange &change) {
  AlarmRuleChange wish{AlarmRuleChange::Kind::Remove, change.ruleId, {}, change.by};
  if (change.cause == u"rule_removed") return changeRule(wish);
  m_remote.askAt<QList<AlarmRule>>(
      hub, guarded<QList<AlarmRule>>([this, wish](const Result<QList<AlarmRule>> &theirs) mutable {
        if (!theirs || theirs->size() != 1 || theirs->first().isFromManifest) return;
        wish.rule = theirs->first().rule;
        wish.rule.remove(QLatin1String("area"));
        const auto took = guarded<QList<AlarmRule>>([this, wish](const Result<QList<AlarmRule>> &ours) mutable {
          if (!ours) return;
          wish.kind = ours->isEmpty() ? AlarmRuleChange::Kind::Create : AlarmRuleChange::Kind::Replace;
          changeRule(wish);
        });
        m_context.request(&AlarmDesk::rules, took, QList<int>{wish.id});
      }),
      DeskCall::Rules, QList<int>{change.ruleId});
}

void AlarmFollower::changeRule(const AlarmRuleChange &change) {
  const bool isRemoval = change.kind == AlarmRuleChange::Kind::Remove;
  const Event told =
      eventOf(change.id, isRemoval ? QStringLiteral("rule_removed") : QStringLiteral("rule_changed"), change.by);
  m_voice.follows(told, m_context.clock().elapsed());
  const auto took = guarded<AlarmAnswer>([this, told, id = change.id](const Result<AlarmAnswer> &answer) {
    if (answer && answer->outcome == AlarmAnswer::Outcome::Done) return;
    m_voice.forgets(told);
    const QString why = answer ? answer->errors.join(QStringLiteral("; ")) : answer.error();
    qCWarning(m_context.log()).noquote() << "rule" << id << "is not here what it is at another hub:" << why;
  });
  m_context.request(&AlarmDesk::changeRule, took, change);
}

void AlarmFollower::look() {
  const auto hub = m_remote.speaker();
  if (!hub) m_hasMissed = true;
  const auto now = m_context.clock().elapsed();
  if (!hub || m_isAsking || (!m_hasMissed && now - m_askedAt < lookEvery)) return;
  m_askedAt = now;
  // It is the one that knows, or nobody may tell us anything.
  const bool hasMissed = std::exchange(m_hasMissed, false);
  if (isTrusted(*hub)) catchUp(*hub, hasMissed);
}

void AlarmFollower::catchUp(const Sender &hub, bool hasMissed) {
  m_isAsking = true;
  const auto failed = [this, hasMissed] {
    m_isAsking = false;
    m_hasMissed = m_hasMissed || hasMissed;  // once more in a second
  };
  const auto gotTheirs = [this, hub, failed, hasMissed](const Result<QList<AlarmStatus>> &theirs) {
    if (!theirs) return failed();
    const auto gotOurs = [this, hub, failed, hasMissed, theirs = *theirs](const Result<QList<AlarmStatus>> &ours) {
      if (!ours) return failed();
      m_isAsking = false;
      bringOver(hub, theirs, *ours, hasMissed);
    };
    m_context.request(&AlarmDesk::standingAlarms, guarded<QList<AlarmStatus>>(gotOurs));
  };
  m_remote.askAt<QList<AlarmStatus>>(hub, guarded<QList<AlarmStatus>>(gotTheirs), DeskCall::Standing);
}

void AlarmFollower::bringOver(const Sender &hub, const QList<AlarmStatus> &theirs, const QList<AlarmStatus> &ours,
                              bool hasMissed) {
  QHash<int, AlarmStatus> here;
  QHash<int, AlarmStatus> there;
  for (const AlarmStatus &each : ours) here.insert(each.transition.ruleId, each);
  for (const AlarmStatus &each : theirs) there.insert(each.transition.ruleId, each);
  const QString by = QStringLiteral("tagwire@") + hub.node;
  const Time now = m_context.clock().now();
  QSet<int> rules(here.keyBegin(), here.keyEnd());
  rules.unite({there.keyBegin(), there.keyEnd()});
  for (const int rule : std::as_const(rules)) {
    AlarmStatus plain;  // what is not standing is simply OK
    plain.transition.ruleId = rule;
    const auto actions = differences(there.value(rule, plain), here.value(rule, plain), by, now, hasMissed);
    for (const AlarmAction &action : actions) {
      // All else may have been done here a moment ago, and be on its way there.
      if (hasMissed || action.kind == Kind::Acknowledge) act(action);
    }
  }
}

}  // namespace tagwire::cluster
