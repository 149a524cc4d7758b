// SPDX-License-Identifier: Apache-2.0
#include "entitytag.h"

#include <QByteArrayList>
#include <QCryptographicHash>

#include <algorithm>

namespace tagwire::ws {

QByteArray entityTagOf(const QByteArray &content) {
  return '"' + QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex().left(32) + '"';
}

bool namesTag(const QByteArray &sent, const QByteArray &tag) {
  const QByteArrayList known = sent.split(',');
  return std::any_of(known.begin(), known.end(), [&tag](const QByteArray &each) {
    const QByteArray trimmed = each.trimmed();
    return trimmed == "*" || trimmed == tag || trimmed == "W/" + tag;
  });
}

}  // namespace tagwire::ws
