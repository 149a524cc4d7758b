// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QJsonDocument>

#include "config.h"

namespace tagwire {

namespace {

using TypeKind = TypeNode::Kind;

void putRange(QJsonObject &json, const char *low, const char *high, const Key::Rules &rules) {
  if (rules.lowest) json.insert(QLatin1String(low), *rules.lowest);
  if (rules.highest) json.insert(QLatin1String(high), *rules.highest);
}

QJsonObject definition(const char *name) {
  return {{QStringLiteral("$ref"), QStringLiteral("#/definitions/") + QLatin1String(name)}};
}

QJsonObject jsonOf(const TypeNode &type, const Key::Rules &rules);

QJsonObject listJson(const TypeNode &type, const Key::Rules &rules) {
  const QJsonObject element = jsonOf(*type.element, eachRules(rules));
  QJsonObject items = element;
  if (type.element->kind == TypeKind::Object) {
    items = {{QStringLiteral("anyOf"), QJsonArray{element, definition("csv")}}};
  }
  QJsonObject list{{QStringLiteral("type"), QStringLiteral("array")}, {QStringLiteral("items"), items}};
  // Rows of a CSV file count at run time, so a list that may hold one has no smallest length here.
  if (type.element->kind != TypeKind::Object) putRange(list, "minItems", "maxItems", rules);
  if (!rules.orSingle) return list;
  return {{QStringLiteral("anyOf"), QJsonArray{element, list}}};
}

QJsonObject objectJson(const TypeNode &type) {
  QJsonObject properties;
  QJsonArray required;
  for (const auto &field : type.fields) {
    QJsonObject json = jsonOf(field.type, field.rules);
    json.insert(QStringLiteral("description"), field.help);
    if (!field.fallback.isNull()) json.insert(QStringLiteral("default"), field.fallback);
    properties.insert(field.key, json);
    if (field.required) required.append(field.key);
  }
  QJsonObject json{{QStringLiteral("type"), QStringLiteral("object")},
                   {QStringLiteral("properties"), properties},
                   {QStringLiteral("patternProperties"), QJsonObject{{QStringLiteral("^x-"), QJsonObject()}}},
                   {QStringLiteral("additionalProperties"), false}};
  if (!required.isEmpty()) json.insert(QStringLiteral("required"), required);
  if (type.shorthand.isEmpty()) return json;
  return {{QStringLiteral("anyOf"), QJsonArray{QJsonObject{{QStringLiteral("type"), QStringLiteral("string")}}, json}}};
}

QJsonObject jsonOf(const TypeNode &type, const Key::Rules &rules) {
  QJsonObject json;
  switch (type.kind) {
    case TypeKind::Bool:
      return {{QStringLiteral("type"), QStringLiteral("boolean")}};
    case TypeKind::Integer:
      json.insert(QStringLiteral("type"), QStringLiteral("integer"));
      putRange(json, "minimum", "maximum", rules);
      return json;
    case TypeKind::Duration:
      json = {{QStringLiteral("type"), QStringLiteral("integer")}, {QStringLiteral("minimum"), 0}};
      putRange(json, "minimum", "maximum", rules);
      return json;
    case TypeKind::Number:
      json.insert(QStringLiteral("type"), QStringLiteral("number"));
      putRange(json, "minimum", "maximum", rules);
      return json;
    case TypeKind::Text: {
      json.insert(QStringLiteral("type"), QStringLiteral("string"));
      putRange(json, "minLength", "maxLength", rules);
      return {{QStringLiteral("anyOf"), QJsonArray{json, definition("reference")}}};
    }
    case TypeKind::Point:
      return {{QStringLiteral("type"), QStringLiteral("string")}};
    case TypeKind::Secret:
      return {{QStringLiteral("allOf"), QJsonArray{definition("reference")}}};
    case TypeKind::Words:
      return {{QStringLiteral("type"), QStringLiteral("string")},
              {QStringLiteral("enum"), QJsonArray::fromStringList(type.words)}};
    case TypeKind::List:
      return listJson(type, rules);
    case TypeKind::Map:
      json = {{QStringLiteral("type"), QStringLiteral("object")},
              {QStringLiteral("additionalProperties"), jsonOf(*type.element, eachRules(rules))}};
      putRange(json, "minProperties", "maxProperties", rules);
      return json;
    case TypeKind::Object:
      return objectJson(type);
    case TypeKind::Any:
      return {};
  }
  return json;
}

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
      return type.help.isEmpty() ? QStringLiteral("as its reader says") : type.help;
  }
  return {};
}

QString limitsText(const Key::Rules &rules) {
  if (!rules.lowest || !rules.highest) return {};
  return QStringLiteral(", %1…%2").arg(*rules.lowest, 0, 'g', 12).arg(*rules.highest, 0, 'g', 12);
}

QString fallbackText(const TypeNode::Field &field) {
  if (field.required) return QStringLiteral("**required**");
  if (field.fallback.isNull() || field.fallback.toString(QStringLiteral("-")).isEmpty()) return QString();
  QByteArray text = QJsonDocument(QJsonArray{field.fallback}).toJson(QJsonDocument::Compact);
  return u'`' + QString::fromUtf8(text.mid(1, text.size() - 2)) + u'`';
}

void addRows(const TypeNode &type, const QString &prefix, QString &markdown) {
  for (const auto &field : type.fields) {
    const QString key = prefix + field.key;
    markdown += QStringLiteral("| `%1` | %2%3 | %4 | %5 |\n")
                    .arg(key, typeText(field.type), limitsText(field.rules), fallbackText(field), field.help);
    const TypeNode *inner = &field.type;
    QString below = key;
    while (inner->kind == TypeKind::List || inner->kind == TypeKind::Map) {
      below += inner->kind == TypeKind::List ? QLatin1String("[]") : QLatin1String(".*");
      inner = inner->element.get();
    }
    addRows(*inner, below + u'.', markdown);
  }
}

}  // namespace

ConfigSchema makeSchema(const TypeNode &type) {
  ConfigSchema schema;
  schema.json = jsonOf(type, Key::Rules());
  schema.markdown = QStringLiteral("| key | type | default | what it is |\n|---|---|---|---|\n");
  addRows(type, QString(), schema.markdown);
  return schema;
}

}  // namespace tagwire
