// SPDX-License-Identifier: Apache-2.0
#include "manifestrecord.h"

#include <QFileInfo>
#include <QJsonArray>

namespace tagwire {

AuditEntry manifestRecord(const char *action, const QList<ManifestDocument> &documents) {
  AuditEntry entry;
  entry.kind = QStringLiteral("config");
  entry.action = QLatin1String(action);
  entry.actor = QStringLiteral("tagwire");
  if (!documents.isEmpty()) entry.subject = QFileInfo(documents.first().file).absoluteFilePath();
  QJsonArray files;
  for (const ManifestDocument &document : documents) {
    files.append(QJsonObject{{QStringLiteral("file"), QFileInfo(document.file).absoluteFilePath()},
                             {QStringLiteral("sha256"), QString::fromLatin1(document.sha256.toHex())}});
  }
  entry.details = {{QStringLiteral("version"), QLatin1String(TAGWIRE_VERSION)}, {QStringLiteral("files"), files}};
  return entry;
}

}  // namespace tagwire
