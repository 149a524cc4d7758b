// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "plugin.h"
#include "testing/quietalarmdesk.h"

namespace tagwire::ws {

/// An alarm plugin as far as its desk is concerned: answers at once what the test put in, or when the test says so.
class FakeAlarms : public Plugin, public QuietAlarmDesk {
 public:
  void start() override {}
  void stop() override {}
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override {
    ++asked;
    if (isHolding) {
      held = reply;
    } else {
      reply(active);
    }
  }
  void alarm(Reply<AlarmStatus> reply, int ruleId) override {
    for (const AlarmStatus &each : active + quiet) {
      if (each.transition.ruleId == ruleId) return reply(each);
    }
    reply(failure(QStringLiteral("no such rule")));
  }
  void act(Reply<AlarmAnswer> reply, AlarmAction action) override {
    acted.append(action);
    AlarmAnswer answer;
    answer.outcome = outcome;
    answer.errors = errors;
    alarm([&](const Result<AlarmStatus> &status) { answer.status = status.value_or(AlarmStatus()); }, action.ruleId);
    if (isHolding) {
      heldAnswers.append({reply, answer});
    } else {
      reply(answer);
    }
  }
  void areas(Reply<QList<AlarmArea>> reply) override { reply(areaList); }
  void history(Reply<QList<Event>> reply, AlarmHistoryQuery query) override {
    queries.append(query);
    QList<Event> found;
    QList<Event> all = records;
    if (query.newestFirst) std::reverse(all.begin(), all.end());
    for (const Event &event : std::as_const(all)) {
      if (found.size() < query.limit && isIn(query, event)) found << event;
    }
    reply(found);
  }
  void statistics(Reply<AlarmStatistics> reply, Time from, Time to) override {
    AlarmStatistics answer = figures;
    answer.from = from;
    answer.to = to;
    reply(answer);
  }
  void rules(Reply<QList<AlarmRule>> reply, QList<int> ids) override {
    QList<AlarmRule> found = ruleList;
    if (!ids.isEmpty()) found.removeIf([&](const AlarmRule &each) { return !ids.contains(each.id); });
    reply(found);
  }
  void ruleVersions(Reply<QList<AlarmRule>> reply, int id) override {
    if (versions.contains(id)) return reply(versions.value(id));
    reply(failure(QStringLiteral("there never was such a rule")));
  }
  void changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) override {
    changes.append(change);
    AlarmAnswer answer;
    answer.outcome = outcome;
    answer.errors = errors;
    answer.rule.id = change.id > 0 ? change.id : change.rule.value(QLatin1String("id")).toInt(1000);
    answer.rule.rule = change.rule;
    answer.rule.isFromManifest = false;
    answer.rule.changedBy = change.by;
    reply(answer);
  }

  QList<AlarmStatus> active;
  QList<AlarmStatus> quiet;  ///< OK and Normal: known, but not standing
  bool isHolding = false;
  Reply<QList<AlarmStatus>> held;
  QList<std::pair<Reply<AlarmAnswer>, AlarmAnswer>> heldAnswers;
  int asked = 0;
  QList<AlarmAction> acted;
  AlarmAnswer::Outcome outcome = AlarmAnswer::Outcome::Done;
  QStringList errors;
  QList<AlarmArea> areaList;
  QList<Event> records;  ///< in order
  QList<AlarmHistoryQuery> queries;
  AlarmStatistics figures;
  QList<AlarmRule> ruleList;
  QHash<int, QList<AlarmRule>> versions;
  QList<AlarmRuleChange> changes;

 private:
  static bool isIn(const AlarmHistoryQuery &query, const Event &event) {
    if (query.from && event.time < *query.from) return false;
    if (query.to && event.time >= *query.to) return false;
    const auto *alarm = std::get_if<AlarmTransition>(&event.body);
    const auto *change = std::get_if<AlarmConditionChange>(&event.body);
    const int rule = alarm ? alarm->ruleId : change->ruleId;
    if (!query.rules.isEmpty() && !query.rules.contains(rule)) return false;
    if (!query.states.isEmpty() && !(alarm && query.states.contains(alarm->state))) return false;
    if (query.after == 0) return true;
    return query.newestFirst ? event.sequence < query.after : event.sequence > query.after;
  }
};

}  // namespace tagwire::ws
