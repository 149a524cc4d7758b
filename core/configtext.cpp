// SPDX-License-Identifier: Apache-2.0
#include "configtext.h"

namespace tagwire {

using TypeKind = TypeNode::Kind;

namespace {

QString typeText(const TypeNode &type) {
  switch (type.kind) {
    case TypeKind::Bool:
      return QStringLiteral("true/false");
    case TypeKind::Integer:
      return QStringLiteral("whole number");
    case TypeKind::Duration:
      return QStringLiteral("milliseconds");
    case TypeKind::Number:
      return QStringLiteral("number");
    case TypeKind::Text:
      return type.help.isEmpty() ? QStringLiteral("text") : QStringLiteral("`%1`").arg(type.help);
    case TypeKind::Secret:
      return QStringLiteral("`$env` or `$file`");
    case TypeKind::Point:
      return QStringLiteral("a point's full name");
    case TypeKind::Words:
      return QLatin1Char('`') + type.words.join(QLatin1String("`, `")) + QLatin1Char('`');
    case TypeKind::List:
      return QStringLiteral("list of ") + typeText(*type.element);
    case TypeKind::Map:
      return QStringLiteral("map to ") + typeText(*type.element);
    case TypeKind::Object:
      return type.shorthand.isEmpty() ? QStringLiteral("object")
                                      : QStringLiteral("object, or its `%1`").arg(type.shorthand);
    case TypeKind::Any:
      return type.help;
  }
  return {};
}

QString limitsText(const Key::Rules &rules) {
  if (!rules.lowest || !rules.highest) return {};
  if (*rules.highest >= std::numeric_limits<double>::max()) {
    return QStringLiteral(", %1 or more").arg(*rules.lowest, 0, 'g', 12);
  }
  return QStringLiteral(", %1…%2").arg(*rules.lowest, 0, 'g', 12).arg(*rules.highest, 0, 'g', 12);
}

}  // namespace

QString typeText(const TypeNode &type, const Key::Rules &rules) {
  const TypeNode *inner = &type;
  QString before;
  for (; inner->kind == TypeKind::List || inner->kind == TypeKind::Map; inner = inner->element.get()) {
    before += inner->kind == TypeKind::List ? QLatin1String("list of ") : QLatin1String("map to ");
  }
  const bool isSaid = inner->kind == TypeKind::Any && rules.shown && !rules.shown->words.isEmpty();
  return before + (isSaid ? rules.shown->words : typeText(*inner)) + limitsText(rules);
}

QJsonValue defaultOf(const TypeNode::Field &field) {
  if (!field.fallback.isDouble()) return field.fallback;
  const double value = field.fallback.toDouble();
  const bool isWithin = value >= field.rules.lowest.value_or(value) && value <= field.rules.highest.value_or(value);
  return isWithin ? field.fallback : QJsonValue();
}

QJsonValue exampleOf(const TypeNode &type, const Key::Rules &rules) {
  QJsonValue example;
  if (rules.shown) example = rules.shown->example;
  if (type.kind == TypeKind::List) {
    if (example.isNull()) example = exampleOf(*type.element, Key::Rules());
    return example.isNull() || example.isArray() ? example : QJsonArray{example};
  }
  if (!example.isNull()) return example;
  if (type.kind == TypeKind::Point) return QLatin1String(examplePoint);
  if (type.kind == TypeKind::Secret) return QJsonObject{{QStringLiteral("$env"), QStringLiteral("NAME_OF_A_VARIABLE")}};
  return {};
}

}  // namespace tagwire
