// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model.h"

namespace tagwire::rtls {

/// Checks where fixes come from, what they must be like and how they are smoothed, and puts the last two into the
/// model.
void addIntake(const RtlsConfig &config, Model &model, ConfigReader &reader);

}  // namespace tagwire::rtls
