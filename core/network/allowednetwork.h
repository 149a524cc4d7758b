// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>

#include "result.h"

namespace tagwire {

/// An IPv4 address in its IPv6 form (::ffff:10.0.0.7) becomes IPv4; any other stays as it is.
QHostAddress plainAddress(const QHostAddress &address);

/// One address, or all of a network, from which clients may come. Plain value.
class AllowedNetwork {
 public:
  static constexpr const char *form = "10.0.0.7 or 10.0.0.0/24";
  static Result<AllowedNetwork> fromText(const QString &text);

  /// An IPv4 address in its IPv6 form counts as IPv4, so it is in 0.0.0.0/0 or ::ffff:0:0/96 and not in ::/0.
  bool contains(const QHostAddress &peer) const;

 private:
  QHostAddress m_network;
  int m_prefix = 0;
};

}  // namespace tagwire
