// SPDX-License-Identifier: Apache-2.0
// The source on a serial line against servers that others wrote: libmodbus, Qt's QModbusRtuSerialServer and pymodbus.
#include <QTest>

#include "modbusprober.h"
#include "serialpeers.h"
#include "testprogram.h"

namespace tst_modbus_serialpeers {

using namespace tagwire;
using namespace tagwire::modbus;

namespace {

constexpr int silentMs = 300;  ///< where silence is the matter
constexpr int healMs = silentMs + 2000;

QList<ModbusPoint> onePerTable() {
  return {makePoint("coil", Table::Coil, 3, PointType::Bool), makePoint("off", Table::Coil, 4, PointType::Bool),
          makePoint("discrete", Table::Discrete, 17, PointType::Bool),
          makePoint("input", Table::Input, 4, PointType::Uint16),
          makePoint("holding", Table::Holding, 190, PointType::Uint16)};
}

const QList<Value> heldPerTable{true, false, true, qint64(1234), qint64(4001)};

std::shared_ptr<Bus> busTo(const Endpoint &endpoint) {
  return std::make_shared<Bus>(Bus::Settings{{endpoint}, 1, false, std::chrono::milliseconds(patientMs), {}});
}

Endpoint endpointAt(const Pseudoterminal &port) {
  Endpoint endpoint;
  endpoint.transport = Transport::Serial;
  endpoint.device = port.device();
  endpoint.baud = peerBaud;
  endpoint.parity = Parity::None;
  return endpoint;
}

SourceSettings settings(WriteStyle style = WriteStyle::Automatic, int timeoutMs = patientMs) {
  SourceSettings settings = SourceUnderTest::settingsOf(timeoutMs, 8);
  settings.units.usual.writeStyle = style;
  return settings;
}

void addPeers() {
  QTest::addColumn<QString>("peer");
  QTest::newRow("libmodbus") << QStringLiteral("libmodbus");
  QTest::newRow("Qt") << QStringLiteral("Qt");
  if (PymodbusServer::isThere()) QTest::newRow("pymodbus") << QStringLiteral("pymodbus");
}

}  // namespace

class TestModbusSerialPeers : public QObject {
  Q_OBJECT

  static void readsThemAll(SourceUnderTest &test) {
    for (int i = 0; i < heldPerTable.size(); ++i) {
      QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
      QVERIFY2(test.value(i) == heldPerTable[i], qPrintable(QString::number(i)));
    }
  }

 private Q_SLOTS:
  void readsAllTables_data() { addPeers(); }
  void readsAllTables() {
    QFETCH(QString, peer);
    PeerAtCable line(peer);
    QVERIFY(line.start());
    SourceUnderTest test(busTo(endpointAt(line.cable.near)), settings(), onePerTable());
    test.source->start();
    readsThemAll(test);
    test.source->stop();
  }

  void takesEveryKindOfWrite_data() {
    QTest::addColumn<QString>("peer");
    QTest::addColumn<int>("style");
    for (const char *peer : {"libmodbus", "Qt", "pymodbus"}) {
      if (QLatin1String(peer) == u"pymodbus" && !PymodbusServer::isThere()) continue;
      for (const auto &[word, style] : enumWords(WriteStyle())) {
        QTest::addRow("%s %s", peer, word) << QString::fromLatin1(peer) << static_cast<int>(style);
      }
    }
  }
  void takesEveryKindOfWrite() {
    QFETCH(QString, peer);
    QFETCH(int, style);
    PeerAtCable line(peer);
    QVERIFY(line.start());
    QList<Expectation> all = everyKind();
    ModbusPoint bit = makePoint("bit", Table::Holding, 5, PointType::Bool);
    bit.format.bit = 2;
    all.append({bit, true});
    all.append({makePoint("coil", Table::Coil, 5, PointType::Bool), true});
    SourceUnderTest test(busTo(endpointAt(line.cable.near)), settings(static_cast<WriteStyle>(style)), pointsOf(all));
    test.source->start();
    for (int i = 0; i < all.size(); ++i) {
      QTRY_COMPARE(test.quality(i), QStringLiteral("good"));
      test.steps.clear();
      test.write(i, all[i].value);
      QTRY_VERIFY2(!test.steps.isEmpty() && isFinal(test.steps.last().state), qPrintable(all[i].point.name));
      QVERIFY2(test.steps.last().state == CommandState::Succeeded,
               qPrintable(all[i].point.name + u' ' + test.steps.last().error));
      QVERIFY(test.value(i) == all[i].value);
    }
    test.source->stop();
  }

  void refusesAddressesBeyond_data() { addPeers(); }
  void refusesAddressesBeyond() {
    QFETCH(QString, peer);
    PeerAtCable line(peer);
    QVERIFY(line.start());
    SourceUnderTest test(busTo(endpointAt(line.cable.near)), settings(),
                         {makePoint("last", Table::Holding, addresses - 1, PointType::Uint16),
                          makePoint("beyond", Table::Holding, addresses, PointType::Uint16)});
    test.source->start();
    QTRY_COMPARE(test.quality(0), QStringLiteral("good"));
    QTRY_COMPARE(test.quality(1), QStringLiteral("bad:illegal_address"));
    test.source->stop();
  }

  void aCutCableHeals_data() { addPeers(); }
  void aCutCableHeals() {
    QFETCH(QString, peer);
    PeerAtCable line(peer);
    QVERIFY(line.start());
    SourceUnderTest test(busTo(endpointAt(line.cable.near)), settings(WriteStyle::Automatic, silentMs), onePerTable());
    test.source->start();
    readsThemAll(test);
    line.cable.isCut = true;
    for (int i = 0; i < heldPerTable.size(); ++i) QTRY_COMPARE(test.quality(i), QStringLiteral("bad:timeout"));
    line.cable.isCut = false;
    for (int i = 0; i < heldPerTable.size(); ++i) {
      QVERIFY(test.isGoodWithin(healMs, i));
    }
    readsThemAll(test);
    test.source->stop();
  }

  void overASerialDeviceServer_data() { addPeers(); }
  void overASerialDeviceServer() {
    QFETCH(QString, peer);
    PeerAtCable line(peer);
    QVERIFY(line.start());
    SerialDeviceServer deviceServer([&](const QByteArray &bytes) { line.cable.far.write(bytes); });
    line.cable.far.onBytes = [&](const QByteArray &bytes) { deviceServer.send(bytes); };
    Endpoint endpoint = SourceUnderTest::endpointTo(deviceServer.port());
    endpoint.transport = Transport::RtuOverTcp;
    SourceUnderTest test(busTo(endpoint), settings(), onePerTable());
    test.source->start();
    readsThemAll(test);
    test.write(4, qint64(77));
    QTRY_COMPARE(test.stepsText(), QStringLiteral("sent,acked,succeeded"));
    QVERIFY(test.value(4) == Value(qint64(77)));
    test.source->stop();
  }

  void theProberFindsThem_data() { addPeers(); }
  void theProberFindsThem() {
    QFETCH(QString, peer);
    PeerAtCable line(peer);
    QVERIFY(line.start());
    ModbusProber prober;
    QStringList lines;
    std::optional<int> exitCode;
    connect(&prober, &Tool::line, this, [&](const QString &text) { lines << text; });
    connect(&prober, &Tool::finished, this, [&](int code) { exitCode = code; });
    QVERIFY(prober.start({QStringLiteral("rtu://%1?baud=%2&parity=none").arg(line.cable.near.device()).arg(peerBaud),
                          QStringLiteral("--units"), QStringLiteral("1"), QStringLiteral("--registers"),
                          QStringLiteral("holding:190-209,coil:0-210")}));
    QTRY_COMPARE(exitCode, std::optional(0));
    const QString text = lines.join(u'\n');
    QVERIFY2(text.contains(u"  holding 190-199       10 addresses"), qPrintable(text));
    QVERIFY2(text.contains(u"  coil 0-199            200 addresses"), qPrintable(text));
    if (peer == u"pymodbus") QVERIFY2(text.contains(u"  ProductName           \"test peer\""), qPrintable(text));
  }
};

TAGWIRE_TEST(TestModbusSerialPeers)

}  // namespace tst_modbus_serialpeers

#include "tst_modbus_serialpeers.moc"
