// SPDX-License-Identifier: Apache-2.0
#include "comparison.h"

#include <QLocale>

#include <cmath>

namespace tagwire::alarms {
namespace {

const QStringList &comparisonWords() {
  static const QStringList words{
      QStringLiteral("above"),          QStringLiteral("below"),     QStringLiteral("outside_range"),
      QStringLiteral("inside_range"),   QStringLiteral("equals"),    QStringLiteral("not_equals"),
      QStringLiteral("rate_of_change"), QStringLiteral("deviation"), QStringLiteral("stale"),
      QStringLiteral("bad_quality"),    QStringLiteral("discrete"),  QStringLiteral("expression")};
  return words;
}

}  // namespace

Result<Comparison> Comparison::fromText(const QString &text) {
  const qsizetype index = comparisonWords().indexOf(text);
  if (index >= 0) return Comparison{static_cast<Kind>(index)};
  return failure(
      QStringLiteral("unknown comparison \"%1\"%2 (allowed: %3)")
          .arg(text.left(60), didYouMean(text, comparisonWords()), comparisonWords().join(QStringLiteral(", "))));
}

QStringList Comparison::words() { return comparisonWords(); }

QString Comparison::word() const { return comparisonWords().at(kind); }

NamedValue NamedValue::fromText(const QString &text) {
  NamedValue value;
  value.text = text;
  value.isFlag = text == QLatin1String("true") || text == QLatin1String("false");
  bool isNumber = false;
  const double number = text.toDouble(&isNumber);
  if (value.isFlag) {
    value.number = text == QLatin1String("true") ? 1 : 0;
  } else if (isNumber) {
    value.number = number;
  }
  return value;
}

bool NamedValue::matches(ValueType type, double value, const QString &valueText) const {
  if (type == ValueType::Text) return valueText == text;
  return number == value && (!isFlag || type == ValueType::Bool);
}

bool isBeyond(Comparison::Kind kind, double value, double margin, double low, double high) {
  switch (kind) {
    case Comparison::Below:
      return value <= high + margin;
    case Comparison::OutsideRange:
      return value < low + margin || value > high - margin;
    case Comparison::InsideRange:
      return value >= low - margin && value <= high + margin;
    case Comparison::Equals:
      return std::abs(value - low) <= margin;
    case Comparison::NotEquals:
      return value != low;
    default:
      return value >= low - margin;
  }
}

double directed(double rate, Direction direction) {
  switch (direction) {
    case Direction::Rising:
      return rate;
    case Direction::Falling:
      return -rate;
    case Direction::Both:
      break;
  }
  return std::abs(rate);
}

}  // namespace tagwire::alarms

namespace tagwire {

bool ValueShape<alarms::NamedValue>::read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &,
                                          alarms::NamedValue &out) {
  using Kind = ConfigNode::Kind;
  QString text;
  if (node.kind == Kind::Bool) {
    text = node.boolean ? QStringLiteral("true") : QStringLiteral("false");
  } else if (node.kind == Kind::Integer) {
    text = QString::number(node.integer);
  } else if (node.kind == Kind::Number) {
    text = QString::number(node.number, 'g', QLocale::FloatingPointShortest);
  } else if (node.kind == Kind::String || node.kind == Kind::Cell) {
    Key::Rules length;
    length.highest = 200;
    if (!walk.readText(node, length, text)) return false;
  } else {
    return walk.error(node, QStringLiteral("a text, a number, true or false is due, not %1").arg(node.kindText()));
  }
  out = alarms::NamedValue::fromText(text);
  return true;
}

}  // namespace tagwire
