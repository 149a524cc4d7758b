// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "modbusfixture.h"

namespace tagwire::modbus {

/// In each table of a peer.
constexpr int addresses = 200;

/// Points of every type and order over the tables, with the value each is to have.
struct Expectation {
  ModbusPoint point;
  Value value;
};

inline QList<Expectation> everyKind() {
  QList<Expectation> all;
  int address = 10;
  const auto add = [&](PointType type, const Value &value, Order bytes, Order words) {
    const QString name = QStringLiteral("%1_%2_%3").arg(wordOf(type), wordOf(bytes), wordOf(words));
    ModbusPoint point = makePoint(name.toLatin1().constData(), Table::Holding, address, type);
    point.format.byteOrder = bytes;
    point.format.wordOrder = words;
    point.format.length = type == PointType::String ? 7 : 0;
    address += point.format.size();
    all.append({point, value});
  };
  for (const Order bytes : {Order::Big, Order::Little}) {
    for (const Order words : {Order::Big, Order::Little}) {
      add(PointType::Int16, qint64(-1234), bytes, words);
      add(PointType::Uint16, qint64(54321), bytes, words);
      add(PointType::Int32, qint64(-123456789), bytes, words);
      add(PointType::Uint32, qint64(3123456789), bytes, words);
      add(PointType::Int64, qint64(-1234567890123456789), bytes, words);
      add(PointType::Uint64, qint64(1234567890123456789), bytes, words);
      add(PointType::Float32, 81.25, bytes, words);
      add(PointType::Float64, -0.1, bytes, words);
      add(PointType::Bcd16, qint64(9876), bytes, words);
      add(PointType::Bcd32, qint64(98765432), bytes, words);
      add(PointType::String, QStringLiteral("Tür 7"), bytes, words);
    }
  }
  return all;
}

inline QList<ModbusPoint> pointsOf(const QList<Expectation> &all) {
  QList<ModbusPoint> points;
  for (const Expectation &each : all) points.append(each.point);
  return points;
}

}  // namespace tagwire::modbus
