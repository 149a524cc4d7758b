// SPDX-License-Identifier: Apache-2.0
#include "rulechange.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace tagwire::alarms {
namespace {

constexpr qsizetype longestRule = 65'536;

/// The path of the first key that is a reference; empty when there is none.
QString findReference(const QJsonValue &value, const QString &path) {
  if (value.isArray()) {
    const QJsonArray array = value.toArray();
    for (qsizetype i = 0; i < array.size(); ++i) {
      const QString found = findReference(array[i], QStringLiteral("%1[%2]").arg(path).arg(i));
      if (!found.isEmpty()) return found;
    }
  }
  const QJsonObject object = value.toObject();
  for (auto each = object.begin(); each != object.end(); ++each) {
    const QString at = path.isEmpty() ? each.key() : path + u'.' + each.key();
    if (each.key().startsWith(u'$')) return at;
    const QString found = findReference(*each, at);
    if (!found.isEmpty()) return found;
  }
  return {};
}

}  // namespace

tl::expected<Rule, QStringList> readRule(const QJsonObject &json, const RuleSurroundings &surroundings) {
  const QString reference = findReference(json, {});
  if (!reference.isEmpty()) {
    return tl::unexpected(QStringList{
        QStringLiteral("%1: references are for the manifest only (allowed: the value itself)").arg(reference)});
  }
  const QByteArray text = QJsonDocument(json).toJson(QJsonDocument::Compact);
  if (text.size() > longestRule) {
    return tl::unexpected(
        QStringList{QStringLiteral("the rule has %1 bytes (allowed: up to %2)").arg(text.size()).arg(longestRule)});
  }
  Problems problems;
  const ConfigNode node = parseJson(text, {}, problems);
  ConfigReader reader(node, {}, problems);
  Rule rule;
  if (reader.readInto(rule)) {
    checkRule(rule, {}, surroundings.siteZone, reader);
    checkNames(rule, surroundings.names, {}, reader);
  }
  for (const ConfigReader::Pending &each : reader.later().references) {
    if (!surroundings.isPoint(each.name))
      reader.error(each.path, QStringLiteral("no such point: \"%1\"").arg(each.name));
  }
  QStringList errors;
  for (const Problem &problem : std::as_const(problems)) {
    if (!problem.isWarning)
      errors << (problem.path.isEmpty() ? QString() : problem.path + QStringLiteral(": ")) + problem.message;
  }
  if (!errors.isEmpty()) return tl::unexpected(errors);
  return rule;
}

}  // namespace tagwire::alarms
