// SPDX-License-Identifier: Apache-2.0
#include "topics.h"

#include <QJsonArray>

#include <algorithm>

namespace tagwire::ws {

namespace {

constexpr int longestTopic = 300;
const QLatin1String topicRoots[] = {QLatin1String("points"), QLatin1String("tags"), QLatin1String("alarms"),
                                    QLatin1String("events")};

QString wrongLevel(const QString &level, bool isLast) {
  if (level.isEmpty()) return QStringLiteral("has an empty level");
  if (level == u'#' && !isLast) return QStringLiteral("has # before its end");
  if (level.size() > 1 && (level.contains(u'*') || level.contains(u'#'))) {
    return QStringLiteral("has a wildcard within a level (allowed: * for one level, # for the rest)");
  }
  return {};
}

}  // namespace

Result<PathPattern> PathPattern::fromText(const QString &text) {
  if (text.size() > longestTopic) return failure(QStringLiteral("is longer than %1 characters").arg(longestTopic));
  PathPattern pattern;
  pattern.m_text = text;
  pattern.m_levels = text.split(u'/');
  for (qsizetype index = 0; index < pattern.m_levels.size(); ++index) {
    const QString wrong = wrongLevel(pattern.m_levels[index], index + 1 == pattern.m_levels.size());
    if (!wrong.isEmpty()) return failure(wrong);
  }
  if (pattern.m_levels.last() == u'#') {
    pattern.m_takesRest = true;
    pattern.m_levels.removeLast();
  }
  return pattern;
}

bool PathPattern::matches(QStringView path) const {
  auto rest = path;
  bool hasMore = true;
  for (const QString &level : m_levels) {
    if (!hasMore) return false;
    const auto slash = rest.indexOf(u'/');
    const QStringView given = slash < 0 ? rest : rest.first(slash);
    if (level != u'*' && level != given) return false;
    hasMore = slash >= 0;
    rest = hasMore ? rest.sliced(slash + 1) : QStringView();
  }
  return m_takesRest || !hasMore;
}

bool PathPattern::mayBeginWith(QStringView level) const {
  return m_levels.isEmpty() || m_levels.first() == u'*' || m_levels.first() == level;
}

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
