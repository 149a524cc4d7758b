// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMap>

#include "permissions.h"

namespace tagwire {

/// What each role may do: viewer, operator, engineer and admin (spec, "Permissions") and a manifest's own. Plain value.
class TAGWIRE_EXPORT Roles {
 public:
  /// The built-in ones.
  Roles();
  /// These beside the built-in ones. Errors: a built-in name, no name, no permission.
  Result<void> add(const QMap<QString, QStringList> &own);

  /// Errors say which roles there are.
  Result<Permissions> permissionsOf(const QString &role) const;
  /// Built-in ones first.
  QStringList names() const;

 private:
  QMap<QString, Permissions> m_own;
};

/// What is wrong with the name of a manifest's own role, with what is allowed; empty when all is well.
TAGWIRE_EXPORT QString ownRoleProblem(const QString &name);

}  // namespace tagwire
