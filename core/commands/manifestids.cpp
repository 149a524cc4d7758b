// SPDX-License-Identifier: Apache-2.0
#include "manifestids.h"

#include <QHash>

namespace tagwire {

void checkManifestIds(const QList<ManifestId> &ids, const char *what, Problems &problems) {
  QHash<int, ConfigLocation> seen;
  for (const ManifestId &each : ids) {
    if (each.id < 1) continue;
    if (const auto first = seen.constFind(each.id); first != seen.cend()) {
      problems.append({each.where, each.path + QLatin1String(".id"),
                       QStringLiteral("id %1 is taken by the %2 in %3, line %4")
                           .arg(each.id)
                           .arg(QLatin1String(what), first->file ? *first->file : QString())
                           .arg(first->line),
                       false});
    } else {
      seen.insert(each.id, each.where);
    }
  }
}

}  // namespace tagwire
