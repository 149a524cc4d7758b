// SPDX-License-Identifier: Apache-2.0
// What a support bundle tells of the machine and of this program, as text. None of it waits longer than 10 s.
#pragma once

#include <QString>

#include "pluginloader.h"

namespace tagwire {

/// Version, build and plugin API.
QByteArray versionFacts();
/// Every plugin found, and why one was refused.
QByteArray pluginFacts(PluginLoader &loader);
/// Kernel, processors, memory, limits, and the space where `dataDir` is.
QByteArray systemFacts(const QString &dataDir);
/// Every file below `dataDir` with its size, mode and age; nothing of what is in them.
QByteArray folderFacts(const QString &dataDir);
/// The manifest's versions: number, when, who, why.
QByteArray versionsFacts(const QString &dataDir);
/// The newest audit records: when, what and by whom; neither values nor comments.
QByteArray auditFacts(const QString &dataDir);
/// The last `lines` of what systemd's journal has of us, or why there are none.
QByteArray journalFacts(int lines);

}  // namespace tagwire
