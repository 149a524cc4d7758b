// SPDX-License-Identifier: Apache-2.0
#include "loglimiter.h"

#include <algorithm>

namespace tagwire {

namespace {

constexpr int longestKey = 120;
constexpr int longestExample = 200;

/// The text without what differs between messages of one cause.
QByteArray causeKeyOf(const QByteArray &category, const QString &text) {
  QByteArray key = category + '\0';
  const QStringView whole = QStringView(text).left(2 * longestKey);
  bool isQuoted = false;
  for (const QStringView word : whole.split(u' ')) {
    const bool wasQuoted = isQuoted;
    if (word.count(u'"') % 2 == 1) isQuoted = !isQuoted;
    const bool hasDigit = std::any_of(word.begin(), word.end(), [](QChar each) { return each.isDigit(); });
    if (wasQuoted || isQuoted || hasDigit || word.contains(u'"')) {
      if (!key.endsWith('#')) key += '#';
    } else {
      key += word.toUtf8() + ' ';
    }
  }
  return key.left(longestKey);
}

}  // namespace

/// Room is made by those that are calm: they begin anew with a full burst, as they would have had by now.
LogLimiter::Cause &LogLimiter::causeOf(const QByteArray &key, Moment now) {
  const auto found = m_causes.find(key);
  if (found != m_causes.end()) return *found;
  if (m_causes.size() >= mostCauses) {
    m_causes.removeIf(
        [now](const auto &each) { return each->suppressed.count == 0 && now - each->last >= burst * refill; });
  }
  return m_causes.size() >= mostCauses ? m_causes[QByteArray()] : m_causes[key];
}

bool LogLimiter::admit(QtMsgType type, const QByteArray &category, const QString &text, Moment now) {
  Cause &cause = causeOf(causeKeyOf(category, text), now);
  const double refilled = std::chrono::duration<double>(now - cause.last) / refill;
  cause.tokens = std::min<double>(burst, cause.tokens + std::max(0.0, refilled));
  cause.last = now;
  if (cause.tokens >= 1) {
    cause.tokens -= 1;
    return true;
  }
  if (cause.suppressed.count == 0) {
    cause.told = now;
    ++m_suppressedCauses;
  }
  cause.suppressed = {type, category, text.left(longestExample), cause.suppressed.count + 1};
  return false;
}

QList<LogLimiter::Suppressed> LogLimiter::due(Moment now, bool all) {
  QList<Suppressed> due;
  if (m_suppressedCauses == 0) return due;
  for (Cause &cause : m_causes) {
    if (cause.suppressed.count == 0) continue;
    if (!all && now - cause.last < calmAfter && now - cause.told < tellEvery) continue;
    due << std::exchange(cause.suppressed, Suppressed{QtInfoMsg, {}, {}, 0});
    --m_suppressedCauses;
  }
  return due;
}

}  // namespace tagwire
