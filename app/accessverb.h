// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "access/accessfile.h"
#include "access/roles.h"
#include "audit/audittrail.h"
#include "command.h"

namespace tagwire {

/// Where tokens and users are kept, and which roles there are, as --data-dir or --manifest says. Plain value.
struct AccessPlace {
  QString dataDir;
  Roles roles;
  bool isOfManifest = false;  ///< its own roles are among `roles`

  /// Carries out a change that goes on record: with no audit trail to write to, nothing is changed. Returns the exit
  /// code; that of `change` when it is none of success.
  int record(AuditEntry entry, const std::function<int()> &change) const;

  /// Prints what is wrong and gives the exit code.
  static tl::expected<AccessPlace, int> find(const Arguments &arguments);
};

/// One thing that `tagwire token`, `tagwire user` or `tagwire audit` does.
struct AccessVerb {
  const char *name;
  const char *synopsis;  ///< what follows the name
  const char *help;
  const char *options;  ///< its own, all with a value; separated by spaces
  qsizetype fewest;     ///< what has to stand beside the options
  qsizetype most;
  int (*run)(const Arguments &arguments, const AccessPlace &place);
  const char *flags = "";    ///< options without a value; separated by spaces
  bool makesFolder = false;  ///< where there is none yet
};

/// Runs the verb that `given` begins with; prints the help or what is wrong. Returns the exit code.
int runVerb(const char *command, std::span<const AccessVerb> verbs, const QStringList &given);

/// Prints why something was not done, and gives the exit code for that.
int exitCodeOf(const AccessError &error);

/// The first line of stdin, or, at a terminal, what is typed there twice without being shown. Errors: none, not twice
/// the same, no UTF-8.
Result<QString> readPassword(const QString &user);

}  // namespace tagwire
