// SPDX-License-Identifier: Apache-2.0
#include "exposedpoint.h"

#include "registercodec.h"

namespace tagwire::modbus {

void ExposedPointConfig::describe(Shape<ExposedPointConfig> &shape) {
  shape.required("point", &ExposedPointConfig::point, "the point that is served");
  shape
      .optional("register", &ExposedPointConfig::registerText,
                "place in Modicon notation: `40001` is holding register 0")
      .example("40001")
      .suggested();
  shape.optional("table", &ExposedPointConfig::table, "address space, with `address` instead of `register`");
  shape.optional("address", &ExposedPointConfig::address, "address in the table, from 0").example(10).range(0, 65535);
  shape
      .optional("type", &ExposedPointConfig::type,
                "what the registers hold; bool for coils, discrete inputs and with `bit`")
      .example("float32")
      .suggested();
  shape.optional("bit", &ExposedPointConfig::bit, "takes one bit of a register, 0 the lowest").example(3).range(0, 15);
  shape.optional("length", &ExposedPointConfig::length, "bytes of a string, two in a register")
      .example(16)
      .range(1, 246);
  shape.optional("byte_order", &ExposedPointConfig::byteOrder, "order of the bytes in a register; big when left out");
  shape.optional("word_order", &ExposedPointConfig::wordOrder,
                 "order of the registers of one value; big (most significant first) when left out");
  shape.optional("scale", &ExposedPointConfig::scale, "register = (value - offset) / scale");
  shape.optional("offset", &ExposedPointConfig::offset, "register = (value - offset) / scale");
  shape.optional("writable", &ExposedPointConfig::writable, "clients may write it; the point must be writable too");
  shape.optional("unit_id", &ExposedPointConfig::unitId, "unit id it stands under, when not that of the instance")
      .example(2)
      .range(0, 255);
  shape.optional("quality_address", &ExposedPointConfig::qualityAddress, "address that is 1 while the value is good")
      .example(100)
      .range(0, 65535);
  shape.optional("quality_table", &ExposedPointConfig::qualityTable,
                 "table of `quality_address`; discrete when left out");
}

quint16 ExposedPoint::mask() const { return isBitOfRegister() ? bitInRegister(place.format) : quint16{0xFFFF}; }

std::optional<ExposedPoint> settle(const ExposedPointConfig &config, quint8 unit, const PointComplaint &complain) {
  PointConfig place;
  place.name = config.point.name;
  place.registerText = config.registerText;
  place.table = config.table;
  place.address = config.address;
  place.type = config.type;
  place.bit = config.bit;
  place.length = config.length;
  place.byteOrder = config.byteOrder;
  place.wordOrder = config.wordOrder;
  place.scale = config.scale;
  place.offset = config.offset;
  place.writable = config.writable;
  place.unitId = config.unitId;
  const auto named = [&](const char *key, const QString &message) {
    complain(qstrcmp(key, "name") == 0 ? "point" : key, message);
  };
  const auto settled = settle(place, unit, std::chrono::milliseconds(0), named);
  const bool isStray = config.qualityTable && !config.qualityAddress;
  if (isStray) complain("quality_table", QStringLiteral("`quality_address` is missing beside `quality_table`"));
  if (!settled || isStray) return std::nullopt;
  ExposedPoint exposed{*settled, {}};
  if (config.qualityAddress) {
    exposed.quality = {config.qualityTable.value_or(Table::Discrete), static_cast<quint16>(*config.qualityAddress)};
  }
  return exposed;
}

std::optional<std::pair<const char *, QString>> mismatch(const ExposedPoint &exposed, const Point &point) {
  const PointType type = exposed.place.format.type;
  const auto wrong = [&](const char *key, const char *what) {
    return std::pair(key, QStringLiteral("point %1 %2").arg(point.fullName, QString::fromUtf8(what)));
  };
  if (point.type == ValueType::Position) return wrong("point", "is a position, which has no form in registers");
  if (point.type == ValueType::Text && type != PointType::String) return wrong("type", "is a text (allowed: string)");
  if (point.type != ValueType::Text && type == PointType::String) {
    return wrong("type", "is no text (allowed: bool, or a type of numbers)");
  }
  if (point.type != ValueType::Bool && type == PointType::Bool) {
    return wrong("type", "is no bool, which one bit could hold (allowed: a type of numbers)");
  }
  if (exposed.place.writable && !point.writable) return wrong("writable", "can't be written (allowed: false)");
  return std::nullopt;
}

}  // namespace tagwire::modbus
