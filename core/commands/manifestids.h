// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include "../configlocation.h"

namespace tagwire {

/// An entry of the manifest with a number that no other of its kind may have.
struct ManifestId {
  int id = 0;  ///< below 1: could not be read, which was reported
  QString path;
  ConfigLocation where;
};

/// Reports those of all documents that another one has already. `what` is what they are: "interlock".
void checkManifestIds(const QList<ManifestId> &ids, const char *what, Problems &problems);

}  // namespace tagwire
