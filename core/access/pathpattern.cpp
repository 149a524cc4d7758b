// SPDX-License-Identifier: Apache-2.0
#include "pathpattern.h"

namespace tagwire {

namespace {

constexpr int longestPath = 300;

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
  if (text.size() > longestPath) return failure(QStringLiteral("is longer than %1 characters").arg(longestPath));
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

bool PathPattern::isExact() const { return !m_takesRest && !m_levels.contains(QStringLiteral("*")); }

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

}  // namespace tagwire
