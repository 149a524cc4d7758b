// SPDX-License-Identifier: Apache-2.0
#include "deviceplant.h"
#include "testprogram.h"

namespace devices_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class DevicesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_2_statusBeforeTheUpgrade();
  void R2_4_replacedByANewConnection();
  void R2_4_takeoverAtAFullEndpoint();
  void R2_4_takeoversOverTheSocket();
  void R2_5_aBadMessageLeavesTheSocketOpen();
  void R2_8_fromTheDeviceToTheWatcher();
  void R2_9_deadConnections();
  void R2_10_commandsOverTheSocket();
};

void DevicesTest::R2_2_statusBeforeTheUpgrade() {
  Plant plant;
  const auto with = [](const QByteArray &token) { return "Authorization: Bearer " + token + "\r\n"; };
  QByteArray wrong = plant.device;
  wrong[10] = wrong[10] == 'a' ? 'b' : 'a';
  const QByteArray path = "/ws/device/ems_001";
  QCOMPARE(plant.upgradeStatus(path, {}), 401);
  QCOMPARE(plant.upgradeStatus(path, with(wrong)), 403);
  QCOMPARE(plant.upgradeStatus(path, with("x")), 403);
  QCOMPARE(plant.upgradeStatus(path, with(plant.device)), 101);
  QCOMPARE(plant.upgradeStatus(path, with(plant.watcher)), 101);
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_002", with(plant.device)), 403);
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_999", with(plant.admin)), 403);
  QCOMPARE(plant.upgradeStatus(path + "?token=" + plant.device, {}), 400);
  QCOMPARE(plant.upgradeStatus(path, with(plant.device) + with(plant.device)), 400);
  QCOMPARE(plant.upgradeStatus("/ws/device", with(plant.device)), 404);
}

void DevicesTest::R2_4_replacedByANewConnection() {
  Plant plant;
  DeviceClient first(plant.port(), plant.device);
  QVERIFY(first.isOpen());
  DeviceClient second(plant.port(), plant.device);
  QVERIFY(second.isOpen());
  QCOMPARE(first.closeCode(), 4409);
  QCOMPARE(first.socket.closeReason(), QStringLiteral("replaced by a new connection"));
  second.say("{'battery':{'soc':0.5}}");
  QTRY_COMPARE(plant.last("ems_001/battery/soc").value, Value(0.5));
  QCOMPARE(plant.last("ems_001/battery/soc").quality, Quality::good());
}

/// It replaces a connection, so it needs no place of its own; a watcher does.
void DevicesTest::R2_4_takeoverAtAFullEndpoint() {
  Plant plant(manifestDevices, nullptr, ",'limits':{'connections':1}");
  DeviceClient first(plant.port(), plant.device);
  QVERIFY(first.isOpen());
  const QByteArray watcher = "Authorization: Bearer " + plant.watcher + "\r\n";
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_001", watcher), 503);
  DeviceClient second(plant.port(), plant.device);
  QVERIFY(second.isOpen());
  QCOMPARE(first.closeCode(), 4409);
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_001", watcher), 503);
  const QByteArray other = plant.token("device2", {QStringLiteral("device:ems_002:publish")});
  plant.gateway->stop();  // it would notice the token within a second
  plant.gateway->start();
  DeviceClient third(plant.port(), plant.device);
  QVERIFY(third.isOpen());
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_002", "Authorization: Bearer " + other + "\r\n"), 503);
}

void DevicesTest::R2_4_takeoversOverTheSocket() {
  Plant plant;
  const QByteArray credential = "Authorization: Bearer " + plant.device + "\r\n";
  DeviceClient last(plant.port(), plant.device);
  QVERIFY(last.isOpen());
  QList<std::shared_ptr<DeviceClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients << std::make_shared<DeviceClient>(plant.port(), plant.device);
    QVERIFY(clients.last()->isOpen());
  }
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_001", credential), 429);
  QCOMPARE(plant.events.size(), 1);
  const auto *event = std::get_if<SystemEvent>(&plant.events.first().body);
  QVERIFY(event && event->kind == QLatin1String("security"));
  QCOMPARE(plant.events.first().source, QStringLiteral("web"));
  clients.last()->say("{'battery':{'soc':0.5}}");
  QTRY_COMPARE(plant.last("ems_001/battery/soc").value, Value(0.5));
}

void DevicesTest::R2_5_aBadMessageLeavesTheSocketOpen() {
  Plant plant;
  DeviceClient device(plant.port(), plant.device);
  DeviceClient watcher(plant.port(), plant.watcher);
  QVERIFY(device.isOpen() && watcher.isOpen());
  device.say("{'battery':{'soc':'full'}}");
  device.say("[[[[");
  device.say("{'battery':{'soc':0.25}}");
  QTRY_COMPARE(watcher.told.size(), 1);
  QCOMPARE(watcher.told.first(), QString::fromUtf8(json("{'battery':{'soc':0.25}}")));
  QCOMPARE(plant.samples.size(), 1);
}

void DevicesTest::R2_8_fromTheDeviceToTheWatcher() {
  Plant plant;
  DeviceClient device(plant.port(), plant.device);
  DeviceClient early(plant.port(), plant.watcher);
  QVERIFY(device.isOpen() && early.isOpen());
  const QByteArray payload =
      "{ 'device_id':'ems_001','timestamp':'2025-12-31T23:59:59.123456Z','battery':{'soc':0.850,'faults':[]}, 'x': {} "
      "}";
  device.say(payload);
  QTRY_COMPARE(early.told.size(), 1);
  QCOMPARE(early.told.first(), QString::fromUtf8(json(payload)));
  QCOMPARE(plant.last("ems_001/battery/soc").value, Value(0.85));
  QCOMPARE(plant.last("ems_001/battery/faults").value, Value(QStringLiteral("[]")));
  DeviceClient late(plant.port(), plant.watcher);
  QTRY_COMPARE(late.told.size(), 1);
  QCOMPARE(late.told.first(), early.told.first());
  QVERIFY(device.told.isEmpty());
}

void DevicesTest::R2_9_deadConnections() {
  Plant plant;
  RawClient silent(plant.port());
  silent.send(RawClient::upgradeHead("/ws/device/ems_001", "Authorization: Bearer " + plant.device + "\r\n"));
  QTRY_COMPARE(silent.status(), 101);
  silent.dropHead();
  silent.send(clientText(json("{'battery':{'soc':0.5}}")));
  QTRY_COMPARE(plant.last("ems_001/battery/soc").quality, Quality::good());
  for (int i = 0; i < 3; ++i) {
    plant.context.manualClock().advance(20s);
    const RawClient::ServerFrame frame = silent.nextFrame();
    QCOMPARE(frame.opcode, i < 2 ? 9 : 8);
    if (i == 2) QCOMPARE(frame.closeCode(), 1008);
  }
  QTRY_COMPARE(plant.last("ems_001/battery/soc").quality, Quality::bad(QualityReason::Disconnected));
  QCOMPARE(plant.last("ems_001/battery/soc").value, Value(0.5));
}

void DevicesTest::R2_10_commandsOverTheSocket() {
  Plant plant;
  DeviceClient device(plant.port(), plant.device);
  QVERIFY(device.isOpen());
  Command command;
  command.id = newCommandId();
  command.point = plant.context.points().find(QStringLiteral("ems_001/battery/limit"));
  command.value = 42.5;
  plant.gateway->execute(command);
  QTRY_COMPARE(device.told.size(), 1);
  const QJsonObject told = QJsonDocument::fromJson(device.told.first().toUtf8()).object();
  QCOMPARE(told.value(QStringLiteral("commandId")).toString(), command.id);
  QCOMPARE(told.value(QStringLiteral("value")).toDouble(), 42.5);
  device.say("{'type':'command_ack','commandId':'" + command.id.toLatin1() + "','ok':true}");
  const auto steps = [&] {
    QList<CommandState> all;
    for (const Event &event : std::as_const(plant.events)) all << std::get<CommandStatus>(event.body).state;
    return all;
  };
  const QList<CommandState> expected{CommandState::Sent, CommandState::Acked, CommandState::Succeeded};
  QTRY_COMPARE(steps(), expected);
}

TAGWIRE_TEST(DevicesTest)

}  // namespace devices_test

#include "devices_test.moc"
