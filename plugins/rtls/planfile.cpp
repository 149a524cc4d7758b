// SPDX-License-Identifier: Apache-2.0
#include "planfile.h"

#include <QFileInfo>

namespace tagwire::rtls {

QByteArray planTypeOf(const QString &path) {
  const QString ending = QFileInfo(path).suffix().toLower();
  if (ending == u"png") return "image/png";
  if (ending == u"jpg" || ending == u"jpeg") return "image/jpeg";
  if (ending == u"svg") return "image/svg+xml";
  return {};
}

}  // namespace tagwire::rtls
