// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "result.h"

namespace tagwire::modbus {

/// Where the Modbus server listens. Plain value.
struct Endpoint {
  QString host;
  quint16 port = 502;

  static constexpr const char *form = "tcp://host:port (port 502 when left out)";
  /// Errors never repeat the text, which may hold a password.
  static Result<Endpoint> fromText(const QString &text);
  /// "tcp://10.0.0.5:502", IPv6 in brackets.
  QString toText() const;
};

}  // namespace tagwire::modbus
