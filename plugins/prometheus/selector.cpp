// SPDX-License-Identifier: Apache-2.0
#include "selector.h"

#include <QRegularExpression>

#include <algorithm>

namespace prometheus_plugin {

Result<Selector> Selector::fromText(const QString &text) {
  static const QRegularExpression head(QStringLiteral("\\A\\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(\\{(.*)\\})?\\s*\\z"),
                                       QRegularExpression::DotMatchesEverythingOption);
  static const QRegularExpression label(
      QStringLiteral("\\G\\s*([a-zA-Z_][a-zA-Z0-9_]*)\\s*=\\s*"
                     "(?:\"((?:[^\"\\\\]|\\\\.)*)\"|'((?:[^'\\\\]|\\\\.)*)')\\s*(?:,\\s*|\\z)"),
      QRegularExpression::DotMatchesEverythingOption);
  const auto whole = head.match(text);
  if (!whole.hasMatch()) return failure(QStringLiteral("not a metric (%1)").arg(QString::fromLatin1(form)));
  Selector selector;
  selector.name = whole.captured(1);
  const QString inner = whole.captured(3).trimmed();
  for (qsizetype at = 0; at < inner.size();) {
    const auto found = label.match(inner, at);
    if (!found.hasMatch()) {
      return failure(
          QStringLiteral("labels are compared by = with a text in quotes only (%1)").arg(QString::fromLatin1(form)));
    }
    QString value;
    const QString escaped = found.captured(2) + found.captured(3);
    for (qsizetype i = 0; i < escaped.size(); ++i) {
      const bool isEscaped = escaped[i] == u'\\';
      if (isEscaped) ++i;
      value += isEscaped && escaped[i] == u'n' ? QChar(u'\n') : escaped[i];
    }
    if (selector.labels.contains(found.captured(1))) {
      return failure(QStringLiteral("the label %1 stands twice").arg(found.captured(1)));
    }
    selector.labels.insert(found.captured(1), value);
    at = found.capturedEnd();
  }
  return selector;
}

QString Selector::toText() const {
  QStringList all;
  for (auto label = labels.begin(); label != labels.end(); ++label) {
    QString value = label.value();
    value.replace(u'\\', QStringLiteral("\\\\"))
        .replace(u'\'', QStringLiteral("\\'"))
        .replace(u'\n', QStringLiteral("\\n"));
    all << QStringLiteral("%1='%2'").arg(label.key(), value);
  }
  return all.isEmpty() ? name : name + u'{' + all.join(u',') + u'}';
}

void Selection::add(const Selector &selector, int index) {
  QByteArrayList names;
  QByteArrayList values;
  for (auto label = selector.labels.begin(); label != selector.labels.end(); ++label) {
    names << label.key().toUtf8();
    values << label.value().toUtf8();
  }
  QList<Group> &groups = m_groups[selector.name.toUtf8()];
  auto group = std::find_if(groups.begin(), groups.end(), [&](const Group &each) { return each.names == names; });
  if (group == groups.end()) group = groups.insert(groups.end(), {names, {}});
  group->indices[values].append(index);
}

bool Selection::wants(QByteArrayView name) const {
  return m_groups.contains(QByteArray::fromRawData(name.data(), name.size()));
}

QList<int> Selection::of(QByteArrayView name, const Labels &labels) const {
  QList<int> all;
  const auto groups = m_groups.constFind(QByteArray::fromRawData(name.data(), name.size()));
  if (groups == m_groups.cend()) return all;
  for (const Group &group : *groups) {
    QByteArrayList values;
    for (const QByteArray &wanted : group.names) {
      const auto label =
          std::find_if(labels.begin(), labels.end(), [&](const auto &each) { return each.first == wanted; });
      values << (label == labels.end() ? QByteArray("") : label->second);
    }
    all += group.indices.value(values);
  }
  return all;
}

}  // namespace prometheus_plugin
