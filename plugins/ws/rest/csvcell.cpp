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

/// Blanks at the ends and a # in front are lost on the way back without quotes.
bool isBare(const QString &text) {
  const bool isSpecial =
      std::any_of(text.cbegin(), text.cend(), [](QChar each) { return isAnyOf(each, u",;\t\r\n\""); });
  return !isSpecial && text.trimmed().size() == text.size() && !text.startsWith(u'#');
}

}  // namespace

QByteArray csvPlainCell(const QString &text) {
  if (isBare(text)) return text.toUtf8();
  QString quoted = text;
  return '"' + quoted.replace(u'"', QStringLiteral("\"\"")).toUtf8() + '"';
}

QByteArray csvTextCell(const QString &text) {
  const auto first = std::find_if(text.cbegin(), text.cend(), [](QChar each) { return each != u'\''; });
  const QStringView bare = QStringView(text).mid(first - text.cbegin());
  return csvPlainCell(beginsFormula(bare) ? u'\'' + text : text);
}

QByteArray csvCell(const QString &text) { return csvPlainCell(guarded(text)); }

}  // namespace tagwire::ws
