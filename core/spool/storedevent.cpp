// SPDX-License-Identifier: Apache-2.0
#include "storedevent.h"

#include <QJsonDocument>

#include "storage/statement.h"

namespace tagwire::spool {

StoredEvent storedForm(const Event &event, const PointTable &points, const QString &epoch) {
  constexpr qsizetype longestName = 256;
  constexpr qsizetype longestJson = 1024 * 1024;
  StoredEvent stored;
  stored.hubSequence = event.sequence;
  stored.epoch = storableText(epoch, longestName);
  stored.time = event.time;
  stored.source = storableText(event.source, longestName);
  stored.kind = storableText(kindOf(event), longestName);
  stored.json = QJsonDocument(toJson(event, points)).toJson(QJsonDocument::Compact);
  if (stored.json.size() > longestJson) {
    const QJsonObject remark{{QStringLiteral("type"), kindOf(event).left(longestName)},
                             {QStringLiteral("too_large_bytes"), static_cast<qint64>(stored.json.size())}};
    stored.json = QJsonDocument(remark).toJson(QJsonDocument::Compact);
  }
  return stored;
}

}  // namespace tagwire::spool
