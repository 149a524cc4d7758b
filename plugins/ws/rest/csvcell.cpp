// SPDX-License-Identifier: Apache-2.0
#include "rest/csvcell.h"

#include <algorithm>

namespace tagwire::ws {
namespace {

bool isAnyOf(QChar character, QStringView these) { return these.contains(character); }

/// Spreadsheets run what begins with such a character, after blanks too.
bool beginsFormula(QStringView text) {
  const QStringView bare = text.trimmed();
  return !bare.isEmpty() && isAnyOf(bare.front(), u"=+-@\uFF1D\uFF0B\uFF0D\uFF20");
}

/// Some take `;` or a tab for the end of a cell: what stands behind may be the beginning of one, too.
QString guarded(const QString &text) {
  QString guarded;
  qsizetype from = 0;
  for (qsizetype i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !isAnyOf(text.at(i), u";\t\r\n")) continue;
    const QStringView part = QStringView(text).mid(from, i - from);
    if (beginsFormula(part)) guarded += u'\'';
    guarded += part;
    if (i < text.size()) guarded += text.at(i);
    from = i + 1;
  }
  return guarded;
}

}  // namespace

QByteArray csvCell(const QString &text) {
  QString made = guarded(text);
  const bool isQuoted =
      std::any_of(made.cbegin(), made.cend(), [](QChar each) { return isAnyOf(each, u",;\t\r\n\""); });
  if (isQuoted) made = u'"' + made.replace(u'"', QStringLiteral("\"\"")) + u'"';
  return made.toUtf8();
}

}  // namespace tagwire::ws
