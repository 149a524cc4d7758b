// SPDX-License-Identifier: Apache-2.0
#include "interlockcondition.h"

#include <QRegularExpression>

#include <cmath>

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

/// Looks up the names of one condition.
class ConditionResolver {
 public:
  ConditionResolver(const ConditionConfig &config, const ManifestNames &names, Problems &problems)
      : m_config(config), m_names(names), m_problems(problems) {}

  InterlockCondition condition() {
    InterlockCondition condition;
    condition.type = *m_config.type;
    condition.deadband = m_config.deadband.value_or(0);
    if (m_config.maxAge) condition.maxAge = *m_config.maxAge;
    switch (condition.type) {
      case ConditionType::ZoneClear:
      case ConditionType::ZoneOccupied:
        resolveZone(condition);
        break;
      case ConditionType::AlarmState:
        resolveAlarm(condition);
        break;
      default:
        resolvePoint(condition);
    }
    return condition;
  }

 private:
  void error(const QString &key, const QString &message) {
    m_problems.append({m_config.places.value(key), m_config.path + u'.' + key, message, false});
  }

  void resolvePoint(InterlockCondition &condition) {
    const auto point = m_config.point ? m_names.points.point(m_names.points.find(m_config.point->name)) : nullptr;
    if (!point) return;
    condition.point = point->id;
    condition.subject = point->fullName;
    const bool isNumeric = point->type == ValueType::Int || point->type == ValueType::Double;
    if (condition.type == ConditionType::RequireState) return resolveState(*point, condition);
    if (condition.type == ConditionType::RequireClosed) {
      condition.value = Value(true);
      condition.allowed = QStringLiteral("closed");
      if (point->type == ValueType::Bool) return;
      return error(QStringLiteral("point"), QStringLiteral("point \"%1\" is %2 (allowed: a bool, true when closed)")
                                                .arg(point->fullName, toText(point->type)));
    }
    if (!isNumeric) {
      return error(QStringLiteral("point"), QStringLiteral("point \"%1\" is %2 (allowed: a point with a number)")
                                                .arg(point->fullName, toText(point->type)));
    }
    if (condition.type == ConditionType::RequireLevel) {
      const auto level = m_config.value ? valueOfNode(*m_config.value, ValueType::Double) : Result<Value>(Value(0.0));
      if (!level) return error(QStringLiteral("value"), level.error());
      condition.min = *toNumber(*level);
    } else {
      condition.min = m_config.min.value_or(condition.min);
      condition.max = m_config.max.value_or(condition.max);
    }
    condition.allowed = rangeText(condition);
  }

  void resolveState(const Point &point, InterlockCondition &condition) {
    if (!m_config.value) return;  // reported already
    if (point.type == ValueType::Position) {
      return error(QStringLiteral("point"),
                   QStringLiteral("point \"%1\" is a position (allowed: bool, number, text)").arg(point.fullName));
    }
    const auto value = valueOfNode(*m_config.value, point.type);
    if (!value) {
      return error(QStringLiteral("value"),
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
  QString instanceOf() {
    if (m_config.instance && !m_names.instances.contains(*m_config.instance)) {
      error(QStringLiteral("instance"),
            QStringLiteral("unknown plugin \"%1\"%2 (allowed: the id of a plugin rtls)")
                .arg(m_config.instance->left(70), didYouMean(*m_config.instance, m_names.instances)));
      return {};
    }
    QStringList having;
    for (const QString &each : m_names.instances) {
      if (occupancy(each, *m_config.zone) != PointId::None) having << each;
    }
    if (m_config.instance && having.contains(*m_config.instance)) return *m_config.instance;
    if (!m_config.instance && having.size() == 1) return having.first();
    if (!m_names.isWhole) return {};
    if (!m_config.instance && having.size() > 1) {
      error(QStringLiteral("zone"), QStringLiteral("several plugins have a zone %1: %2 (say which by \"instance\")")
                                        .arg(*m_config.zone)
                                        .arg(having.join(QLatin1String(", "))));
      return {};
    }
    const QStringList known = knownZones(m_config.instance.value_or(QString()));
    error(QStringLiteral("zone"),
          QStringLiteral("unknown zone %1%2 (allowed: %3)")
              .arg(QString::number(*m_config.zone), didYouMean(QString::number(*m_config.zone), known),
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
    error(key, QStringLiteral("no tag of plugin \"%1\" has the class \"%2\"%3 (allowed: %4)")
                   .arg(instance, ofClass.left(70), didYouMean(ofClass, known),
                        known.isEmpty() ? QStringLiteral("classes of its tags, and none has one")
                                        : known.mid(0, 20).join(QLatin1String(", "))));
    return PointId::None;
  }

  void resolveZone(InterlockCondition &condition) {
    if (!m_config.zone) return;
    const QString instance = instanceOf();
    if (instance.isEmpty()) return;
    const bool isClear = condition.type == ConditionType::ZoneClear;
    condition.subject = QStringLiteral("zone %1").arg(*m_config.zone);
    condition.allowed = isClear ? QStringLiteral("clear") : QStringLiteral("occupied");
    condition.point = occupancy(instance, *m_config.zone);
    for (const QString &each : m_config.exceptClasses.value_or(QList<QString>())) {
      const PointId excepted = occupancyOfClass(QStringLiteral("except_classes"), instance, *m_config.zone, each);
      // Its tags would be taken off twice, and as many others not be seen.
      if (excepted != PointId::None && condition.excepted.contains(excepted)) {
        error(QStringLiteral("except_classes"), QStringLiteral("class \"%1\" is named twice").arg(each));
      }
      condition.excepted << excepted;
    }
    if (!condition.excepted.isEmpty()) {
      condition.allowed += QLatin1String(" but for ") + m_config.exceptClasses->join(QLatin1String(", "));
    }
    if (!m_config.ofClass) return;
    condition.point = occupancyOfClass(QStringLiteral("class"), instance, *m_config.zone, *m_config.ofClass);
    condition.allowed += QLatin1String(" by ") + *m_config.ofClass;
  }

  void resolveAlarm(InterlockCondition &condition) {
    if (!m_config.rule) return;
    condition.rule = *m_config.rule;
    condition.states = m_config.states.value_or(QList<AlarmState>{AlarmState::Ok});
    condition.subject = QStringLiteral("alarm rule %1").arg(*m_config.rule);
    condition.allowed = statesText(condition.states);
    const QStringList &desks = m_names.alarmDesks;
    condition.instance = m_config.instance.value_or(desks.value(0));
    if (desks.contains(condition.instance) && (m_config.instance || desks.size() == 1)) return;
    if (!m_names.isWhole) return;
    const QString allowed = desks.isEmpty() ? QStringLiteral("the id of a plugin alarms, and there is none")
                                            : desks.join(QLatin1String(", "));
    if (m_config.instance) {
      return error(QStringLiteral("instance"),
                   QStringLiteral("\"%1\" knows no alarms%2 (allowed: %3)")
                       .arg(m_config.instance->left(70), didYouMean(*m_config.instance, desks), allowed));
    }
    error(QStringLiteral("rule"),
          desks.isEmpty() ? QStringLiteral("no plugin knows alarms (an alarm_state needs a plugin alarms)")
                          : QStringLiteral("several plugins know alarms: %1 (say which by \"instance\")").arg(allowed));
  }

  const ConditionConfig &m_config;
  const ManifestNames &m_names;
  Problems &m_problems;
};

}  // namespace

InterlockCondition resolveCondition(const ConditionConfig &config, const ManifestNames &names, Problems &problems) {
  return ConditionResolver(config, names, problems).condition();
}

QString toText(const InterlockCondition &condition) {
  const bool isWithin = std::isfinite(condition.min) && std::isfinite(condition.max);
  return condition.subject + (isWithin ? QLatin1String(" within ") : QLatin1String(" is ")) + condition.allowed;
}

Result<Value> valueOfNode(const ConfigNode &node, ValueType type) {
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

}  // namespace tagwire
