// SPDX-License-Identifier: Apache-2.0
#include "foreigntext.h"

namespace tagwire {

QString printable(const QString &text, qsizetype longest) {
  QString plain = text.left(longest);
  for (QChar &c : plain) {
    if (!c.isPrint() && !c.isSurrogate()) c = u'?';
  }
  return plain;
}

}  // namespace tagwire
