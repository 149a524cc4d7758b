// SPDX-License-Identifier: Apache-2.0
// The text of `tagwire init`, from the declaration that also reads it. A comment that is a key has no blank behind its
// slashes, so that one knows what to take away to use it.
#include <QJsonDocument>

#include "configtext.h"

namespace tagwire {

namespace {

using TypeKind = TypeNode::Kind;

bool isWritten(const TypeNode::Field &field) {
  return field.required || (field.rules.shown && field.rules.shown->isSuggested);
}

QString jsonText(const QJsonValue &value) {
  const QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
  return QString::fromUtf8(text.mid(1, text.size() - 2));
}

QStringList objectLines(const TypeNode &type) {
  QStringList lines{QStringLiteral("{")};
  for (const auto &field : type.fields) {
    for (const QString &line : starterLines(field)) lines << QStringLiteral("  ") + line;
  }
  return lines << QStringLiteral("}");
}

QString leafText(const TypeNode::Field &field, const QJsonValue &example) {
  const QJsonValue fallback = defaultOf(field);
  if (!fallback.isNull() && fallback != QJsonValue(QString())) return jsonText(fallback);
  if (!example.isNull()) return jsonText(example);
  const TypeNode *type = &field.type;
  const bool isList = type->kind == TypeKind::List;
  if (isList) type = type->element.get();
  QString text = QStringLiteral("\"\"");
  if (type->kind == TypeKind::Words) text = jsonText(type->words.value(0));
  if (type->kind == TypeKind::Bool) text = QStringLiteral("false");
  if (type->kind == TypeKind::Map || type->kind == TypeKind::Object) text = QStringLiteral("{}");
  return isList ? u'[' + text + u']' : text;
}

/// The value of a key, without a comma.
QStringList valueLines(const TypeNode::Field &field) {
  const QJsonValue example = exampleOf(field.type, field.rules);
  if (!example.isNull()) return {leafText(field, example)};
  if (field.type.kind == TypeKind::Object && !field.type.fields.isEmpty()) return objectLines(field.type);
  const bool isListOfObjects = field.type.kind == TypeKind::List && !field.type.element->fields.isEmpty();
  if (!isListOfObjects) return {leafText(field, example)};
  QStringList lines{QStringLiteral("[")};
  for (const QString &line : objectLines(*field.type.element)) lines << QStringLiteral("  ") + line;
  return lines << QStringLiteral("]");
}

}  // namespace

QStringList starterLines(const TypeNode::Field &field) {
  const QString kind = field.type.kind == TypeKind::Object ? QString() : typeText(field.type, field.rules);
  QStringList lines{QStringLiteral("// ") + field.help};
  if (!kind.isEmpty()) lines.first() += QStringLiteral(" (%1)").arg(kind);
  lines.first().remove(u'`');
  QStringList value = valueLines(field);
  value.first().prepend(jsonText(field.key) + QStringLiteral(": "));
  value.last() += u',';
  for (const QString &line : std::as_const(value)) {
    lines << (isWritten(field) ? line : QStringLiteral("//") + line);
  }
  return lines;
}

QString makeStarter(const TypeNode &type) { return objectLines(type).join(u'\n'); }

}  // namespace tagwire
