// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QUrl>

#include "config.h"

namespace tagwire::rtls {

/// Where another site's manager is: a WebSocket URL without any credential in it.
struct RemoteEndpoint {
  static constexpr const char *form = "wss://host:port/ws/Manager1";
  static Result<RemoteEndpoint> fromText(const QString &text);

  bool isEncrypted() const { return url.scheme() == QLatin1String("wss"); }
  bool isLoopback() const;

  QUrl url;
};

/// One entry of `remotes`.
struct RemoteConfig {
  static void describe(Shape<RemoteConfig> &shape);
  RemoteEndpoint endpoint;
  QList<QString> tags;
  std::optional<int> zone;
  Secret token;
  QString staticData;
  bool positions = false;
  bool recentEvents = true;
  QString ca;
  std::chrono::milliseconds retry{5'000};
  std::chrono::milliseconds longestRetry{60'000};
  double retryJitter = 0.2;
  std::chrono::milliseconds heartbeatInterval{30'000};
};

/// Whether it can be sent as a bearer token: nothing in it ends a line.
bool fitsAHeader(const Secret &token);

}  // namespace tagwire::rtls
