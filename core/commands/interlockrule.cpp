// SPDX-License-Identifier: Apache-2.0
#include "interlockrule.h"

#include <QRegularExpression>

#include "commandlimits.h"

namespace tagwire {

namespace {

QString numberText(double number) { return QString::number(number, 'g', 12); }

QString rangeText(const InterlockCondition &condition) {
  if (std::isinf(condition.min)) return QStringLiteral("up to ") + numberText(condition.max);
  if (std::isinf(condition.max)) return QStringLiteral("from ") + numberText(condition.min);
  return numberText(condition.min) + QLatin1String(" to ") + numberText(condition.max);
}

QString statesText(const QList<AlarmState> &states) {
  QStringList words;
  for (const AlarmState each : states) words << toText(each);
  return words.join(QLatin1String(", "));
}

Result<Value> valueOf(const ConfigNode &node, ValueType type) {
  switch (node.kind) {
    case ConfigNode::Kind::Bool:
      return convertTo(Value(node.boolean), type);
    case ConfigNode::Kind::Integer:
      return convertTo(Value(node.integer), type);
    case ConfigNode::Kind::Number:
      return convertTo(Value(node.number), type);
    default:
      break;
  }
  if (node.kind != ConfigNode::Kind::Cell || type == ValueType::Text) return convertTo(Value(node.text), type);
  if (node.text == QLatin1String("true")) return convertTo(Value(true), type);
  if (node.text == QLatin1String("false")) return convertTo(Value(false), type);
  bool ok = false;
  const double number = node.text.toDouble(&ok);
  return convertTo(ok ? Value(number) : Value(node.text), type);
}

/// Looks up the names of one interlock.
class Resolver {
 public:
  Resolver(const InterlockConfig &interlock, const InterlockNames &names, Problems &problems)
      : m_interlock(interlock), m_names(names), m_problems(problems) {}

  InterlockRule rule() {
    InterlockRule rule{m_interlock.id,
                       m_interlock.name,
                       m_interlock.mode,
                       m_interlock.severity,
                       m_interlock.delay,
                       m_interlock.startup,
                       {},
                       {}};
    for (qsizetype i = 0; i < m_interlock.points.size(); ++i) {
      guard(m_interlock.points.at(i), QStringLiteral("points[%1]").arg(i), rule.points);
    }
    for (qsizetype i = 0; i < m_interlock.conditions.size(); ++i) {
      m_at = QStringLiteral("conditions[%1].").arg(i);
      if (m_interlock.conditions.at(i).type) rule.conditions.push_back(condition(m_interlock.conditions.at(i)));
    }
    return rule;
  }

 private:
  void error(const QString &at, const QString &message) {
    m_problems.append({m_interlock.places.value(at), m_interlock.path + u'.' + at, message, false});
  }

  void guard(const PointReference &reference, const QString &at, QList<GuardedPoint> &points) {
    const auto point = m_names.points.point(m_names.points.find(reference.name));
    if (!point) return;
    const bool isTwice =
        std::any_of(points.cbegin(), points.cend(), [&](const auto &each) { return each.id == point->id; });
    if (isTwice) return error(at, QStringLiteral("point \"%1\" is named twice").arg(point->fullName));
    if (!point->writable) {
      return error(
          at,
          QStringLiteral("point \"%1\" is read-only (allowed: points that commands may write)").arg(point->fullName));
    }
    points.append({point->id, safeValueOf(*point)});
    if (m_interlock.mode != InterlockMode::Trip) return;
    const std::optional<Value> &safe = points.last().safe;
    const auto number = safe ? toNumber(*safe) : std::nullopt;
    if (!safe) {
      error(at, QStringLiteral("a trip can't bring point \"%1\" to a safe value: it has none (allowed: bool and "
                               "numbers, or a point with a safe value of its own)")
                    .arg(point->fullName));
    } else if (number &&
               ((point->minimum && *number < *point->minimum) || (point->maximum && *number > *point->maximum))) {
      error(at, QStringLiteral("a trip can't bring point \"%1\" to its safe value %2, which is out of its range "
                               "(allowed: a safe value from min to max)")
                    .arg(point->fullName, toText(*safe)));
    }
  }

  InterlockCondition condition(const ConditionConfig &config) {
    InterlockCondition condition;
    condition.type = *config.type;
    condition.deadband = config.deadband.value_or(0);
    if (config.maxAge) condition.maxAge = *config.maxAge;
    switch (condition.type) {
      case ConditionType::ZoneClear:
      case ConditionType::ZoneOccupied:
        resolveZone(config, condition);
        break;
      case ConditionType::AlarmState:
        resolveAlarm(config, condition);
        break;
      default:
        resolvePoint(config, condition);
    }
    return condition;
  }

  void resolvePoint(const ConditionConfig &config, InterlockCondition &condition) {
    const auto point = config.point ? m_names.points.point(m_names.points.find(config.point->name)) : nullptr;
    if (!point) return;
    condition.point = point->id;
    condition.subject = point->fullName;
    const bool isNumeric = point->type == ValueType::Int || point->type == ValueType::Double;
    if (condition.type == ConditionType::RequireState) return resolveState(config, *point, condition);
    if (condition.type == ConditionType::RequireClosed) {
      condition.value = Value(true);
      condition.allowed = QStringLiteral("closed");
      if (point->type == ValueType::Bool) return;
      return error(m_at + QLatin1String("point"),
                   QStringLiteral("point \"%1\" is %2 (allowed: a bool, true when closed)")
                       .arg(point->fullName, toText(point->type)));
    }
    if (!isNumeric) {
      return error(m_at + QLatin1String("point"), QStringLiteral("point \"%1\" is %2 (allowed: a point with a number)")
                                                      .arg(point->fullName, toText(point->type)));
    }
    if (condition.type == ConditionType::RequireLevel) {
      const auto level = config.value ? valueOf(*config.value, ValueType::Double) : Result<Value>(Value(0.0));
      if (!level) return error(m_at + QLatin1String("value"), level.error());
      condition.min = *toNumber(*level);
    } else {
      condition.min = config.min.value_or(condition.min);
      condition.max = config.max.value_or(condition.max);
    }
    condition.allowed = rangeText(condition);
  }

  void resolveState(const ConditionConfig &config, const Point &point, InterlockCondition &condition) {
    if (!config.value) return;  // reported already
    if (point.type == ValueType::Position) {
      return error(m_at + QLatin1String("point"),
                   QStringLiteral("point \"%1\" is a position (allowed: bool, number, text)").arg(point.fullName));
    }
    const auto value = valueOf(*config.value, point.type);
    if (!value) {
      return error(m_at + QLatin1String("value"),
                   QStringLiteral("point \"%1\" is %2: %3").arg(point.fullName, toText(point.type), value.error()));
    }
    condition.value = *value;
    condition.allowed = toText(*value);
  }

  /// Zones by instance: those that have an occupancy.
  PointId occupancy(const QString &instance, int zone, const QString &ofClass = {}) const {
    const QString name = QStringLiteral("%1/zone/%2/occupancy").arg(instance).arg(zone);
    return m_names.points.find(ofClass.isEmpty() ? name : name + u'/' + ofClass);
  }

  /// The instance that has the zone; empty after an error.
  QString instanceOf(const ConditionConfig &config) {
    if (config.instance && !m_names.instances.contains(*config.instance)) {
      error(m_at + QLatin1String("instance"),
            QStringLiteral("unknown plugin \"%1\"%2 (allowed: the id of a plugin rtls)")
                .arg(config.instance->left(70), didYouMean(*config.instance, m_names.instances)));
      return {};
    }
    QStringList having;
    for (const QString &each : m_names.instances) {
      if (occupancy(each, *config.zone) != PointId::None) having << each;
    }
    if (config.instance && having.contains(*config.instance)) return *config.instance;
    if (!config.instance && having.size() == 1) return having.first();
    if (!m_names.isWhole) return {};
    if (!config.instance && having.size() > 1) {
      error(m_at + QLatin1String("zone"),
            QStringLiteral("several plugins have a zone %1: %2 (say which by \"instance\")")
                .arg(*config.zone)
                .arg(having.join(QLatin1String(", "))));
      return {};
    }
    const QStringList known = knownZones(config.instance.value_or(QString()));
    error(m_at + QLatin1String("zone"),
          QStringLiteral("unknown zone %1%2 (allowed: %3)")
              .arg(QString::number(*config.zone), didYouMean(QString::number(*config.zone), known),
                   known.isEmpty() ? QStringLiteral("a zone of a plugin rtls, and there is none")
                                   : known.mid(0, 20).join(QLatin1String(", "))));
    return {};
  }

  QStringList knownZones(const QString &instance) const {
    static const QRegularExpression occupancies(QStringLiteral("^([^/]+)/zone/(\\d+)/occupancy$"));
    QStringList zones;
    for (const QString &name : m_names.points.fullNames()) {
      const auto match = occupancies.match(name);
      if (match.hasMatch() && (instance.isEmpty() || match.captured(1) == instance)) zones << match.captured(2);
    }
    return zones;
  }

  QStringList knownClasses(const QString &instance, int zone) const {
    const QString prefix = QStringLiteral("%1/zone/%2/occupancy/").arg(instance).arg(zone);
    QStringList classes;
    for (const QString &name : m_names.points.fullNames()) {
      if (name.startsWith(prefix)) classes << name.mid(prefix.size());
    }
    return classes;
  }

  PointId occupancyOfClass(const QString &key, const QString &instance, int zone, const QString &ofClass) {
    const PointId point = occupancy(instance, zone, ofClass);
    if (point != PointId::None) return point;
    const QStringList known = knownClasses(instance, zone);
    error(m_at + key, QStringLiteral("no tag of plugin \"%1\" has the class \"%2\"%3 (allowed: %4)")
                          .arg(instance, ofClass.left(70), didYouMean(ofClass, known),
                               known.isEmpty() ? QStringLiteral("classes of its tags, and none has one")
                                               : known.mid(0, 20).join(QLatin1String(", "))));
    return PointId::None;
  }

  void resolveZone(const ConditionConfig &config, InterlockCondition &condition) {
    if (!config.zone) return;
    const QString instance = instanceOf(config);
    if (instance.isEmpty()) return;
    const bool isClear = condition.type == ConditionType::ZoneClear;
    condition.subject = QStringLiteral("zone %1").arg(*config.zone);
    condition.allowed = isClear ? QStringLiteral("clear") : QStringLiteral("occupied");
    condition.point = occupancy(instance, *config.zone);
    for (const QString &each : config.exceptClasses.value_or(QList<QString>())) {
      const PointId excepted = occupancyOfClass(QStringLiteral("except_classes"), instance, *config.zone, each);
      // Its tags would be taken off twice, and as many others not be seen.
      if (excepted != PointId::None && condition.excepted.contains(excepted)) {
        error(m_at + QLatin1String("except_classes"), QStringLiteral("class \"%1\" is named twice").arg(each));
      }
      condition.excepted << excepted;
    }
    if (!condition.excepted.isEmpty()) {
      condition.allowed += QLatin1String(" but for ") + config.exceptClasses->join(QLatin1String(", "));
    }
    if (!config.ofClass) return;
    condition.point = occupancyOfClass(QStringLiteral("class"), instance, *config.zone, *config.ofClass);
    condition.allowed += QLatin1String(" by ") + *config.ofClass;
  }

  void resolveAlarm(const ConditionConfig &config, InterlockCondition &condition) {
    if (!config.rule) return;
    condition.rule = *config.rule;
    condition.states = config.states.value_or(QList<AlarmState>{AlarmState::Ok});
    condition.subject = QStringLiteral("alarm rule %1").arg(*config.rule);
    condition.allowed = statesText(condition.states);
    const QStringList &desks = m_names.alarmDesks;
    condition.instance = config.instance.value_or(desks.value(0));
    if (desks.contains(condition.instance) && (config.instance || desks.size() == 1)) return;
    if (!m_names.isWhole) return;
    const QString allowed = desks.isEmpty() ? QStringLiteral("the id of a plugin alarms, and there is none")
                                            : desks.join(QLatin1String(", "));
    if (config.instance) {
      return error(m_at + QLatin1String("instance"),
                   QStringLiteral("\"%1\" knows no alarms%2 (allowed: %3)")
                       .arg(config.instance->left(70), didYouMean(*config.instance, desks), allowed));
    }
    error(m_at + QLatin1String("rule"),
          desks.isEmpty() ? QStringLiteral("no plugin knows alarms (an alarm_state needs a plugin alarms)")
                          : QStringLiteral("several plugins know alarms: %1 (say which by \"instance\")").arg(allowed));
  }

  const InterlockConfig &m_interlock;
  const InterlockNames &m_names;
  Problems &m_problems;
  QString m_at;  ///< "conditions[1]."
};

}  // namespace

QList<InterlockRule> resolveInterlocks(const QList<InterlockConfig> &interlocks, const InterlockNames &names,
                                       Problems &problems) {
  QList<InterlockRule> rules;
  for (const InterlockConfig &each : interlocks) rules << Resolver(each, names, problems).rule();
  return rules;
}

}  // namespace tagwire
