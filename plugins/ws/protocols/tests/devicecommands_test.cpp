// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "devicebench.h"
#include "testprogram.h"

namespace devicecommands_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class DeviceCommandsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_10_aCommandThatGoesWell();
  void R2_10_aCommandThatTheDeviceRefuses();
  void R2_10_aDeviceThatIsNotThere();
  void R5_10_notSentWhenSomethingStandsInTheWay();
  void R2_10_aConnectionThatIsLost();
  void R2_10_aDeviceThatDoesNotAnswer();
  void R2_10_aDeviceThatDoesNotRead();
  void R2_10_valuesOutsideTheModel();
  void R2_10_tooManyCommands();
  void R2_10_wrongAcknowledgements_data();
  void R2_10_wrongAcknowledgements();
};

void DeviceCommandsTest::R2_10_aCommandThatGoesWell() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  const QString id = bench.command("ems_001/battery/limit", 42.5);
  QCOMPARE(device.count(), 1);
  const QJsonObject sent = device.last();
  QCOMPARE(sent.keys().join(u','), QStringLiteral("commandId,point,type,value"));
  QCOMPARE(sent.value(QStringLiteral("type")).toString(), QStringLiteral("command"));
  QCOMPARE(sent.value(QStringLiteral("commandId")).toString(), id);
  QCOMPARE(sent.value(QStringLiteral("point")).toString(), QStringLiteral("ems_001/battery/limit"));
  QCOMPARE(sent.value(QStringLiteral("value")).toDouble(), 42.5);
  QCOMPARE(bench.steps(id), QStringLiteral("sent"));
  bench.say(device, "{'type':'command_ack','commandId':'" + id.toLatin1() + "','ok':true}");
  QCOMPARE(bench.steps(id), QStringLiteral("sent,acked,succeeded"));
  QVERIFY(bench.samples.isEmpty());
  bench.context.manualClock().advance(60s);
  bench.book->commands().tick(bench.context.clock().elapsed());
  QCOMPARE(bench.steps(id), QStringLiteral("sent,acked,succeeded"));
}

void DeviceCommandsTest::R2_10_aCommandThatTheDeviceRefuses() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  QString id = bench.command("ems_001/battery/limit", 42.5);
  bench.say(device, "{'type':'command_ack','commandId':'" + id.toLatin1() + "','ok':false,'error':'too\\nhot'}");
  QCOMPARE(bench.steps(id), QStringLiteral("sent,failed"));
  QCOMPARE(bench.lastError(), QStringLiteral("the device refused it: too?hot"));
  id = bench.command("ems_001/battery/limit", 42.5);
  bench.say(device, "{'type':'command_ack','commandId':'" + id.toLatin1() + "','ok':false}");
  QCOMPARE(bench.lastError(), QStringLiteral("the device refused it"));
}

void DeviceCommandsTest::R2_10_aDeviceThatIsNotThere() {
  DeviceBench bench;
  DeviceSession watcher(watching);
  bench.open(watcher);
  const QString id = bench.command("ems_001/battery/limit", 42.5);
  QCOMPARE(bench.steps(id), QStringLiteral("failed"));
  QCOMPARE(bench.lastError(), QStringLiteral("the device is not connected"));
  QCOMPARE(watcher.count(), 0);
}

/// What came into the way since the command was asked for.
void DeviceCommandsTest::R5_10_notSentWhenSomethingStandsInTheWay() {
  DeviceBench bench;
  DeviceSession device(publishing);
  QCOMPARE(bench.open(device), 101);
  device.clear();
  Command command;
  command.id = QStringLiteral("c");
  command.point = bench.point("ems_001/battery/limit");
  command.value = 5.0;
  command.obstacle = [] { return Obstacle{CommandState::Blocked, QStringLiteral("interlock 5: too hot"), 5}; };
  bench.book->commands().execute(bench.state, bench.book->find(QStringLiteral("ems_001")).get(), command);
  QCOMPARE(device.count(), 0);
  QCOMPARE(bench.steps(QStringLiteral("c")), QStringLiteral("blocked"));
  QCOMPARE(bench.lastError(), QStringLiteral("interlock 5: too hot"));
  QCOMPARE(std::get<CommandStatus>(bench.events.last().body).interlock, 5);
}

void DeviceCommandsTest::R2_10_aConnectionThatIsLost() {
  DeviceBench bench;
  DeviceSession first(publishing);
  bench.open(first);
  const QString id = bench.command("ems_001/battery/limit", 42.5);
  DeviceSession second(publishing);
  bench.open(second);
  bench.say(second, "{'type':'command_ack','commandId':'" + id.toLatin1() + "','ok':true}");
  QCOMPARE(bench.steps(id), QStringLiteral("sent"));
  bench.end(first);
  QCOMPARE(bench.steps(id), QStringLiteral("sent,unknown"));
  QCOMPARE(bench.lastError(), QStringLiteral("the connection was lost before the device answered"));
}

void DeviceCommandsTest::R2_10_aDeviceThatDoesNotAnswer() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  const QString id = bench.command("ems_001/battery/limit", 42.5);
  bench.context.manualClock().advance(7s);
  bench.book->commands().tick(bench.context.clock().elapsed());
  QCOMPARE(bench.steps(id), QStringLiteral("sent"));
  bench.context.manualClock().advance(1s);
  bench.book->commands().tick(bench.context.clock().elapsed());
  QCOMPARE(bench.steps(id), QStringLiteral("sent,unknown"));
  bench.say(device, "{'type':'command_ack','commandId':'" + id.toLatin1() + "','ok':true}");
  QCOMPARE(bench.steps(id), QStringLiteral("sent,unknown"));
  QCOMPARE(bench.counted("tagwire_device_rejected_messages_total{reason=\"acknowledgement\"}"), 1.0);
}

void DeviceCommandsTest::R2_10_aDeviceThatDoesNotRead() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  device.congested = true;
  const QString id = bench.command("ems_001/battery/limit", 42.5);
  QCOMPARE(bench.steps(id), QStringLiteral("failed"));
  QCOMPARE(device.count(), 0);
}

void DeviceCommandsTest::R2_10_valuesOutsideTheModel() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  QCOMPARE(bench.steps(bench.command("ems_001/grid/status", QStringLiteral("off"))), QStringLiteral("failed"));
  QCOMPARE(bench.lastError(), QStringLiteral("\"off\" is none of the values (allowed: connected, island)"));
  QCOMPARE(bench.steps(bench.command("ems_001/grid/status", QStringLiteral("island"))), QStringLiteral("sent"));
  QCOMPARE(device.last().value(QStringLiteral("value")).toString(), QStringLiteral("island"));
}

void DeviceCommandsTest::R2_10_tooManyCommands() {
  DeviceBench bench;
  DeviceSession device(publishing);
  bench.open(device);
  for (int i = 0; i < DeviceCommands::mostOfOneDevice; ++i) {
    QCOMPARE(bench.steps(bench.command("ems_001/battery/limit", 1.0)), QStringLiteral("sent"));
  }
  QCOMPARE(bench.steps(bench.command("ems_001/battery/limit", 1.0)), QStringLiteral("failed"));
  QCOMPARE(bench.lastError(), QStringLiteral("100 commands wait for the device already"));
}

void DeviceCommandsTest::R2_10_wrongAcknowledgements_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::newRow("nothing") << QByteArray("{'type':'command_ack'}");
  QTest::newRow("no ok") << QByteArray("{'type':'command_ack','commandId':'ID'}");
  QTest::newRow("ok as text") << QByteArray("{'type':'command_ack','commandId':'ID','ok':'true'}");
  QTest::newRow("ok as number") << QByteArray("{'type':'command_ack','commandId':'ID','ok':1}");
  QTest::newRow("id as number") << QByteArray("{'type':'command_ack','commandId':7,'ok':true}");
  QTest::newRow("another id") << QByteArray("{'type':'command_ack','commandId':'x','ok':true}");
}

void DeviceCommandsTest::R2_10_wrongAcknowledgements() {
  QFETCH(QByteArray, text);
  DeviceBench bench;
  DeviceSession device(publishing);
  DeviceSession watcher(watching);
  bench.open(device);
  bench.open(watcher);
  const QString id = bench.command("ems_001/battery/limit", 42.5);
  bench.say(watcher, "{'type':'command_ack','commandId':'" + id.toLatin1() + "','ok':true}");
  bench.say(device, text.replace("ID", id.toLatin1()));
  QCOMPARE(bench.steps(id), QStringLiteral("sent"));
  QCOMPARE(device.closeCode, 0);
  QCOMPARE(watcher.count(), 0);
}

TAGWIRE_TEST(DeviceCommandsTest)

}  // namespace devicecommands_test

#include "devicecommands_test.moc"
