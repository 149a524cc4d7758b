// SPDX-License-Identifier: Apache-2.0
#include "addintake.h"

namespace tagwire::rtls {

void addIntake(const RtlsConfig &config, Model &model, ConfigReader &reader) {
  checkIntake(config.intake, QStringLiteral("intake"), reader);
  if (config.filter) model.filter = config.filter->rules();
  if (config.smoothing) {
    checkSmoothing(*config.smoothing, QStringLiteral("smoothing"), reader);
    model.smoothing = config.smoothing->rule();
  }
  for (qsizetype i = 0; i < config.tags.size(); ++i) {
    const TagConfig &tag = config.tags.at(i);
    if (!tag.smoothing) continue;
    checkSmoothing(*tag.smoothing, QStringLiteral("tags[%1].smoothing").arg(i), reader);
    model.tagSmoothing.insert(tag.id, tag.smoothing->rule());
  }
}

}  // namespace tagwire::rtls
