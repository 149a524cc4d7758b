// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace tagwire::rtls {

/// A key of the manifest's contract that this version does not serve yet: known, so that the error says so instead of
/// "unknown key", and always refused.
struct Later {};

}  // namespace tagwire::rtls

namespace tagwire {

template <>
struct ValueShape<rtls::Later> {
  static bool read(const ConfigWalk &walk, const ConfigNode &node, const Key::Rules &, rtls::Later &) {
    return walk.error(node, QStringLiteral("not there yet: this version has no such key; leave it out"));
  }
  static TypeNode type() { return {.kind = TypeNode::Kind::Text, .help = QStringLiteral("not there yet")}; }
  static QJsonValue fallback(const rtls::Later &) { return {}; }
};

}  // namespace tagwire
