// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Where the tags of fix_clients are: each belongs to one square of a grid and is inside of it for the first half of
/// its ten steps, outside of every square for the second. So each tag enters once in ten fixes.
namespace tagwire::bench {

constexpr int squaresInARow = 32;
constexpr double squarePitch = 10;  ///< between two squares' corners
constexpr double squareWidth = 4;
constexpr int stepsInARound = 10;

struct Place {
  double x = 0;
  double y = 0;
  bool isInside = false;
};

/// Tags begin their rounds one after the other, so that entries come evenly.
inline Place placeOf(std::int64_t tag, std::int64_t squares, std::int64_t step) {
  const std::int64_t square = tag % squares;
  const std::int64_t phase = (step + tag) % stepsInARound;
  const bool isInside = phase < stepsInARound / 2;
  const double along = (isInside ? 1 : squareWidth + 1) + static_cast<double>(phase % (stepsInARound / 2)) * 0.5;
  return {static_cast<double>(square % squaresInARow) * squarePitch + along,
          static_cast<double>(square / squaresInARow) * squarePitch + 2, isInside};
}

}  // namespace tagwire::bench
