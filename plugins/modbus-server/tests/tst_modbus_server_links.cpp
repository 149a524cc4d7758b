// SPDX-License-Identifier: Apache-2.0
// The server by itself: its transports, what hostile peers can do, and the order of answers.
#include <QRandomGenerator>
#include <QSerialPort>

#include "mbap.h"
#include "rtu.h"
#include "serverfixture.h"
#include "sharedlinedecoder.h"
#include "testprogram.h"

namespace tst_modbus_server_links {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

Endpoint at(const QString &text) { return *Endpoint::toListenOn(text); }
const auto anyTcp = QStringLiteral("tcp://127.0.0.1:0");
const auto anyRtu = QStringLiteral("rtu+tcp://127.0.0.1:0");

/// Unit 1 with holding registers 0 to 199 (each its own address plus 1000) and coils.
void fill(ModbusServer &server) {
  for (int i = 0; i < 200; ++i) {
    server.image(1).set(Table::Holding, i, static_cast<quint16>(1000 + i));
    server.image(1).set(Table::Coil, i, 0);
  }
}

/// A request by RTU, in hex.
QByteArray rtu(quint8 unit, const QByteArray &pdu) { return encodeRtu({0, unit, QByteArray::fromHex(pdu)}).toHex(); }

/// Asks until it is heard, as behind bytes that are no frame nobody is before the line was silent. Some that were asked
/// may wait on a machine that stands; each is answered once at most.
template <typename Ask, typename Received>
void askUntilHeard(Ask ask, Received received, const QByteArray &answer) {
  int asked = 0;
  for (; asked < 20 && received().isEmpty(); ++asked) {
    ask();
    (void)QTest::qWaitFor([&] { return !received().isEmpty(); }, 300);
  }
  QTRY_VERIFY2(received().size() % answer.size() == 0, received().constData());
  const qsizetype answers = received().size() / answer.size();
  QVERIFY2(answers >= 1 && answers <= asked, received().constData());
  QCOMPARE(received(), answer.repeated(answers));
}

}  // namespace

class TestModbusServerLinks : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void answersInOrder() {
    ModbusServer server;
    fill(server);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    client.send(
        "000100000006010300000001"
        "000200000006010600000007"
        "000300000006010300000001"
        "000400000006090300000001"
        "000500000006010303e80001"
        "0006000000020163");
    QTRY_COMPARE(client.received(), QByteArray("000100000005010302"
                                               "03e8"
                                               "000200000006010600000007"
                                               "000300000005010302"
                                               "0007"
                                               "00040000000309830b"
                                               "000500000003018302"
                                               "00060000000301e301"));
    // Byte by byte, too.
    client.forget();
    for (const char byte : QByteArray::fromHex("000700000006010300010001")) {
      client.socket.write(QByteArray(1, byte));
      client.socket.flush();
      QCoreApplication::processEvents();
    }
    QTRY_COMPARE(client.received(), QByteArray("00070000000501030203e9"));
  }

  void waitsForAWriteBeforeTheNext() {
    ModbusServer server;
    fill(server);
    QList<ModbusServer::Done> waiting;
    QString from;
    server.setWriteHandler([&](quint8 unit, const RegisterWrite &write, const QString &peer, const auto &done) {
      QCOMPARE(int(unit), 1);
      QCOMPARE(write.values, (Registers{7}));
      from = peer;
      waiting << done;
    });
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    client.send(
        "000100000006010600000007"
        "000200000006010300000001"
        "000300000006010600010007");
    QTRY_COMPARE(waiting.size(), 1);
    QCOMPARE(from, QStringLiteral("127.0.0.1:%1").arg(client.socket.localPort()));
    QVERIFY(client.received().isEmpty());
    server.image(1).set(Table::Holding, 0, 7);
    waiting[0](0);
    QTRY_COMPARE(waiting.size(), 2);
    waiting[1](6);
    QTRY_COMPARE(client.received(), QByteArray("000100000006010600000007"
                                               "0002000000050103020007"
                                               "000300000003018606"));
    // Twice, and after the client is gone: no harm.
    waiting[1](0);
    client.send("000400000006010600000007");
    QTRY_COMPARE(waiting.size(), 3);
    client.socket.abort();
    QTRY_COMPARE(server.clients(), 0);
    waiting[2](0);
  }

  void wrongFramingEndsIt_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("http") << QByteArray("474554202f20485454502f312e310d0a");
    QTest::newRow("length 0") << QByteArray("000100000000");
    QTest::newRow("length 1") << QByteArray("00010000000101");
    QTest::newRow("length 65535") << QByteArray("00010000ffff01030000");
    QTest::newRow("protocol") << QByteArray("000100010006010300000001");
  }
  void wrongFramingEndsIt() {
    QFETCH(QByteArray, bytes);
    Metrics metrics;
    ModbusServer server;
    server.countIn(metrics);
    fill(server);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    QSignalSpy gone(&client.socket, &QTcpSocket::disconnected);
    client.send(bytes);
    QTRY_COMPARE(gone.size(), 1);
    QCOMPARE(metrics.counter("tagwire_modbus_server_dropped_peers_total", "").value(), 1.0);
    QCOMPARE(metrics.gauge("tagwire_modbus_server_clients", "").value(), 0.0);
  }

  void halfAFrameEndsItAnIdleOneStays() {
    ModbusServer server({.clients = 4, .idle = 50ms});
    fill(server);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient idle(server.port());
    RawClient half(server.port());
    QSignalSpy idleGone(&idle.socket, &QTcpSocket::disconnected);
    QSignalSpy halfGone(&half.socket, &QTcpSocket::disconnected);
    QTRY_VERIFY(idle.isConnected());
    half.send("00010000000601");
    QTRY_COMPARE(halfGone.size(), 1);
    QCOMPARE(idleGone.size(), 0);
    idle.send("000100000006010300000001");
    QTRY_VERIFY(!idle.received().isEmpty());
  }

  void whoDoesNotReadIsDroppedAndCostsLittle() {
    Metrics metrics;
    ModbusServer server({.clients = 4, .idle = 200ms});
    server.countIn(metrics);
    fill(server);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    client.socket.setReadBufferSize(1024);
    QTRY_VERIFY(client.isConnected());
    const QByteArray flood = QByteArray::fromHex("00010000000601030000007d").repeated(100'000);
    client.socket.write(flood);
    QTRY_COMPARE(server.clients(), 0);
    // No more was answered than the kernel holds, and a little.
    const double answered = metrics.counter("tagwire_modbus_server_requests_total", "").value();
    QVERIFY2(answered > 100 && answered < 100'000, qPrintable(QString::number(answered)));
    QCOMPARE(metrics.counter("tagwire_modbus_server_dropped_peers_total", "").value(), 1.0);
  }

  void aBurstIsAnsweredToItsEnd() {
    ModbusServer server;
    fill(server);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    constexpr int requests = 3000;
    client.socket.write(QByteArray::fromHex("00010000000601030000007d").repeated(requests));
    QTRY_COMPARE(client.received().size() / 2, qsizetype(requests) * (9 + 250));
  }

  void oneClientTooMany() {
    Metrics metrics;
    ModbusServer server({.clients = 2});
    server.countIn(metrics);
    QSignalSpy turnedAway(&server, &ModbusServer::turnedAway);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient first(server.port());
    RawClient second(server.port());
    QTRY_COMPARE(server.clients(), 2);
    RawClient third(server.port());
    QSignalSpy gone(&third.socket, &QTcpSocket::disconnected);
    QTRY_COMPARE(turnedAway.size(), 1);
    QCOMPARE(turnedAway[0][0].toString(), QStringLiteral("127.0.0.1 is one client too many"));
    QTRY_COMPARE(gone.size(), 1);
    QCOMPARE(server.clients(), 2);
    QCOMPARE(metrics.counter("tagwire_modbus_server_refused_peers_total", "").value(), 1.0);
    first.socket.abort();
    QTRY_COMPARE(server.clients(), 1);
    RawClient fourth(server.port());
    QTRY_COMPARE(server.clients(), 2);
  }

  void whoWasSilentLongestMakesRoom() {
    ModbusServer server({.clients = 1, .idle = 20ms});
    QVERIFY(server.listen(at(anyTcp)));
    RawClient first(server.port());
    QSignalSpy gone(&first.socket, &QTcpSocket::disconnected);
    QTRY_COMPARE(server.clients(), 1);
    // As long as the first one counts as alive, others are turned away.
    for (int i = 0; i < 100 && gone.isEmpty(); ++i) {
      RawClient next(server.port());
      (void)QTest::qWaitFor([&] { return gone.size() == 1; }, 50);
    }
    QCOMPARE(gone.size(), 1);
  }

  void deviceIdentification() {
    QCoreApplication::setApplicationVersion(QStringLiteral("1.2"));
    ModbusServer server;
    fill(server);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    const QByteArray objects = "0007" + QByteArray("Tagwire").toHex() + "010d" + QByteArray("modbus-server").toHex() +
                               "0203" + QByteArray("1.2").toHex();
    const auto ask = [&](const QByteArray &pdu) {
      client.forget();
      client.send("00010000000501" + pdu);
      (void)tagwire::testing::waitFor([&] { return !client.received().isEmpty(); });
      return client.received().mid(14);
    };
    QCOMPARE(ask("2b0e0100"), "2b0e0181000003" + objects);
    QCOMPARE(ask("2b0e0300"), "2b0e0381000003" + objects);
    QCOMPARE(ask("2b0e01f0"), "2b0e0181000003" + objects);
    QCOMPARE(ask("2b0e0102"), QByteArray("2b0e0181000001"
                                         "0203312e32"));
    QCOMPARE(ask("2b0e0402"), QByteArray("2b0e0481000001"
                                         "0203312e32"));
    QCOMPARE(ask("2b0e0403"), QByteArray("ab02"));
    QCOMPARE(ask("2b0e0500"), QByteArray("ab03"));
    QCOMPARE(ask("2b0d0100"), QByteArray("ab01"));
    const auto read = identificationAt(QByteArray::fromHex("81000003" + objects).mid(1));
    QVERIFY(read);
    QCOMPARE(read->objects.value(0), QByteArray("Tagwire"));
  }

  void lineOverTcp() {
    ModbusServer server;
    fill(server);
    QVERIFY(server.listen(at(anyRtu)));
    RawClient client(server.port());
    client.send(rtu(1, "0300000001") + rtu(1, "0300010001"));
    QTRY_COMPARE(client.received(), rtu(1, "030203e8") + rtu(1, "030203e9"));
    client.forget();
    // Another unit, a broken CRC, then a unit that is here: only that one is answered, once the line was silent.
    client.send(rtu(9, "0300020001"));
    client.send("0103000200010000");
    askUntilHeard([&] { client.send(rtu(1, "0300000001")); }, [&] { return client.received(); }, rtu(1, "030203e8"));
    if (QTest::currentTestFailed()) return;
    // A function that nobody knows has no end but silence.
    client.send(rtu(1, "6301020304"));
    QTRY_VERIFY2(client.received().endsWith(rtu(1, "e301")), client.received().constData());
  }

  void broadcastIsCarriedOutAndNeverAnswered() {
    ModbusServer server;
    fill(server);
    server.image(2).set(Table::Holding, 0, 0);
    QVERIFY(server.listen(at(anyRtu)));
    RawClient client(server.port());
    client.send(rtu(0, "060000002a") + rtu(0, "0300000001") + rtu(0, "0603e70001") + rtu(1, "0300000001"));
    QTRY_COMPARE(client.received(), rtu(1, "0302002a"));
    QCOMPARE(int(server.image(2).value(Table::Holding, 0)), 42);
  }

  void aNewRequestOnALineDropsTheOldAnswer() {
    ModbusServer server;
    fill(server);
    QList<ModbusServer::Done> waiting;
    server.setWriteHandler([&](quint8, const RegisterWrite &, const QString &, const auto &done) { waiting << done; });
    QVERIFY(server.listen(at(anyRtu)));
    RawClient client(server.port());
    client.send(rtu(1, "060000002a"));
    QTRY_COMPARE(waiting.size(), 1);
    client.send(rtu(1, "0300010001"));
    QTRY_COMPARE(client.received(), rtu(1, "030203e9"));
    waiting[0](0);
    client.send(rtu(1, "0300020001"));
    QTRY_COMPARE(client.received(), rtu(1, "030203e9") + rtu(1, "030203ea"));
  }

  void answersOfOthersOnTheLineAreNoRequests() {
    const auto unitsIn = [](const QByteArray &hex, int chunk) {
      SharedLineDecoder decoder;
      QString units;
      const QByteArray bytes = QByteArray::fromHex(hex);
      for (qsizetype i = 0; i < bytes.size(); i += chunk) {
        decoder.add(bytes.mid(i, chunk));
        while (const auto frame = decoder.next())
          units += QStringLiteral("%1:%2 ").arg(frame->unit).arg(int(frame->pdu[0]));
      }
      return units + decoder.error();
    };
    const QByteArray traffic = rtu(5, "0300000002") + rtu(5, "030400010002") + rtu(1, "0300000001") +
                               rtu(6,
                                   "100000000204"
                                   "00010002") +
                               rtu(6, "1000000002") + rtu(6, "0300000001") + rtu(6, "8302") + rtu(1, "060000002a");
    for (const int chunk : {1, 2, 3, 7, 1000}) {
      QCOMPARE(unitsIn(traffic, chunk), QStringLiteral("5:3 1:3 6:16 6:3 1:6 "));
    }
    QVERIFY(unitsIn("ff" + rtu(1, "0300000001"), 1000).contains(u"CRC"));
  }

  void serialLine() {
    PtyPair cable;
    ModbusServer server;
    fill(server);
    QSignalSpy lost(&server, &ModbusServer::lost);
    const auto opened = server.listen(at(QStringLiteral("rtu://%1?baud=38400&parity=none").arg(cable.first())));
    QVERIFY2(opened, qPrintable(opened ? QString() : opened.error().text));
    QSerialPort master(cable.second());
    QVERIFY(master.open(QIODevice::ReadWrite));
    QByteArray received;
    connect(&master, &QSerialPort::readyRead, this, [&] { received += master.readAll(); });
    master.write(QByteArray::fromHex(rtu(1, "0300000001")));
    QTRY_COMPARE(received.toHex(), rtu(1, "030203e8"));
    received.clear();
    // Noise, another unit and a broadcast in between.
    master.write(QByteArray::fromHex("ff00ff00" + rtu(1, "0300010001")));
    const QByteArray requests = rtu(9, "0300000001") + rtu(0, "0600000009") + rtu(1, "0300000001");
    askUntilHeard([&] { master.write(QByteArray::fromHex(requests)); }, [&] { return received.toHex(); },
                  rtu(1, "03020009"));
    if (QTest::currentTestFailed()) return;
    QCOMPARE(lost.size(), 0);
    cable.unplug();
    QTRY_COMPARE(lost.size(), 1);
    QVERIFY2(lost[0][0].toString().startsWith(u"rtu:///dev/pts/"), qPrintable(lost[0][0].toString()));
  }

  void whereItCantListen() {
    ModbusServer first;
    QVERIFY(first.listen(at(anyTcp)));
    ModbusServer second;
    const auto busy = second.listen(at(QStringLiteral("tcp://127.0.0.1:%1").arg(first.port())));
    QVERIFY(!busy && busy.error().isBusy);
    const auto elsewhere = second.listen(at(QStringLiteral("tcp://192.0.2.1:0")));
    QVERIFY(!elsewhere && !elsewhere.error().isBusy);
    const auto name = second.listen(at(QStringLiteral("tcp://plc.example:1502")));
    QVERIFY(!name && name.error().text.contains(u"allowed: an IP address"));
    const auto serial = second.listen(at(QStringLiteral("rtu:///dev/tty-not-there")));
    QVERIFY(!serial && serial.error().text.startsWith(u"can't open rtu:///dev/tty-not-there"));
  }

  void severalListenersCloseAndOpenAgain() {
    ModbusServer server;
    fill(server);
    QVERIFY(server.listen(at(anyTcp)) && server.listen(at(anyRtu)));
    QCOMPARE(server.addresses().size(), 2);
    const auto rtuPort = server.addresses()[1].section(u':', -1).toUShort();
    RawClient tcp(server.port());
    RawClient line(rtuPort);
    tcp.send("000100000006010300000001");
    line.send(rtu(1, "0300000001"));
    QTRY_COMPARE(line.received(), rtu(1, "030203e8"));
    QTRY_COMPARE(tcp.received(), QByteArray("00010000000501030203e8"));
    server.close();
    server.close();
    QTRY_COMPARE(tcp.socket.state(), QAbstractSocket::UnconnectedState);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient again(server.port());
    again.send("000100000006010300000001");
    QTRY_VERIFY(!again.received().isEmpty());
  }

  void delayAndSilentUnit() {
    ModbusServer server;
    fill(server);
    server.image(2).set(Table::Holding, 0, 5);
    server.setSilent(2);
    server.setDelay(40ms);
    QVERIFY(server.listen(at(anyTcp)));
    RawClient client(server.port());
    client.send(
        "000100000006020300000001"
        "000200000006010300000001");
    QTRY_COMPARE(client.received(), QByteArray("00020000000501030203e8"));
  }

  void garbageOfEverySort() {
    ModbusServer server({.clients = 4, .idle = 1000ms});
    fill(server);
    QVERIFY(server.listen(at(anyTcp)) && server.listen(at(anyRtu)));
    QRandomGenerator random(4711);
    const auto rtuPort = server.addresses()[1].section(u':', -1).toUShort();
    for (int round = 0; round < 60; ++round) {
      RawClient client(round % 2 == 0 ? server.port() : rtuPort);
      QByteArray noise(random.bounded(1, 20'000), Qt::Uninitialized);
      for (char &byte : noise) byte = static_cast<char>(random.generate());
      // Half of them begin as a frame does.
      if (round % 3 == 0) noise.prepend(QByteArray::fromHex("000100000006010300000001"));
      QTRY_VERIFY(client.isConnected());
      client.socket.write(noise);
      client.socket.flush();
      QCoreApplication::processEvents();
    }
    QTRY_COMPARE(server.clients(), 0);
    RawClient client(server.port());
    client.send("000100000006010300c70001");
    QTRY_COMPARE(client.received(), QByteArray("00010000000501030204af"));
  }
};

TAGWIRE_TEST(TestModbusServerLinks)

}  // namespace tst_modbus_server_links

#include "tst_modbus_server_links.moc"
