// SPDX-License-Identifier: Apache-2.0
#include "conditionconfig.h"

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

/// A condition of a document on its way through the check.
struct ConditionCheck {
  const ConditionConfig &condition;
  ConfigReader &reader;

  bool isGiven(const QString &key) const { return isKeyGiven(reader, condition.path, key); }
  void error(const QString &message) const { reader.error(condition.path, message); }
  void errorAt(const QString &key, const QString &message) const { reader.error(condition.path + u'.' + key, message); }

  void checkKeys(ConditionType type) const {
    const Keys keys = keysOf(type);
    for (const QString &key : keys.required) {
      if (isGiven(key)) continue;
      error(QStringLiteral("key \"%1\" is missing (a condition \"%2\" needs it)").arg(key, wordOf(type)));
    }
    const QStringList all = keys.required + keys.allowed;
    for (const QString &key : shapeOf<ConditionConfig>().keys()) {
      if (key == QLatin1String("type") || all.contains(key) || !isGiven(key)) continue;
      errorAt(key, QStringLiteral("is nothing for a condition \"%1\" (allowed: %2)")
                       .arg(wordOf(type), all.join(QLatin1String(", "))));
    }
  }

  void checkLimits() const {
    if (!isGiven(QStringLiteral("min")) && !isGiven(QStringLiteral("max"))) {
      return error(QStringLiteral("a condition \"range\" needs \"min\", \"max\" or both"));
    }
    if (!condition.min || !condition.max) return;
    if (*condition.min > *condition.max) {
      return errorAt(QStringLiteral("min"),
                     QStringLiteral("%1 is above \"max\" (allowed: up to %2)").arg(*condition.min).arg(*condition.max));
    }
    if (2 * condition.deadband.value_or(0) <= *condition.max - *condition.min) return;
    errorAt(QStringLiteral("deadband"),
            QStringLiteral("%1 leaves nothing of the range to come back to (allowed: 0 to %2)")
                .arg(*condition.deadband)
                .arg((*condition.max - *condition.min) / 2));
  }

  void checkValue() const {
    using Kind = ConfigNode::Kind;
    if (!condition.value) return;
    const Kind kind = condition.value->kind;
    const bool isNumber = kind == Kind::Integer || kind == Kind::Number;
    const bool isOther = kind == Kind::Bool || kind == Kind::String;
    if (isNumber || kind == Kind::Cell || (isOther && condition.type == ConditionType::RequireState)) return;
    const bool isLevel = condition.type == ConditionType::RequireLevel;
    errorAt(QStringLiteral("value"),
            QStringLiteral("%1 is due, not %2")
                .arg(isLevel ? QStringLiteral("a number") : QStringLiteral("true, false, a number or a string"),
                     condition.value->kindText()));
  }
};

}  // namespace

void ConditionConfig::describe(Shape<ConditionConfig> &shape) {
  using Config = ConditionConfig;
  shape.required("type", &Config::type, "what it looks at and demands");
  shape.optional("point", &Config::point, "full name of the point that is looked at");
  shape.optional("min", &Config::min, "range: lowest value that is fine").example(10);
  shape.optional("max", &Config::max, "range: highest value that is fine").example(90);
  shape.optional("value", &Config::value, "require_level: lowest value that is fine; require_state: the one that is")
      .takes("number, text or true/false", "{\"type\":[\"number\",\"string\",\"boolean\"]}")
      .example(1);
  shape.optional("deadband", &Config::deadband, "range, require_level: so far inside again before it is met again")
      .example(0.5)
      .range(0, 1e15);
  shape.optional("max_age_ms", &Config::maxAge, "a value that was told longer ago counts as not known; never if absent")
      .example(60000)
      .range(1, 604'800'000);
  shape.optional("zone", &Config::zone, "zone_clear, zone_occupied: id of a zone of plugin rtls")
      .example(417)
      .range(1, 2147483647);
  shape.optional("rule", &Config::rule, "alarm_state: id of a rule of plugin alarms").example(77).range(1, 2147483647);
  shape.optional("instance", &Config::instance, "id of the plugin, where several have this zone or alarms")
      .example("uwb");
  shape.optional("except_classes", &Config::exceptClasses, "zone_clear: tags of these classes may be in it")
      .example("person")
      .range(1, 100)
      .eachWithin(1, 64);
  shape.optional("class", &Config::ofClass, "zone_occupied: by a tag of this class; any if absent")
      .example("person")
      .range(1, 64);
  shape.optional("states", &Config::states, "alarm_state: states that are fine; OK if absent")
      .example("OK")
      .range(1, 3);
}

bool isKeyGiven(const ConfigReader &reader, const QString &owner, const QString &key) {
  const ConfigLocation where = reader.locate(owner + u'.' + key);
  const ConfigLocation element = reader.locate(owner);
  return where.line != element.line || where.column != element.column;
}

void checkCondition(ConditionConfig &condition, const QString &path, ConfigReader &reader) {
  condition.path = path;
  if (!condition.type) return;  // reported already
  const ConditionCheck check{condition, reader};
  check.checkKeys(*condition.type);
  if (*condition.type == ConditionType::Range) check.checkLimits();
  check.checkValue();
  for (const char *key : {"point", "value", "zone", "rule", "instance", "class", "except_classes"}) {
    condition.places.insert(QLatin1String(key), reader.locate(path + u'.' + QLatin1String(key)));
  }
}

}  // namespace tagwire
