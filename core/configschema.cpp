// SPDX-License-Identifier: Apache-2.0
#include <QJsonArray>
#include <QJsonDocument>

#include "configtext.h"

namespace tagwire {

namespace {

using TypeKind = TypeNode::Kind;

void putRange(QJsonObject &json, const char *low, const char *high, const Key::Rules &rules,
              const TypeNode &natural = {}) {
  const auto lowest = rules.lowest ? rules.lowest : natural.lowest;
  const auto highest = rules.highest ? rules.highest : natural.highest;
  if (lowest) json.insert(QLatin1String(low), *lowest);
  if (highest && *highest < std::numeric_limits<double>::max()) json.insert(QLatin1String(high), *highest);
}

QJsonObject definition(const char *name) {
  return {{QStringLiteral("$ref"), QStringLiteral("#/definitions/") + QLatin1String(name)}};
}

QJsonObject ofType(const char *type) { return {{QStringLiteral("type"), QLatin1String(type)}}; }

QJsonObject anyOf(const QJsonArray &choices) { return {{QStringLiteral("anyOf"), choices}}; }

/// Makes JSON Schema of a declaration; notes the definitions that it refers to.
class SchemaWriter {
 public:
  QJsonObject jsonOf(const TypeNode &type, const Key::Rules &rules);
  QJsonObject definitions;

 private:
  QJsonObject listJson(const TypeNode &type, const Key::Rules &rules);
  QJsonObject objectJson(const TypeNode &type);
  QJsonObject fieldJson(const TypeNode::Field &field);
  static QJsonObject textJson(const TypeNode &type, const Key::Rules &rules);
};

QJsonObject SchemaWriter::listJson(const TypeNode &type, const Key::Rules &rules) {
  const QJsonObject element = jsonOf(*type.element, eachRules(rules));
  QJsonObject list = ofType("array");
  if (type.element->kind == TypeKind::Object) {
    list.insert(QStringLiteral("items"), anyOf({element, definition("csv")}));
    // How many rows a CSV file has shows at run time; but something has to stand there.
    if (rules.lowest.value_or(0) >= 1) list.insert(QStringLiteral("minItems"), 1);
  } else {
    list.insert(QStringLiteral("items"), element);
    putRange(list, "minItems", "maxItems", rules);
  }
  return rules.orSingle ? anyOf({element, list}) : list;
}

QJsonObject SchemaWriter::fieldJson(const TypeNode::Field &field) {
  QJsonObject json = jsonOf(field.type, field.rules);
  json.insert(QStringLiteral("description"), field.help);
  if (const QJsonValue value = defaultOf(field); !value.isNull()) json.insert(QStringLiteral("default"), value);
  const QJsonValue example = exampleOf(field.type, field.rules);
  if (!example.isNull()) json.insert(QStringLiteral("examples"), QJsonArray{example});
  return json;
}

QJsonObject SchemaWriter::objectJson(const TypeNode &type) {
  QJsonObject properties;
  QJsonArray required;
  for (const auto &field : type.fields) {
    properties.insert(field.key, fieldJson(field));
    if (field.required) required.append(field.key);
  }
  QJsonObject json{{QStringLiteral("type"), QStringLiteral("object")},
                   {QStringLiteral("properties"), properties},
                   {QStringLiteral("patternProperties"), QJsonObject{{QStringLiteral("^x-"), QJsonObject()}}},
                   {QStringLiteral("additionalProperties"), false}};
  if (!required.isEmpty()) json.insert(QStringLiteral("required"), required);
  if (type.shorthand.isEmpty()) return json;
  const auto single = std::find_if(type.fields.begin(), type.fields.end(),
                                   [&](const TypeNode::Field &field) { return field.key == type.shorthand; });
  return anyOf({jsonOf(single->type, single->rules), json});
}

QJsonObject SchemaWriter::textJson(const TypeNode &type, const Key::Rules &rules) {
  QJsonObject json = ofType("string");
  putRange(json, "minLength", "maxLength", rules);
  const QString pattern = rules.shown && !rules.shown->pattern.isEmpty() ? rules.shown->pattern : type.pattern;
  if (!pattern.isEmpty()) json.insert(QStringLiteral("pattern"), pattern);
  return anyOf({json, definition("reference")});
}

QJsonObject SchemaWriter::jsonOf(const TypeNode &type, const Key::Rules &rules) {
  QJsonObject json;
  switch (type.kind) {
    case TypeKind::Bool:
      return ofType("boolean");
    case TypeKind::Integer:
    case TypeKind::Duration:
      json = ofType("integer");
      putRange(json, "minimum", "maximum", rules, type);
      return json;
    case TypeKind::Number:
      json = ofType("number");
      putRange(json, "minimum", "maximum", rules);
      return json;
    case TypeKind::Text:
    case TypeKind::Point:
      return textJson(type, rules);
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
      for (auto each = type.definitions.begin(); each != type.definitions.end(); ++each) {
        definitions.insert(each.key(), each.value());
      }
      return rules.shown && !rules.shown->schema.isEmpty() ? rules.shown->schema : type.schema;
  }
  return json;
}

QString fallbackText(const TypeNode::Field &field) {
  if (field.required) return QStringLiteral("**required**");
  const QJsonValue value = defaultOf(field);
  if (value.isNull() || value.toString(QStringLiteral("-")).isEmpty()) return QString();
  QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
  return u'`' + QString::fromUtf8(text.mid(1, text.size() - 2)) + u'`';
}

void addRows(const TypeNode &type, const QString &prefix, QString &markdown) {
  for (const auto &field : type.fields) {
    const QString key = prefix + field.key;
    markdown += QStringLiteral("| `%1` | %2 | %3 | %4 |\n")
                    .arg(key, typeText(field.type, field.rules), fallbackText(field), field.help);
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
  SchemaWriter writer;
  ConfigSchema schema;
  schema.json = writer.jsonOf(type, Key::Rules());
  if (!writer.definitions.isEmpty()) schema.json.insert(QStringLiteral("definitions"), writer.definitions);
  schema.markdown = QStringLiteral("| key | type | default | what it is |\n|---|---|---|---|\n");
  addRows(type, QString(), schema.markdown);
  schema.starter = makeStarter(type);
  return schema;
}

}  // namespace tagwire
