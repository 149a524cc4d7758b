// SPDX-License-Identifier: Apache-2.0
// `tagwire check --json`: what is found wrong with a text, told by one process to another.
#pragma once

#include <QStringList>

#include "manifestdesk.h"

namespace tagwire {

/// What check --json prints. Of more than 1,000 problems the first.
QByteArray findingsJson(const ManifestFindings &findings);

/// Checks by `tagwire check` in a process of its own: a large manifest takes a second and much memory, and no text may
/// bring down what runs. Ended after 60 s. Refused when the program's files are other ones than at this call: their
/// check would be none of what runs.
ManifestChecker checkerByProcess(const QString &file, const QStringList &pluginDirs);

}  // namespace tagwire
