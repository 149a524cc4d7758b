// SPDX-License-Identifier: Apache-2.0
// Checks of what placesconfig.h declares; part of making the model.
#pragma once

#include "georeference.h"
#include "rtlsconfig.h"

namespace tagwire::rtls {

/// Reports what is wrong at its key; warns of points that fit badly and of a scale that is not the length unit's.
std::optional<GeoReference> makeGeoReference(const GeoReferenceConfig &config, LengthUnit unit, ConfigReader &reader);

}  // namespace tagwire::rtls
