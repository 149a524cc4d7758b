// SPDX-License-Identifier: Apache-2.0
#include "engineconfig.h"

namespace tagwire::alarms {

void ChatterConfig::describe(Shape<ChatterConfig> &shape) {
  shape.optional("count", &ChatterConfig::count, "so many alarms of one rule …").range(2, 100);
  shape.optional("window_ms", &ChatterConfig::window, "… within this time are chattering").range(1'000, 86'400'000);
  shape.optional("shelve_ms", &ChatterConfig::shelve, "shelve it for so long then; only mark it if absent")
      .example(600000)
      .range(1'000, 86'400'000);
  shape
      .optional("most_shelvings", &ChatterConfig::mostShelvings,
                "so often in a row, until an operator does something about it; then it is only marked")
      .range(1, 1'000);
}

void GroupConfig::describe(Shape<GroupConfig> &shape) {
  shape.required("id", &GroupConfig::id, "name that rules give as `group`").example("boiler-house").range(1, 100);
  shape.optional("suppress_when", &GroupConfig::suppressWhen, "all its alarms are suppressed while this holds")
      .exampleJson("{\"point\": \"plc1/boiler/temp\", \"comparison\": \"bad_quality\"}");
  shape.optional("first_out", &GroupConfig::firstOut, "mark the alarm that came first while none of the group stood");
}

void EscalationStep::describe(Shape<EscalationStep> &shape) {
  shape.required("after_ms", &EscalationStep::after, "not acknowledged for so long")
      .example(300000)
      .range(1'000, 604'800'000);
  shape.optional("severity", &EscalationStep::severity, "raise it to this");
  shape
      .optional("notify", &EscalationStep::notify,
                "ids of `notifications` that are told; if absent, those that the new severity is routed to")
      .example("ops")
      .range(1, 100);
}

void EscalationConfig::describe(Shape<EscalationConfig> &shape) {
  shape.required("id", &EscalationConfig::id, "name that rules give as `escalation`")
      .example("boiler-house")
      .range(1, 100);
  shape.required("steps", &EscalationConfig::steps, "in the order of their times").range(1, 20);
}

void AlarmsConfig::describe(Shape<AlarmsConfig> &shape) {
  shape.required("rules", &AlarmsConfig::rules, "the alarm rules").range(0, 100'000);
  shape.optional("groups", &AlarmsConfig::groups, "rules that are suppressed together, or of which the first counts")
      .range(0, 1'000);
  shape.optional("escalations", &AlarmsConfig::escalations, "what happens when nobody acknowledges").range(0, 100);
  shape.optional("chatter", &AlarmsConfig::chatter, "alarms that come again and again; not looked at if absent");
  shape.optional("max_shelving_ms", &AlarmsConfig::longestShelving, "nobody may shelve an alarm for longer")
      .range(60'000, 2'592'000'000);
  shape.optional("history_records", &AlarmsConfig::historyRecords, "so many of the newest changes are kept")
      .range(1'000, 100'000'000);
  shape.optional("notifications", &AlarmsConfig::notifications, "who is told of alarms, and how").range(0, 1'000);
}

KnownNames namesIn(const AlarmsConfig &config) {
  KnownNames names;
  for (const GroupConfig &each : config.groups) names.groups << each.id;
  for (const EscalationConfig &each : config.escalations) names.escalations << each.id;
  return names;
}

namespace {

QString below(const QString &path, const char *key) {
  return path.isEmpty() ? QString::fromLatin1(key) : path + u'.' + QString::fromLatin1(key);
}

void checkName(const QString &name, const QStringList &known, const char *what, const QString &at,
               ConfigReader &reader) {
  if (name.isEmpty() || known.contains(name)) return;
  const QString allowed = known.isEmpty() ? QStringLiteral("none is defined") : known.join(QStringLiteral(", "));
  reader.error(at, QStringLiteral("there is no %1 \"%2\"%3 (allowed: %4)")
                       .arg(QLatin1String(what), name, didYouMean(name, known), allowed));
}

/// Ids within one list, each once.
template <class T>
void checkIds(const QList<T> &list, const char *key, ConfigReader &reader) {
  QHash<QString, qsizetype> seen;
  for (qsizetype i = 0; i < list.size(); ++i) {
    const auto earlier = seen.constFind(list[i].id);
    if (earlier == seen.cend()) {
      seen.insert(list[i].id, i);
      continue;
    }
    reader.error(QStringLiteral("%1[%2].id").arg(QLatin1String(key)).arg(i),
                 QStringLiteral("\"%1\" is the id of %2[%3] already (allowed: each once)")
                     .arg(list[i].id, QLatin1String(key))
                     .arg(*earlier));
  }
}

void checkEscalations(const AlarmsConfig &config, ConfigReader &reader) {
  QStringList targets;
  for (const auto &target : config.notifications) targets << target.id;
  for (qsizetype i = 0; i < config.escalations.size(); ++i) {
    const QList<EscalationStep> &steps = config.escalations[i].steps;
    for (qsizetype k = 0; k < steps.size(); ++k) {
      const QString path = QStringLiteral("escalations[%1].steps[%2]").arg(i).arg(k);
      if (k > 0 && steps[k].after <= steps[k - 1].after) {
        reader.error(path + QStringLiteral(".after_ms"),
                     QStringLiteral("%1 is not later than the step before, %2 (allowed: steps in the order of time)")
                         .arg(steps[k].after.count())
                         .arg(steps[k - 1].after.count()));
      }
      if (!steps[k].severity && steps[k].notify.isEmpty()) {
        reader.error(path, QStringLiteral("the step does nothing (due: severity, notify or both)"));
      }
      for (qsizetype n = 0; n < steps[k].notify.size(); ++n) {
        checkName(steps[k].notify[n], targets, "notification", QStringLiteral("%1.notify[%2]").arg(path).arg(n),
                  reader);
      }
    }
  }
}

void checkRuleIds(const QList<Rule> &rules, ConfigReader &reader) {
  QHash<int, qsizetype> seen;
  for (qsizetype i = 0; i < rules.size(); ++i) {
    const auto earlier = seen.constFind(rules[i].id);
    if (earlier == seen.cend()) {
      seen.insert(rules[i].id, i);
      continue;
    }
    reader.error(QStringLiteral("rules[%1].id").arg(i),
                 QStringLiteral("%1 is the id of rules[%2] \"%3\" already (each rule has its own)")
                     .arg(rules[i].id)
                     .arg(*earlier)
                     .arg(rules.at(*earlier).name));
  }
}

}  // namespace

void checkNames(const Rule &rule, const KnownNames &names, const QString &path, ConfigReader &reader) {
  checkName(rule.group, names.groups, "group", below(path, "group"), reader);
  checkName(rule.escalation, names.escalations, "escalation", below(path, "escalation"), reader);
}

void checkAlarms(AlarmsConfig &config, const QTimeZone &siteZone, ConfigReader &reader) {
  if (config.chatter && config.chatter->shelve && *config.chatter->shelve > config.longestShelving) {
    reader.error(QStringLiteral("chatter.shelve_ms"), QStringLiteral("%1 is longer than max_shelving_ms %2")
                                                          .arg(config.chatter->shelve->count())
                                                          .arg(config.longestShelving.count()));
  }
  checkIds(config.groups, "groups", reader);
  checkIds(config.escalations, "escalations", reader);
  checkNotifications(config.notifications, siteZone, reader);
  checkEscalations(config, reader);
  checkRuleIds(config.rules, reader);
  const KnownNames names = namesIn(config);
  for (qsizetype i = 0; i < config.rules.size(); ++i) {
    const QString path = QStringLiteral("rules[%1]").arg(i);
    checkRule(config.rules[i], path, siteZone, reader);
    checkNames(config.rules[i], names, path, reader);
  }
}

}  // namespace tagwire::alarms
