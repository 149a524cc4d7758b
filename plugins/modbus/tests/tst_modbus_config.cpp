// SPDX-License-Identifier: Apache-2.0
#include <QFile>
#include <QTest>

#include "modbusconfig.h"
#include "testcontext.h"
#include "testprogram.h"

namespace tst_modbus_config {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

// Single quotes stand for double ones: moc of Qt 6.4 loses its way in raw strings.
const QByteArray contractsExample =
    "{"
    "'endpoint': 'tcp://127.0.0.1:1502', 'unit': 1, 'poll_interval_ms': 200, 'timeout_ms': 500,"
    "'points': ["
    "{ 'name': 'boiler/temp', 'number': 59, 'register': '40001', 'type': 'float32', 'word_order': 'big',"
    "'unit': '°C', 'scale': 1.0, 'offset': 0.0, 'deadband': 0.0, 'writable': true, 'description': 'Boiler outlet' },"
    "{ 'name': 'pump/run', 'number': 60, 'table': 'coil', 'address': 0, 'type': 'bool', 'writable': true } ] }";

const QByteArray shortForms =
    "{'endpoint': 'tcp://plc', 'points': ["
    "{'name': 'a', 'register': '00001'}, {'name': 'b', 'register': '400010', 'bit': 4},"
    "{'name': 'c', 'register': '30002', 'type': 'int16', 'unit_id': 7, 'poll_interval_ms': 50},"
    "{'name': 'd', 'table': 'holding', 'address': 100, 'type': 'string', 'length': 9},"
    "{'name': 'e', 'table': 'holding', 'address': 0, 'type': 'uint16', 'scale': 0.5}]}";

const QByteArray threeErrors =
    "{'endpoint': 'tcp://plc', 'points': ["
    "{'name': 'a', 'register': '9'}, {'name': 'b', 'register': '40001', 'type': 'int16'},"
    "{'name': 'c', 'register': '30001', 'type': 'int16', 'writable': true, 'scale': 0}]}";

struct Outcome {
  std::optional<ModbusConfig> config;
  QList<ModbusPoint> points;
  QList<PointInfo> infos;
  QString errors;
};

Outcome readAll(QByteArray json) {
  Outcome outcome;
  Problems problems;
  const ConfigNode node = parseJson(json.replace('\'', '"'), QStringLiteral("test.json"), problems);
  if (!hasErrors(problems)) {
    ConfigReader reader(node, QStringLiteral("config"), problems);
    outcome.config = reader.read<ModbusConfig>();
    ModbusConfig::tellMissing(reader);
    if (outcome.config) outcome.config->checkLink(reader);
    if (outcome.config) outcome.points = outcome.config->settlePoints(reader);
    if (!reader.failed()) outcome.infos = outcome.config->pointInfos(outcome.points, reader);
  }
  for (const Problem &problem : std::as_const(problems)) outcome.errors += toText(problem) + u'\n';
  return outcome;
}

Outcome readPoint(const QByteArray &point) {
  return readAll("{'endpoint': 'tcp://plc:1502', 'points': [{'name': 'p', " + point + "}]}");
}

}  // namespace

class TestModbusConfig : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void readsTheContractsExample() {
    const Outcome outcome = readAll(contractsExample);
    QVERIFY2(outcome.errors.isEmpty(), qPrintable(outcome.errors));
    QCOMPARE(outcome.config->endpoint->toText(), QStringLiteral("tcp://127.0.0.1:1502"));
    QCOMPARE(outcome.config->timeout.count(), 500);
    QCOMPARE(outcome.points.size(), 2);
    const ModbusPoint &temp = outcome.points[0];
    QCOMPARE(temp.table, Table::Holding);
    QCOMPARE(temp.address, quint16(0));
    QCOMPARE(temp.format.type, PointType::Float32);
    QCOMPARE(temp.period.count(), 200);
    QCOMPARE(outcome.infos[0].type, ValueType::Double);
    QCOMPARE(outcome.infos[0].number, 59);
    QCOMPARE(outcome.infos[0].unit, QStringLiteral("°C"));
    QVERIFY(outcome.infos[0].writable);
    QCOMPARE(outcome.infos[1].type, ValueType::Bool);
    QVERIFY(outcome.infos[1].where.line > 0);
  }

  void defaults() {
    const Outcome outcome = readAll(shortForms);
    QVERIFY2(outcome.errors.isEmpty(), qPrintable(outcome.errors));
    QCOMPARE(outcome.config->endpoint->port, quint16(502));
    QCOMPARE(outcome.points[0].table, Table::Coil);
    QCOMPARE(outcome.points[0].format.type, PointType::Bool);
    QCOMPARE(outcome.points[0].unit, quint8(1));
    QCOMPARE(outcome.points[0].period.count(), 1000);
    QCOMPARE(outcome.points[1].address, quint16(9));
    QCOMPARE(outcome.points[1].format.type, PointType::Bool);
    QCOMPARE(outcome.points[2].unit, quint8(7));
    QCOMPARE(outcome.points[2].period.count(), 50);
    QCOMPARE(outcome.points[2].table, Table::Input);
    QCOMPARE(outcome.points[3].format.size(), 5);
    QCOMPARE(outcome.infos[2].type, ValueType::Int);
    QCOMPARE(outcome.infos[3].type, ValueType::Text);
    QCOMPARE(outcome.infos[4].type, ValueType::Double);
  }

  void endpoints_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("due");  // "!" and a part of the error
    const auto row = [](const char *text, const char *due) {
      QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(due);
    };
    row("tcp://127.0.0.1:1502", "tcp://127.0.0.1:1502");
    row("tcp://plc-3.example", "tcp://plc-3.example:502");
    row("tcp://[::1]:1502", "tcp://[::1]:1502");
    row("rtu:///dev/ttyUSB0?baud=9600&parity=none&stop=2", "rtu:///dev/ttyUSB0");
    row("rtu:///dev/serial/by-id/usb-FTDI-if00", "rtu:///dev/serial/by-id/usb-FTDI-if00");
    row("rtu+tcp://plc:4001", "rtu+tcp://plc:4001");
    row("rtu+tcp://plc:0", "!port 0");
    row("rtu+tcp://plc?baud=9600", "!nothing may follow");
    row("rtu://ttyUSB0", "!not a serial port (allowed: rtu:///dev/ttyUSB0");
    row("rtu:///dev/ttyUSB0?baud=fast", "!`baud` is a number from 300 to 4000000");
    row("rtu:///dev/ttyUSB0?parity=mark", "!(allowed: none, even, odd)");
    row("rtu:///dev/ttyUSB0?stop=3", "!`stop` is a number from 1 to 2");
    row("rtu:///dev/ttyUSB0?speed=9600", "!\"speed\" is no setting of a serial line (allowed: baud, parity, stop)");
    row("http://plc", "!tcp://host:port");
    row("127.0.0.1:502", "!tcp://host:port");
    row("tcp:plc", "!tcp://host:port");
    row("tcp://", "!host");
    row("tcp://plc:0", "!port 0");
    row("tcp://plc:70000", "!host and port");
    row("tcp://plc:502/x", "!nothing may follow");
    row("tcp://plc:502?token=abc", "!nothing may follow");
    row("", "!tcp://host:port");
  }
  void endpoints() {
    QFETCH(QString, text);
    QFETCH(QString, due);
    const auto endpoint = Endpoint::fromText(text);
    if (due.startsWith(u'!')) {
      QVERIFY(!endpoint);
      QVERIFY2(endpoint.error().contains(due.mid(1)), qPrintable(endpoint.error()));
    } else {
      QVERIFY2(endpoint, qPrintable(endpoint ? QString() : endpoint.error()));
      QCOMPARE(endpoint->toText(), due);
    }
  }

  void aSerialLineHasTheSpecificationsDefaults() {
    const auto plain = Endpoint::fromText(QStringLiteral("rtu:///dev/ttyS0"));
    QVERIFY(plain);
    QCOMPARE(plain->transport, Transport::Serial);
    QCOMPARE(plain->baud, 19200);
    QCOMPARE(plain->parity, Parity::Even);
    QCOMPARE(plain->stopBits, 1);
    const auto set = Endpoint::fromText(QStringLiteral("rtu:///dev/ttyS0?parity=odd&baud=9600&stop=2"));
    QVERIFY(set);
    QCOMPARE(set->baud, 9600);
    QCOMPARE(set->parity, Parity::Odd);
    QCOMPARE(set->stopBits, 2);
    QCOMPARE(Endpoint::fromText(QStringLiteral("rtu+tcp://x"))->transport, Transport::RtuOverTcp);
    QVERIFY(Endpoint::toListenOn(QStringLiteral("tcp://127.0.0.1:0")));
  }

  void aPasswordIsRefusedAndNotPrinted() {
    for (const char *text : {"tcp://user:hunter2@plc:502", "tcp://hunter2@plc", "tcp://a:hunter2@plc:99999"}) {
      const auto endpoint = Endpoint::fromText(QString::fromLatin1(text));
      QVERIFY(!endpoint);
      QVERIFY2(!endpoint.error().contains(u"hunter2"), qPrintable(endpoint.error()));
      QVERIFY(endpoint.error().contains(u"password"));
    }
  }

  void refusesWithPlaceAndReason_data() {
    QTest::addColumn<QByteArray>("point");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, const char *point, const char *path, const char *reason) {
      QTest::newRow(name) << QByteArray(point) << QString::fromLatin1(path) << QString::fromLatin1(reason);
    };
    row("no place", "'type': 'int16'", "points[0].name", "place is missing");
    row("two places", "'register': '40001', 'table': 'holding', 'address': 0, 'type': 'int16'", "points[0].register",
        "either");
    row("no address", "'table': 'holding', 'type': 'int16'", "points[0].table", "`address` is missing");
    row("no table", "'address': 3, 'type': 'int16'", "points[0].address", "`table` is missing");
    row("register 4 digits", "'register': '4001', 'type': 'int16'", "points[0].register", "5 or 6 digits");
    row("register 0", "'register': '40000', 'type': 'int16'", "points[0].register", "5 or 6 digits");
    row("register 2xxxx", "'register': '20001', 'type': 'int16'", "points[0].register", "5 or 6 digits");
    row("register 465537", "'register': '465537', 'type': 'int16'", "points[0].register", "5 or 6 digits");
    row("register with sign", "'register': '4-001', 'type': 'int16'", "points[0].register", "5 or 6 digits");
    row("no type", "'register': '40001'", "points[0].name", "`type` is missing");
    row("unknown type", "'register': '40001', 'type': 'int17'", "points[0].type", "int16");
    row("coil with a number", "'register': '00001', 'type': 'int16'", "points[0].type", "one bit");
    row("bool without bit", "'register': '40001', 'type': 'bool'", "points[0].type", "needs `bit`");
    row("number with bit", "'register': '40001', 'type': 'int16', 'bit': 3", "points[0].bit", "bool");
    row("bit 16", "'register': '40001', 'bit': 16", "points[0].bit", "15");
    row("coil with bit", "'register': '00001', 'bit': 1", "points[0].bit", "bit already");
    row("writable input", "'register': '30001', 'type': 'int16', 'writable': true", "points[0].writable", "read");
    row("writable discrete", "'register': '10001', 'writable': true", "points[0].writable", "read");
    row("string without length", "'register': '40001', 'type': 'string'", "points[0].type", "`length`");
    row("length of a number", "'register': '40001', 'type': 'int16', 'length': 3", "points[0].length", "string");
    row("string too long", "'register': '40001', 'type': 'string', 'length': 251", "points[0].length", "250");
    row("string too long to write", "'register': '40001', 'type': 'string', 'length': 250, 'writable': true",
        "points[0].length", "246");
    row("beyond the end", "'table': 'holding', 'address': 65535, 'type': 'float32'", "points[0].address", "65535");
    row("beyond the end, modicon", "'register': '465536', 'type': 'float64'", "points[0].register", "65535");
    row("address too large", "'table': 'holding', 'address': 65536, 'type': 'int16'", "points[0].address", "65535");
    row("scale 0", "'register': '40001', 'type': 'int16', 'scale': 0", "points[0].scale", "scale of 0");
    row("scaled bool", "'register': '00001', 'scale': 2", "points[0].scale", "only a number");
    row("negative deadband", "'register': '40001', 'type': 'int16', 'deadband': -1", "points[0].deadband", "0");
    row("min above max", "'register': '40001', 'type': 'int16', 'min': 5, 'max': 4", "points[0].min", "above");
    row("confirm of nothing", "'register': '40001', 'type': 'int16', 'confirm': 'select'", "points[0].confirm",
        "without `writable`");
    row("confirm by whom", "'register': '40001', 'type': 'int16', 'writable': true, 'confirm': 'twice'",
        "points[0].confirm", "second_person");
    row("on time of a number", "'register': '40001', 'type': 'int16', 'writable': true, 'min_on_ms': 1000",
        "points[0].min_on_ms", "only a bool");
    row("step of a coil", "'register': '00001', 'writable': true, 'max_step': 1", "points[0].max_step",
        "only a number");
    row("safe value", "'register': '40001', 'type': 'int16', 'writable': true, 'safe_value': 0.5",
        "points[0].safe_value", "whole number");
    row("unsafe value", "'register': '40001', 'type': 'int16', 'writable': true, 'min': 5, 'safe_value': 0",
        "points[0].safe_value", "`min` to `max`");
    row("tolerance of nothing", "'register': '40001', 'type': 'int16', 'verify': false, 'verify_tolerance': 1",
        "points[0].verify_tolerance", "read back");
    row("order of a coil", "'register': '00001', 'byte_order': 'big'", "points[0].byte_order", "no order");
    row("word order of one", "'register': '40001', 'type': 'int16', 'word_order': 'little'", "points[0].word_order",
        "several registers");
    row("poll too fast", "'register': '40001', 'type': 'int16', 'poll_interval_ms': 9", "points[0].poll_interval_ms",
        "10");
    row("unit id", "'register': '40001', 'type': 'int16', 'unit_id': 256", "points[0].unit_id", "255");
    row("unknown key", "'register': '40001', 'type': 'int16', 'writeable': true", "points[0].writeable", "writable");
  }
  void refusesWithPlaceAndReason() {
    QFETCH(QByteArray, point);
    QFETCH(QString, path);
    QFETCH(QString, reason);
    const Outcome outcome = readPoint(point);
    QVERIFY2(outcome.errors.startsWith(u"test.json:1:"), qPrintable(outcome.errors));
    QVERIFY2(outcome.errors.contains(QStringLiteral("config.") + path + u':'), qPrintable(outcome.errors));
    QVERIFY2(outcome.errors.contains(reason), qPrintable(outcome.errors));
    QCOMPARE(outcome.errors.count(u'\n'), 1);
  }

  void tellsAllErrorsAtOnce() {
    const Outcome outcome = readAll(threeErrors);
    QCOMPARE(outcome.errors.count(u'\n'), 3);
    QCOMPARE(outcome.points.size(), 1);
  }

  void theLinkAndTheUnits() {
    const Outcome outcome = readAll(
        "{'endpoints': ['tcp://a', 'tcp://b:1502'], 'max_outstanding': 16, 'connect_pause_ms': 100, 'timeout_ms': 700,"
        "'request_pause_ms': 5, 'max_registers': 100, 'max_bits': 500, 'write_function': 'multiple', 'verify_ms': 300,"
        "'suspend_after': 3, 'probe_interval_ms': 900, 'max_gap': 4, 'units': [{'unit_id': 7, 'timeout_ms': 50,"
        "'max_registers': 10, 'write_function': 'read_write'}], 'points': ["
        "{'name': 'a', 'register': '40001', 'type': 'int16'},"
        "{'name': 'b', 'register': '40001', 'type': 'int16', 'unit_id': 7, 'enabled': false}]}");
    QVERIFY2(outcome.errors.isEmpty(), qPrintable(outcome.errors));
    const Bus::Settings bus = outcome.config->busSettings(outcome.points);
    QCOMPARE(bus.endpoints.size(), 2);
    QCOMPARE(bus.maxOutstanding, 16);
    QVERIFY(bus.hasSecondConnection);
    QCOMPARE(bus.connectPause.count(), 100);
    QCOMPARE(bus.connectTimeout.count(), 700);
    QVERIFY(!outcome.config->busSettings({outcome.points[0]}).hasSecondConnection);
    const SourceSettings settings = outcome.config->sourceSettings();
    QCOMPARE(settings.suspendAfter, 3);
    QCOMPARE(settings.longestPause.count(), 900);
    QCOMPARE(settings.maxGap, 4);
    const UnitSettings &usual = settings.units.of(1);
    QCOMPARE(usual.timeout.count(), 700);
    QCOMPARE(usual.requestPause.count(), 5);
    QCOMPARE(usual.maxRegisters, 100);
    QCOMPARE(usual.maxBits, 500);
    QCOMPARE(usual.writeStyle, WriteStyle::Multiple);
    QCOMPARE(usual.verifyTime.count(), 300);
    const UnitSettings &particular = settings.units.of(7);
    QCOMPARE(particular.timeout.count(), 50);
    QCOMPARE(particular.requestPause.count(), 5);
    QCOMPARE(particular.maxRegisters, 10);
    QCOMPARE(particular.writeStyle, WriteStyle::ReadWrite);
    QVERIFY(outcome.points[0].isEnabled && !outcome.points[1].isEnabled);
  }

  void refusesALinkThatCanNotBe_data() {
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("due");
    const auto row = [](const char *name, const char *keys, const char *due) {
      QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(due);
    };
    row("no endpoint", "'unit': 1", "config: key \"endpoint\" is missing");
    row("both", "'endpoint': 'tcp://a', 'endpoints': ['tcp://b']", "config.endpoints: `endpoint` is given too");
    row("mixed kinds", "'endpoints': ['tcp://a', 'rtu+tcp://b']", "config.endpoints[1]: another kind");
    row("pipelined line", "'endpoint': 'rtu:///dev/ttyS0', 'max_outstanding': 2",
        "config.max_outstanding: a serial line");
    row("unit twice", "'endpoint': 'tcp://a', 'units': [{'unit_id': 3}, {'unit_id': 3}]",
        "config.units[1].unit_id: unit 3");
    row("broadcast", "'endpoint': 'rtu:///dev/ttyS0', 'unit': 0", "unit id 0 on a serial line (allowed: 1 to 247");
    row("too large for the unit", "'endpoint': 'tcp://a', 'max_registers': 3", "`max_registers` of unit 1 is 3");
    row("unknown style", "'endpoint': 'tcp://a', 'write_function': 'fast'", "auto, multiple, read_write");
  }
  void refusesALinkThatCanNotBe() {
    QFETCH(QByteArray, keys);
    QFETCH(QString, due);
    const QByteArray point = "{'name': 'p', 'table': 'input', 'address': 0, 'type': 'float64'}";
    const Outcome outcome = readAll("{" + keys + ", 'points': [" + point + "]}");
    QVERIFY2(outcome.errors.contains(due), qPrintable(outcome.errors));
    QCOMPARE(outcome.errors.count(u'\n'), 1);
  }

  void xKeysAreTheUsersOwn() {
    const Outcome outcome = readPoint("'register': '40001', 'type': 'int16', 'x-sim': 'sine:0:1:2'");
    QVERIFY2(outcome.errors.isEmpty(), qPrintable(outcome.errors));
  }
};

TAGWIRE_TEST(TestModbusConfig)

}  // namespace tst_modbus_config

#include "tst_modbus_config.moc"
