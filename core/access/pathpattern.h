// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include "../export.h"
#include "../result.h"

namespace tagwire {

/// A path with wildcards (R6-2): `*` stands for one level, `#` at the end for all that follow, none included. Plain
/// value.
class TAGWIRE_EXPORT PathPattern {
 public:
  /// Errors: too long, an empty level, a wildcard that does not stand alone, `#` before the end.
  static Result<PathPattern> fromText(const QString &text);

  bool matches(QStringView path) const;
  const QString &text() const { return m_text; }
  /// No wildcard in it.
  bool isExact() const;
  /// Whether some path below `level` could match.
  bool mayBeginWith(QStringView level) const;

 private:
  QString m_text;
  QStringList m_levels;  ///< without the closing #
  bool m_takesRest = false;
};

}  // namespace tagwire
