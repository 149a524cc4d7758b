// SPDX-License-Identifier: Apache-2.0
#include "request.h"

namespace tagwire::ws {

QByteArray Request::field(const char *name) const {
  for (const auto &[key, value] : fields) {
    if (key == name) return value.isNull() ? QByteArray("") : value;
  }
  return {};
}

int Request::count(const char *name) const {
  int found = 0;
  for (const auto &each : fields) found += each.first == name ? 1 : 0;
  return found;
}

bool Request::hasToken(const char *name, const char *token) const {
  for (const auto &[key, value] : fields) {
    if (key != name) continue;
    for (const QByteArray &each : value.split(',')) {
      if (each.trimmed().compare(token, Qt::CaseInsensitive) == 0) return true;
    }
  }
  return false;
}

bool Request::wantsWebSocket() const { return hasToken("upgrade", "websocket") || count("sec-websocket-key") > 0; }

}  // namespace tagwire::ws
