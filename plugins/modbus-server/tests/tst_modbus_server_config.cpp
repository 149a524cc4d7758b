// SPDX-License-Identifier: Apache-2.0
#include "serverfixture.h"
#include "testprogram.h"

namespace tst_modbus_server_config {

using namespace tagwire;
using namespace tagwire::modbus;

class TestModbusServerConfig : public QObject {
  Q_OBJECT

  Plant m_plant;

  ConfigUnderTest read(const QByteArray &keys, const QByteArray &point) const {
    return {"{" + keys + ", \"points\": [" + point + "]}", m_plant.points()};
  }

 private Q_SLOTS:
  void smallest() {
    const auto read = this->read("\"listen\": \"127.0.0.1:0\"",
                                 "{\"point\": \"plc/temp\", \"register\": \"40003\", \"type\": \"float32\"}");
    QCOMPARE(read.errors, QString());
    QCOMPARE(read.exposed.size(), 1);
    QCOMPARE(read.exposed[0].place.name, QStringLiteral("plc/temp"));
    QCOMPARE(int(read.exposed[0].place.address), 2);
    QCOMPARE(int(read.exposed[0].place.unit), 1);
    QVERIFY(read.config->listen[0].transport == Transport::Tcp);
  }

  void severalListeners() {
    const auto read =
        this->read("\"listen\": [\"tcp://127.0.0.1:1502\", \"rtu:///dev/ttyS7?baud=9600\", \"rtu+tcp://[::1]:0\"]",
                   "{\"point\": \"plc/run\", \"table\": \"discrete\", \"address\": 4}");
    QCOMPARE(read.errors, QString());
    QCOMPARE(read.config->listen.size(), 3);
    QCOMPARE(read.config->listen[1].baud, 9600);
    QVERIFY(read.config->listen[2].transport == Transport::RtuOverTcp);
  }

  void beyondThisMachineWithThoseWhoMayCome() {
    const auto read =
        this->read("\"listen\": \"tcp://0.0.0.0:1502\", \"allow\": [\"10.0.0.0/24\", \"192.168.1.7\", \"fd00::/8\"]",
                   "{\"point\": \"plc/run\", \"table\": \"coil\", \"address\": 4}");
    QCOMPARE(read.errors, QString());
    for (const char *in : {"10.0.0.1", "10.0.0.255", "::ffff:10.0.0.9", "192.168.1.7", "fd12::1"}) {
      QVERIFY2(read.config->admits(QHostAddress(QLatin1String(in))), in);
    }
    for (const char *out : {"10.0.1.1", "192.168.1.8", "127.0.0.1", "::1", "fe80::1"}) {
      QVERIFY2(!read.config->admits(QHostAddress(QLatin1String(out))), out);
    }
  }

  void wrongKeys_data() {
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<QString>("error");
    QTest::newRow("everybody") << QByteArray("\"listen\": \"tcp://0.0.0.0:1502\"")
                               << QStringLiteral("0.0.0.0 can be reached from other machines");
    QTest::newRow("network") << QByteArray("\"listen\": \"127.0.0.1:1502\", \"allow\": [\"10.0/8\"]")
                             << QStringLiteral("\"10.0/8\" is not an address or network");
    QTest::newRow("prefix") << QByteArray("\"listen\": \"127.0.0.1:1502\", \"allow\": [\"10.0.0.0/33\"]")
                            << QStringLiteral("not an address or network");
    QTest::newRow("serial") << QByteArray("\"listen\": \"rtu:///dev/ttyS0\", \"allow\": [\"10.0.0.1\"]")
                            << QStringLiteral("does not tell who asks");
    QTest::newRow("name") << QByteArray("\"listen\": \"tcp://plc.example:1502\"")
                          << QStringLiteral("not an address of this machine");
    QTest::newRow("password") << QByteArray("\"listen\": \"tcp://u:hunter2@127.0.0.1:1502\"")
                              << QStringLiteral("a credential");
    QTest::newRow("no port") << QByteArray("\"listen\": \"127.0.0.1\"") << QStringLiteral("not an address with a port");
    QTest::newRow("broadcast") << QByteArray("\"listen\": \"rtu:///dev/ttyS0\", \"unit\": 0")
                               << QStringLiteral("unit id 0 has no place on a line (allowed: 1 to 247)");
    QTest::newRow("on_bad") << QByteArray("\"listen\": \"127.0.0.1:1502\", \"on_bad\": \"ignore\"")
                            << QStringLiteral("exception");
  }
  void wrongKeys() {
    QFETCH(QByteArray, keys);
    QFETCH(QString, error);
    const auto read = this->read(keys, "{\"point\": \"plc/run\", \"table\": \"coil\", \"address\": 4}");
    QVERIFY2(read.errors.contains(error), qPrintable(read.errors));
    QVERIFY(!read.errors.contains(u"hunter2"));
  }

  void wrongPoints_data() {
    QTest::addColumn<QByteArray>("points");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *name, const char *points, const char *error) {
      QTest::newRow(name) << QByteArray(points) << QString::fromUtf8(error);
    };
    row("twice",
        "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\"},"
        "{\"point\": \"plc/count\", \"register\": \"40002\", \"type\": \"int16\"}",
        "config.points[1].register: holding 1 of unit id 1 is taken by points[0] (\"plc/temp\")");
    row("bit twice",
        "{\"point\": \"plc/run\", \"register\": \"40001\", \"bit\": 3},"
        "{\"point\": \"plc/door\", \"register\": \"40001\", \"bit\": 3}",
        "is taken by points[0]");
    row("bit in a value",
        "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\"},"
        "{\"point\": \"plc/door\", \"register\": \"40002\", \"bit\": 3}",
        "is taken by points[0]");
    row("quality",
        "{\"point\": \"plc/run\", \"table\": \"discrete\", \"address\": 9},"
        "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\", \"quality_address\": 9}",
        "config.points[1].quality_address: discrete 9 of unit id 1 is taken");
    row("stray table", "{\"point\": \"plc/run\", \"table\": \"coil\", \"address\": 9, \"quality_table\": \"coil\"}",
        "`quality_address` is missing");
    row("text", "{\"point\": \"plc/batch\", \"register\": \"40001\", \"type\": \"int16\"}",
        "config.points[0].type: point plc/batch is a text (allowed: string)");
    row("no text", "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"string\", \"length\": 4}",
        "is no text");
    row("position", "{\"point\": \"plc/fix\", \"register\": \"40001\", \"type\": \"float32\"}", "is a position");
    row("number in a bit", "{\"point\": \"plc/temp\", \"table\": \"coil\", \"address\": 1}", "is no bool");
    row("read-only", "{\"point\": \"plc/door\", \"table\": \"coil\", \"address\": 1, \"writable\": true}",
        "config.points[0].writable: point plc/door can't be written");
    row("input", "{\"point\": \"plc/run\", \"table\": \"discrete\", \"address\": 1, \"writable\": true}",
        "inputs can only be read");
    row("no type", "{\"point\": \"plc/temp\", \"register\": \"40001\"}", "config.points[0].point: `type` is missing");
    row("two places", "{\"point\": \"plc/run\", \"register\": \"00001\", \"table\": \"coil\", \"address\": 1}",
        "config.points[0]");
    row("beyond", "{\"point\": \"plc/temp\", \"table\": \"input\", \"address\": 65535, \"type\": \"float32\"}",
        "address 65536");
    row("unknown key", "{\"point\": \"plc/run\", \"register\": \"00001\", \"adress\": 1}", "adress");
  }
  void wrongPoints() {
    QFETCH(QByteArray, points);
    QFETCH(QString, error);
    const auto read = this->read("\"listen\": \"127.0.0.1:0\"", points);
    QVERIFY2(read.errors.contains(error), qPrintable(read.errors));
  }

  void samePlaceWhereThatIsRight() {
    const auto read = this->read("\"listen\": \"127.0.0.1:0\"",
                                 "{\"point\": \"plc/run\", \"register\": \"40001\", \"bit\": 3},"
                                 "{\"point\": \"plc/door\", \"register\": \"40001\", \"bit\": 4},"
                                 "{\"point\": \"plc/run\", \"register\": \"40001\", \"bit\": 3, \"unit_id\": 2},"
                                 "{\"point\": \"plc/run\", \"register\": \"30001\", \"bit\": 3}");
    QCOMPARE(read.errors, QString());
    QCOMPARE(read.exposed.size(), 4);
  }
};

TAGWIRE_TEST(TestModbusServerConfig)

}  // namespace tst_modbus_server_config

#include "tst_modbus_server_config.moc"
