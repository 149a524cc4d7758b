// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model.h"
#include "testing/testcontext.h"

namespace tagwire::rtls {

/// Reads and checks a configuration as the factory does; every problem comes in `text`, one a line.
inline std::optional<Model> makeModel(const QByteArray &json, QString *text = nullptr) {
  Problems problems;
  const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  std::optional<Model> model;
  if (const auto config = reader.read<RtlsConfig>()) model = makeModel(*config, reader);
  QString all;
  for (const Problem &problem : problems) all += toText(problem) + u'\n';
  if (text) *text = all;
  if (!text && !model) qFatal("%s", qPrintable(all));
  return model;
}

}  // namespace tagwire::rtls
