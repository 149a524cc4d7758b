// SPDX-License-Identifier: Apache-2.0
#include "modbusconfig.h"

namespace tagwire::modbus {

void ModbusConfig::describe(Shape<ModbusConfig> &shape) {
  shape.required("endpoint", &ModbusConfig::endpoint, "where the device listens");
  shape.optional("unit", &ModbusConfig::unit, "unit id of the device").range(0, 255);
  shape.optional("poll_interval_ms", &ModbusConfig::pollInterval, "how often points are read").range(10, 86'400'000);
  shape.optional("timeout_ms", &ModbusConfig::timeout, "how long a connect or an answer may take").range(10, 60'000);
  shape
      .optional("max_gap", &ModbusConfig::maxGap,
                "addresses between two points that are read along to save a request; 0: none")
      .range(0, 120);
  shape.required("points", &ModbusConfig::points, "what is read; `{\"$csv\": \"file.csv\"}` stands for its rows")
      .range(1, 100'000);
}

QList<ModbusPoint> ModbusConfig::settlePoints(ConfigReader &reader) const {
  QList<ModbusPoint> settled;
  for (qsizetype i = 0; i < points.size(); ++i) {
    const auto complain = [&](const char *key, const QString &message) {
      reader.error(QStringLiteral("points[%1].%2").arg(i).arg(QString::fromLatin1(key)), message);
    };
    const auto point = settle(points[i], static_cast<quint8>(unit), pollInterval, complain);
    if (point) settled.append(*point);
  }
  return settled;
}

QList<PointInfo> ModbusConfig::pointInfos(const QList<ModbusPoint> &settled, const ConfigReader &reader) const {
  QList<PointInfo> infos;
  for (qsizetype i = 0; i < settled.size(); ++i) {
    const PointConfig &given = points[i];
    PointInfo info;
    info.name = given.name;
    info.type = settled[i].format.valueType();
    info.number = given.number;
    info.unit = given.unit;
    info.description = given.description;
    info.writable = given.writable;
    info.verify = given.verify;
    info.minimum = given.minimum;
    info.maximum = given.maximum;
    info.where = reader.locate(QStringLiteral("points[%1].name").arg(i));
    infos.append(info);
  }
  return infos;
}

}  // namespace tagwire::modbus
