// SPDX-License-Identifier: Apache-2.0
// Clients that others wrote read and write points: libmodbus and Qt's over TCP and over a serial line, pymodbus over
// TCP.
#include <modbus.h>

#include <QModbusDataUnit>
#include <QModbusReply>
#include <QModbusRtuSerialClient>
#include <QModbusTcpClient>
#include <QProcess>

#include <atomic>
#include <thread>

#include "serverfixture.h"
#include "testprogram.h"

namespace tst_modbus_server_peers {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

/// The sink with a plant that does what it is told: each command succeeds, and its value comes as a sample before.
class ObedientPlant : public SinkUnderTest {
 public:
  explicit ObedientPlant(const QByteArray &listen)
      : SinkUnderTest("{\"listen\": \"" + listen +
                      "\", \"points\": ["
                      "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\", \"writable\": true, "
                      "\"quality_address\": 100},"
                      "{\"point\": \"plc/temp\", \"register\": \"30001\", \"type\": \"int16\", \"scale\": 0.1},"
                      "{\"point\": \"plc/level\", \"register\": \"40010\", \"type\": \"uint16\"},"
                      "{\"point\": \"plc/batch\", \"register\": \"40020\", \"type\": \"string\", \"length\": 6, "
                      "\"writable\": true},"
                      "{\"point\": \"plc/door\", \"register\": \"40030\", \"bit\": 1},"
                      "{\"point\": \"plc/count\", \"register\": \"40040\", \"type\": \"int32\", \"writable\": true},"
                      "{\"point\": \"plc/run\", \"table\": \"coil\", \"address\": 0, \"writable\": true}]}") {
    connect(sink.get(), &Plugin::commandRequested, this, [this](const Command &command) {
      sink->write({{command.point, Quality::good(), plant.clock().now(), command.value}});
      tell(command.id, CommandState::Succeeded);
    });
    sink->start();
    sink->write({plant.sample("temp", 81.25), plant.sample("level", 4711.0),
                 plant.sample("batch", QStringLiteral("A7")), plant.sample("door", true),
                 plant.sample("count", qint64(-7)), plant.sample("run", true)});
  }
};

/// What a libmodbus client found otherwise than due; blocks.
QString useWithLibmodbus(modbus_t *client) {
  QStringList wrong;
  const auto expect = [&](bool well, const char *what) {
    if (!well)
      wrong << QString::fromLatin1(what) + QStringLiteral(": ") + QString::fromLocal8Bit(modbus_strerror(errno));
  };
  modbus_set_slave(client, 1);
  modbus_set_response_timeout(client, 5, 0);
  uint16_t words[10] = {};
  uint8_t bits[10] = {};
  expect(modbus_connect(client) == 0, "connect");
  expect(modbus_read_registers(client, 0, 2, words) == 2 && modbus_get_float_abcd(words) == 81.25F, "float");
  expect(modbus_read_input_registers(client, 0, 1, words) == 1 && (words[0] == 812 || words[0] == 813), "scaled");
  expect(modbus_read_registers(client, 19, 3, words) == 3 && words[0] == 0x4137 && words[2] == 0, "text");
  expect(modbus_read_registers(client, 29, 1, words) == 1 && words[0] == 2, "bit of a register");
  expect(modbus_read_bits(client, 0, 1, bits) == 1 && bits[0] == 1, "coil");
  expect(modbus_read_input_bits(client, 100, 1, bits) == 1 && bits[0] == 1, "quality");

  const uint16_t twelveAndAHalf[] = {0x4148, 0};
  expect(modbus_write_registers(client, 0, 2, twelveAndAHalf) == 2, "write float");
  words[0] = words[1] = 0;
  expect(modbus_read_registers(client, 0, 2, words) == 2 && modbus_get_float_abcd(words) == 12.5F, "float back");
  expect(modbus_write_bit(client, 0, 0) == 1, "write coil");
  expect(modbus_read_bits(client, 0, 1, bits) == 1 && bits[0] == 0, "coil back");
  const uint16_t name[] = {0x4238, 0x2D31, 0};
  expect(modbus_write_registers(client, 19, 3, name) == 3, "write text");
  const uint16_t count[] = {0, 900};
  expect(modbus_write_and_read_registers(client, 39, 2, count, 39, 2, words) == 2 && words[1] == 900, "function 23");

  expect(modbus_write_register(client, 0, 1) < 0 && errno == EMBXILVAL, "half a value");
  expect(modbus_write_register(client, 9, 1) < 0 && errno == EMBXILADD, "read-only");
  expect(modbus_read_registers(client, 500, 1, words) < 0 && errno == EMBXILADD, "no such address");
  modbus_close(client);
  modbus_free(client);
  return wrong.join(u", ");
}

}  // namespace

class TestModbusServerPeers : public QObject {
  Q_OBJECT

  /// Runs libmodbus in a thread of its own, since it blocks.
  void checkWithLibmodbus(ObedientPlant &test, modbus_t *client) {
    QString wrong = QStringLiteral("did not run");
    std::atomic<bool> done = false;
    std::thread thread([&] {
      wrong = useWithLibmodbus(client);
      done = true;
    });
    const bool inTime = tagwire::testing::waitFor([&] { return done.load(); });
    thread.join();
    QVERIFY(inTime);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QCOMPARE(test.commands.size(), 4);
    QVERIFY(test.commands[2].value == Value(QStringLiteral("B8-1")));
    QCOMPARE(test.lastCommand(), QStringLiteral("count=900"));
  }

  static QModbusDataUnit ask(QModbusClient &client, const QModbusDataUnit &what, bool isWrite = false) {
    std::unique_ptr<QModbusReply> reply(isWrite ? client.sendWriteRequest(what, 1) : client.sendReadRequest(what, 1));
    if (!reply || !tagwire::testing::waitFor([&] { return reply->isFinished(); })) return {};
    if (reply->error() == QModbusDevice::ProtocolError) {
      return {QModbusDataUnit::Invalid, 0, QList<quint16>(1, static_cast<quint16>(reply->rawResult().exceptionCode()))};
    }
    return reply->error() == QModbusDevice::NoError ? reply->result() : QModbusDataUnit();
  }

  void checkWithQt(ObedientPlant &test, QModbusClient &client) {
    using Unit = QModbusDataUnit;
    QVERIFY(client.connectDevice());
    QTRY_COMPARE(client.state(), QModbusDevice::ConnectedState);
    QCOMPARE(ask(client, Unit(Unit::HoldingRegisters, 0, 2)).values(), (QList<quint16>{0x42A2, 0x8000}));
    // Qt gives whole bytes of bits.
    QCOMPARE(int(ask(client, Unit(Unit::Coils, 0, 1)).value(0)), 1);
    QCOMPARE(int(ask(client, Unit(Unit::DiscreteInputs, 100, 1)).value(0)), 1);
    QVERIFY(ask(client, Unit(Unit::HoldingRegisters, 0, QList<quint16>{0x4148, 0}), true).isValid());
    QCOMPARE(test.lastCommand(), QStringLiteral("temp=12.5"));
    QCOMPARE(ask(client, Unit(Unit::HoldingRegisters, 0, 2)).values(), (QList<quint16>{0x4148, 0}));
    QVERIFY(ask(client, Unit(Unit::Coils, 0, QList<quint16>{0}), true).isValid());
    QCOMPARE(test.lastCommand(), QStringLiteral("run=false"));
    const Unit refused = ask(client, Unit(Unit::HoldingRegisters, 500, 1));
    QCOMPARE(refused.values(), QList<quint16>{2});
    client.disconnectDevice();
    QTRY_COMPARE(client.state(), QModbusDevice::UnconnectedState);
  }

 private Q_SLOTS:
  void libmodbusOverTcp() {
    ObedientPlant test("tcp://127.0.0.1:0");
    checkWithLibmodbus(test, modbus_new_tcp("127.0.0.1", test.sink->port()));
  }

  void libmodbusOverASerialLine() {
    PtyPair cable;
    ObedientPlant test("rtu://" + cable.first().toLatin1() + "?baud=115200&parity=none");
    QVERIFY2(test.state == PluginState::Running, qPrintable(test.statusText));
    checkWithLibmodbus(test, modbus_new_rtu(cable.second().toLatin1().constData(), 115200, 'N', 8, 1));
  }

  void qtOverTcp() {
    ObedientPlant test("tcp://127.0.0.1:0");
    QModbusTcpClient client;
    client.setConnectionParameter(QModbusDevice::NetworkAddressParameter, QStringLiteral("127.0.0.1"));
    client.setConnectionParameter(QModbusDevice::NetworkPortParameter, test.sink->port());
    checkWithQt(test, client);
  }

  void qtOverASerialLine() {
    PtyPair cable;
    ObedientPlant test("rtu://" + cable.first().toLatin1() + "?baud=19200");
    QModbusRtuSerialClient client;
    client.setConnectionParameter(QModbusDevice::SerialPortNameParameter, cable.second());
    client.setConnectionParameter(QModbusDevice::SerialBaudRateParameter, 19200);
    checkWithQt(test, client);
  }

  void pymodbusOverTcp() {
    const QString python = QStringLiteral("/usr/bin/python3");
    if (QProcess::execute(python, {QStringLiteral("-c"), QStringLiteral("import pymodbus")}) != 0) {
      QSKIP("python3-pymodbus is not installed");
    }
    ObedientPlant test("tcp://127.0.0.1:0");
    QProcess client;
    client.setProcessChannelMode(QProcess::MergedChannels);
    client.start(python, {QStringLiteral(PYMODBUS_CLIENT), QString::number(test.sink->port())});
    QTRY_COMPARE(client.state(), QProcess::NotRunning);
    const QByteArray said = client.readAll();
    QVERIFY2(client.exitCode() == 0 && said.endsWith("ok\n"), said.constData());
    QCOMPARE(test.commands.size(), 2);
  }
};

TAGWIRE_TEST(TestModbusServerPeers)

}  // namespace tst_modbus_server_peers

#include "tst_modbus_server_peers.moc"
