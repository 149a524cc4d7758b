// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.h"
#include "pluginloader.h"

namespace tagwire {

/// Options that every command with plugins takes.
inline QStringList commonOptions() { return {QStringLiteral("plugin-dir"), QStringLiteral("log-level")}; }

/// Parses the command line of a command and sets the log level. After --help, which prints `usage`, or an error, which
/// is printed: the exit code. `valued` are the command's own options with a value.
tl::expected<Arguments, int> parseCommon(const QStringList &given, const QStringList &flags, const QString &usage,
                                         qsizetype leastRest, qsizetype mostRest, const QStringList &valued = {});

}  // namespace tagwire
