// SPDX-License-Identifier: Apache-2.0
// How a condition of JSON becomes an Expression, with each problem at its own place.
#include <algorithm>

#include "expression.h"
#include "keycheck.h"

namespace tagwire::alarms {
namespace {

using Term = Expression::Term;

constexpr const char *conditionKeyNames[] = {"threshold", "low",       "high",        "value",
                                             "values",    "deadband",  "reference",   "stale_after_ms",
                                             "window_ms", "direction", "or_uncertain"};

KeySet conditionKeysOf(Comparison::Kind kind) {
  // By the places in conditionKeyNames.
  enum KeyBit : quint32 {
    Threshold = 1,
    Low = 2,
    High = 4,
    OneValue = 8,
    Values = 16,
    Deadband = 32,
    Reference = 64,
    StaleAfter = 128,
    Window = 256,
    Way = 512,
    OrUncertain = 1024
  };
  switch (kind) {
    case Comparison::Above:
    case Comparison::Below:
      return {Threshold, Deadband};
    case Comparison::OutsideRange:
    case Comparison::InsideRange:
      return {Low | High, Deadband};
    case Comparison::Equals:
    case Comparison::NotEquals:
      return {OneValue, 0};
    case Comparison::RateOfChange:
      return {Threshold, Window | Way | Deadband};
    case Comparison::Deviation:
      return {Threshold | Reference, Deadband};
    case Comparison::Stale:
      return {StaleAfter, 0};
    case Comparison::BadQuality:
      return {0, OrUncertain};
    case Comparison::Discrete:
      return {Values, 0};
    case Comparison::Expression:
      break;
  }
  return {};
}

quint32 conditionKeysGiven(const ConfigNode &node) {
  quint32 bits = 0;
  for (size_t i = 0; i < std::size(conditionKeyNames); ++i) {
    if (node.member(QLatin1String(conditionKeyNames[i]))) bits |= 1U << i;
  }
  return bits;
}

bool isGroupKey(const QString &key) {
  return key == QLatin1String("all") || key == QLatin1String("any") || key == QLatin1String("not");
}

/// Reads one expression; lives while it does.
class ExpressionReader {
 public:
  explicit ExpressionReader(Expression &out) : m_out(out) {}

  bool term(const ConfigWalk &walk, const ConfigNode &node, int depth) {
    if (depth > Expression::deepest) {
      return walk.error(node, QStringLiteral("is nested too deep (allowed: %1 levels)").arg(Expression::deepest));
    }
    if (node.kind != ConfigNode::Kind::Object) {
      return walk.error(node, QStringLiteral("a condition is due, not %1 (allowed: an object with point and "
                                             "comparison, or with one of all, any, not)")
                                  .arg(node.kindText()));
    }
    const auto group = std::find_if(node.members.begin(), node.members.end(),
                                    [](const ConfigNode::Member &member) { return isGroupKey(member.key); });
    if (group == node.members.end()) return leaf(walk, node);
    const bool alone = standsAlone(walk, node, *group);
    const ConfigWalk below = walk.at(group->key);
    if (group->key == QLatin1String("not")) {
      m_out.terms << Term{Term::Not, 1};
      return term(below, group->value, depth + 1) && alone;
    }
    return list(below, group->value, group->key == QLatin1String("all") ? Term::All : Term::Any, depth) && alone;
  }

 private:
  static bool standsAlone(const ConfigWalk &walk, const ConfigNode &node, const ConfigNode::Member &group) {
    bool ok = true;
    for (const auto &member : node.members) {
      if (&member == &group || member.key.startsWith(QLatin1String("x-"))) continue;
      ok =
          walk.at(member.key)
              .error(member.value,
                     QStringLiteral("may not stand beside \"%1\" (allowed: just one of all, any, not)").arg(group.key));
    }
    return ok;
  }

  bool list(const ConfigWalk &walk, const ConfigNode &node, Term::Kind kind, int depth) {
    if (node.kind != ConfigNode::Kind::Array) {
      return walk.error(node, QStringLiteral("a list of conditions is due, not %1").arg(node.kindText()));
    }
    const auto count = static_cast<qsizetype>(node.items.size());
    if (count < 1 || count > Expression::mostConditions) {
      return walk.error(node,
                        QStringLiteral("has %1 entries (allowed: 1 to %2)").arg(count).arg(Expression::mostConditions));
    }
    m_out.terms << Term{kind, static_cast<quint8>(count)};
    bool ok = true;
    for (qsizetype i = 0; i < count && !m_isFull; ++i) {
      ok = term(walk.at(i), node.items[static_cast<size_t>(i)], depth + 1) && ok;
    }
    return ok && !m_isFull;
  }

  bool leaf(const ConfigWalk &walk, const ConfigNode &node) {
    if (m_out.conditions.size() == Expression::mostConditions) {
      m_isFull = true;
      return walk.error(node,
                        QStringLiteral("is one condition too many (allowed: %1)").arg(Expression::mostConditions));
    }
    Condition condition;
    if (!shapeOf<Condition>().read(walk, node, condition)) return false;
    bool ok = true;
    const TellProblem tell = [&](const char *key, const QString &message) {
      const ConfigNode *member = node.member(QLatin1String(key));
      ok = walk.at(QString::fromLatin1(key)).error(member ? *member : node, message);
    };
    check(condition, conditionKeysGiven(node), tell);
    condition.pointInput = inputOf(condition.point);
    if (condition.comparison.kind == Comparison::Deviation) condition.referenceInput = inputOf(condition.reference);
    m_out.terms << Term{Term::Leaf, static_cast<quint8>(m_out.conditions.size())};
    m_out.conditions << condition;
    return ok;
  }

  static void check(const Condition &condition, quint32 bits, const TellProblem &tell) {
    const Comparison::Kind kind = condition.comparison.kind;
    if (kind == Comparison::Expression) {
      tell("comparison", QStringLiteral("has no meaning within an expression (allowed: all, any and not)"));
      return;
    }
    checkKeys(conditionKeyNames, bits, conditionKeysOf(kind), condition.comparison.word(), tell);
    if (condition.threshold && (kind == Comparison::RateOfChange || kind == Comparison::Deviation)) {
      checkPositive("threshold", *condition.threshold, condition.deadband, tell);
    }
    if (!condition.comparison.isRange() || !condition.low || !condition.high) return;
    const double width = *condition.high - *condition.low;
    if (width < 0) {
      tell("low", QStringLiteral("%1 is over high %2").arg(*condition.low).arg(*condition.high));
    } else if (kind == Comparison::OutsideRange && 2 * condition.deadband > width) {
      tell("deadband", QStringLiteral("%1 is too wide: no value would ever end the condition (allowed: up to %2)")
                           .arg(condition.deadband)
                           .arg(width / 2));
    }
  }

  qsizetype inputOf(const PointReference &point) {
    const auto found = std::find_if(m_out.points.cbegin(), m_out.points.cend(),
                                    [&](const PointReference &each) { return each.name == point.name; });
    const qsizetype input = found - m_out.points.cbegin();
    if (found == m_out.points.cend()) m_out.points << point;
    return input;
  }

  Expression &m_out;
  bool m_isFull = false;
};

}  // namespace

void Condition::describe(Shape<Condition> &shape) {
  shape.required("point", &Condition::point, "full name of the point");
  shape.required("comparison", &Condition::comparison, "how its value is looked at");
  shape.optional("threshold", &Condition::threshold, "above, below, rate_of_change, deviation: true from here on")
      .example(80);
  shape.optional("low", &Condition::low, "ranges: lower bound").example(20);
  shape.optional("high", &Condition::high, "ranges: upper bound").example(70);
  shape.optional("value", &Condition::value, "equals, not_equals: text, number or true/false").example(2);
  shape.optional("values", &Condition::values, "discrete: true at each of these").example(2).range(1, 100);
  shape.optional("deadband", &Condition::deadband, "how far back the value must go to be false again")
      .range(0, std::numeric_limits<double>::max());
  shape.optional("reference", &Condition::reference, "deviation: full name of the other point");
  shape.optional("stale_after_ms", &Condition::staleAfter, "stale: true without a sample for so long")
      .example(60000)
      .range(1, 31'622'400'000);
  shape.optional("window_ms", &Condition::window, "rate_of_change: over how long; 60000 if absent")
      .example(60000)
      .range(100, 86'400'000);
  shape.optional("direction", &Condition::direction, "rate_of_change: which way; both if absent");
  shape.optional("or_uncertain", &Condition::orUncertain, "bad_quality: true when Uncertain, too");
}

}  // namespace tagwire::alarms

namespace tagwire {

namespace {

QJsonObject groupJson(const char *key, const char *help, const QJsonObject &inner) {
  QJsonObject member = inner;
  member.insert(QStringLiteral("description"), QString::fromUtf8(help));
  return {{QStringLiteral("type"), QStringLiteral("object")},
          {QStringLiteral("properties"), QJsonObject{{QLatin1String(key), member}}},
          {QStringLiteral("patternProperties"), QJsonObject{{QStringLiteral("^x-"), QJsonObject()}}},
          {QStringLiteral("additionalProperties"), false},
          {QStringLiteral("required"), QJsonArray{QLatin1String(key)}}};
}

}  // namespace

TypeNode ValueShape<alarms::Expression>::type() {
  const QString name = QStringLiteral("alarms.condition");
  const QJsonObject one{{QStringLiteral("$ref"), QStringLiteral("#/definitions/") + name}};
  const QJsonObject inner{{QStringLiteral("allOf"), QJsonArray{one}}};
  const QJsonObject list{{QStringLiteral("type"), QStringLiteral("array")},
                         {QStringLiteral("items"), one},
                         {QStringLiteral("minItems"), 1},
                         {QStringLiteral("maxItems"), alarms::Expression::mostConditions}};
  const QJsonArray forms{schemaOf<alarms::Condition>().json, groupJson("all", "true when each of these is", list),
                         groupJson("any", "true when one of these is", list),
                         groupJson("not", "true when this is false", inner)};
  return {.kind = TypeNode::Kind::Any,
          .help = QStringLiteral("condition, see Expressions"),
          .schema = inner,
          .definitions = {{name, QJsonObject{{QStringLiteral("anyOf"), forms}}}}};
}

bool ValueShape<alarms::Expression>::read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &,
                                          alarms::Expression &out) {
  return alarms::ExpressionReader(out).term(walk, node, 1);
}

}  // namespace tagwire
