// SPDX-License-Identifier: Apache-2.0
#include "modbuspointlist.h"

#include <cmath>

namespace tagwire::convert {

namespace {

Members rowOf(const ForeignPoint &point, qint64 commonUnit) {
  Members row{{QStringLiteral("name"), point.name},
              {QStringLiteral("table"), point.table},
              {QStringLiteral("address"), point.address}};
  if (!point.type.isEmpty()) row << std::pair(QStringLiteral("type"), QJsonValue(point.type));
  if (point.bit) row << std::pair(QStringLiteral("bit"), QJsonValue(*point.bit));
  if (point.type == u"string") row << std::pair(QStringLiteral("length"), QJsonValue(2 * point.registers));
  const QString little = QStringLiteral("little");
  if (point.isByteOrderLittle) row << std::pair(QStringLiteral("byte_order"), QJsonValue(little));
  if (point.isWordOrderLittle && point.registers > 1) {
    row << std::pair(QStringLiteral("word_order"), QJsonValue(little));
  }
  if (point.scale != 1) row << std::pair(QStringLiteral("scale"), QJsonValue(point.scale));
  if (point.offset != 0) row << std::pair(QStringLiteral("offset"), QJsonValue(point.offset));
  if (point.deadband > 0) row << std::pair(QStringLiteral("deadband"), QJsonValue(point.deadband));
  if (point.unit != commonUnit) row << std::pair(QStringLiteral("unit_id"), QJsonValue(point.unit));
  if (!point.description.isEmpty()) row << std::pair(QStringLiteral("description"), QJsonValue(point.description));
  return row;
}

/// Empty when the modbus plugin takes it.
QString obstacle(const ForeignPoint &point) {
  if (point.address < 0 || point.address + point.registers > 65536) {
    return QStringLiteral("address %1 is none (allowed: 0 to 65535)").arg(point.address);
  }
  if (point.unit < 0 || point.unit > 255) {
    return QStringLiteral("unit id %1 is none (allowed: 0 to 255)").arg(point.unit);
  }
  if (point.scale == 0 || !std::isfinite(point.scale) || !std::isfinite(point.offset)) {
    return QStringLiteral("a scale of %1 says nothing of the value").arg(point.scale);
  }
  if (point.type == u"string" && (point.isWordOrderLittle || 2 * point.registers > 250)) {
    return QStringLiteral("a text is read in the order of its registers, up to 250 bytes");
  }
  return {};
}

}  // namespace

void ModbusPointList::add(const ForeignPoint &given) {
  ForeignPoint point = given;
  m_lastName.clear();
  point.name = pointName(given.name);
  QString wrong = obstacle(point);
  if (point.name.isEmpty()) wrong = QStringLiteral("it has no name");
  if (!wrong.isEmpty()) return m_told.leaveOut(point.where, point.place, wrong);
  const QString base = point.name;
  if (m_names.contains(point.name)) {
    point.name = QStringLiteral("%1/%2-%3").arg(base, point.table).arg(point.address);
  }
  for (int i = 2; m_names.contains(point.name); ++i) {
    point.name = QStringLiteral("%1/%2-%3-%4").arg(base, point.table).arg(point.address).arg(i);
  }
  if (point.name != given.name) {
    m_told.note(point.where, point.place, QStringLiteral("is now called \"%1\"").arg(point.name));
  }
  m_names.insert(point.name);
  m_lastName = point.name;
  m_points << point;
}

QList<Members> ModbusPointList::rows() const {
  QList<Members> rows;
  for (const ForeignPoint &each : m_points) rows << rowOf(each, firstUnit());
  return rows;
}

}  // namespace tagwire::convert
