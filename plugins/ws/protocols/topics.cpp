// SPDX-License-Identifier: Apache-2.0
#include "topics.h"

#include <QJsonArray>

#include <algorithm>

namespace tagwire::ws {

namespace {

const QLatin1String topicRoots[] = {QLatin1String("points"), QLatin1String("tags"), QLatin1String("alarms"),
                                    QLatin1String("events")};

}  // namespace

Result<TopicSet> TopicSet::fromJson(const QJsonValue &topics) {
  if (!topics.isArray()) return failure(QStringLiteral("topics must be a list of texts"));
  const QJsonArray list = topics.toArray();
  if (list.isEmpty() || list.size() > mostTopics) {
    return failure(QStringLiteral("topics holds %1 entries (allowed: 1 to %2)").arg(list.size()).arg(mostTopics));
  }
  TopicSet set;
  for (qsizetype index = 0; index < list.size(); ++index) {
    const QString place = QStringLiteral("topics[%1]").arg(index);
    if (!list[index].isString()) return failure(place + QStringLiteral(" must be a text"));
    const auto pattern = PathPattern::fromText(list[index].toString());
    if (!pattern) return failure(place + u' ' + pattern.error());
    if (std::none_of(std::begin(topicRoots), std::end(topicRoots),
                     [&](QLatin1String root) { return pattern->mayBeginWith(QString(root)); })) {
      return failure(place + QStringLiteral(" must begin with points/, tags/, alarms/ or events/"));
    }
    set.m_patterns.append(*pattern);
  }
  return set;
}

bool TopicSet::matches(const QString &topic) const {
  return std::any_of(m_patterns.begin(), m_patterns.end(),
                     [&](const PathPattern &pattern) { return pattern.matches(topic); });
}

bool TopicSet::wantsAny(QLatin1String kind) const {
  const QString level(kind);
  return std::any_of(m_patterns.begin(), m_patterns.end(),
                     [&](const PathPattern &pattern) { return pattern.mayBeginWith(level); });
}

QString TopicSet::key() const {
  QStringList texts;
  for (const PathPattern &pattern : m_patterns) texts << pattern.text();
  texts.removeDuplicates();
  texts.sort();
  // A topic may hold any character but for a slash at its ends, so that "//" can't be part of one.
  return texts.join(QLatin1String("//"));
}

}  // namespace tagwire::ws
