// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "endpointurl.h"
#include "plugin.h"
#include "selector.h"

namespace prometheus_plugin {

using namespace tagwire;

/// What becomes of several series that fit one point.
enum class Combine : quint8 { One, Sum, Minimum, Maximum, Average };
constexpr auto enumWords(Combine) {
  return std::array{std::pair{"one", Combine::One}, std::pair{"sum", Combine::Sum}, std::pair{"min", Combine::Minimum},
                    std::pair{"max", Combine::Maximum}, std::pair{"average", Combine::Average}};
}

enum class As : quint8 { Double, Int, Bool };
constexpr auto enumWords(As) {
  return std::array{std::pair{"float64", As::Double}, std::pair{"int64", As::Int}, std::pair{"bool", As::Bool}};
}
constexpr ValueType valueType(As as) {
  return as == As::Bool ? ValueType::Bool : as == As::Int ? ValueType::Int : ValueType::Double;
}

/// One point as the manifest has it. Plain value.
struct PointConfig {
  QString name;
  Selector metric;
  QMap<QString, QString> labels;
  Combine combine = Combine::One;
  bool perSecond = false;
  As type = As::Double;
  double scale = 1;
  double offset = 0;
  QString unit;
  QString description;
  std::optional<int> number;
  static void describe(Shape<PointConfig> &shape);
};

/// One entry of the manifest. Plain value.
struct Config {
  EndpointUrl url;
  std::chrono::milliseconds interval{10'000};
  std::chrono::milliseconds timeout{5000};
  std::optional<Secret> bearerToken;
  std::optional<QString> caFile;
  int maxBytes = 16 * 1024 * 1024;
  std::chrono::milliseconds staleAfter{300'000};
  QList<PointConfig> points;
  static void describe(Shape<Config> &shape);

  /// With the labels of each point in its selector, and the file seen from where it is named.
  static std::optional<Config> read(ConfigReader &reader);
};

/// One word of ASCII.
bool isHeaderText(const Secret &token);

}  // namespace prometheus_plugin
