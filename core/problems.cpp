// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "configlocation.h"

namespace tagwire {

namespace {

/// Shorter words stand in every message.
constexpr qsizetype shortestWord = 4;
/// A message may hold a part of what it quotes.
constexpr qsizetype comparedLength = 16;
/// Words that are equally near; more help nobody.
constexpr qsizetype mostHints = 3;

/// How many single-character edits lie between two words (Levenshtein).
int distance(const QString &a, const QString &b) {
  std::vector<int> row(static_cast<size_t>(b.size()) + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = static_cast<int>(j);
  for (qsizetype i = 0; i < a.size(); ++i) {
    int diagonal = row[0]++;
    for (qsizetype j = 0; j < b.size(); ++j) {
      const auto next = static_cast<size_t>(j) + 1;
      const int replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[next];
      row[next] = std::min({row[next] + 1, row[next - 1] + 1, replaced});
    }
  }
  return row.back();
}

/// Calls `found` with each word that is worth hiding, as it is compared.
template <class Found>
void forEachWord(const QString &text, Found found) {
  qsizetype begin = 0;
  for (qsizetype i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i].isLetterOrNumber()) continue;
    if (i - begin >= shortestWord) found(text.mid(begin, std::min(i - begin, comparedLength)).toCaseFolded());
    begin = i + 1;
  }
}

}  // namespace

void Problems::hide(const QString &path, const QString &text) {
  m_paths.insert(path);
  forEachWord(text, [this](const QString &word) { m_words.insert(word); });
}

void Problems::hide(const Problems &others) { m_words.unite(others.m_words); }

bool Problems::tells(const QString &message) const {
  if (m_words.isEmpty()) return false;
  bool found = false;
  forEachWord(message, [&](const QString &word) { found = found || m_words.contains(word); });
  return found;
}

void Problems::append(Problem problem) {
  if (m_paths.contains(problem.path) || tells(problem.message)) {
    const qsizetype allowed = problem.message.lastIndexOf(QLatin1String("(allowed: "));
    const QString rest = allowed < 0 ? QString() : u' ' + problem.message.mid(allowed);
    problem.message = QStringLiteral("what a reference holds is wrong here") + (tells(rest) ? QString() : rest);
  }
  QList<Problem>::append(std::move(problem));
}

QString toText(const Problem &problem) {
  QString text;
  if (problem.where.file) text += *problem.where.file + u':';
  if (problem.where.line > 0) text += QStringLiteral("%1:%2:").arg(problem.where.line).arg(problem.where.column);
  if (!text.isEmpty()) text += u' ';
  if (problem.isWarning) text += QLatin1String("warning: ");
  if (!problem.path.isEmpty()) text += problem.path + QLatin1String(": ");
  return text + problem.message;
}

bool hasErrors(const Problems &problems) {
  return std::any_of(problems.begin(), problems.end(), [](const Problem &problem) { return !problem.isWarning; });
}

QString didYouMean(const QString &given, const QStringList &known) {
  if (given.size() > 100) return {};
  // A third of the word may be wrong: "hots" is near "host".
  int nearest = (static_cast<int>(given.size()) + 2) / 3;
  QStringList best;  // all that are as near: "float" is no nearer to float16 than to float32
  for (const QString &word : known) {
    if (std::abs(word.size() - given.size()) > nearest) continue;
    const int away = distance(given.toLower(), word.toLower());
    if (away < nearest) best.clear();
    if (away > nearest || best.size() == mostHints) continue;
    nearest = away;
    const QString quoted = u'"' + word + u'"';
    if (!best.contains(quoted)) best << quoted;
  }
  return best.isEmpty() ? QString() : QStringLiteral(", did you mean %1?").arg(best.join(QLatin1String(" or ")));
}

}  // namespace tagwire
