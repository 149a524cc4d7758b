// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "devicebench.h"
#include "testprogram.h"

namespace device_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class DeviceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_2_nobodyGetsInUnasked();
  void R2_3_onlyWhatTheTokenNames_data();
  void R2_3_onlyWhatTheTokenNames();
  void R2_5_aBadMessageIsDroppedWholeAndTheSocketStaysOpen();
  void R2_5_loggedOncePerKindAndMinute();
  void R2_5_acceptedFieldsBecomePoints();
  void R2_5_acceptedFieldsAreBounded();
  void R2_6_leavesBecomePoints();
  void R2_7_storedWithoutWatchers();
  void R2_8_theSameBytes();
  void R2_8_theLastOneOnConnecting();
  void R2_8_aSlowWatcherGetsTheNewest();
  void R2_9_defaults();
  void R2_9_pointsTurnBad();
  void R2_9_afterARestart();
  void rightsThatAreWithdrawn();
  void aDeviceThatIsRemoved();
};

void DeviceTest::R2_2_nobodyGetsInUnasked() {
  DeviceBench bench;
  DeviceSession anonymous({QStringLiteral("*:*")}, "ems_001", Caller::Kind::Anonymous);
  QCOMPARE(bench.open(anonymous), 401);
}

void DeviceTest::R2_3_onlyWhatTheTokenNames_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<QByteArray>("device");
  QTest::addColumn<int>("status");
  const auto row = [](const char *permission, const char *device, int status) {
    QTest::addRow("%s at %s", permission, device) << QString::fromLatin1(permission) << QByteArray(device) << status;
  };
  row("device:ems_001:publish", "ems_001", 101);
  row("device:ems_001:publish", "ems_002", 403);
  row("device:ems_001:watch", "ems_001", 101);
  row("device:ems_001:watch", "ems_002", 403);
  row("device:*:watch", "ems_002", 101);
  row("device:*:publish", "ems_002", 101);
  row("device:watch", "ems_001", 101);
  row("device:ems_001:*", "ems_001", 101);
  row("*:read", "ems_001", 101);
  row("*:*", "ems_001", 101);
  row("points:read", "ems_001", 403);
  row("*:*", "ems_999", 403);
  row("device:ems_999:publish", "ems_999", 403);
  row("device:*:watch", "ems_00", 403);
}

void DeviceTest::R2_3_onlyWhatTheTokenNames() {
  QFETCH(QString, permission);
  QFETCH(QByteArray, device);
  QFETCH(int, status);
  DeviceBench bench;
  DeviceSession session({permission}, device.constData());
  QCOMPARE(bench.open(session), status);
}

void DeviceTest::R2_5_aBadMessageIsDroppedWholeAndTheSocketStaysOpen() {
  DeviceBench bench;
  DeviceSession device(publishing);
  DeviceSession watcher(watching);
  bench.open(device);
  bench.open(watcher);
  bench.say(device, "{'battery':{'soc':0.5,'voltage':'380'}}");
  bench.say(device, "nonsense");
  QVERIFY(bench.samples.isEmpty());
  QCOMPARE(watcher.count(), 0);
  QCOMPARE(device.closeCode, 0);
  QCOMPARE(device.count(), 0);
  QCOMPARE(bench.counted("tagwire_device_rejected_messages_total{reason=\"type\"}"), 1.0);
  QCOMPARE(bench.counted("tagwire_device_rejected_messages_total{reason=\"syntax\"}"), 1.0);
  bench.say(device, "{'battery':{'soc':0.5,'voltage':380}}");
  QCOMPARE(bench.samples.size(), 2);
  QCOMPARE(bench.counted("tagwire_device_payloads_total"), 1.0);
}

void DeviceTest::R2_5_loggedOncePerKindAndMinute() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  static QStringList lines;
  lines.clear();
  const auto before =
      qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &text) { lines << text; });
  for (int i = 0; i < 90; ++i) {
    bench.say(device, "{'battery':{'soc':2}}");
    bench.say(device, "{'battery':{'soc':'2'}}");
    bench.context.manualClock().advance(1s);
  }
  qInstallMessageHandler(before);
  QCOMPARE(lines.size(), 4);
  QCOMPARE(lines[0],
           QStringLiteral("device ems_001: message dropped: battery/soc: 2 is out of range (allowed: up to 1)"));
  QCOMPARE(lines[1], QStringLiteral("device ems_001: message dropped: battery/soc: text where a number is due"));
  QVERIFY2(lines[2].endsWith(QLatin1String("(and 59 like it before)")), qPrintable(lines[2]));
}

void DeviceTest::R2_5_acceptedFieldsBecomePoints() {
  DeviceBench bench("accept");
  DeviceSession device(publishing);
  bench.open(device);
  bench.say(device, "{'battery':{'soc':0.5},'pump':{'run':true,'speed':3,'name':'P1'},'a*':1,'x/y':2}");
  QCOMPARE(bench.samples.size(), 4);
  QCOMPARE(bench.last("ems_001/pump/run").value, Value(true));
  QCOMPARE(bench.last("ems_001/pump/speed").value, Value(3.0));
  QCOMPARE(bench.last("ems_001/pump/name").value, Value(QStringLiteral("P1")));
  QCOMPARE(bench.counted("tagwire_device_unusable_fields_total"), 2.0);
  // Another type than before is no value of this point.
  bench.say(device, "{'battery':{'soc':0.5},'pump':{'run':1,'speed':4.5}}");
  QCOMPARE(bench.last("ems_001/pump/run").value, Value(true));
  QCOMPARE(bench.last("ems_001/pump/speed").value, Value(4.5));
  QCOMPARE(bench.counted("tagwire_device_unusable_fields_total"), 3.0);
  QVERIFY(bench.context.refusals().isEmpty());
  bench.end(device);
  QCOMPARE(bench.last("ems_001/pump/speed").quality, Quality::bad(QualityReason::Disconnected));
}

void DeviceTest::R2_5_acceptedFieldsAreBounded() {
  DeviceBench bench("accept");
  DeviceSession device(publishing);
  bench.open(device);
  const quint32 before = bench.context.points().count();
  for (int round = 0; round < 3; ++round) {
    QByteArray payload = "{'battery':{'soc':0.5}";
    for (int i = 0; i < 200; ++i) payload += ",'k" + QByteArray::number(round * 200 + i) + "':1";
    bench.say(device, payload + "}");
  }
  QCOMPARE(bench.context.points().count() - before, quint32{DeviceBook::mostLearned});
  QCOMPARE(bench.counted("tagwire_device_unusable_fields_total"), 600.0 - DeviceBook::mostLearned);
}

void DeviceTest::R2_6_leavesBecomePoints() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  bench.say(device,
            "{'device_id':'ems_001','timestamp':'2025-12-31T23:59:30.123456','battery':{'soc':0.85,'voltage':380.5,"
            "'faults':[]},'grid':{'status':'connected'}}");
  QCOMPARE(bench.samples.size(), 4);
  QCOMPARE(bench.last("ems_001/battery/soc").value, Value(0.85));
  QCOMPARE(bench.last("ems_001/battery/voltage").value, Value(380.5));
  QCOMPARE(bench.last("ems_001/battery/faults").value, Value(QStringLiteral("[]")));
  QCOMPARE(bench.last("ems_001/grid/status").value, Value(QStringLiteral("connected")));
  for (const Sample &sample : std::as_const(bench.samples)) {
    QCOMPARE(sample.quality, Quality::good());
    QCOMPARE(toIso(sample.time, 6), QStringLiteral("2025-12-31T23:59:30.123456Z"));
  }
  bench.say(device, "{'device_id':'ems_002','battery':{'soc':0.1}}");
  QCOMPARE(bench.samples.size(), 4);
}

void DeviceTest::R2_7_storedWithoutWatchers() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  bench.say(device, "{'battery':{'soc':0.5}}");
  QCOMPARE(bench.samples.size(), 1);
  QCOMPARE(device.count(), 0);
}

void DeviceTest::R2_8_theSameBytes() {
  DeviceBench bench;
  DeviceSession device(publishing);
  DeviceSession one(watching);
  DeviceSession two({QStringLiteral("*:read")});
  DeviceSession elsewhere({QStringLiteral("*:read")}, "ems_002");
  for (DeviceSession *session : {&device, &one, &two, &elsewhere}) QCOMPARE(bench.open(*session), 101);
  const QByteArray payload = json("{ 'battery' : {'soc':0.50,  'more':[ 1 ]} ,\n'x':'\\u00e9 é'}");
  bench.protocol->received(device, payload);
  QCOMPARE(one.count(), 1);
  QCOMPARE(one.text(0), payload);
  QCOMPARE(two.text(0), payload);
  QCOMPARE(elsewhere.count(), 0);
  QCOMPARE(device.count(), 0);
  bench.end(one);
  bench.protocol->received(device, payload);
  QCOMPARE(one.count(), 1);
  QCOMPARE(two.count(), 2);
}

void DeviceTest::R2_8_theLastOneOnConnecting() {
  DeviceBench bench;
  DeviceSession early(watching);
  bench.open(early);
  QCOMPARE(early.count(), 0);
  DeviceSession device(publishing);
  bench.open(device);
  bench.say(device, "{'battery':{'soc':0.1}}");
  bench.say(device, "{'battery':{'soc':0.2}}");
  bench.say(device, "{'battery':{'soc':9}}");
  bench.end(device);
  DeviceSession late(watching);
  bench.open(late);
  QCOMPARE(late.count(), 1);
  QCOMPARE(late.text(0), json("{'battery':{'soc':0.2}}"));
  QCOMPARE(early.count(), 2);
}

void DeviceTest::R2_8_aSlowWatcherGetsTheNewest() {
  DeviceBench bench;
  DeviceSession device(publishing);
  DeviceSession slow(watching);
  bench.open(device);
  bench.open(slow);
  slow.congested = true;
  for (const char *soc : {"0.1", "0.2", "0.3"}) {
    bench.say(device, QByteArray("{'battery':{'soc':") + soc + "}}");
  }
  QCOMPARE(slow.count(), 0);
  QCOMPARE(bench.counted("tagwire_device_coalesced_payloads_total"), 2.0);
  slow.congested = false;
  bench.protocol->drained(slow);
  bench.protocol->drained(slow);
  QCOMPARE(slow.count(), 1);
  QCOMPARE(slow.text(0), json("{'battery':{'soc':0.3}}"));
}

void DeviceTest::R2_9_defaults() {
  const Limits limits = defaultLimits(ProtocolKind::Device);
  QCOMPARE(limits.pingInterval, 20s);
  QCOMPARE(limits.pongTimeout, 60s);
}

void DeviceTest::R2_9_pointsTurnBad() {
  DeviceBench bench;
  DeviceSession device(publishing);
  DeviceSession watcher(watching);
  bench.open(device);
  bench.open(watcher);
  bench.say(device, "{'timestamp':'2025-12-31T23:00:00Z','battery':{'soc':0.5}}");
  bench.end(watcher);
  QCOMPARE(bench.last("ems_001/battery/soc").quality, Quality::good());
  bench.samples.clear();
  bench.end(device);
  QCOMPARE(bench.samples.size(), 1);
  const Sample sample = bench.last("ems_001/battery/soc");
  QCOMPARE(sample.quality, Quality::bad(QualityReason::Disconnected));
  QCOMPARE(sample.value, Value(0.5));
  QCOMPARE(toIso(sample.time), QStringLiteral("2025-12-31T23:00:00.000Z"));
  // One that never had a value goes on waiting for it.
  QCOMPARE(bench.last("ems_001/battery/voltage").quality, Quality::bad(QualityReason::WaitingForFirstValue));
  DeviceSession again(publishing);
  QCOMPARE(bench.open(again), 101);
  bench.say(again, "{'battery':{'soc':0.6}}");
  QCOMPARE(bench.last("ems_001/battery/soc").quality, Quality::good());
}

/// The gateway failed and started again: what was sent while it stopped went nowhere.
void DeviceTest::R2_9_afterARestart() {
  DeviceBench bench;
  const Sample good{bench.point("ems_001/battery/soc"), Quality::good(), bench.context.clock().now(), Value(0.5)};
  bench.context.pointTable().update({good});
  DeviceProtocol fresh(bench.state);
  fresh.tick(bench.context.clock().now());
  QCOMPARE(bench.last("ems_001/battery/soc").quality, Quality::bad(QualityReason::Disconnected));
  QCOMPARE(bench.samples.size(), 1);
  fresh.tick(bench.context.clock().now());
  QCOMPARE(bench.samples.size(), 1);
}

void DeviceTest::rightsThatAreWithdrawn() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  device.credential->permissions = *Permissions::fromTexts({QStringLiteral("device:ems_001:watch")});
  bench.protocol->callerChanged(device);
  QCOMPARE(device.closeCode, 4403);
}

void DeviceTest::aDeviceThatIsRemoved() {
  DeviceBench bench;
  const QString id = QStringLiteral("ems_001");
  DeviceSession device(publishing);
  DeviceSession watcher(watching);
  bench.open(device);
  bench.open(watcher);
  bench.say(device, "{'battery':{'soc':0.5}}");
  const Samples gone = bench.book->remove(id, bench.context);
  QCOMPARE(gone.size(), 1);
  QCOMPARE(gone.first().quality, Quality::bad(QualityReason::Removed));
  QCOMPARE(device.closeCode, 1008);
  QCOMPARE(watcher.closeCode, 1008);
  bench.samples.clear();
  bench.end(device);
  bench.end(watcher);
  QVERIFY(bench.samples.isEmpty());
  QCOMPARE(bench.open(device), 403);
  // Made again it has the points of before.
  const quint32 count = bench.context.points().count();
  const auto made = bench.book->make(id, QStringLiteral("ems"), bench.context, QTimeZone::utc());
  QVERIFY2(made, qPrintable(made ? QString() : made.error()));
  QCOMPARE(bench.context.points().count(), count);
  DeviceSession again(publishing);
  QCOMPARE(bench.open(again), 101);
  bench.say(again, "{'battery':{'soc':0.7}}");
  QCOMPARE(bench.last("ems_001/battery/soc").value, Value(0.7));
}

TAGWIRE_TEST(DeviceTest)

}  // namespace device_test

#include "device_test.moc"
