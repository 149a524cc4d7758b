// SPDX-License-Identifier: Apache-2.0
#include "rest/alarmruleroutes.h"

#include <algorithm>

#include <QJsonArray>

#include <array>

#include "alarmactions.h"
#include "auth/pointaccess.h"
#include "protocols/wirejson.h"
#include "rest/recorded.h"

namespace tagwire::ws {

namespace {

constexpr const char *ruleSchema = "{\"$ref\":\"#/components/schemas/AlarmRule\"}";
constexpr int mostRulesListed = 10000;

/// What stands beside a rule's own keys in an answer; in a body it is looked at or left out, so that what was read can
/// be sent back.
constexpr std::array besides{"version", "from_manifest", "changed_by", "changed_at", "removed"};

QJsonObject ruleJson(const AlarmRule &rule) {
  QJsonObject json = rule.rule;
  json.insert(QStringLiteral("id"), rule.id);
  json.insert(QStringLiteral("version"), rule.version);
  json.insert(QStringLiteral("from_manifest"), rule.isFromManifest);
  if (!rule.changedBy.isEmpty()) json.insert(QStringLiteral("changed_by"), rule.changedBy);
  if (rule.changedAt) json.insert(QStringLiteral("changed_at"), toIso(*rule.changedAt));
  if (rule.rule.isEmpty()) json.insert(QStringLiteral("removed"), true);
  return json;
}

Result<QJsonObject> ruleIn(const Call &call) {
  const auto body = parseMessage(call.request.body);
  if (!body) return failure(QStringLiteral("the body must be a rule, as the manifest has them: ") + body.error());
  if (body->isEmpty()) return failure(QStringLiteral("the body must be a rule, as the manifest has them"));
  return *body;
}

QJsonObject withoutBesides(QJsonObject rule) {
  for (const char *key : besides) rule.remove(QLatin1String(key));
  return rule;
}

/// The names of all points in a rule, in its conditions too.
QStringList pointsIn(const QJsonValue &value) {
  QStringList names;
  for (const QJsonValue &each : value.toArray()) names += pointsIn(each);
  const QJsonObject object = value.toObject();
  for (auto member = object.begin(); member != object.end(); ++member) {
    const bool isPoint = member.key() == u"point" || member.key() == u"reference";
    if (isPoint && member->isString()) names << member->toString();
    names += pointsIn(*member);
  }
  return names;
}

/// Where a rule belongs: its area, else the place of its point, as plugin alarms has it.
QString ruleArea(const QJsonObject &rule) {
  const QString area = rule.value(QLatin1String("area")).toString();
  const QString point = rule.value(QLatin1String("point")).toString();
  return area.isEmpty() ? point.section(u'/', 0, -2) : area;
}

/// An expression without area and point belongs to one of its points, so all of their places count.
bool mayAdminister(const Caller &caller, const QJsonObject &rule) {
  if (!ruleArea(rule).isEmpty()) return caller.may(right::administerAlarms, ruleArea(rule));
  const QStringList points = pointsIn(rule);
  const auto mayThere = [&](const QString &point) {
    return caller.may(right::administerAlarms, point.section(u'/', 0, -2));
  };
  return points.isEmpty() ? caller.may(right::administerAlarms, QString())
                          : std::all_of(points.begin(), points.end(), mayThere);
}

/// A rule tells of its points: nobody makes one about what they may not read. What is no point the desk says.
std::optional<Refusal> checkPoints(const QJsonObject &rule, const Caller &caller, const PointTable &points) {
  for (const QString &name : pointsIn(rule)) {
    const auto point = points.point(points.find(name));
    if (point ? mayRead(caller.permissions, *point) : caller.may(right::readPoints, name)) continue;
    return Refusal{403, QStringLiteral("not permitted: points:read of point %1 is due").arg(excerpt(name, 300)), {}};
  }
  return std::nullopt;
}

AuditEntry ruleEntry(AlarmRuleChange::Kind kind, const QJsonObject &before, const AlarmRule &after, int id,
                     const Doer &doer) {
  static constexpr std::array actions{"create", "replace", "remove"};
  AuditEntry entry = auditEntry("rule", QLatin1String(actions[static_cast<size_t>(kind)]), doer);
  entry.subject = QStringLiteral("rule:%1").arg(id > 0 ? id : after.id);
  if (!before.isEmpty()) entry.details.insert(QStringLiteral("before"), before);
  if (kind != AlarmRuleChange::Kind::Remove) {
    entry.details.insert(QStringLiteral("after"), after.rule);
    entry.details.insert(QStringLiteral("version"), after.version);
  }
  return entry;
}

QString notPermittedThere() { return QStringLiteral("not permitted: alarms:admin for the area of the rule is due"); }

}  // namespace

AlarmRuleRoutes::AlarmRuleRoutes(Router &router, GatewayState &state) : m_state(state) {
  const auto to = [this](auto member) { return [this, member](const Call &call) { (this->*member)(call); }; };
  router.add({"GET",
              "/api/v1/alarm-rules",
              "rules, of the manifest and made at run time",
              Served::Rest,
              right::readAlarms,
              to(&AlarmRuleRoutes::list),
              {{"limit", "integer", "at most so many, 1 to 10000; 10000 if absent"},
               {"offset", "integer", "leaves out so many of the first"}}});
  router.add({"POST",
              "/api/v1/alarm-rules",
              "makes a rule",
              Served::Rest,
              right::administerAlarms,
              to(&AlarmRuleRoutes::create),
              {{"instance", "string", "where there are several that know alarms: which of them"}},
              ruleSchema});
  router.add(
      {"GET", "/api/v1/alarm-rules/{id}", "one rule", Served::Rest, right::readAlarms, to(&AlarmRuleRoutes::one)});
  router.add({"PUT",
              "/api/v1/alarm-rules/{id}",
              "changes a rule that was made at run time",
              Served::Rest,
              right::administerAlarms,
              to(&AlarmRuleRoutes::replace),
              {},
              ruleSchema});
  router.add({"DELETE", "/api/v1/alarm-rules/{id}", "removes a rule that was made at run time", Served::Rest,
              right::administerAlarms, to(&AlarmRuleRoutes::remove)});
  router.add({"GET", "/api/v1/alarm-rules/{id}/versions", "every version of a rule, the oldest first", Served::Rest,
              right::readAlarms, to(&AlarmRuleRoutes::versions)});
}

void AlarmRuleRoutes::refuse(const Answer &answer, const Refusal &refusal) const {
  answer(errorResponse(refusal, m_state.context.clock().now()));
}

void AlarmRuleRoutes::list(const Call &call) const {
  const auto limit = call.target.wholeNumber("limit", 1, mostRulesListed, mostRulesListed);
  if (!limit) return refuse(call.answer, {400, limit.error(), {}});
  const auto offset = call.target.wholeNumber("offset", 0, 1'000'000'000, 0);
  if (!offset) return refuse(call.answer, {400, offset.error(), {}});
  askDesks(
      m_state.context, &AlarmDesk::rules,
      [this, answer = call.answer, caller = call.caller, limit = *limit,
       offset = *offset](const DeskAnswers<QList<AlarmRule>> &answers) {
        if (const auto refusal = answers.refusal()) return refuse(answer, *refusal);
        QJsonArray list;
        qint64 total = 0;
        for (const auto &desk : answers.entries) {
          for (const AlarmRule &rule : desk.answer) {
            if (!caller->may(right::readAlarms, ruleArea(rule.rule))) continue;
            const qint64 index = total++;
            if (index >= offset && index < offset + limit) list.append(ruleJson(rule));
          }
        }
        Response response = Response::json(200, QJsonDocument(list));
        response.fields.append({"X-Total-Count", QByteArray::number(total)});
        answer(response);
      },
      QList<int>());
}

void AlarmRuleRoutes::withRule(const Call &call, Right due, const RuleTaker &taker) const {
  const auto id = ruleIdFromText(call.variables.value(QStringLiteral("id")));
  if (!id) return refuse(call.answer, {400, id.error(), {}});
  askDesks(
      m_state.context, &AlarmDesk::rules,
      [this, id = *id, due, taker, answer = call.answer,
       caller = call.caller](const DeskAnswers<QList<AlarmRule>> &answers) {
        for (const auto &desk : answers.entries) {
          for (const AlarmRule &rule : desk.answer) {
            if (rule.id != id || rule.rule.isEmpty()) continue;
            const QString area = ruleArea(rule.rule);
            if (caller->may(due, area)) return taker({desk.instance, rule});
            // Whether it is there is nothing for who may not see it.
            if (!caller->may(right::readAlarms, area)) return refuse(answer, noSuchRule(id));
            return refuse(answer, {403, notPermittedThere(), {}});
          }
        }
        refuse(answer, answers.refusal().value_or(noSuchRule(id)));
      },
      QList<int>{*id});
}

void AlarmRuleRoutes::one(const Call &call) const {
  withRule(call, right::readAlarms, [answer = call.answer](const FoundRule &found) {
    answer(Response::json(200, QJsonDocument(ruleJson(found.rule))));
  });
}

void AlarmRuleRoutes::versions(const Call &call) const {
  const auto id = ruleIdFromText(call.variables.value(QStringLiteral("id")));
  if (!id) return refuse(call.answer, {400, id.error(), {}});
  const auto took = [this, id = *id, answer = call.answer,
                     caller = call.caller](const DeskAnswers<QList<AlarmRule>> &answers) {
    QJsonArray list;
    for (const auto &desk : answers.entries) {
      QString area;
      for (const AlarmRule &version : desk.answer) {
        // A version without a rule removed the one before it.
        if (!version.rule.isEmpty()) area = ruleArea(version.rule);
        if (caller->may(right::readAlarms, area)) list.append(ruleJson(version));
      }
    }
    if (!list.isEmpty()) return answer(Response::json(200, QJsonDocument(list)));
    const bool isUnknown = answers.missing.isEmpty() && !(answers.entries.isEmpty() && answers.errors.isEmpty());
    refuse(answer, isUnknown ? noSuchRule(id) : *answers.refusal());
  };
  askDesks(m_state.context, &AlarmDesk::ruleVersions, took, *id);
}

void AlarmRuleRoutes::create(const Call &call) const {
  const auto rule = ruleIn(call);
  if (!rule) return refuse(call.answer, {400, rule.error(), {}});
  if (!mayAdminister(*call.caller, *rule)) return refuse(call.answer, {403, notPermittedThere(), {}});
  if (const auto refusal = checkPoints(*rule, *call.caller, m_state.context.points())) {
    return refuse(call.answer, *refusal);
  }
  const AlarmRuleChange wish{AlarmRuleChange::Kind::Create, 0, withoutBesides(*rule), operatorName(*call.caller)};
  const auto took = [this, wish, wanted = call.target.value("instance"), doer = doerOf(call),
                     answer = call.answer](const DeskAnswers<QList<AlarmRule>> &answers) {
    QStringList instances;
    for (const auto &desk : answers.entries) instances << desk.instance;
    if (instances.isEmpty()) return refuse(answer, *answers.refusal());
    const bool isClear = wanted ? instances.contains(*wanted) : instances.size() == 1;
    if (isClear) return change(wanted.value_or(instances.first()), wish, {}, doer, answer);
    const QString text = QStringLiteral("say by ?instance= where the rule belongs (allowed: %1)");
    refuse(answer, {400, text.arg(instances.join(QStringLiteral(", "))), {}});
  };
  // Which instances there are; of what they know nothing is asked.
  askDesks(m_state.context, &AlarmDesk::rules, took, QList<int>{0});
}

void AlarmRuleRoutes::replace(const Call &call) const {
  const auto rule = ruleIn(call);
  if (!rule) return refuse(call.answer, {400, rule.error(), {}});
  const auto took = [this, rule = *rule, answer = call.answer, doer = doerOf(call)](const FoundRule &found) {
    QJsonObject fresh = withoutBesides(rule);
    const QJsonValue id = fresh.value(QLatin1String("id"));
    if (!id.isUndefined() && wholeNumber(id) != found.rule.id) {
      return refuse(answer, {400, QStringLiteral("id differs from the one in the path"), {}});
    }
    fresh.insert(QStringLiteral("id"), found.rule.id);
    const QJsonValue version = rule.value(QLatin1String("version"));
    if (!version.isUndefined() && wholeNumber(version) != found.rule.version) {
      const QString text = QStringLiteral("somebody else has changed the rule: it is at version %1 by now");
      return refuse(answer, {409, text.arg(found.rule.version), {}});
    }
    if (!mayAdminister(*doer.caller, fresh)) return refuse(answer, {403, notPermittedThere(), {}});
    if (const auto refusal = checkPoints(fresh, *doer.caller, m_state.context.points()))
      return refuse(answer, *refusal);
    change(found.instance, {AlarmRuleChange::Kind::Replace, found.rule.id, fresh, operatorName(*doer.caller)},
           found.rule.rule, doer, answer);
  };
  withRule(call, right::administerAlarms, took);
}

void AlarmRuleRoutes::remove(const Call &call) const {
  withRule(call, right::administerAlarms, [this, answer = call.answer, doer = doerOf(call)](const FoundRule &found) {
    change(found.instance, {AlarmRuleChange::Kind::Remove, found.rule.id, {}, operatorName(*doer.caller)},
           found.rule.rule, doer, answer);
  });
}

void AlarmRuleRoutes::change(const QString &instance, const AlarmRuleChange &change, const QJsonObject &before,
                             const Doer &doer, const Answer &answer) const {
  m_state.context.requestFrom(
      instance, &AlarmDesk::changeRule,
      [this, kind = change.kind, id = change.id, before, doer, answer](const Result<AlarmAnswer> &done) {
        if (const auto refusal = refusalOf(done, id)) return refuse(answer, *refusal);
        static constexpr std::array deeds{"made", "changed", "removed"};
        const QString by = nameWithKind(*doer.caller);
        qCInfo(m_state.context.log()).noquote() << QStringLiteral("alarm rule %1 was %2 by %3")
                                                       .arg(id > 0 ? id : done->rule.id)
                                                       .arg(QLatin1String(deeds[static_cast<size_t>(kind)]), by);
        m_state.context.audit().append(ruleEntry(kind, before, done->rule, id, doer));
        if (kind == AlarmRuleChange::Kind::Remove) return answer({204, {}, {}, {}});
        const bool isNew = kind == AlarmRuleChange::Kind::Create;
        Response response = Response::json(isNew ? 201 : 200, QJsonDocument(ruleJson(done->rule)));
        const QByteArray place = "/api/v1/alarm-rules/" + QByteArray::number(done->rule.id);
        if (isNew) response.fields.append({"Location", place});
        answer(response);
      },
      change);
}

}  // namespace tagwire::ws
