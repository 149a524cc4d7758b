// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QUrl>

#include "result.h"

namespace prometheus_plugin {

/// Where the metrics are. Plain value.
struct EndpointUrl {
  static constexpr const char *form = "http://host:port/metrics";
  static constexpr const char *formExpression = "^[hH][tT][tT][pP][sS]?://[^@]+$";

  QUrl url;

  /// Without a path it is /metrics.
  static tagwire::Result<EndpointUrl> fromText(const QString &text) {
    EndpointUrl endpoint{QUrl(text.trimmed(), QUrl::StrictMode)};
    QUrl &url = endpoint.url;
    const bool isHttp = url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https");
    if (!url.isValid() || !isHttp || url.host().isEmpty() || url.port() == 0) {
      return tagwire::failure(QStringLiteral("not the URL of an endpoint (%1, or https)").arg(QLatin1String(form)));
    }
    if (!url.userInfo().isEmpty()) {
      return tagwire::failure(QStringLiteral("a password does not stand in a URL (use bearer_token)"));
    }
    if (url.path().isEmpty()) url.setPath(QStringLiteral("/metrics"));
    url.setFragment({});
    return endpoint;
  }
  QString toText() const { return url.toString(QUrl::FullyEncoded); }
};

}  // namespace prometheus_plugin
