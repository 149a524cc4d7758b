// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QSet>
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

/// All that is wrong. Who sends a manifest to be checked is shown the messages, and its references may name any file
/// that this program can read: so no message tells what a reference ({"$env": …}, {"$file": …}) holds.
class TAGWIRE_EXPORT Problems : public QList<Problem> {
 public:
  using QList<Problem>::QList;

  /// The reference at `path` holds this text: the messages that come after this don't tell any of it.
  void hide(const QString &path, const QString &text);
  /// The same for all that `others` hides, wherever it stands.
  void hide(const Problems &others);
  void append(Problem problem);

 private:
  bool tells(const QString &message) const;

  QSet<QString> m_paths;  ///< of references
  QSet<QString> m_words;  ///< of what they hold
};

/// "file:line:column: path.to.key: message"
TAGWIRE_EXPORT QString toText(const Problem &problem);
TAGWIRE_EXPORT bool hasErrors(const Problems &problems);

/// ", did you mean \"x\"?" when one of `known` is near `given`, else empty.
TAGWIRE_EXPORT QString didYouMean(const QString &given, const QStringList &known);

}  // namespace tagwire
