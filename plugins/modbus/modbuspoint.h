// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "value.h"

namespace tagwire::modbus {

/// The four address spaces of a Modbus server; each runs from 0 to 65535.
enum class Table : quint8 { Coil, Discrete, Input, Holding };

constexpr auto enumWords(Table) {
  return std::array{std::pair{"coil", Table::Coil}, std::pair{"discrete", Table::Discrete},
                    std::pair{"input", Table::Input}, std::pair{"holding", Table::Holding}};
}

/// Coils and discrete inputs hold bits, the other two registers of 16 bits.
constexpr bool holdsBits(Table table) { return table == Table::Coil || table == Table::Discrete; }

enum class PointType : quint8 {
  Bool,
  Int16,
  Uint16,
  Int32,
  Uint32,
  Int64,
  Uint64,
  Float16,
  Float32,
  Float64,
  String,
  Bcd16,
  Bcd32
};

constexpr auto enumWords(PointType) {
  return std::array{std::pair{"bool", PointType::Bool},       std::pair{"int16", PointType::Int16},
                    std::pair{"uint16", PointType::Uint16},   std::pair{"int32", PointType::Int32},
                    std::pair{"uint32", PointType::Uint32},   std::pair{"int64", PointType::Int64},
                    std::pair{"uint64", PointType::Uint64},   std::pair{"float16", PointType::Float16},
                    std::pair{"float32", PointType::Float32}, std::pair{"float64", PointType::Float64},
                    std::pair{"string", PointType::String},   std::pair{"bcd16", PointType::Bcd16},
                    std::pair{"bcd32", PointType::Bcd32}};
}

enum class Order : quint8 { Big, Little };

constexpr auto enumWords(Order) { return std::array{std::pair{"big", Order::Big}, std::pair{"little", Order::Little}}; }

/// The manifest's word for a table or a type: "holding", "uint16".
template <class Enum>
QString wordOf(Enum value) {
  for (const auto &[word, each] : enumWords(value)) {
    if (each == value) return QString::fromLatin1(word);
  }
  return {};
}

/// How registers make a value. Engineering value = raw value × scale + offset.
struct RegisterFormat {
  PointType type = PointType::Uint16;
  std::optional<quint8> bit;     ///< picks one bit (0: the lowest) of a register; the type is then Bool
  quint8 length = 0;             ///< String: bytes
  Order byteOrder = Order::Big;  ///< within each register
  Order wordOrder = Order::Big;  ///< Big: the most significant register has the lowest address
  double scale = 1;
  double offset = 0;

  bool isScaled() const { return scale != 1 || offset != 0; }
  bool isFloat() const {
    return type == PointType::Float16 || type == PointType::Float32 || type == PointType::Float64;
  }
  /// Addresses taken: registers, or 1 for a coil or discrete input.
  int size() const;
  ValueType valueType() const;
};

/// Where a point's value is and what makes it. Plain value, kept small: there may be a hundred thousand.
struct RegisterPoint {
  RegisterFormat format;
  double deadband = 0;
  double verifyTolerance = 0;  ///< a value read back may differ so much from the written one
  std::chrono::milliseconds maxSilence{60000};
  quint16 address = 0;
  quint8 unit = 1;
  Table table = Table::Holding;
  bool writable = false;
  bool verify = true;
  bool isEnabled = true;
};

/// A point as the poll plan needs it: everything settled and checked.
struct ModbusPoint : RegisterPoint {
  QString name;
  std::chrono::milliseconds period{1000};
};

/// Each once.
QList<quint8> unitsOf(const QList<ModbusPoint> &points);

}  // namespace tagwire::modbus
