// SPDX-License-Identifier: Apache-2.0
// The plugin between its host and a client that speaks Modbus.
#include <QAbstractEventDispatcher>
#include <QTcpServer>

#include "serverfixture.h"
#include "testprogram.h"

namespace tst_modbus_server_sink {

using namespace tagwire;
using namespace tagwire::modbus;
using namespace std::chrono_literals;

namespace {

const QByteArray points =
    "{\"point\": \"plc/temp\", \"register\": \"40001\", \"type\": \"float32\", \"writable\": true, "
    "\"quality_address\": 100},"
    "{\"point\": \"plc/count\", \"register\": \"40003\", \"type\": \"int16\", \"writable\": true},"
    "{\"point\": \"plc/level\", \"register\": \"40010\", \"type\": \"uint16\"}";

QByteArray config(const QByteArray &more = {}) {
  return "{\"listen\": \"tcp://127.0.0.1:0\"" + more + ", \"points\": [" + points + "]}";
}

/// Coils from 0 on, all of one point.
QByteArray manyCoils(int count) {
  QByteArray coils;
  for (int i = 0; i < count; ++i) {
    coils += (i == 0 ? "" : ",") + QByteArray("{\"point\": \"plc/run\", \"table\": \"coil\", \"address\": ") +
             QByteArray::number(i) + ", \"writable\": true}";
  }
  return "{\"listen\": \"tcp://127.0.0.1:0\", \"points\": [" + coils + "]}";
}

/// Function 15: so many coils from 0 on, all to 1.
QByteArray writeCoils(int count) {
  const QByteArray values((count + 7) / 8, '\xFF');
  const QByteArray head = QByteArray::fromHex("0F0000") + '\0' + static_cast<char>(count);
  return (head + static_cast<char>(values.size()) + values).toHex();
}

}  // namespace

class TestModbusServerSink : public QObject {
  Q_OBJECT

  static QByteArray ask(RawClient &client, const QByteArray &pdu) {
    client.forget();
    const QByteArray length = QByteArray::number(pdu.size() / 2 + 1, 16).rightJustified(4, '0');
    client.send("00010000" + length + "01" + pdu);
    (void)tagwire::testing::waitFor([&] { return !client.received().isEmpty(); });
    return client.received().mid(14);
  }

 private Q_SLOTS:
  void servesValues() {
    SinkUnderTest test(config());
    test.sink->start();
    QCOMPARE(test.state, PluginState::Running);
    QSignalSpy written(test.sink.get(), &Plugin::written);
    RawClient client(test.sink->port());
    QCOMPARE(ask(client, "0300000002"), QByteArray("8304"));
    test.sink->write({test.plant.sample("temp", 81.25), test.plant.sample("count", qint64(-2))});
    QCOMPARE(written.size(), 1);
    QCOMPARE(ask(client, "0300000003"), QByteArray("030642a28000fffe"));
    QCOMPARE(ask(client, "0200640001"), QByteArray("020101"));
    test.sink->write({test.plant.sample("temp", 81.25, Quality::bad(QualityReason::NoConnection))});
    QCOMPARE(ask(client, "0300000003"), QByteArray("8304"));
    QCOMPARE(ask(client, "0200640001"), QByteArray("020100"));
    QCOMPARE(test.metric("tagwire_modbus_server_requests_total"), 5.0);
    QCOMPARE(test.metric("tagwire_modbus_server_exceptions_total"), 2.0);
  }

  void whatCameBeforeTheStartCounts() {
    SinkUnderTest test(config());
    test.plant.pointTable().update({test.plant.sample("count", qint64(7))});
    test.sink->start();
    RawClient client(test.sink->port());
    QCOMPARE(ask(client, "0300020001"), QByteArray("03020007"));
    // And what came while it was stopped.
    test.sink->stop();
    test.plant.pointTable().update({test.plant.sample("count", qint64(8))});
    test.sink->start();
    RawClient again(test.sink->port());
    QCOMPARE(ask(again, "0300020001"), QByteArray("03020008"));
    QTRY_COMPARE(client.socket.state(), QAbstractSocket::UnconnectedState);
  }

  void aWriteIsACommandAndItsOutcomeTheAnswer() {
    SinkUnderTest test(config());
    test.sink->start();
    RawClient client(test.sink->port());
    client.send("0001000000060106000200050002000000060103000a0001");
    QTRY_COMPARE(test.commands.size(), 1);
    QCOMPARE(test.lastCommand(), QStringLiteral("count=5"));
    QVERIFY(typeOf(test.commands[0].value) == ValueType::Int);
    QCOMPARE(test.commands[0].requestedBy, QStringLiteral("modbus@127.0.0.1:%1").arg(client.socket.localPort()));
    QVERIFY(!test.commands[0].id.isEmpty());
    for (const auto state : {CommandState::Queued, CommandState::Sent, CommandState::Acked}) {
      test.tell(test.commands[0].id, state);
    }
    QVERIFY(client.received().isEmpty());
    test.tell(test.commands[0].id, CommandState::Succeeded);
    QTRY_COMPARE(client.received(), QByteArray("000100000006010600020005"
                                               "000200000003018302"));
    QCOMPARE(test.metric("tagwire_modbus_server_writes_total"), 1.0);
  }

  void outcomesThatAreNone() {
    SinkUnderTest test(config());
    test.sink->start();
    RawClient client(test.sink->port());
    for (const auto state :
         {CommandState::Failed, CommandState::Blocked, CommandState::Expired, CommandState::Unknown}) {
      test.outcome = state;
      QCOMPARE(ask(client, "0600020005"), QByteArray("8604"));
    }
    test.outcome = CommandState::Succeeded;
    QCOMPARE(ask(client, "0600020005"), QByteArray("0600020005"));
    QCOMPARE(test.commands.size(), 5);
  }

  void severalValuesInOneRequest() {
    SinkUnderTest test(config());
    test.sink->start();
    RawClient client(test.sink->port());
    client.send(
        "00010000000d01100000000306"
        "42a280000005");
    QTRY_COMPARE(test.commands.size(), 2);
    test.tell(test.commands[1].id, CommandState::Succeeded);
    QVERIFY(client.received().isEmpty());
    test.tell(test.commands[0].id, CommandState::Failed);
    QTRY_COMPARE(client.received(), QByteArray("000100000003019004"));
  }

  void refusedBeforeItIsACommand() {
    SinkUnderTest test(config());
    test.outcome = CommandState::Succeeded;
    test.sink->start();
    RawClient client(test.sink->port());
    QCOMPARE(ask(client,
                 "060000"
                 "42a2"),
             QByteArray("8603"));                                       // half a float
    QCOMPARE(ask(client, "0600020fff"), QByteArray("8603"));            // above the point's maximum
    QCOMPARE(ask(client, "0600090001"), QByteArray("8602"));            // served, not writable
    QCOMPARE(ask(client, "0600500001"), QByteArray("8602"));            // not served
    QCOMPARE(ask(client, "0500640001"), QByteArray("8503"));            // not a coil's value
    QCOMPARE(ask(client, "1000000002047fc00000"), QByteArray("9003"));  // not a number
    QVERIFY(test.commands.isEmpty());
  }

  void noOutcomeInTimeIsStillAtWork() {
    SinkUnderTest test(config(", \"answer_within_ms\": 30"));
    test.sink->start();
    RawClient client(test.sink->port());
    RawClient later(test.sink->port());
    client.send("000100000006010600020005");
    QTRY_COMPARE(test.commands.size(), 1);
    test.plant.manualClock().advance(20ms);
    later.send("000100000006010600020006");
    QTRY_COMPARE(test.commands.size(), 2);
    test.plant.manualClock().advance(10ms);
    QTRY_COMPARE(client.received(), QByteArray("000100000003018605"));
    QVERIFY(later.received().isEmpty());
    test.tell(test.commands[0].id, CommandState::Succeeded);
    QCOMPARE(ask(client, "0300500001"), QByteArray("8302"));
    test.plant.manualClock().advance(20ms);
    QTRY_COMPARE(later.received(), QByteArray("000100000003018605"));
    // And again, after a pause.
    client.forget();
    client.send("000100000006010600020007");
    QTRY_COMPARE(test.commands.size(), 3);
    test.plant.manualClock().advance(30ms);
    QTRY_COMPARE(client.received(), QByteArray("000100000003018605"));
  }

  void aWriteThatEndedLeavesNoTimerBehind() {
    SinkUnderTest test(config(", \"answer_within_ms\": 60000"));
    test.outcome = CommandState::Succeeded;
    test.sink->start();
    RawClient client(test.sink->port());
    QCOMPARE(ask(client, "0600020005"), QByteArray("0600020005"));
    // Timers that are shot once stand below it.
    const auto timers = [] { return QAbstractEventDispatcher::instance()->findChildren<QObject *>().size(); };
    const qsizetype before = timers();
    for (int i = 0; i < 50; ++i) QCOMPARE(ask(client, "0600020005"), QByteArray("0600020005"));
    QCOMPARE(test.commands.size(), 51);
    QCOMPARE(timers(), before);
  }

  void tooManyValuesAreRefusedAsAWhole() {
    SinkUnderTest test(manyCoils(150));
    test.sink->start();
    RawClient client(test.sink->port());
    QCOMPARE(ask(client, writeCoils(101)), QByteArray("8f06"));
    QVERIFY(test.commands.isEmpty());
    test.outcome = CommandState::Succeeded;
    QCOMPARE(ask(client, writeCoils(100)), QByteArray("0f00000064"));
    QCOMPARE(test.commands.size(), 100);

    // Those of other requests count too.
    test.outcome.reset();
    test.commands.clear();
    RawClient other(test.sink->port());
    other.send("00010000000f01" + writeCoils(60));
    QTRY_COMPARE(test.commands.size(), 60);
    QCOMPARE(ask(client, writeCoils(41)), QByteArray("8f06"));
    QCOMPARE(test.commands.size(), 60);
    test.outcome = CommandState::Succeeded;
    QCOMPARE(ask(client, writeCoils(40)), QByteArray("0f00000028"));
    QVERIFY(other.received().isEmpty());
  }

  void tooManyThatWait() {
    SinkUnderTest test(config(", \"clients\": 200, \"answer_within_ms\": 60000"));
    test.sink->start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 100; ++i) {
      clients.push_back(std::make_unique<RawClient>(test.sink->port()));
      clients.back()->send("000100000006010600020005");
    }
    QTRY_COMPARE(test.commands.size(), 100);
    RawClient client(test.sink->port());
    QCOMPARE(ask(client, "0600020005"), QByteArray("8606"));
    QCOMPARE(test.commands.size(), 100);
    for (const Command &command : test.commands) test.tell(command.id, CommandState::Succeeded);
    for (const auto &each : clients) QTRY_VERIFY(!each->received().isEmpty());
  }

  void nothingComesAfterStop() {
    SinkUnderTest test(config(", \"answer_within_ms\": 20"));
    test.sink->start();
    RawClient client(test.sink->port());
    client.send("000100000006010600020005");
    QTRY_COMPARE(test.commands.size(), 1);
    test.sink->stop();
    test.tell(test.commands[0].id, CommandState::Succeeded);
    QSignalSpy written(test.sink.get(), &Plugin::written);
    test.sink->write({test.plant.sample("temp", 1.0)});
    QTRY_COMPARE(client.socket.state(), QAbstractSocket::UnconnectedState);
    QVERIFY(client.received().isEmpty() && written.isEmpty());
    QCOMPARE(test.sink->port(), quint16(0));
  }

  void onlyThoseWhoMayCome() {
    SinkUnderTest test(config(", \"allow\": [\"10.0.0.0/8\"]"));
    test.sink->start();
    RawClient client(test.sink->port());
    QSignalSpy gone(&client.socket, &QTcpSocket::disconnected);
    client.send("000100000006010300020001");
    QTRY_COMPARE(gone.size(), 1);
    QVERIFY(client.received().isEmpty());
    QCOMPARE(test.metric("tagwire_modbus_server_refused_peers_total"), 1.0);
    QCOMPARE(test.metric("tagwire_modbus_server_requests_total"), 0.0);
  }

  void turnedAwayIsLoggedOnceUntilItCalmsDown() {
    SinkUnderTest test(config(", \"allow\": [\"10.0.0.0/8\"]"));
    test.sink->start();
    const auto tryToCome = [&] {
      RawClient client(test.sink->port());
      QSignalSpy gone(&client.socket, &QTcpSocket::disconnected);
      QTRY_COMPARE(gone.size(), 1);
    };
    QTest::ignoreMessage(QtWarningMsg, "turned away: 127.0.0.1 is not allowed");
    tryToCome();
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".")));
    tryToCome();
    test.plant.manualClock().advance(std::chrono::seconds(59));
    tryToCome();
    QCOMPARE(test.metric("tagwire_modbus_server_refused_peers_total"), 3.0);
  }

  void aBusyPortIsNamed() {
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    const QByteArray address = "tcp://127.0.0.1:" + QByteArray::number(other.serverPort());
    SinkUnderTest test("{\"listen\": \"" + address + "\", \"points\": [" + points + "]}");
    test.sink->start();
    QCOMPARE(test.state, PluginState::Failed);
    QVERIFY2(test.statusText.startsWith(u"can't listen on tcp://127.0.0.1:"), qPrintable(test.statusText));
    QCOMPARE(test.plant.busyPorts(), QStringList{QString::fromLatin1(address)});
    test.sink->stop();
    other.close();
    test.sink->start();
    QCOMPARE(test.state, PluginState::Running);
  }

  void aLostLineIsAFailure() {
    PtyPair cable;
    SinkUnderTest test("{\"listen\": \"rtu://" + cable.first().toLatin1() + "\", \"points\": [" + points + "]}");
    test.sink->start();
    QCOMPARE(test.state, PluginState::Running);
    cable.unplug();
    QTRY_COMPARE(test.state, PluginState::Failed);
    QVERIFY2(test.statusText.contains(u"is lost"), qPrintable(test.statusText));
    test.sink->start();
    QVERIFY2(test.statusText.startsWith(u"can't open rtu:///dev/pts/"), qPrintable(test.statusText));
  }

  void pointsThatDoNotFitAreDegraded() {
    SinkUnderTest test(config());
    Plant other;
    ExposedPoint point;
    point.place.name = QStringLiteral("plc/none");
    ModbusServerConfig config;
    config.listen = {*ListenEndpoint::fromText(QStringLiteral("127.0.0.1:0"))};
    ModbusServerSink sink(config, {point}, other);
    QSignalSpy status(&sink, &Plugin::statusChanged);
    sink.start();
    QCOMPARE(status.size(), 1);
    QCOMPARE(status[0][0].value<PluginState>(), PluginState::Degraded);
    QCOMPARE(status[0][1].toString(), QStringLiteral("there is no point plc/none"));
  }
};

TAGWIRE_TEST(TestModbusServerSink)

}  // namespace tst_modbus_server_sink

#include "tst_modbus_server_sink.moc"
