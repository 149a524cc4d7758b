// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <memory>

#include "export.h"

namespace tagwire {

/// A place in a configuration file. Lines and columns count from 1; 0 means none.
struct ConfigLocation {
  std::shared_ptr<const QString> file;
  int line = 0;
  int column = 0;
};

/// Something wrong in the configuration, or, as a warning, something to look at.
struct Problem {
  ConfigLocation where;
  QString path;     ///< "plugins[0].config.points[3].register"
  QString message;  ///< what is wrong (what is allowed)
  bool isWarning = false;
};

using Problems = QList<Problem>;

/// "file:line:column: path.to.key: message"
TAGWIRE_EXPORT QString toText(const Problem &problem);
TAGWIRE_EXPORT bool hasErrors(const Problems &problems);

/// ", did you mean \"x\"?" when one of `known` is near `given`, else empty.
TAGWIRE_EXPORT QString didYouMean(const QString &given, const QStringList &known);

}  // namespace tagwire
