// SPDX-License-Identifier: Apache-2.0
#include "remote/remoteconfig.h"

#include <QHostAddress>

#include <algorithm>

namespace tagwire::rtls {

namespace {

tl::unexpected<QString> wrong(const char *what) {
  return failure(QStringLiteral("%1 (allowed: ws://host:port/ws/Manager1 or wss://…)").arg(QLatin1String(what)));
}

/// What others raised is re-broadcast there: two sites would send each other the same events for ever.
bool isRebroadcast(const QString &path) {
  return path == QLatin1String("/ws/events") || path.startsWith(QLatin1String("/api/ws/events"));
}

}  // namespace

/// What is wrong is not repeated: it may hold a credential.
Result<RemoteEndpoint> RemoteEndpoint::fromText(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  if (!url.isValid() || url.host().isEmpty()) return wrong("is not a URL");
  if (url.scheme() != QLatin1String("ws") && url.scheme() != QLatin1String("wss")) {
    return wrong("is not the URL of a WebSocket");
  }
  if (!url.userInfo().isEmpty()) return wrong("no name or password belongs in a URL");
  if (url.hasQuery() || url.hasFragment()) return wrong("nothing may follow the path");
  if (isRebroadcast(url.path())) return wrong("re-broadcasts what other sites raised; a manager is due");
  return RemoteEndpoint{url};
}

bool RemoteEndpoint::isLoopback() const {
  return url.host() == QLatin1String("localhost") || QHostAddress(url.host()).isLoopback();
}

bool fitsAHeader(const Secret &token) {
  return std::all_of(token.reveal().cbegin(), token.reveal().cend(),
                     [](QChar character) { return character.unicode() > 0x20 && character.unicode() < 0x7f; });
}

void RemoteConfig::describe(Shape<RemoteConfig> &shape) {
  constexpr int hour = 3'600'000;  // ms
  shape.required("endpoint", &RemoteConfig::endpoint, "the manager of the other site")
      .example("wss://example.org/ws/Manager1")
      .range(1, 2000);
  shape.required("tags", &RemoteConfig::tags, "ids of the tags whose events are asked for")
      .example("SIM1")
      .range(1, 10'000);
  shape.optional("zone", &RemoteConfig::zone, "only what happens in this zone of the other site, or below it")
      .example(417)
      .range(1, 2147483647);
  shape.optional("token", &RemoteConfig::token,
                 "bearer token that the other site gave; read again for each connection");
  shape
      .optional("static_data", &RemoteConfig::staticData,
                "file with the other site's names, as its GET /api/v1/rtls/static exports them")
      .example("static.json")
      .range(1, 4096);
  shape.optional("positions", &RemoteConfig::positions, "positions too, not only events");
  shape.optional("recent_events", &RemoteConfig::recentEvents,
                 "after the link was down, ask its GET /recent_events for what happened meanwhile");
  shape.optional("ca", &RemoteConfig::ca, "PEM file: certificates to trust instead of the system's")
      .example("ca.pem")
      .range(1, 4096);
  shape.optional("retry_ms", &RemoteConfig::retry, "before the first attempt to connect again; doubles each time")
      .range(10, hour);
  shape.optional("longest_retry_ms", &RemoteConfig::longestRetry, "the longest such pause").range(10, hour);
  shape.optional("retry_jitter", &RemoteConfig::retryJitter, "how far a pause may be off, as a share of it")
      .range(0, 0.5);
  shape
      .optional("heartbeat_interval_ms", &RemoteConfig::heartbeatInterval,
                "of the other site; when nothing comes for twice as long, the connection is dead")
      .range(100, hour);
}

}  // namespace tagwire::rtls
