// SPDX-License-Identifier: Apache-2.0
#include "notify/messagetemplate.h"

#include <QVariant>

#include <algorithm>

namespace tagwire::alarms {

const QStringList &MessageTemplate::placeholders() {
  static const QStringList all{
      QStringLiteral("alarm_id"),   QStringLiteral("area"),     QStringLiteral("by"),        QStringLiteral("comment"),
      QStringLiteral("condition"),  QStringLiteral("instance"), QStringLiteral("kind"),      QStringLiteral("level"),
      QStringLiteral("local_time"), QStringLiteral("message"),  QStringLiteral("notice_id"), QStringLiteral("point"),
      QStringLiteral("previous"),   QStringLiteral("rule_id"),  QStringLiteral("rule_name"), QStringLiteral("severity"),
      QStringLiteral("site"),       QStringLiteral("state"),    QStringLiteral("subject"),   QStringLiteral("text"),
      QStringLiteral("ts"),         QStringLiteral("value"),    QStringLiteral("value_text")};
  return all;
}

Result<MessageTemplate> MessageTemplate::fromText(const QString &text) {
  MessageTemplate made;
  QString plain;
  for (qsizetype i = 0; i < text.size(); ++i) {
    if (text[i] != u'{') {
      plain += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == u'{') {
      plain += text[++i];
    } else {
      const qsizetype end = text.indexOf(u'}', i);
      const QString name = end < 0 ? QString() : text.mid(i + 1, end - i - 1);
      if (!placeholders().contains(name)) {
        return failure(
            QStringLiteral("{%1 is no placeholder (allowed: {%2}; {{ is a brace)")
                .arg(end < 0 ? QString() : name.left(40) + u'}', placeholders().join(QLatin1String("}, {"))));
      }
      if (!plain.isEmpty()) made.m_parts.append({plain, false});
      plain.clear();
      made.m_parts.append({name, true});
      i = end;
    }
  }
  if (!plain.isEmpty()) made.m_parts.append({plain, false});
  return made;
}

QString MessageTemplate::shown(const QJsonObject &fields, const QString &name) {
  const QJsonValue value = fields.value(name);
  // What a number means ("Tripped") is the better text; without one it is the number.
  if (name == QLatin1String("value_text") && !value.isString()) return shown(fields, QStringLiteral("value"));
  return value.toVariant().toString();
}

QString MessageTemplate::fill(const QJsonObject &fields) const {
  QString text;
  for (const Part &part : m_parts) text += part.isField ? shown(fields, part.text) : part.text;
  return text;
}

bool MessageTemplate::uses(QLatin1String name) const {
  return std::any_of(m_parts.cbegin(), m_parts.cend(),
                     [name](const Part &part) { return part.isField && part.text == name; });
}

bool MessageTemplate::hasPlaceholders() const {
  return std::any_of(m_parts.cbegin(), m_parts.cend(), [](const Part &part) { return part.isField; });
}

}  // namespace tagwire::alarms
