// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>

#include <vector>

#include <tl/expected.hpp>

#include "device/rejection.h"

namespace tagwire::ws {

/// One value of a payload with its path, or one object. Plain value.
struct PayloadNode {
  enum class Kind : quint8 { Object, Null, Bool, Number, Text, List };

  Kind kind = Kind::Null;
  bool flag = false;     ///< Bool
  bool isPlain = true;   ///< no level of the path is empty or holds a slash
  QByteArray path;       ///< "battery/soc", UTF-8
  QByteArray text = {};  ///< Number as written; Text decoded, UTF-8; List as JSON without white space
};

using PayloadNodes = std::vector<PayloadNode>;

/// The values of one JSON object in the order in which they stand there; lists count as one value each. Refuses what is
/// no JSON by RFC 8259, keys that come twice, and more than the bounds below.
tl::expected<PayloadNodes, Rejection> readPayload(const QByteArray &text);

constexpr size_t deepestPayload = 16;  ///< levels of objects and lists
constexpr size_t mostPayloadNodes = 1000;
constexpr qsizetype longestPayloadPath = 200;  ///< bytes

/// At most 100 characters of a device's text, each of them printable: for a log line.
QString printablePart(const QByteArray &text);

}  // namespace tagwire::ws
