// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmroutes.h"

#include <QJsonArray>
#include <QSet>

#include <algorithm>

#include "protocols/wirejson.h"
#include "rest/accessresponse.h"
#include "rest/alarmareas.h"
#include "rest/alarmquery.h"
#include "rest/recorded.h"

namespace tagwire::ws {

namespace {

constexpr int mostAtOnce = 1000;  ///< rules that one request acknowledges

constexpr const char *actionSchema =
    "{\"type\":\"object\",\"properties\":{\"comment\":{\"type\":\"string\",\"maxLength\":1000},"
    "\"duration_s\":{\"type\":\"number\",\"minimum\":1},\"one_shot\":{\"type\":\"boolean\"}}}";
constexpr const char *acknowledgeSchema =
    "{\"type\":\"object\",\"required\":[\"rule_ids\"],\"properties\":{\"rule_ids\":{\"type\":\"array\",\"minItems\":1,"
    "\"maxItems\":1000,\"items\":{\"type\":\"integer\"}},\"comment\":{\"type\":\"string\",\"maxLength\":1000}}}";

void putAlarmObject(JsonText &json, const AlarmStatus &alarm, const PointTable &points) {
  json.beginObject();
  putStanding(json, alarm);
  json.put("since", toIso(alarm.since));
  json.put("previous", toText(alarm.transition.previous));
  if (const auto point = points.point(alarm.transition.point)) json.put("point", point->fullName);
  json.endObject();
}

void putOutcome(JsonText &json, int ruleId, const ActionOutcome &outcome, const PointTable &points) {
  json.beginObject();
  json.put("rule_id", ruleId);
  json.put("ok", !outcome.refusal);
  if (outcome.refusal) {
    json.put("code", outcome.refusal->status);
    json.put("error", outcome.refusal->text);
  } else {
    json.put("changed", outcome.isChanged);
  }
  if (outcome.status) {
    json.key("alarm");
    putAlarmObject(json, *outcome.status, points);
  }
  json.endObject();
}

/// The body of an action; it may be left out.
Result<QJsonObject> actionBody(const Call &call) {
  if (call.request.body.trimmed().isEmpty()) return QJsonObject();
  return readBody(call.request.body,
                  {QStringLiteral("comment"), QStringLiteral("duration_s"), QStringLiteral("one_shot")});
}

Result<QList<int>> readRuleIds(const QJsonValue &value) {
  const QJsonArray list = value.toArray();
  if (list.isEmpty() || list.size() > mostAtOnce) {
    return failure(QStringLiteral("rule_ids is wrong or missing (allowed: a list of 1 to %1 rules)").arg(mostAtOnce));
  }
  QList<int> ids;
  QSet<int> seen;
  for (const QJsonValue &each : list) {
    const auto id = readRuleId(each);
    if (!id) return failure(QStringLiteral("rule_ids: ") + id.error());
    if (!seen.contains(*id)) ids << *id;
    seen.insert(*id);
  }
  return ids;
}

/// The answers to one request about many rules, kept until the last one is there.
struct Round {
  Answer answer;
  QList<int> rules;
  QList<ActionOutcome> outcomes;
  qsizetype open = 0;

  void take(qsizetype place, const ActionOutcome &outcome, const PointTable &points) {
    outcomes[place] = outcome;
    if (--open > 0) return;
    JsonText json;
    json.beginObject();
    json.key("results");
    json.beginList();
    for (qsizetype i = 0; i < rules.size(); ++i) putOutcome(json, rules[i], outcomes[i], points);
    json.endList();
    json.endObject();
    answer({200, "application/json", json.bytes()});
  }
};

}  // namespace

AlarmRoutes::AlarmRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/api/v1/alarms/areas", "the worst state of each area, with what lies in it", Served::Rest,
              right::readAlarms, [this](const Call &call) { areas(call); }});
  router.add({"POST",
              "/api/v1/alarms/ack",
              "acknowledges the alarms of several rules",
              Served::Rest,
              right::acknowledgeAlarms,
              [this](const Call &call) { acknowledgeMany(call); },
              {},
              acknowledgeSchema});
  router.add({"GET",
              "/api/v1/alarms",
              "alarms that are active, unacknowledged, shelved, suppressed or out of service",
              Served::Rest,
              right::readAlarms,
              [this](const Call &call) { list(call); },
              {{"state", "string", "of OK, WARNING, ALARM"},
               {"condition", "string", "Unacknowledged-Active … (R3-20)"},
               {"severity", "string", "of critical, major, minor, info"},
               {"area", "string", "cold-store/#, or several"},
               {"limit", "integer", "at most so many, 1 to 10000; 10000 if absent"},
               {"offset", "integer", "leaves out so many of the first"}}});
  router.add({"GET", "/api/v1/alarms/{rule_id}", "the alarm of one rule, whatever its state", Served::Rest,
              right::readAlarms, [this](const Call &call) { one(call); }});
  addActions(router);
}

void AlarmRoutes::addActions(Router &router) {
  using Kind = AlarmAction::Kind;
  struct Path {
    Kind kind;
    const char *path;
    const char *summary;
  };
  for (const Path &each : {Path{Kind::Acknowledge, "/api/v1/alarms/{rule_id}/ack", "acknowledges an alarm"},
                           Path{Kind::Shelve, "/api/v1/alarms/{rule_id}/shelve", "shelves an alarm for a time"},
                           Path{Kind::Unshelve, "/api/v1/alarms/{rule_id}/unshelve", "ends the shelving"},
                           Path{Kind::Suppress, "/api/v1/alarms/{rule_id}/suppress", "suppresses an alarm"},
                           Path{Kind::Unsuppress, "/api/v1/alarms/{rule_id}/unsuppress", "ends the suppression"},
                           Path{Kind::OutOfService, "/api/v1/alarms/{rule_id}/out-of-service", "out of service"},
                           Path{Kind::InService, "/api/v1/alarms/{rule_id}/in-service", "in service again"},
                           Path{Kind::Comment, "/api/v1/alarms/{rule_id}/comment", "a remark to an alarm"}}) {
    router.add({"POST",
                each.path,
                each.summary,
                Served::Rest,
                rightFor(each.kind),
                [this, kind = each.kind](const Call &call) { act(call, kind); },
                {},
                actionSchema});
  }
}

void AlarmRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

void AlarmRoutes::list(const Call &call) const {
  const auto query = AlarmListQuery::fromTarget(call.target);
  if (!query) return refuse(call.answer, {400, query.error(), {}});
  const auto took = [this, query = *query, answer = call.answer,
                     caller = call.caller](const DeskAnswers<QList<AlarmStatus>> &answers) {
    if (const auto refusal = answers.refusal()) return refuse(answer, *refusal);
    JsonText json;
    json.beginList();
    qint64 total = 0;
    for (const auto &desk : answers.entries) {
      for (const AlarmStatus &alarm : desk.answer) {
        if (!caller->may(right::readAlarms, alarm.transition.area) || !query.admits(alarm.transition)) continue;
        const qint64 index = total++;
        if (index < query.offset || index >= query.offset + query.limit) continue;
        putAlarmObject(json, alarm, m_state.context.points());
      }
    }
    json.endList();
    answer({200, "application/json", json.bytes(), {{"X-Total-Count", QByteArray::number(total)}}});
  };
  askStanding(m_state.context, took);
}

void AlarmRoutes::one(const Call &call) const {
  const auto rule = ruleIdFromText(call.variables.value(QStringLiteral("rule_id")));
  if (!rule) return refuse(call.answer, {400, rule.error(), {}});
  findAlarm(
      m_state.context, *rule,
      [this, rule = *rule, answer = call.answer, caller = call.caller](const tl::expected<FoundAlarm, Refusal> &found) {
        if (!found) return refuse(answer, found.error());
        if (!caller->may(right::readAlarms, found->status.transition.area)) {
          return refuse(answer, noSuchRule(rule));
        }
        JsonText json;
        putAlarmObject(json, found->status, m_state.context.points());
        answer({200, "application/json", json.bytes()});
      });
}

void AlarmRoutes::act(const Call &call, AlarmAction::Kind kind) const {
  const auto rule = ruleIdFromText(call.variables.value(QStringLiteral("rule_id")));
  if (!rule) return refuse(call.answer, {400, rule.error(), {}});
  const auto body = actionBody(call);
  if (!body) return refuse(call.answer, {400, body.error(), {}});
  const auto action = readAction(kind, *rule, *body, *call.caller);
  if (!action) return refuse(call.answer, {400, action.error(), {}});
  carryOut(m_state.context, *action, doerOf(call),
           [this, rule = *rule, answer = call.answer](const ActionOutcome &outcome) {
             if (outcome.refusal) return refuse(answer, *outcome.refusal);
             JsonText json;
             putOutcome(json, rule, outcome, m_state.context.points());
             answer({200, "application/json", json.bytes()});
           });
}

/// Where each rule is, most of them tell by standing: so that not every desk is asked for every rule.
void AlarmRoutes::acknowledgeMany(const Call &call) const {
  const auto body = readBody(call.request.body, {QStringLiteral("rule_ids"), QStringLiteral("comment")});
  if (!body) return refuse(call.answer, {400, body.error(), {}});
  const auto rules = readRuleIds(body->value(QLatin1String("rule_ids")));
  if (!rules) return refuse(call.answer, {400, rules.error(), {}});
  auto action = readAction(AlarmAction::Kind::Acknowledge, rules->first(), *body, *call.caller);
  if (!action) return refuse(call.answer, {400, action.error(), {}});
  const auto round =
      std::make_shared<Round>(Round{call.answer, *rules, QList<ActionOutcome>(rules->size()), rules->size()});
  const auto took = [this, round, action = *action,
                     doer = doerOf(call)](const DeskAnswers<QList<AlarmStatus>> &answers) mutable {
    QHash<int, FoundAlarm> found;
    for (const auto &desk : answers.entries) {
      for (const AlarmStatus &alarm : desk.answer) found.insert(alarm.transition.ruleId, {desk.instance, alarm});
    }
    PluginContext &context = m_state.context;
    for (qsizetype i = 0; i < round->rules.size(); ++i) {
      action.ruleId = round->rules[i];
      const auto ended = [&context, round, i](const ActionOutcome &outcome) {
        round->take(i, outcome, context.points());
      };
      if (found.contains(action.ruleId)) {
        carryOutAt(context, found.value(action.ruleId), action, doer, ended);
      } else {
        carryOut(context, action, doer, ended);
      }
    }
  };
  askStanding(m_state.context, took);
}

void AlarmRoutes::areas(const Call &call) const {
  askAreas(m_state.context, [this, answer = call.answer,
                             caller = call.caller](const DeskAnswers<QList<AlarmArea>> &answers) {
    if (const auto refusal = answers.refusal()) return refuse(answer, *refusal);
    QList<QList<AlarmArea>> lists;
    for (const auto &desk : answers.entries) lists << desk.answer;
    const QList<AlarmArea> whole = mergeAreas(lists);
    if (caller->permissions.allowAll(right::readAlarms)) return answer(areasResponse(whole));
    // What lies in an area may be nothing for the caller: counted anew without it.
    askStanding(m_state.context, [this, whole, answer, caller](const DeskAnswers<QList<AlarmStatus>> &standing) {
      if (const auto refusal = standing.refusal()) return refuse(answer, *refusal);
      QList<AlarmStatus> alarms;
      for (const auto &desk : standing.entries) alarms += desk.answer;
      answer(areasResponse(readableAreas(whole, alarms, caller->permissions)));
    });
  });
}

}  // namespace tagwire::ws
