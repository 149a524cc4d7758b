// SPDX-License-Identifier: Apache-2.0
#include "topicfilter.h"

#include <algorithm>

namespace tagwire::sql {

namespace {

bool matches(const QStringList &pattern, const QStringList &levels) {
  for (qsizetype i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == u"#") return true;
    if (i >= levels.size() || (pattern[i] != u"*" && pattern[i] != levels[i])) return false;
  }
  return pattern.size() == levels.size();
}

}  // namespace

TopicFilter::TopicFilter(const QStringList &patterns) {
  for (const QString &pattern : patterns) m_patterns << pattern.split(u'/');
}

bool TopicFilter::accepts(const QString &fullName) const {
  if (m_patterns.isEmpty()) return true;
  const QStringList levels = fullName.split(u'/');
  return std::any_of(m_patterns.begin(), m_patterns.end(),
                     [&](const QStringList &pattern) { return matches(pattern, levels); });
}

QString TopicFilter::problemWith(const QString &pattern) {
  const QString allowed = QStringLiteral("(allowed: a full name, in which `*` stands for one level, `#` for the rest)");
  const QStringList levels = pattern.split(u'/');
  for (qsizetype i = 0; i < levels.size(); ++i) {
    const QString &level = levels[i];
    if (level.isEmpty()) return QStringLiteral("\"%1\" has an empty level %2").arg(pattern, allowed);
    if (level == u"#" && i + 1 < levels.size()) {
      return QStringLiteral("\"%1\" has `#` before its end %2").arg(pattern, allowed);
    }
    if (level.size() > 1 && (level.contains(u'#') || level.contains(u'*'))) {
      return QStringLiteral("\"%1\" has `%2`, which is no whole level %3").arg(pattern, level, allowed);
    }
  }
  return {};
}

}  // namespace tagwire::sql
