// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "result.h"

namespace tagwire::mqtt {

/// Where a broker is; without any secret. Plain value.
struct BrokerUrl {
  static constexpr const char *form = "mqtt://host:port or mqtts://host:port (port 1883 or 8883 if absent)";
  static constexpr const char *formExpression = "^mqtts?://[^/?#@]+/?$";

  QString host;  ///< name or address, an IPv6 one without brackets
  quint16 port = 1883;
  bool isTls = false;

  /// Errors say what is allowed and never repeat a user or a password.
  static Result<BrokerUrl> fromText(const QString &text);
  QString toText() const;
  bool isLoopback() const;
};

}  // namespace tagwire::mqtt
