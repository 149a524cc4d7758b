// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace tagwire {

template <class T>
std::optional<T> readConfig(const QByteArray &json, QString *errors) {
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
