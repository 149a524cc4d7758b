// SPDX-License-Identifier: Apache-2.0
#include "templatetext.h"

#include <QLocale>

namespace tagwire::modbus {
namespace {

using Kind = ConfigNode::Kind;

/// Takes a text apart: characters that stand for themselves, and names in braces.
bool scan(const QString &text, const std::function<void(QChar)> &literal,
          const std::function<void(const QString &)> &name) {
  for (qsizetype i = 0; i < text.size();) {
    const bool isDoubled = text.mid(i, 2) == QLatin1String("{{") || text.mid(i, 2) == QLatin1String("}}");
    if (text[i] != u'{' || isDoubled) {
      literal(text[i]);
      i += isDoubled ? 2 : 1;
      continue;
    }
    const qsizetype end = text.indexOf(u'}', i);
    if (end < 0) return false;
    name(text.mid(i + 1, end - i - 1));
    i = end + 1;
  }
  return true;
}

QString asText(const ConfigNode &value) {
  switch (value.kind) {
    case Kind::Bool:
      return value.boolean ? QStringLiteral("true") : QStringLiteral("false");
    case Kind::Integer:
      return QString::number(value.integer);
    case Kind::Number:
      return QString::number(value.number, 'g', QLocale::FloatingPointShortest);
    default:
      return value.text;
  }
}

}  // namespace

bool holdsParameters(const ConfigNode::Member &member) {
  const bool isText = member.value.kind == Kind::String || member.value.kind == Kind::Cell;
  return isText && !member.key.startsWith(QLatin1String("x-")) &&
         (member.value.text.contains(u'{') || member.value.text.contains(u'}'));
}

bool forEachName(const QString &text, const std::function<void(const QString &)> &tell) {
  return scan(
      text, [](QChar) {}, tell);
}

ConfigNode substituted(const ConfigNode &given, const QMap<QString, Parameter> &values) {
  ConfigNode node = given;
  node.text.clear();
  int literals = 0;
  const auto literal = [&](QChar character) {
    node.text += character;
    ++literals;
  };
  QStringList names;
  scan(given.text, literal, [&](const QString &name) {
    node.text += asText(values[name].value);
    names << name;
  });
  if (literals > 0 || names.size() != 1 || given.kind == Kind::Cell) return node;
  node = values[names.first()].value;
  node.where = given.where;
  return node;
}

}  // namespace tagwire::modbus
