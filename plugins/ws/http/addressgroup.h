// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QSet>

#include <chrono>
#include <optional>

class QHostAddress;

namespace tagwire::ws {

/// Whom an address counts for where clients are counted: an IPv4 address (also one in IPv6 form) for itself, an IPv6
/// address for its /64, which is the least that one subscriber has.
QByteArray addressGroup(const QHostAddress &address);

/// Says whether something that strangers can bring about at will is worth a line in the log: once an address and
/// minute, and for at most 100 addresses. Plain value; `now` is a clock that only goes forward.
class AddressLog {
 public:
  /// How many were left out since the last line; nothing when this one is left out too.
  std::optional<int> admit(const QByteArray &group, std::chrono::nanoseconds now);

 private:
  static constexpr qsizetype most = 100;
  QSet<QByteArray> m_told;
  std::optional<std::chrono::nanoseconds> m_since;
  int m_leftOut = 0;
};

/// " (and 12 like it before)", or nothing.
QString likeItBefore(int count);

}  // namespace tagwire::ws
