// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

#include "model.h"

namespace tagwire::rtls {

/// Outlines, heights, plans and the place on earth, for pages. With a place on earth every corner is told in longitude
/// and latitude too.
QJsonObject zonesJson(const Model &model);

}  // namespace tagwire::rtls
