// SPDX-License-Identifier: Apache-2.0
#include "modbuspoint.h"

#include <set>

namespace tagwire::modbus {

int RegisterFormat::size() const {
  switch (type) {
    case PointType::Int32:
    case PointType::Uint32:
    case PointType::Float32:
    case PointType::Bcd32:
      return 2;
    case PointType::Int64:
    case PointType::Uint64:
    case PointType::Float64:
      return 4;
    case PointType::String:
      return (length + 1) / 2;
    default:
      return 1;
  }
}

ValueType RegisterFormat::valueType() const {
  if (type == PointType::Bool) return ValueType::Bool;
  if (type == PointType::String) return ValueType::Text;
  return isFloat() || isScaled() ? ValueType::Double : ValueType::Int;
}

QList<quint8> unitsOf(const QList<ModbusPoint> &points) {
  std::set<quint8> units;
  for (const ModbusPoint &point : points) units.insert(point.unit);
  return {units.begin(), units.end()};
}

}  // namespace tagwire::modbus
