// SPDX-License-Identifier: Apache-2.0
#include "conversion.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

namespace tagwire::convert {

namespace {

QString valueText(const QJsonValue &value) {
  const QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
  return QString::fromUtf8(text.mid(1, text.size() - 2));
}

QString inOneLine(const Members &members) {
  QStringList parts;
  for (const auto &[key, value] : members) parts << valueText(key) + QLatin1String(": ") + valueText(value);
  return QLatin1String("{ ") + parts.join(QLatin1String(", ")) + QLatin1String(" }");
}

QString instanceText(const Instance &instance) {
  QString text = QStringLiteral("    { \"id\": %1, \"type\": %2").arg(valueText(instance.id), valueText(instance.type));
  if (!instance.isEnabled) text += QLatin1String(", \"enabled\": false");
  text += QLatin1String(", \"config\": {\n");
  QStringList lines;
  for (const auto &[key, value] : instance.config) {
    lines << QLatin1String("        ") + valueText(key) + QLatin1String(": ") + valueText(value);
  }
  if (!instance.listName.isEmpty()) {
    QStringList entries;
    for (const Members &each : instance.list) entries << QLatin1String("          ") + inOneLine(each);
    lines << QLatin1String("        ") + valueText(instance.listName) + QLatin1String(": [\n") +
                 entries.join(QLatin1String(",\n")) + QLatin1String(" ]");
  }
  return text + lines.join(QLatin1String(",\n")) + QLatin1String(" } }");
}

}  // namespace

void Conversion::leaveOut(const QString &where, const QString &place, const QString &why) {
  leftOut << QStringLiteral("%1: %2: left out: %3").arg(where, place, why);
}

void Conversion::note(const QString &where, const QString &place, const QString &text) {
  notes << QStringLiteral("%1: %2: %3").arg(where, place, text);
}

QByteArray manifestText(const Conversion &conversion) {
  QStringList entries;
  for (const Instance &each : conversion.instances) entries << instanceText(each);
  return (QLatin1String("{\n  \"plugins\": [\n") + entries.join(QLatin1String(",\n")) + QLatin1String("\n  ]\n}\n"))
      .toUtf8();
}

QString newId(const QString &wanted, QSet<QString> &taken) {
  static const QRegularExpression other(QStringLiteral("[^A-Za-z0-9_.-]+"));
  static const QRegularExpression wrongStart(QStringLiteral("^[^A-Za-z0-9]+"));
  QString base = wanted;
  base.replace(other, QStringLiteral("-")).remove(wrongStart).truncate(50);
  while (base.endsWith(u'-')) base.chop(1);
  if (base.isEmpty() || base == u"tagwire") base = QStringLiteral("modbus");
  QString id = base;
  for (int i = 2; taken.contains(id); ++i) id = base + u'-' + QString::number(i);
  taken.insert(id);
  return id;
}

QString pointName(const QString &wanted) {
  static const QRegularExpression other(QStringLiteral("[*#?+\\x00-\\x1f\\x7f]"));
  static const QRegularExpression slashes(QStringLiteral("/{2,}"));
  QString name = wanted.trimmed();
  name.replace(other, QStringLiteral("_")).replace(slashes, QStringLiteral("/"));
  while (name.startsWith(u'/')) name.remove(0, 1);
  name.truncate(180);
  while (name.endsWith(u'/')) name.chop(1);
  return name;
}

}  // namespace tagwire::convert
