// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <utility>

#include "value.h"

namespace tagwire {

/// What a point can be that holds no position, in the words of the manifest: "bool", "int64", "float64", "string".
enum class ScalarType : quint8 { Bool, Int64, Float64, String };
constexpr auto enumWords(ScalarType) {
  return std::array{std::pair{"bool", ScalarType::Bool}, std::pair{"int64", ScalarType::Int64},
                    std::pair{"float64", ScalarType::Float64}, std::pair{"string", ScalarType::String}};
}

constexpr ValueType valueTypeOf(ScalarType type) {
  switch (type) {
    case ScalarType::Bool:
      return ValueType::Bool;
    case ScalarType::Int64:
      return ValueType::Int;
    case ScalarType::Float64:
      return ValueType::Double;
    case ScalarType::String:
      return ValueType::Text;
  }
  return ValueType::None;
}

}  // namespace tagwire
