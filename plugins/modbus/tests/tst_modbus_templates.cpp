// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include "modbusconfig.h"
#include "testprogram.h"

namespace tst_modbus_templates {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

struct Outcome {
  QList<PointConfig> configs;
  QList<ModbusPoint> points;
  QList<PointInfo> infos;
  QStringList errors;
};

// Single quotes stand for double ones: moc of Qt 6.4 loses its way in raw strings.
Outcome readAll(QByteArray json) {
  Outcome outcome;
  Problems problems;
  const ConfigNode node = parseJson(json.replace('\'', '"'), QStringLiteral("test.json"), problems);
  if (!hasErrors(problems)) {
    ConfigReader reader(node, QStringLiteral("config"), problems);
    auto config = reader.read<ModbusConfig>();
    if (config) {
      outcome.points = config->settlePoints(reader);
      outcome.configs = config->points;
    }
    if (!reader.failed()) outcome.infos = config->pointInfos(outcome.points, reader);
  }
  for (const Problem &problem : std::as_const(problems)) outcome.errors << toText(problem);
  return outcome;
}

/// One line each: where an error stands is a line and column that can be counted.
QByteArray meters(const QByteArray &points, const QByteArray &parameters, const QByteArray &devices) {
  return "{'endpoint': 'tcp://plc',\n'templates': {'meter': {'points': [\n" + points +
         "\n],\n'parameters': " + parameters + "}},\n'devices': [\n" + devices + "\n]}";
}

const QByteArray voltage =
    "{'name': 'voltage', 'number': 1, 'table': 'input', 'address': 0, 'type': 'float32', 'unit': 'V', 'scale': "
    "'{ratio}', 'description': 'Voltage of {room}'}";

}  // namespace

class TestModbusTemplates : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aDeviceHasThePointsOfItsTemplate() {
    const Outcome outcome =
        readAll(meters(voltage + ",{'name': 'run', 'register': '00011', 'unit_id': 9, 'poll_interval_ms': 70}",
                       "{'ratio': 1, 'room': ''}",
                       "{'name': 'a', 'template': 'meter'},"
                       "{'name': 'hall/b', 'template': 'meter', 'unit_id': 3, 'base': 100, 'number_base': 1000,"
                       "'poll_interval_ms': 500, 'parameters': {'ratio': 40.5, 'room': 'Hall A'}}"));
    QCOMPARE(outcome.errors, QStringList());
    QCOMPARE(outcome.points.size(), 4);
    QCOMPARE(outcome.infos[0].name, QStringLiteral("a/voltage"));
    QCOMPARE(outcome.points[0].unit, quint8(1));
    QCOMPARE(outcome.points[0].format.scale, 1.0);
    QCOMPARE(outcome.infos[0].number, 1);
    QCOMPARE(outcome.infos[0].description, QStringLiteral("Voltage of "));
    QCOMPARE(outcome.infos[2].name, QStringLiteral("hall/b/voltage"));
    QCOMPARE(outcome.points[2].name, QStringLiteral("hall/b/voltage"));
    QCOMPARE(outcome.points[2].address, quint16(100));
    QCOMPARE(outcome.points[2].unit, quint8(3));
    QCOMPARE(outcome.points[2].period.count(), 500);
    QCOMPARE(outcome.points[2].format.scale, 40.5);
    QCOMPARE(outcome.infos[2].number, 1001);
    QCOMPARE(outcome.infos[2].unit, QStringLiteral("V"));
    QCOMPARE(outcome.infos[2].description, QStringLiteral("Voltage of Hall A"));
    QCOMPARE(outcome.infos[2].where.line, 7);
    // The base moves a register too; what the template point says itself counts more than the device.
    QCOMPARE(outcome.points[3].table, Table::Coil);
    QCOMPARE(outcome.points[3].address, quint16(110));
    QCOMPARE(outcome.points[3].unit, quint8(9));
    QCOMPARE(outcome.points[3].period.count(), 70);
    QVERIFY(!outcome.infos[3].number);
  }

  void aParameterKeepsItsTypeOrBecomesText() {
    const Outcome outcome = readAll(
        meters("{'name': '{tag}/x', 'register': '4{place}', 'type': '{kind}', 'writable': '{w}', 'min': '{low}',"
               "'description': '{tag} {w} {low} {n} {{n}} {{{n}}}', 'x-mine': '{free'}",
               "{'tag': null, 'place': '0007', 'kind': 'int16', 'w': true, 'low': -1.5, 'n': 7}",
               "{'name': 'a', 'template': 'meter', 'parameters': {'tag': 'P7', 'kind': 'uint32', 'low': 0}}"));
    QCOMPARE(outcome.errors, QStringList());
    QCOMPARE(outcome.infos[0].name, QStringLiteral("a/P7/x"));
    QCOMPARE(outcome.points[0].address, quint16(6));
    QCOMPARE(outcome.points[0].format.type, PointType::Uint32);
    QVERIFY(outcome.points[0].writable);
    QCOMPARE(outcome.infos[0].minimum, 0.0);
    QCOMPARE(outcome.infos[0].description, QStringLiteral("P7 true 0 7 {n} {7}"));
  }

  void pointsAndDevicesMayComeFromCsv() {
    const QTemporaryDir folder;
    const auto write = [&](const char *name, const QByteArray &text) {
      QFile file(folder.filePath(QLatin1String(name)));
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(text);
    };
    write("meter.csv", "name,table,address,type,scale,unit,bit\np,holding,3,int16,{ratio},{n},\nq,holding,4,,,,{n}\n");
    write("devices.csv", "name,template,unit_id,base\na,meter,7,\nb,meter,8,1000\n");
    const QByteArray path = folder.path().toUtf8();
    const Outcome outcome = readAll(
        meters("{'$csv': '" + path + "/meter.csv'}", "{'ratio': 0.5, 'n': 3}", "{'$csv': '" + path + "/devices.csv'}"));
    QCOMPARE(outcome.errors, QStringList());
    QCOMPARE(outcome.points.size(), 4);
    QCOMPARE(outcome.points[2].name, QStringLiteral("b/p"));
    QCOMPARE(outcome.points[2].address, quint16(1003));
    QCOMPARE(outcome.points[2].unit, quint8(8));
    QCOMPARE(outcome.points[2].format.scale, 0.5);
    // In a cell the key decides the type: the same number is a text here, a bit there.
    QCOMPARE(outcome.infos[2].unit, QStringLiteral("3"));
    QCOMPARE(outcome.points[3].format.bit, 3);
    QCOMPARE(*outcome.infos[2].where.file, folder.filePath(QStringLiteral("devices.csv")));
    QCOMPARE(outcome.infos[2].where.line, 3);
  }

  void refusesWithPlaceAndReason_data() {
    QTest::addColumn<QByteArray>("points");
    QTest::addColumn<QByteArray>("parameters");
    QTest::addColumn<QByteArray>("devices");
    QTest::addColumn<QStringList>("due");  // one for each error: a part of it
    const auto row = [](const char *name, const QByteArray &points, const QByteArray &parameters,
                        const QByteArray &devices,
                        const QStringList &due) { QTest::newRow(name) << points << parameters << devices << due; };
    const QByteArray both = "{'name': 'a', 'template': 'meter'},\n{'name': 'b', 'template': 'meter'}";
    const QByteArray bad = "{'name': 'p', 'table': 'input', 'address': 0, 'type': 'int17'}";
    row("wrong point: once", bad, "{}", both,
        {QStringLiteral("test.json:3:47: config.templates.meter.points[0].type: unknown word \"int17\"")});
    row("keys at odds: once", "{'name': 'p', 'table': 'coil', 'address': 0, 'type': 'int16'}", "{}", both,
        {QStringLiteral("test.json:3:46: config.templates.meter.points[0].type: a coil")});
    row("unknown key: once", "{'nam': 'p', 'register': '40001'}", "{}", both,
        {QStringLiteral("test.json:3:2: config.templates.meter.points[0].nam: unknown key \"nam\", did you mean"),
         QStringLiteral("config.templates.meter.points[0]: key \"name\" is missing")});
    row("no object", "5", "{}", both, {QStringLiteral("config.templates.meter.points[0]: an object is due, not 5")});
    row("wrong default: once", voltage, "{'ratio': 'x', 'room': ''}", both,
        {QStringLiteral("config.templates.meter.points[0].scale: a number is due, not a string")});
    row("parameter of the wrong type", voltage, "{'ratio': 1, 'room': ''}",
        "{'name': 'a', 'template': 'meter'},\n"
        "{'name': 'b', 'template': 'meter', 'parameters': {'ratio': 'x', 'room': 5}}",
        {QStringLiteral(
            "test.json:8:51: config.devices[1].parameters.ratio: a number is due, not a string, for `scale` "
            "(device \"b\", point \"voltage\" of template \"meter\")")});
    row("parameter that does not fit another key",
        "{'name': 'p', 'register': '40001', 'type': 'int16', 'min': 5, "
        "'max': '{top}'}",
        "{'top': 10}",
        "{'name': 'a', 'template': 'meter'},\n{'name': 'b', 'template': 'meter', 'parameters': {'top': 4}}",
        {QStringLiteral("test.json:3:53: config.templates.meter.points[0].min: `min` is above `max` (device \"b\")")});
    row("no such parameter in the template", "{'name': 'p{rom}', 'register': '40001', 'type': 'int16'}",
        "{'room': 'x'}", both,
        {QStringLiteral("test.json:3:2: config.templates.meter.points[0].name: unknown parameter \"rom\", did you mean "
                        "\"room\"? (allowed: room, ")});
    row("brace that never ends", "{'name': 'p{room', 'register': '40001', 'type': 'int16'}", "{'room': 'x'}", both,
        {QStringLiteral("config.templates.meter.points[0].name: a { never ends")});
    row("no such parameter for the device", voltage, "{'ratio': 1, 'room': ''}",
        "{'name': 'a', 'template': 'meter', 'parameters': {'rato': 2}}",
        {QStringLiteral("test.json:7:51: config.devices[0].parameters.rato: template \"meter\" has no parameter "
                        "\"rato\", did you mean \"ratio\"? (allowed: ratio, room)")});
    row("parameter is missing", voltage, "{'ratio': null, 'room': ''}", both,
        {QStringLiteral("config.devices[0].parameters.ratio: parameter \"ratio\" is missing: template \"meter\" has no "
                        "default for it (device \"a\")"),
         QStringLiteral("test.json:8:1: config.devices[1].parameters.ratio: parameter \"ratio\" is missing")});
    row("parameter is an object", voltage, "{'ratio': {}, 'room': ''}", both,
        {QStringLiteral(
            "config.templates.meter.parameters.ratio: a text, a number, true or false is due, not an object")});
    row("parameter with a bad name", voltage, "{'ratio': 1, 'room': '', 'a.b': 1}", both,
        {QStringLiteral("config.templates.meter: \"a.b\" is no name (allowed: 1 to 64 letters")});
    row("unknown template", voltage, "{'ratio': 1, 'room': ''}",
        "{'name': 'a', 'template': 'meter'}, {'name': 'b', 'template': 'metr'}",
        {QStringLiteral(
            "test.json:7:51: config.devices[1].template: unknown template \"metr\", did you mean \"meter\"? "
            "(allowed: meter)")});
    row("unused template", voltage, "{'ratio': 1, 'room': ''}", "",
        {QStringLiteral("test.json:2:15: config.templates.meter: no device uses the template")});
    row("device twice", voltage, "{'ratio': 1, 'room': ''}",
        "{'name': 'a', 'template': 'meter'},\n{'name': 'a', 'template': 'meter'}",
        {QStringLiteral("test.json:8:2: config.devices[1].name: device \"a\" is there already, as devices[0]")});
    row("device with a bad name", voltage, "{'ratio': 1, 'room': ''}", "{'name': 'a/', 'template': 'meter'}",
        {QStringLiteral("config.devices[0].name: is no name")});
    row("point twice: once", voltage + ',' + voltage, "{'ratio': 1, 'room': ''}", both,
        {QStringLiteral("config.templates.meter.points[1].name: the template has two points of this name")});
    row("point with a bad name: once", "{'name': 'p#', 'register': '40001', 'type': 'int16'}", "{}", both,
        {QStringLiteral("config.templates.meter.points[0].name: is no name")});
    row("long name", "{'name': '" + QByteArray(150, 'p') + "', 'register': '40001', 'type': 'int16'}", "{}",
        "{'name': '" + QByteArray(60, 'd') + "', 'template': 'meter'}",
        {QStringLiteral("config.devices[0].name: the name is too long (allowed: 200 characters)")});
    row("base too large", voltage + ", {'name': 'q', 'register': '30001', 'type': 'float32'}",
        "{'ratio': 1, 'room': ''}", "{'name': 'a', 'template': 'meter', 'base': 65535}",
        {QStringLiteral(
            "test.json:7:36: config.devices[0].base: the point would reach to address 65536 (allowed: up to "
            "65535) (device \"a\", point \"voltage\" of template \"meter\")")});
    row("address too large without the base", "{'name': 'p', 'table': 'input', 'address': 65535, 'type': 'float32'}",
        "{}", "{'name': 'a', 'template': 'meter', 'base': 1}",
        {QStringLiteral("config.templates.meter.points[0].address: the point would reach to address 65537")});
    row("number too large", voltage, "{'ratio': 1, 'room': ''}",
        "{'name': 'a', 'template': 'meter', 'number_base': 2147483646},"
        "{'name': 'b', 'template': 'meter', 'number_base': 2147483647}",
        {QStringLiteral("config.devices[1].number_base: 2147483647 is out of range")});
    row("no points in the template", "", "{}", both, {QStringLiteral("config.templates.meter.points: has 0 entries")});
  }
  void refusesWithPlaceAndReason() {
    QFETCH(QByteArray, points);
    QFETCH(QByteArray, parameters);
    QFETCH(QByteArray, devices);
    QFETCH(QStringList, due);
    const Outcome outcome = readAll(meters(points, parameters, devices));
    const QString all = outcome.errors.join(u'\n');
    QVERIFY2(outcome.errors.size() == due.size(), qPrintable(all));
    for (qsizetype i = 0; i < due.size(); ++i) QVERIFY2(outcome.errors[i].contains(due[i]), qPrintable(all));
    QVERIFY(outcome.infos.isEmpty());
  }

  void theDeviceAnswersForAUnitThatItNamed() {
    QByteArray json = meters(voltage + ",{'name': 'q', 'register': '40001', 'type': 'int16', 'unit_id': 2}",
                             "{'ratio': 1, 'room': ''}", "{'name': 'a', 'template': 'meter', 'unit_id': 250}");
    Problems problems;
    const ConfigNode node = parseJson(json.replace('\'', '"'), QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QStringLiteral("config"), problems);
    const auto config = reader.read<ModbusConfig>();
    QVERIFY(config);
    DevicePoints made(config->templates, config->devices, reader);
    QCOMPARE(made.make(2).size(), 2);
    QVERIFY(!reader.failed());
    made.complain(0, "unit_id", QStringLiteral("too high"));
    made.complain(1, "unit_id", QStringLiteral("too low"));
    QCOMPARE(problems.size(), 2);
    QCOMPARE(toText(problems[0]), QStringLiteral("test.json:7:36: config.devices[0].unit_id: too high (device \"a\", "
                                                 "point \"voltage\" of template \"meter\")"));
    QVERIFY2(toText(problems[1]).endsWith(u"config.templates.meter.points[1].unit_id: too low"),
             qPrintable(toText(problems[1])));
  }

  void anUnusedParameterIsAWarning() {
    const Outcome outcome =
        readAll(meters(voltage, "{'ratio': 1, 'room': '', 'rom': 2}", "{'name': 'a', 'template': 'meter'}"));
    QCOMPARE(outcome.errors.size(), 1);
    QVERIFY2(outcome.errors[0].startsWith(u"test.json:5:40: warning: config.templates.meter.parameters.rom: "),
             qPrintable(outcome.errors[0]));
    QCOMPARE(outcome.infos.size(), 1);
  }

  void atLeastOnePointAndAHundredThousandInAll() {
    const Outcome none = readAll("{'endpoint': 'tcp://plc', 'points': []}");
    QCOMPARE(none.errors.size(), 1);
    QVERIFY2(none.errors[0].contains(u"config: there is no point"), qPrintable(none.errors[0]));
    QByteArray points;
    for (int i = 0; i < 400; ++i) {
      points += QByteArray(i ? ",\n" : "") + "{'name': 'p" + QByteArray::number(i) +
                "', 'table': 'coil', 'address': " + QByteArray::number(i) + "}";
    }
    QByteArray devices;
    for (int i = 0; i < 250; ++i) {
      devices += QByteArray(i ? ",\n" : "") + "{'name': 'd" + QByteArray::number(i) +
                 "', 'template': 'meter', "
                 "'unit_id': " +
                 QByteArray::number(i) + "}";
    }
    const Outcome most = readAll(meters(points, "{}", devices));
    QCOMPARE(most.errors, QStringList());
    QCOMPARE(most.infos.size(), 100'000);
    const Outcome over = readAll(meters(points, "{}", devices + ", {'name': 'last', 'template': 'meter'}"));
    QCOMPARE(over.errors.size(), 1);
    QVERIFY2(over.errors[0].contains(u"config.devices: the devices have 100400 points (allowed: 100000"),
             qPrintable(over.errors[0]));
  }

  void rowsGiveTheSamePointsAgain() {
    QByteArray json = meters(voltage + ",{'name': 'flag', 'register': '40011', 'bit': 3, 'verify': false}",
                             "{'ratio': 0.1, 'room': 'Hall, \\\"A\\\"'}",
                             "{'name': 'a', 'template': 'meter', 'base': 5, 'unit_id': 0, 'poll_interval_ms': 70}");
    json.replace("'templates'", "'points': [{'name': 'own', 'register': '00001', 'number': 2147483647}],'templates'");
    Problems problems;
    const ConfigNode node = parseJson(json.replace('\'', '"'), QStringLiteral("test.json"), problems);
    ConfigReader reader(node, QString(), problems);
    auto config = reader.read<ModbusConfig>();
    QVERIFY(config);
    const QList<ModbusPoint> points = config->settlePoints(reader);
    QVERIFY(!reader.failed());
    const PointRows table = config->pointRows(points);
    QCOMPARE(table.rows.size(), 3);
    QCOMPARE(table.rows[1].value(QLatin1String("address")).toInteger(), 5);
    QCOMPARE(table.rows[1].value(QLatin1String("unit_id")).toInteger(), 0);
    for (qsizetype i = 0; i < table.rows.size(); ++i) {
      const QByteArray row = QJsonDocument(table.rows[i]).toJson();
      const ConfigNode again = parseJson(row, QStringLiteral("row"), problems);
      ConfigReader rowReader(again, QString(), problems);
      const auto read = rowReader.read<PointConfig>();
      QVERIFY(read);
      for (const QString &key : table.rows[i].keys()) QVERIFY(table.columns.contains(key));
      // What is written of both is the same: all keys, those at their defaults too.
      const auto point = settle(*read, 1, std::chrono::seconds(1), [](const char *, const QString &) {});
      QVERIFY(point);
      QCOMPARE(point->table, points[i].table);
      QCOMPARE(point->address, points[i].address);
      QCOMPARE(point->unit, points[i].unit);
      QCOMPARE(point->format.type, points[i].format.type);
      QCOMPARE(point->format.scale, points[i].format.scale);
      QCOMPARE(point->verify, points[i].verify);
      QCOMPARE(point->period, points[i].period);
      QCOMPARE(read->description, config->points[i].description);
      QCOMPARE(read->number, config->points[i].number);
      QCOMPARE(read->name, config->points[i].name);
    }
  }

  void schemaKnowsThePointsOfATemplate() {
    QJsonValue at = withTemplatePoints(schemaOf<ModbusConfig>()).json;
    for (const char *key : {"properties", "templates", "additionalProperties", "properties", "points", "items"}) {
      at = at.toObject().value(QLatin1String(key));
    }
    const QJsonObject point = at.toObject().value(QLatin1String("anyOf")).toArray().at(0).toObject();
    const QJsonObject properties = point.value(QLatin1String("properties")).toObject();
    QCOMPARE(properties.keys(), [] {
      QStringList keys = shapeOf<PointConfig>().keys();
      keys.sort();
      return keys;
    }());
    const QJsonArray address =
        properties.value(QLatin1String("address")).toObject().value(QLatin1String("anyOf")).toArray();
    QCOMPARE(address.at(0).toObject().value(QLatin1String("maximum")).toInt(), 65535);
    QCOMPARE(address.at(1).toObject().value(QLatin1String("type")).toString(), QStringLiteral("string"));
  }
};

TAGWIRE_TEST(TestModbusTemplates)

}  // namespace tst_modbus_templates

#include "tst_modbus_templates.moc"
