// SPDX-License-Identifier: Apache-2.0
// The manifest's own file, as it is changed by the program. These wait for the disk.
#pragma once

#include <QByteArray>
#include <QString>

#include "export.h"
#include "result.h"

namespace tagwire {

/// Its bytes. Errors: not there, no plain file, larger than `largest`.
TAGWIRE_EXPORT Result<QByteArray> readManifestFile(const QString &file, qint64 largest);
/// Why replaceManifestFile() would not succeed; empty: it looks as if it would.
TAGWIRE_EXPORT QString whyNotReplaceable(const QString &file);
/// Whoever reads it, also after a power cut, finds the old or the new text, whole. Owner and permissions stay; behind a
/// symbolic link the file itself is replaced.
TAGWIRE_EXPORT Result<void> replaceManifestFile(const QString &file, const QByteArray &text);

}  // namespace tagwire
