// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace tagwire {

/// Reads `json` into T as a manifest would; the problems, one per line, come by `errors` (may be null).
template <class T>
std::optional<T> readConfig(const QByteArray &json, QString *errors = nullptr) {
  Problems problems;
  const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
  std::optional<T> config;
  if (!hasErrors(problems)) {
    ConfigReader reader(node, QStringLiteral("config"), problems);
    config = reader.read<T>();
  }
  if (errors) {
    errors->clear();
    for (const Problem &problem : problems) *errors += toText(problem) + u'\n';
  }
  return config;
}

}  // namespace tagwire
