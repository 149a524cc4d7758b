// SPDX-License-Identifier: Apache-2.0
// The real host: a PLC on one side, a SCADA on the other, both by Modbus, and Tagwire in between.
#include "pluginloader.h"
#include "runtime.h"
#include "serverfixture.h"
#include "testprogram.h"

namespace tst_modbus_server_runtime {

using namespace tagwire;
using namespace tagwire::modbus;

class TestModbusServerRuntime : public QObject {
  Q_OBJECT

  static QByteArray ask(RawClient &client, const QByteArray &pdu) {
    client.forget();
    const QByteArray length = QByteArray::number(pdu.size() / 2 + 1, 16).rightJustified(4, '0');
    client.send("00010000" + length + "01" + pdu);
    (void)tagwire::testing::waitFor([&] { return !client.received().isEmpty(); });
    return client.received().mid(14);
  }

  QString manifest(quint16 plcPort) const {
    QFile file(m_folder.filePath(QStringLiteral("manifest.json")));
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(
        "{\"data_dir\": \"var\", \"plugins\": ["
        "{\"id\": \"plc\", \"type\": \"modbus\", \"config\": {\"endpoint\": \"tcp://127.0.0.1:" +
        QByteArray::number(plcPort) +
        "\", \"poll_interval_ms\": 20, \"timeout_ms\": 20000, \"verify_ms\": 20000, \"points\": ["
        "{\"name\": \"temp\", \"register\": \"40001\", \"type\": \"int16\", \"writable\": true, \"max\": 100},"
        "{\"name\": \"gone\", \"register\": \"40100\", \"type\": \"int16\", \"writable\": true}]}},"
        "{\"id\": \"north\", \"type\": \"modbus-server\", \"config\": {\"listen\": \"127.0.0.1:0\", "
        "\"answer_within_ms\": 60000, "
        "\"points\": ["
        "{\"point\": \"plc/temp\", \"register\": \"40011\", \"type\": \"float32\", \"writable\": true, "
        "\"quality_address\": 0},"
        "{\"point\": \"plc/gone\", \"register\": \"40013\", \"type\": \"int16\", \"writable\": true}]}}]}");
    return file.fileName();
  }

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void fromThePlcToTheScadaAndBack() {
    ModbusServer plc;
    plc.image(1).set(Table::Holding, 0, 20);
    QVERIFY(plc.listen(QStringLiteral("127.0.0.1"), 0));

    Clock clock;
    PluginLoader loader({QStringLiteral(PLUGIN_DIR)});
    Runtime runtime(loader, clock);
    Problems problems;
    const Manifest read = Manifest::read(manifest(plc.port()), problems);
    runtime.load(read, problems);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.isEmpty() ? QString() : toText(problems.first())));
    runtime.start();
    const auto port = [&] { return runtime.instance(QStringLiteral("north"))->plugin()->property("port").toUInt(); };
    QTRY_VERIFY(port() != 0);

    RawClient scada(static_cast<quint16>(port()));
    QTRY_COMPARE(ask(scada, "0200000001"), QByteArray("020101"));
    QCOMPARE(ask(scada, "03000a0002"), QByteArray("030441a00000"));
    // The echo comes when the PLC has it, and what is read right behind is what the PLC holds.
    for (int value = 30; value < 50; ++value) {
      const QByteArray registers = encodedFloat(value);
      QCOMPARE(ask(scada, "10000a000204" + registers), QByteArray("10000a0002"));
      QCOMPARE(int(plc.image(1).value(Table::Holding, 0)), value);
      QCOMPARE(ask(scada, "03000a0002"), "0304" + registers);
    }
    QCOMPARE(ask(scada, "10000a000204" + encodedFloat(101)), QByteArray("9003"));
    QCOMPARE(ask(scada, "10000a000204" + encodedFloat(20.5)), QByteArray("9003"));
    // An address that the PLC refuses.
    QCOMPARE(ask(scada, "03000c0001"), QByteArray("8304"));
    QCOMPARE(ask(scada, "06000c0001"), QByteArray("8604"));

    plc.close();
    QTRY_COMPARE(ask(scada, "0200000001"), QByteArray("020100"));
    QCOMPARE(ask(scada, "03000a0002"), QByteArray("8304"));
    QCOMPARE(ask(scada, "10000a000204" + encodedFloat(60)), QByteArray("9004"));
    QCOMPARE(int(plc.image(1).value(Table::Holding, 0)), 49);
    runtime.stop();
    QTRY_COMPARE(scada.socket.state(), QAbstractSocket::UnconnectedState);
  }

 private:
  static QByteArray encodedFloat(double value) {
    RegisterFormat format;
    format.type = PointType::Float32;
    QByteArray hex;
    for (const quint16 word : encode(format, value).value_or(Registers())) {
      hex += QByteArray::number(word, 16).rightJustified(4, '0');
    }
    return hex;
  }
};

TAGWIRE_TEST(TestModbusServerRuntime)

}  // namespace tst_modbus_server_runtime

#include "tst_modbus_server_runtime.moc"
