// SPDX-License-Identifier: Apache-2.0
// The tiles as R5-16 writes them.
#pragma once

#include <QJsonArray>

#include "tile.h"

namespace tagwire::ws {

QJsonArray toJson(const Tiles &tiles);
/// Each id once, at most 1,000; errors name the place, the key and what is allowed.
Result<Tiles> tilesFromJson(const QJsonArray &list);

}  // namespace tagwire::ws
