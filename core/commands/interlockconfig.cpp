// SPDX-License-Identifier: Apache-2.0
#include "interlockconfig.h"

namespace tagwire {

namespace {

/// The keys of a condition besides `type`.
struct Keys {
  QStringList required;
  QStringList allowed;
};

Keys keysOf(ConditionType type) {
  const QString point = QStringLiteral("point");
  const QString maxAge = QStringLiteral("max_age_ms");
  const QString deadband = QStringLiteral("deadband");
  const QString value = QStringLiteral("value");
  const QString instance = QStringLiteral("instance");
  switch (type) {
    case ConditionType::Range:
      return {{point}, {QStringLiteral("min"), QStringLiteral("max"), deadband, maxAge}};
    case ConditionType::RequireLevel:
      return {{point, value}, {deadband, maxAge}};
    case ConditionType::RequireState:
      return {{point, value}, {maxAge}};
    case ConditionType::RequireClosed:
      return {{point}, {maxAge}};
    case ConditionType::ZoneClear:
      return {{QStringLiteral("zone")}, {instance, QStringLiteral("except_classes")}};
    case ConditionType::ZoneOccupied:
      return {{QStringLiteral("zone")}, {instance, QStringLiteral("class")}};
    case ConditionType::AlarmState:
      return {{QStringLiteral("rule")}, {instance, QStringLiteral("states")}};
  }
  return {};
}

QString wordOf(ConditionType type) {
  for (const auto &[word, each] : enumWords(ConditionType{})) {
    if (each == type) return QString::fromLatin1(word);
  }
  return {};
}

/// One interlock of a document on its way through the check.
struct Check {
  InterlockConfig &interlock;
  ConfigReader &reader;

  bool isGiven(const QString &at, const QString &key) const {
    const QString owner = at.isEmpty() ? interlock.path : interlock.path + u'.' + at;
    const ConfigLocation where = reader.locate(owner + u'.' + key);
    const ConfigLocation element = reader.locate(owner);
    return where.line != element.line || where.column != element.column;
  }
  void error(const QString &at, const QString &message) const { reader.error(interlock.path + u'.' + at, message); }
  void note(const QString &at) const { interlock.places.insert(at, reader.locate(interlock.path + u'.' + at)); }

  void checkKeys(const QString &at, ConditionType type) const {
    const Keys keys = keysOf(type);
    for (const QString &key : keys.required) {
      if (isGiven(at, key)) continue;
      error(at, QStringLiteral("key \"%1\" is missing (a condition \"%2\" needs it)").arg(key, wordOf(type)));
    }
    const QStringList all = keys.required + keys.allowed;
    for (const QString &key : shapeOf<ConditionConfig>().keys()) {
      if (key == QLatin1String("type") || all.contains(key) || !isGiven(at, key)) continue;
      error(at + u'.' + key, QStringLiteral("is nothing for a condition \"%1\" (allowed: %2)")
                                 .arg(wordOf(type), all.join(QLatin1String(", "))));
    }
  }

  void checkLimits(const QString &at, const ConditionConfig &condition) const {
    if (!isGiven(at, QStringLiteral("min")) && !isGiven(at, QStringLiteral("max"))) {
      return error(at, QStringLiteral("a condition \"range\" needs \"min\", \"max\" or both"));
    }
    if (!condition.min || !condition.max) return;
    if (*condition.min > *condition.max) {
      return error(at + QLatin1String(".min"),
                   QStringLiteral("%1 is above \"max\" (allowed: up to %2)").arg(*condition.min).arg(*condition.max));
    }
    if (2 * condition.deadband.value_or(0) <= *condition.max - *condition.min) return;
    error(at + QLatin1String(".deadband"),
          QStringLiteral("%1 leaves nothing of the range to come back to (allowed: 0 to %2)")
              .arg(*condition.deadband)
              .arg((*condition.max - *condition.min) / 2));
  }

  void checkValue(const QString &at, const ConditionConfig &condition) const {
    using Kind = ConfigNode::Kind;
    if (!condition.value) return;
    const Kind kind = condition.value->kind;
    const bool isNumber = kind == Kind::Integer || kind == Kind::Number;
    const bool isOther = kind == Kind::Bool || kind == Kind::String;
    if (isNumber || kind == Kind::Cell || (isOther && condition.type == ConditionType::RequireState)) return;
    const bool isLevel = condition.type == ConditionType::RequireLevel;
    error(at + QLatin1String(".value"),
          QStringLiteral("%1 is due, not %2")
              .arg(isLevel ? QStringLiteral("a number") : QStringLiteral("true, false, a number or a string"),
                   condition.value->kindText()));
  }

  void checkCondition(qsizetype index) const {
    const QString at = QStringLiteral("conditions[%1]").arg(index);
    const ConditionConfig &condition = interlock.conditions.at(index);
    if (!condition.type) return;  // reported already
    checkKeys(at, *condition.type);
    if (*condition.type == ConditionType::Range) checkLimits(at, condition);
    checkValue(at, condition);
    for (const char *key : {"point", "value", "zone", "rule", "instance", "class", "except_classes"}) {
      note(at + u'.' + QLatin1String(key));
    }
  }
};

}  // namespace

void ConditionConfig::describe(Shape<ConditionConfig> &shape) {
  using Config = ConditionConfig;
  shape.required("type", &Config::type, "what it looks at and demands");
  shape.optional("point", &Config::point, "full name of the point that is looked at");
  shape.optional("min", &Config::min, "range: lowest value that is fine");
  shape.optional("max", &Config::max, "range: highest value that is fine");
  shape.optional("value", &Config::value, "require_level: lowest value that is fine; require_state: the one that is");
  shape.optional("deadband", &Config::deadband, "range, require_level: so far inside again before it is met again")
      .range(0, 1e15);
  shape.optional("max_age_ms", &Config::maxAge, "a value that was told longer ago counts as not known; never if absent")
      .range(1, 604'800'000);
  shape.optional("zone", &Config::zone, "zone_clear, zone_occupied: id of a zone of plugin rtls").range(1, 2147483647);
  shape.optional("rule", &Config::rule, "alarm_state: id of a rule of plugin alarms").range(1, 2147483647);
  shape.optional("instance", &Config::instance, "id of the plugin, where several have this zone or alarms");
  shape.optional("except_classes", &Config::exceptClasses, "zone_clear: tags of these classes may be in it")
      .range(1, 100)
      .eachWithin(1, 64);
  shape.optional("class", &Config::ofClass, "zone_occupied: by a tag of this class; any if absent").range(1, 64);
  shape.optional("states", &Config::states, "alarm_state: states that are fine; OK if absent").range(1, 3);
}

void InterlockConfig::describe(Shape<InterlockConfig> &shape) {
  using Config = InterlockConfig;
  shape.required("id", &Config::id, "number of the interlock").range(1, 2147483647);
  shape.required("name", &Config::name, "what people call it").range(1, 200);
  shape.required("mode", &Config::mode, "what it does when a condition is not met");
  shape.required("points", &Config::points, "full names of the writable points that it guards").range(1, 1000);
  shape.optional("severity", &Config::severity, "of its events and its alarm");
  shape
      .optional("delay_ms", &Config::delay,
                "not met for so long before it trips or tells; commands are blocked at once")
      .range(0, 86'400'000);
  shape
      .optional("startup_ms", &Config::startup,
                "inputs not known yet do not trip before this after a start; commands are blocked at once")
      .range(0, 3'600'000);
  shape.required("conditions", &Config::conditions, "all have to be met").range(1, 100);
}

void checkInterlocks(QList<InterlockConfig> &interlocks, ConfigReader &reader) {
  for (qsizetype i = 0; i < interlocks.size(); ++i) {
    interlocks[i].path = QStringLiteral("interlocks[%1]").arg(i);
    const Check check{interlocks[i], reader};
    check.note(QStringLiteral("id"));
    for (qsizetype k = 0; k < interlocks[i].points.size(); ++k) check.note(QStringLiteral("points[%1]").arg(k));
    for (qsizetype k = 0; k < interlocks[i].conditions.size(); ++k) check.checkCondition(k);
  }
}

void checkInterlockIds(const QList<InterlockConfig> &interlocks, Problems &problems) {
  QHash<int, ConfigLocation> seen;
  for (const InterlockConfig &interlock : interlocks) {
    const ConfigLocation where = interlock.places.value(QStringLiteral("id"));
    if (interlock.id < 1) continue;  // reported already
    if (const auto first = seen.constFind(interlock.id); first != seen.cend()) {
      problems.append({where, interlock.path + QLatin1String(".id"),
                       QStringLiteral("id %1 is taken by the interlock in %2, line %3")
                           .arg(interlock.id)
                           .arg(first->file ? *first->file : QString())
                           .arg(first->line),
                       false});
    } else {
      seen.insert(interlock.id, where);
    }
  }
}

}  // namespace tagwire
