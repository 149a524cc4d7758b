// SPDX-License-Identifier: Apache-2.0
#include "modbusconfig.h"

#include <QSet>

#include <algorithm>

namespace tagwire::modbus {

void ModbusConfig::describeLink(Shape<ModbusConfig> &shape) {
  shape.optional("endpoint", &ModbusConfig::endpoint, "where the device listens; needed, or `endpoints`")
      .example("tcp://127.0.0.1:1502")
      .suggested();
  shape
      .optional("endpoints", &ModbusConfig::endpoints,
                "the same device by several ways: when one fails, the next is taken")
      .example("tcp://192.0.2.10:502")
      .range(1, 8);
  shape
      .optional("max_outstanding", &ModbusConfig::maxOutstanding,
                "requests under way at once over Modbus TCP; more than 1 only where the device allows it")
      .range(1, 64);
  shape.optional("connect_pause_ms", &ModbusConfig::connectPause, "quiet time after the connection was opened")
      .range(0, 60'000);
  shape
      .optional("suspend_after", &ModbusConfig::suspendAfter,
                "unanswered requests in a row, then the unit is only probed until it answers")
      .range(1, 100);
  shape.optional("probe_interval_ms", &ModbusConfig::probeInterval, "the longest pause between two probes of a unit")
      .range(100, 3'600'000);
  shape.optional("probe_connection", &ModbusConfig::probeConnection,
                 "over Modbus TCP with several units: ask silent and slow ones over a second connection");
}

void ModbusConfig::describeRequests(Shape<ModbusConfig> &shape) {
  shape.optional("timeout_ms", &ModbusConfig::timeout, "how long a connect or an answer may take").range(10, 60'000);
  shape.optional("request_pause_ms", &ModbusConfig::requestPause, "quiet time behind each answer").range(0, 60'000);
  shape.optional("max_registers", &ModbusConfig::maxRegisters, "registers in one read").range(1, maxReadRegisters);
  shape.optional("max_bits", &ModbusConfig::maxBits, "coils or discrete inputs in one read").range(1, maxReadBits);
  shape
      .optional("max_gap", &ModbusConfig::maxGap,
                "addresses between two points that are read along when that is cheaper than a request; 0: none")
      .range(0, 120);
  shape.optional("write_function", &ModbusConfig::writeFunction,
                 "auto: 5, 6 or 16; multiple: 15 or 16 always; read_write: 23 for registers");
  shape
      .optional("verify_ms", &ModbusConfig::verifyTime,
                "how long reading back after a write may still give the old value")
      .range(0, 60'000);
  shape.optional("units", &ModbusConfig::units, "devices behind the same endpoint that need other settings")
      .range(0, 256);
}

void ModbusConfig::describe(Shape<ModbusConfig> &shape) {
  describeLink(shape);
  shape.optional("unit", &ModbusConfig::unit, "unit id of the device").range(0, 255);
  shape.optional("poll_interval_ms", &ModbusConfig::pollInterval, "how often points are read").range(10, 86'400'000);
  describeRequests(shape);
  shape.optional("points", &ModbusConfig::points, "what is read; `{\"$csv\": \"file.csv\"}` stands for its rows")
      .suggested()
      .range(0, mostPoints);
  shape.optional("templates", &ModbusConfig::templates, "types of devices by name, each used by one or more `devices`")
      .exampleJson("{\"pump\": {\"points\": [{\"name\": \"run\", \"register\": \"1\"}]}}")
      .range(0, 1000);
  shape.optional("devices", &ModbusConfig::devices, "devices whose points their template names").range(0, mostPoints);
}

void ModbusConfig::tellMissing(ConfigReader &reader) {
  if (!reader.has(QLatin1String("endpoint")) && !reader.has(QLatin1String("endpoints"))) {
    reader.error(QString(), QStringLiteral("key \"endpoint\" is missing (or \"endpoints\", with back-ups)"));
  }
  if (!reader.has(QLatin1String("points")) && !reader.has(QLatin1String("devices"))) {
    reader.error(QString(), QStringLiteral("key \"points\" is missing (or \"devices\", with \"templates\")"));
  }
}

void ModbusConfig::checkLink(ConfigReader &reader) const {
  if (endpoint && !endpoints.isEmpty()) {
    reader.error(QStringLiteral("endpoints"), QStringLiteral("`endpoint` is given too (allowed: one of the two)"));
  }
  const QList<Endpoint> all = allEndpoints();
  for (qsizetype i = 1; i < all.size(); ++i) {
    if (all[i].transport == all.first().transport) continue;
    reader.error(QStringLiteral("endpoints[%1]").arg(i),
                 QStringLiteral("another kind than the first (allowed: endpoints of one kind)"));
  }
  if (!all.isEmpty() && all.first().isLine() && maxOutstanding > 1) {
    reader.error(QStringLiteral("max_outstanding"),
                 QStringLiteral("a serial line carries one request at a time (allowed: 1)"));
  }
  QSet<int> seen;
  for (qsizetype i = 0; i < units.size(); ++i) {
    if (seen.contains(units[i].unitId)) {
      reader.error(QStringLiteral("units[%1].unit_id").arg(i),
                   QStringLiteral("unit %1 stands here twice (allowed: once)").arg(units[i].unitId));
    }
    seen.insert(units[i].unitId);
  }
}

UnitBook ModbusConfig::unitBook() const {
  UnitBook book{{timeout, requestPause, maxRegisters, maxBits, writeFunction, verifyTime}, {}};
  for (const UnitConfig &each : units) book.particular[static_cast<quint8>(each.unitId)] = each.over(book.usual);
  return book;
}

Bus::Settings ModbusConfig::busSettings(const QList<ModbusPoint> &settled) const {
  const bool hasOthers = std::any_of(settled.begin(), settled.end(),
                                     [&](const ModbusPoint &point) { return point.unit != settled.first().unit; });
  const QList<Endpoint> all = allEndpoints();
  return {all, maxOutstanding, probeConnection && hasOthers && !all.first().isLine(), timeout, connectPause};
}

SourceSettings ModbusConfig::sourceSettings() const { return {unitBook(), maxGap, suspendAfter, probeInterval}; }

/// What is wrong with a point because of its unit; empty when nothing is.
QString ModbusConfig::unitProblem(const ModbusPoint &point, const UnitBook &book) const {
  const bool isLine = !allEndpoints().isEmpty() && allEndpoints().first().isLine();
  if (isLine && (point.unit < 1 || point.unit > 247)) {
    return QStringLiteral("unit id %1 on a serial line (allowed: 1 to 247; 0 speaks to all and nobody answers)")
        .arg(point.unit);
  }
  const int limit = holdsBits(point.table) ? book.of(point.unit).maxBits : book.of(point.unit).maxRegisters;
  if (point.format.size() <= limit) return {};
  return QStringLiteral("the value takes %1 registers and is read in one piece, but `max_registers` of unit %2 is %3")
      .arg(point.format.size())
      .arg(point.unit)
      .arg(limit);
}

QList<ModbusPoint> ModbusConfig::settlePoints(ConfigReader &reader) {
  QList<ModbusPoint> settled;
  const UnitBook book = unitBook();
  const qsizetype own = points.size();
  DevicePoints made(templates, devices, reader);
  points += made.make(mostPoints - own);
  if (points.isEmpty() && !reader.failed()) {
    reader.error(QString(), QStringLiteral("there is no point (allowed: one or more in `points`, or by `devices`)"));
  }
  for (qsizetype i = 0; i < points.size(); ++i) {
    const auto complain = [&](const char *key, const QString &message) {
      if (i >= own) return made.complain(i - own, key, message);
      reader.error(QStringLiteral("points[%1].%2").arg(i).arg(QString::fromLatin1(key)), message);
    };
    const auto point = settle(points[i], static_cast<quint8>(unit), pollInterval, complain);
    if (!point) continue;
    const QString problem = unitProblem(*point, book);
    if (!problem.isEmpty()) complain("unit_id", problem);
    settled.append(*point);
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
    info.commandRules = given.commandRules(info.type);
    info.where = given.device.file ? given.device : reader.locate(QStringLiteral("points[%1].name").arg(i));
    infos.append(info);
  }
  return infos;
}

PointRows ModbusConfig::pointRows(const QList<ModbusPoint> &settled) const {
  PointRows table{shapeOf<PointConfig>().keys(), {}};
  table.rows.reserve(settled.size());
  for (qsizetype i = 0; i < settled.size(); ++i) {
    PointConfig row = points[i];
    row.registerText.reset();
    row.table = settled[i].table;
    row.address = settled[i].address;
    row.type = settled[i].format.type;
    row.unitId = settled[i].unit;
    table.rows.append(shapeOf<PointConfig>().write(row));
  }
  return table;
}

}  // namespace tagwire::modbus
