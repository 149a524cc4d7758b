// SPDX-License-Identifier: Apache-2.0
// Alarms: what others ask of it.
#include <algorithm>

#include "alarmfigures.h"
#include "alarms.h"

namespace tagwire::alarms {
namespace {

constexpr std::chrono::hours longestFigures{31 * 24};
constexpr int mostRules = 100'000;

AlarmAnswer refusedRuleChange(AlarmAnswer::Outcome outcome, const QStringList &errors) {
  return {.outcome = outcome, .errors = errors, .status = {}, .rule = {}};
}

}  // namespace

Result<void> Alarms::ready() const {
  if (m_isReady) return {};
  return failure(QStringLiteral("the alarms are starting: ask again in a moment"));
}

void Alarms::standingAlarms(Reply<QList<AlarmStatus>> reply) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  reply(m_engine->standing());
}

void Alarms::alarm(Reply<AlarmStatus> reply, int ruleId) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  if (!m_engine->has(ruleId)) return reply(failure(QStringLiteral("there is no rule %1").arg(ruleId)));
  reply(m_engine->status(ruleId));
}

void Alarms::act(Reply<AlarmAnswer> reply, AlarmAction action) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  const Moment moment = now();
  Outcome outcome;
  const AlarmAnswer answer = m_engine->act(action, moment, outcome);
  publish(outcome, moment, {}, [reply, answer](bool) { reply(answer); });
}

void Alarms::areas(Reply<QList<AlarmArea>> reply) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  reply(m_engine->areas());
}

void Alarms::history(Reply<QList<Event>> reply, AlarmHistoryQuery query) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  m_store->history(std::move(reply), query);
}

void Alarms::statistics(Reply<AlarmStatistics> reply, Time from, Time to) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  if (from >= to || to - from > longestFigures) {
    return reply(failure(QStringLiteral("from must be before to, and the range 31 days at most")));
  }
  QList<AlarmStatus> chattering;
  const QList<int> rules = m_engine->chattering();
  for (const int rule : rules) chattering << m_engine->status(rule);
  m_store->came(
      [reply, from, to, time = m_context.clock().now(), standing = m_engine->standing(),
       chattering](const Result<QList<AlarmStore::Came>> &came) {
        if (!came) return reply(failure(came.error()));
        reply(figuresOf(from, to, time, *came, standing, chattering));
      },
      from, to);
}

RuleSurroundings Alarms::surroundings() const {
  return {m_context.site().timeZone,
          [this](const QString &name) { return m_context.points().find(name) != PointId::None; }, namesIn(m_config)};
}

/// As it is shown; its own rule is not.
std::optional<AlarmRule> Alarms::ruleOf(int id) const {
  const auto own = m_ownRules.constFind(id);
  const Rule *rule = m_engine->rule(id);
  if (id == m_storeRule || (!rule && own == m_ownRules.cend())) return std::nullopt;
  AlarmRule shown = own != m_ownRules.cend() ? *own : AlarmRule{.id = id, .rule = shapeOf<Rule>().write(*rule)};
  if (rule) shown.rule.insert(QStringLiteral("area"), m_engine->areaOf(id));
  return shown;
}

void Alarms::rules(Reply<QList<AlarmRule>> reply, QList<int> ids) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  if (ids.isEmpty()) {
    for (const Rule &rule : m_config.rules) ids << rule.id;
    ids << m_ownRules.keys();
  }
  QList<AlarmRule> all;
  for (const int id : std::as_const(ids)) {
    if (const auto rule = ruleOf(id)) all << *rule;
  }
  reply(all);
}

QList<int> Alarms::manifestRules() const {
  QList<int> ids;
  for (const Rule &rule : m_config.rules) ids << rule.id;
  return ids;
}

void Alarms::ruleVersions(Reply<QList<AlarmRule>> reply, int id) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  const auto rule = ruleOf(id);
  if (rule && rule->isFromManifest) return reply(QList<AlarmRule>{*rule});
  m_store->ruleVersions(
      [reply, id](Result<QList<AlarmRule>> versions) {
        if (versions && versions->isEmpty()) return reply(failure(QStringLiteral("there never was a rule %1").arg(id)));
        reply(std::move(versions));
      },
      id);
}

void Alarms::changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) {
  if (const auto yes = ready(); !yes) return reply(failure(yes.error()));
  // A rule that is gone with the next start would be worse than none.
  if (!m_store->isUp()) {
    return reply(refusedRuleChange(
        AlarmAnswer::Outcome::NotPossible,
        {QStringLiteral("the alarm store is down, and rules must be stored: %1").arg(m_storeTrouble)}));
  }
  if (change.kind == AlarmRuleChange::Kind::Create && !change.rule.contains(QLatin1String("id"))) {
    change.rule.insert(QLatin1String("id"), m_ids->nextFree());
  }
  if (change.kind == AlarmRuleChange::Kind::Replace && !change.rule.contains(QLatin1String("id"))) {
    change.rule.insert(QLatin1String("id"), change.id);
  }
  if (change.kind != AlarmRuleChange::Kind::Create) {
    const AlarmAnswer answer = mayChange(change.id);
    if (answer.outcome != AlarmAnswer::Outcome::Done) return reply(answer);
  }
  if (change.kind == AlarmRuleChange::Kind::Remove) return removeRule(change, std::move(reply));
  const auto rule = readRule(change.rule, surroundings());
  if (!rule) return reply(refusedRuleChange(AlarmAnswer::Outcome::Invalid, rule.error()));
  putRule(change, *rule, std::move(reply));
}

AlarmAnswer Alarms::mayChange(int id) const {
  const auto rule = ruleOf(id);
  if (!rule)
    return refusedRuleChange(AlarmAnswer::Outcome::NoSuchRule, {QStringLiteral("there is no rule %1").arg(id)});
  const bool isInManifest =
      std::any_of(m_config.rules.begin(), m_config.rules.end(), [id](const Rule &each) { return each.id == id; });
  if (!rule->isFromManifest && !isInManifest) return {};
  return refusedRuleChange(AlarmAnswer::Outcome::NotPossible,
                           {QStringLiteral("rule %1 stands in the manifest: change it there").arg(id)});
}

void Alarms::putRule(const AlarmRuleChange &change, const Rule &rule, Reply<AlarmAnswer> reply) {
  const bool isNew = change.kind == AlarmRuleChange::Kind::Create;
  if (!isNew && rule.id != change.id) {
    return reply(
        refusedRuleChange(AlarmAnswer::Outcome::Invalid,
                          {QStringLiteral("id: %1 is not the rule that is replaced, %2").arg(rule.id).arg(change.id)}));
  }
  if (isNew && (!m_ids->owner(rule.id).isEmpty() || m_ownRules.contains(rule.id))) {
    return reply(refusedRuleChange(AlarmAnswer::Outcome::NotPossible,
                                   {QStringLiteral("id: there is a rule %1 already").arg(rule.id)}));
  }
  if (isNew && m_config.rules.size() + m_ownRules.size() >= mostRules) {
    return reply(
        refusedRuleChange(AlarmAnswer::Outcome::NotPossible,
                          {QStringLiteral("there are %1 rules already, the most that are allowed").arg(mostRules)}));
  }
  m_ids->enter(rule.id, m_context.id());
  m_ids->noteUsed(rule.id);
  const Moment moment = now();
  AlarmRule version{.id = rule.id,
                    .rule = shapeOf<Rule>().write(rule),
                    .isFromManifest = false,
                    .version = ++m_ruleVersions[rule.id],
                    .changedBy = change.by,
                    .changedAt = moment.time};
  m_ownRules.insert(rule.id, version);
  Outcome outcome;
  m_engine->put(rule);
  m_engine->noteChange(rule.id, change.by, moment, outcome);
  m_engine->begin(rule.id, moment, outcome);
  const AlarmAnswer answer{.status = m_engine->status(rule.id), .rule = version};
  publish(outcome, moment, {version}, [reply, answer](bool) { reply(answer); });
}

void Alarms::removeRule(const AlarmRuleChange &change, Reply<AlarmAnswer> reply) {
  AlarmRule version = m_ownRules.take(change.id);
  const Moment moment = now();
  version.version = ++m_ruleVersions[change.id];
  version.rule = {};
  version.changedBy = change.by;
  version.changedAt = moment.time;
  Outcome outcome;
  m_engine->remove(change.id, change.by, moment, outcome);
  m_ids->leave(change.id);
  const AlarmAnswer answer{.status = {}, .rule = version};
  publish(outcome, moment, {version}, [reply, answer](bool) { reply(answer); });
}

}  // namespace tagwire::alarms
