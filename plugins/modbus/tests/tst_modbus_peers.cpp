// SPDX-License-Identifier: Apache-2.0
// The source and the simulator's server against peers that others wrote: Qt's QModbusTcpServer, libmodbus
// and pymodbus.
#include <modbus.h>

#include <QModbusDataUnit>
#include <QModbusTcpServer>
#include <QTest>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "everykind.h"
#include "modbusprober.h"
#include "modbusserver.h"
#include "pymodbusserver.h"
#include "testprogram.h"

namespace tst_modbus_peers {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

/// libmodbus as a server in a thread of its own.
class LibmodbusServer {
 public:
  LibmodbusServer() {
    m_context = modbus_new_tcp("127.0.0.1", 0);
    m_mapping = modbus_mapping_new(addresses, addresses, addresses, addresses);
    m_listener = modbus_tcp_listen(m_context, 4);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(m_listener, reinterpret_cast<sockaddr *>(&bound), &size);
    m_port = ntohs(bound.sin_port);
  }
  ~LibmodbusServer() {
    ::shutdown(m_listener, SHUT_RDWR);
    if (m_thread.joinable()) m_thread.join();
    ::close(m_listener);
    modbus_mapping_free(m_mapping);
    modbus_free(m_context);
  }

  /// Before run(), fill it.
  modbus_mapping_t *mapping() { return m_mapping; }
  quint16 port() const { return m_port; }
  /// Serves one client after the other until the listener goes.
  void run() {
    m_thread = std::thread([this] {
      while (modbus_tcp_accept(m_context, &m_listener) >= 0) {
        uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
        int size = 0;
        while ((size = modbus_receive(m_context, query)) >= 0) {
          if (size > 0) modbus_reply(m_context, query, size, m_mapping);
        }
        modbus_close(m_context);
      }
    });
  }

 private:
  modbus_t *m_context = nullptr;
  modbus_mapping_t *m_mapping = nullptr;
  int m_listener = -1;
  quint16 m_port = 0;
  std::thread m_thread;
};

}  // namespace

class TestModbusPeers : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void qtServerReadsAllTables() {
    QModbusTcpServer server;
    const auto port = startQtServer(server);
    QVERIFY(port);
    server.setData(QModbusDataUnit::Coils, 3, 1);
    server.setData(QModbusDataUnit::DiscreteInputs, 17, 1);
    server.setData(QModbusDataUnit::InputRegisters, 4, 1234);
    server.setData(QModbusDataUnit::HoldingRegisters, 5, 0x8001);
    ModbusPoint bit = makePoint("bit", Table::Holding, 5, PointType::Bool);
    bit.format.bit = 15;
    SourceUnderTest test(
        port,
        {makePoint("coil", Table::Coil, 3, PointType::Bool), makePoint("off", Table::Coil, 4, PointType::Bool),
         makePoint("discrete", Table::Discrete, 17, PointType::Bool),
         makePoint("input", Table::Input, 4, PointType::Uint16), bit},
        patientMs, 8);
    test.source->start();
    const QList<Value> due{true, false, true, qint64(1234), true};
    for (int i = 0; i < due.size(); ++i) QTRY_VERIFY2(test.value(i) == due[i], qPrintable(QString::number(i)));
    server.setData(QModbusDataUnit::InputRegisters, 4, 4321);
    QTRY_VERIFY(test.value(3) == Value(qint64(4321)));
    partFrom(server, test);
  }

  void R5_11_qtServerTakesEveryKindOfWrite() {
    QModbusTcpServer server;
    const auto port = startQtServer(server);
    QVERIFY(port);
    QList<Expectation> all = everyKind();
    ModbusPoint bit = makePoint("bit", Table::Holding, 5, PointType::Bool);
    bit.format.bit = 2;
    all.append({bit, true});
    all.append({makePoint("coil", Table::Coil, 3, PointType::Bool), true});
    server.setData(QModbusDataUnit::HoldingRegisters, 5, 0xF0F0);
    SourceUnderTest test(port, pointsOf(all), patientMs, 8);
    test.source->start();
    for (int i = 0; i < all.size(); ++i) {
      QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
      test.steps.clear();
      test.write(i, all[i].value);
      QTRY_VERIFY2(!test.steps.isEmpty() && isFinal(test.steps.last().state), qPrintable(all[i].point.name));
      QVERIFY2(test.steps.last().state == CommandState::Succeeded, qPrintable(test.steps.last().error));
      QVERIFY(test.steps.last().actualValue == all[i].value);
      QVERIFY(test.value(i) == all[i].value);
    }
    quint16 masked = 0;
    QVERIFY(server.data(QModbusDataUnit::HoldingRegisters, 5, &masked));
    QCOMPARE(masked, quint16(0xF0F4));
    partFrom(server, test);
  }

  void libmodbusServerReadsAndTakesEveryKind() {
    LibmodbusServer server;
    const QList<Expectation> all = everyKind();
    server.run();
    SourceUnderTest test(server.port(), pointsOf(all), patientMs, 8);
    test.source->start();
    for (int i = 0; i < all.size(); ++i) {
      QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
      test.steps.clear();
      test.write(i, all[i].value);
      QTRY_VERIFY2(!test.steps.isEmpty() && isFinal(test.steps.last().state), qPrintable(all[i].point.name));
      QVERIFY2(test.steps.last().state == CommandState::Succeeded, qPrintable(test.steps.last().error));
      QVERIFY(test.value(i) == all[i].value);
    }
    // libmodbus has functions of its own for the same layouts: an opinion that is not ours.
    const auto registerOf = [&](const char *name) {
      for (const Expectation &each : all) {
        if (each.point.name == QLatin1String(name)) return server.mapping()->tab_registers + each.point.address;
      }
      return static_cast<uint16_t *>(nullptr);
    };
    QCOMPARE(modbus_get_float_abcd(registerOf("float32_big_big")), 81.25F);
    QCOMPARE(modbus_get_float_cdab(registerOf("float32_big_little")), 81.25F);
    QCOMPARE(modbus_get_float_badc(registerOf("float32_little_big")), 81.25F);
    QCOMPARE(modbus_get_float_dcba(registerOf("float32_little_little")), 81.25F);
    test.source->stop();
  }

  void libmodbusServerRefusesAddresses() {
    LibmodbusServer server;
    server.run();
    SourceUnderTest test(server.port(),
                         {makePoint("last", Table::Holding, addresses - 1, PointType::Uint16),
                          makePoint("beyond", Table::Holding, addresses, PointType::Uint16)},
                         patientMs);
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:illegal_address"));
    test.write(1, qint64(1));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,failed"));
    QVERIFY(test.steps.last().error.contains(u"illegal data address"));
    test.source->stop();
  }

  void pymodbusServerReadsAndTakesEveryKind_data() {
    QTest::addColumn<int>("style");
    for (const auto &[word, style] : enumWords(WriteStyle())) QTest::newRow(word) << static_cast<int>(style);
  }
  void pymodbusServerReadsAndTakesEveryKind() {
    QFETCH(int, style);
    if (!PymodbusServer::isThere()) QSKIP("pymodbus is not there");
    PymodbusServer server;
    QVERIFY(server.start({QStringLiteral("tcp")}));
    QList<Expectation> all = everyKind();
    ModbusPoint bit = makePoint("bit", Table::Holding, 5, PointType::Bool);
    bit.format.bit = 2;
    all.append({bit, true});
    all.append({makePoint("coil", Table::Coil, 3, PointType::Bool), false});
    SourceSettings settings = SourceUnderTest::settingsOf(patientMs, 8);
    settings.units.usual.writeStyle = static_cast<WriteStyle>(style);
    SourceUnderTest test(SourceUnderTest::busTo(server.port(), patientMs), settings, pointsOf(all));
    test.source->start();
    const int coil = static_cast<int>(all.size()) - 1;
    QTRY_VERIFY(test.value(coil) == Value(true));
    for (int i = 0; i < all.size(); ++i) {
      QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
      test.steps.clear();
      test.write(i, all[i].value);
      QTRY_VERIFY2(!test.steps.isEmpty() && isFinal(test.steps.last().state), qPrintable(all[i].point.name));
      QVERIFY2(test.steps.last().state == CommandState::Succeeded, qPrintable(test.steps.last().error));
      QVERIFY(test.value(i) == all[i].value);
    }
    test.source->stop();
  }

  void pymodbusServerReadsUnitsAndTables() {
    if (!PymodbusServer::isThere()) QSKIP("pymodbus is not there");
    PymodbusServer server;
    QVERIFY(server.start({QStringLiteral("tcp")}));
    QList<ModbusPoint> points{makePoint("discrete", Table::Discrete, 17, PointType::Bool),
                              makePoint("input", Table::Input, 4, PointType::Uint16),
                              makePoint("one", Table::Holding, 190, PointType::Uint16),
                              makePoint("two", Table::Holding, 190, PointType::Uint16),
                              makePoint("beyond", Table::Holding, addresses, PointType::Uint16)};
    points[3].unit = 2;
    SourceUnderTest test(server.port(), points, patientMs);
    test.source->start();
    const QList<Value> due{true, qint64(1234), qint64(4001), qint64(4002)};
    for (int i = 0; i < due.size(); ++i) QTRY_VERIFY2(test.value(i) == due[i], qPrintable(QString::number(i)));
    QTRY_COMPARE(test.quality(4), QStringLiteral("bad:illegal_address"));
    test.source->stop();
  }

  void theProberAsksPymodbus() {
    if (!PymodbusServer::isThere()) QSKIP("pymodbus is not there");
    PymodbusServer server;
    QVERIFY(server.start({QStringLiteral("tcp")}));
    const QString text = probed(server.port(), QStringLiteral("1-2"));
    QVERIFY2(text.contains(u"  VendorName            \"pymodbus\"\n"), qPrintable(text));
    QVERIFY2(text.contains(u"  ProductName           \"test peer\"\n"), qPrintable(text));
    QVERIFY2(text.contains(u"  holding 190-199       10 addresses\n"), qPrintable(text));
    QVERIFY2(text.endsWith(u"2 of 2 unit ids answer: 1-2\n"), qPrintable(text));
  }

  void theProberAsksTheQtServer() {
    QModbusTcpServer server;
    const auto port = startQtServer(server);
    QVERIFY(port);
    QSignalSpy parted(&server, &QModbusTcpServer::modbusClientDisconnected);
    const QString text = probed(port, QStringLiteral("1"));
    QVERIFY2(text.contains(u"  discrete              can be read\n"), qPrintable(text));
    QVERIFY2(text.contains(u"  identification        none: "), qPrintable(text));
    QVERIFY2(text.contains(u"  holding 190-199       10 addresses\n"), qPrintable(text));
    QVERIFY2(text.contains(u"  coil 0-199            200 addresses\n"), qPrintable(text));
    QTRY_VERIFY(!parted.isEmpty());
  }

  void libmodbusClientAgainstOurServer() {
    ModbusServer server;
    QVERIFY(server.listen(QStringLiteral("127.0.0.1"), 0));
    for (int i = 0; i < addresses; ++i) {
      for (const Table table : {Table::Coil, Table::Discrete, Table::Input, Table::Holding}) {
        server.image(1).set(table, i, static_cast<quint16>(holdsBits(table) ? i % 3 == 0 : 1000 + i));
      }
    }
    QString wrong = QStringLiteral("did not run");
    std::atomic<bool> done = false;
    std::thread client([&, port = server.port()] {
      wrong = useAllFunctions(port);
      done = true;
    });
    QTRY_VERIFY(done);
    client.join();
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QVERIFY(server.image(1).isWritten(Table::Holding, 20));
    QVERIFY(!server.image(1).isWritten(Table::Holding, 30));
  }

  void ourServerDropsWhatIsNotModbus() {
    ModbusServer server;
    QVERIFY(server.listen(QStringLiteral("127.0.0.1"), 0));
    QTcpSocket client;
    QSignalSpy dropped(&client, &QTcpSocket::disconnected);
    client.connectToHost(QStringLiteral("127.0.0.1"), server.port());
    QTRY_COMPARE(client.state(), QAbstractSocket::ConnectedState);
    client.write("GET / HTTP/1.1\r\n\r\n");
    QTRY_COMPARE(dropped.size(), 1);
  }

 private:
  /// All that the prober prints of these units.
  static QString probed(quint16 port, const QString &units) {
    ModbusProber prober;
    QString text;
    std::optional<int> exitCode;
    connect(&prober, &Tool::line, &prober, [&](const QString &line) { text += line + u'\n'; });
    connect(&prober, &Tool::finished, &prober, [&](int code) { exitCode = code; });
    const auto started = prober.start({QStringLiteral("tcp://127.0.0.1:%1").arg(port), QStringLiteral("--units"), units,
                                       QStringLiteral("--registers"), QStringLiteral("holding:190-209,coil:0-210")});
    if (!started) return started.error().text;
    return tagwire::testing::waitFor([&] { return exitCode == 0; }) ? text : QStringLiteral("not done: ") + text;
  }

  static quint16 startQtServer(QModbusTcpServer &server) {
    QModbusDataUnitMap map;
    for (const auto type : {QModbusDataUnit::Coils, QModbusDataUnit::DiscreteInputs, QModbusDataUnit::InputRegisters,
                            QModbusDataUnit::HoldingRegisters}) {
      map.insert(type, {type, 0, addresses});
    }
    server.setMap(map);
    server.setServerAddress(1);
    quint16 port = 0;
    {
      // QModbusTcpServer does not tell the port it got, so a free one is looked up first.
      QTcpServer probe;
      probe.listen(QHostAddress::LocalHost);
      port = probe.serverPort();
    }
    server.setConnectionParameter(QModbusDevice::NetworkAddressParameter, QStringLiteral("127.0.0.1"));
    server.setConnectionParameter(QModbusDevice::NetworkPortParameter, port);
    return server.connectDevice() ? port : quint16(0);
  }

  /// QModbusTcpServer leaks what it keeps of a client that is still there at its end.
  static void partFrom(QModbusTcpServer &server, SourceUnderTest &test) {
    QSignalSpy parted(&server, &QModbusTcpServer::modbusClientDisconnected);
    test.source->stop();
    QTRY_VERIFY(!parted.isEmpty());
  }

  /// What went otherwise than the specification says; runs in a thread of its own, libmodbus blocks.
  static QString useAllFunctions(quint16 port) {
    modbus_t *context = modbus_new_tcp("127.0.0.1", port);
    modbus_set_slave(context, 1);
    QStringList wrong;
    const auto expect = [&](bool well, const char *what) {
      if (!well) wrong << QLatin1String(what) + u' ' + QString::fromLocal8Bit(modbus_strerror(errno));
    };
    expect(modbus_connect(context) == 0, "connect");
    uint8_t bits[2000] = {};
    uint16_t words[130] = {};
    expect(modbus_read_bits(context, 0, 19, bits) == 19 && bits[0] == 1 && bits[1] == 0 && bits[18] == 1, "1");
    expect(modbus_read_input_bits(context, 3, 2, bits) == 2 && bits[0] == 1 && bits[1] == 0, "2");
    expect(modbus_read_registers(context, 7, 125, words) == 125 && words[0] == 1007 && words[124] == 1131, "3");
    expect(modbus_read_input_registers(context, 7, 1, words) == 1 && words[0] == 1007, "4");
    expect(modbus_write_bit(context, 4, 1) == 1 && modbus_read_bits(context, 4, 1, bits) == 1 && bits[0] == 1, "5");
    expect(modbus_write_register(context, 20, 77) == 1 && modbus_read_registers(context, 20, 1, words) == 1 &&
               words[0] == 77,
           "6");
    const uint8_t newBits[] = {1, 1, 0, 1, 0, 0, 1, 1, 0, 1};
    expect(modbus_write_bits(context, 50, 10, newBits) == 10 && modbus_read_bits(context, 50, 10, bits) == 10 &&
               memcmp(bits, newBits, 10) == 0,
           "15");
    const uint16_t newWords[] = {1, 2, 0xFFFF};
    expect(modbus_write_registers(context, 60, 3, newWords) == 3 && modbus_read_registers(context, 60, 3, words) == 3 &&
               memcmp(words, newWords, 6) == 0,
           "16");
    expect(modbus_write_register(context, 70, 0x12) == 1 && modbus_mask_write_register(context, 70, 0xF2, 0x25) == 1 &&
               modbus_read_registers(context, 70, 1, words) == 1 && words[0] == 0x17,
           "22");
    expect(modbus_write_and_read_registers(context, 80, 2, newWords, 80, 3, words) == 3 && words[0] == 1 &&
               words[1] == 2 && words[2] == 1082,
           "23");
    expect(modbus_read_registers(context, addresses - 1, 2, words) < 0 && errno == EMBXILADD, "illegal address");
    expect(modbus_report_slave_id(context, 10, bits) < 0 && errno == EMBXILFUN, "illegal function");
    modbus_set_slave(context, 9);
    expect(modbus_read_registers(context, 0, 1, words) < 0 && errno == EMBXGTAR, "other unit");
    modbus_close(context);
    modbus_free(context);
    return wrong.join(u", ");
  }
};

TAGWIRE_TEST(TestModbusPeers)

}  // namespace tst_modbus_peers

#include "tst_modbus_peers.moc"
