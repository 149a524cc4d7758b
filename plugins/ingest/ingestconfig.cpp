// SPDX-License-Identifier: Apache-2.0
#include "ingestconfig.h"

namespace tagwire::ingest {

namespace {

void check(ConfigReader &reader, const PointConfig &point, const QString &at) {
  const bool isNumber = point.type == ScalarType::Int64 || point.type == ScalarType::Float64;
  if (!isNumber && point.minimum) reader.error(at + QStringLiteral(".min"), QStringLiteral("only a number has limits"));
  if (!isNumber && point.maximum) reader.error(at + QStringLiteral(".max"), QStringLiteral("only a number has limits"));
  if (point.minimum && point.maximum && *point.minimum > *point.maximum) {
    reader.error(at + QStringLiteral(".min"), QStringLiteral("`min` is above `max`"));
  }
  if (point.maxSilence.count() > 0 && point.maxSilence < std::chrono::seconds(1)) {
    reader.error(at + QStringLiteral(".max_silence_ms"),
                 QStringLiteral("%1 is out of range (allowed: 0, or 1000 and more)").arg(point.maxSilence.count()));
  }
}

}  // namespace

void PointConfig::describe(Shape<PointConfig> &shape) {
  shape.required("name", &PointConfig::name, "name within this instance, `ph`").example("ph").range(1, 200);
  shape.optional("number", &PointConfig::number, "integer id on the older protocols").example(80).range(1, 2147483647);
  shape.optional("type", &PointConfig::type, "what a value has to be");
  shape.optional("unit", &PointConfig::unit, "engineering unit, `°C`").example("pH");
  shape.optional("description", &PointConfig::description, "what it is, for people").example("pH of the last sample");
  shape.optional("min", &PointConfig::minimum, "lowest value that is accepted").example(1);
  shape.optional("max", &PointConfig::maximum, "highest value that is accepted").example(14);
  shape.optional("max_silence_ms", &PointConfig::maxSilence,
                 "without a new value for so long the point is uncertain:stale; 0: never, else 1000 and more");
}

PointInfo PointConfig::info() const {
  PointInfo info;
  info.name = name;
  info.type = valueTypeOf(type);
  info.number = number;
  info.unit = unit;
  info.description = description;
  info.minimum = minimum;
  info.maximum = maximum;
  info.where = where;
  return info;
}

void IngestConfig::describe(Shape<IngestConfig> &shape) {
  shape.required("points", &IngestConfig::points, "the virtual points").range(0, 100000);
}

std::optional<IngestConfig> IngestConfig::read(ConfigReader &reader) {
  auto config = reader.read<IngestConfig>();
  if (!config) return std::nullopt;
  for (qsizetype i = 0; i < config->points.size(); ++i) {
    const QString at = QStringLiteral("points[%1]").arg(i);
    check(reader, config->points[i], at);
    config->points[i].where = reader.locate(at + QStringLiteral(".name"));
  }
  if (reader.failed()) return std::nullopt;
  return config;
}

}  // namespace tagwire::ingest
