// SPDX-License-Identifier: Apache-2.0
#include "deviceplant.h"
#include "testprogram.h"

namespace deviceroutes_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

class DeviceRoutesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R2_11_tokensByRest();
  void R2_11_aRevokedTokenEndsItsConnections();
  void R2_11_nobodyGivesMoreThanHeHas();
  void R2_11_nobodyRevokesMoreThanHeHas();
  void R2_11_nothingOutlivesItsMaker();
  void errorsNameNoFiles();
  void R2_11_wrongTokenRequests_data();
  void R2_11_wrongTokenRequests();
  void R2_11_devicesByRest();
  void R2_11_devicesStayOverARestart();
  void R2_11_aRemovedDevice();
  void R2_11_wrongDeviceRequests_data();
  void R2_11_wrongDeviceRequests();
};

void DeviceRoutesTest::R2_11_tokensByRest() {
  Plant plant;
  const DeviceReply made = plant.request("POST", "/api/v1/tokens", plant.admin,
                                         json("{'name':'meter','permissions':['device:ems_002:publish'],"
                                              "'expires':'2026-01-01T00:00:30Z'}"));
  QCOMPARE(made.status, 201);
  QVERIFY(made.head.contains("Cache-Control: no-store"));
  const QByteArray text = made.object().value(QStringLiteral("token")).toString().toLatin1();
  QVERIFY2(text.startsWith("tw_") && text.size() == 46, text);
  QCOMPARE(made.object().value(QStringLiteral("created_by")).toString(), QStringLiteral("admin"));

  const DeviceReply list = plant.request("GET", "/api/v1/tokens", plant.admin);
  QCOMPARE(list.status, 200);
  QCOMPARE(list.array().size(), 4);
  const QJsonObject entry = list.array().last().toObject();
  QCOMPARE(entry.value(QStringLiteral("name")).toString(), QStringLiteral("meter"));
  QCOMPARE(entry.value(QStringLiteral("expires")).toString(), QStringLiteral("2026-01-01T00:00:30.000Z"));
  QCOMPARE(entry.keys().join(u','), QStringLiteral("created,created_by,expires,name,permissions"));
  QVERIFY(!list.body.contains(text) && !list.body.contains("sha256"));

  DeviceClient device(plant.port(), text, "ems_002");
  QVERIFY(device.isOpen());
  device.say("{'battery':{'soc':0.5}}");
  QTRY_COMPARE(plant.last("ems_002/battery/soc").value, Value(0.5));
  plant.context.manualClock().advance(31s);
  QCOMPARE(device.closeCode(), 4401);
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_002", "Authorization: Bearer " + text + "\r\n"), 403);

  QCOMPARE(plant.request("GET", "/api/v1/tokens", {}).status, 401);
  QCOMPARE(plant.request("GET", "/api/v1/tokens", plant.watcher).status, 403);
  QCOMPARE(plant.request("POST", "/api/v1/tokens", plant.watcher, json("{}")).status, 403);
  QCOMPARE(plant.request("DELETE", "/api/v1/tokens/meter", plant.watcher).status, 403);
}

void DeviceRoutesTest::R2_11_aRevokedTokenEndsItsConnections() {
  Plant plant;
  DeviceClient device(plant.port(), plant.device);
  DeviceClient watcher(plant.port(), plant.watcher);
  QVERIFY(device.isOpen() && watcher.isOpen());
  device.say("{'battery':{'soc':0.5}}");
  QTRY_COMPARE(watcher.told.size(), 1);
  QCOMPARE(plant.request("DELETE", "/api/v1/tokens/device1", plant.admin).status, 204);
  plant.context.manualClock().advance(1s);
  QCOMPARE(device.closeCode(), 4401);
  QTRY_COMPARE(plant.last("ems_001/battery/soc").quality, Quality::bad(QualityReason::Disconnected));
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_001", "Authorization: Bearer " + plant.device + "\r\n"), 403);
  QCOMPARE(watcher.socket.state(), QAbstractSocket::ConnectedState);
  QCOMPARE(plant.request("DELETE", "/api/v1/tokens/device1", plant.admin).status, 404);
}

void DeviceRoutesTest::R2_11_nobodyGivesMoreThanHeHas() {
  Plant plant;
  const QByteArray clerk =
      plant.token("clerk", {QStringLiteral("tokens:admin"), QStringLiteral("points:boiler/*:read")});
  plant.context.manualClock().advance(1s);
  const auto give = [&](const char *permission) {
    return plant.request("POST", "/api/v1/tokens", clerk,
                         json(QByteArray("{'name':'fresh','permissions':['") + permission + "']}"));
  };
  QTRY_COMPARE(plant.request("GET", "/api/v1/tokens", clerk).status, 200);
  for (const char *more : {"*:*", "points:read", "points:boiler/#:read", "points:boiler/*:write",
                           "device:ems_001:publish", "users:admin"}) {
    QCOMPARE(give(more).status, 403);
  }
  QCOMPARE(give("points:boiler/temp:read").status, 201);
  // A device comes with the right to publish for it.
  QCOMPARE(plant.request("POST", "/api/v1/devices", clerk, json("{'id':'ems_003','model':'ems'}")).status, 403);
}

void DeviceRoutesTest::R2_11_nobodyRevokesMoreThanHeHas() {
  Plant plant;
  const QByteArray clerk = plant.token("clerk", {QStringLiteral("tokens:admin"), QStringLiteral("device:*:watch")});
  plant.context.manualClock().advance(1s);
  QTRY_COMPARE(plant.request("GET", "/api/v1/tokens", clerk).status, 200);
  const DeviceReply refused = plant.request("DELETE", "/api/v1/tokens/admin", clerk);
  QCOMPARE(refused.status, 403);
  QVERIFY2(refused.body.contains("token admin may do more than you"), refused.body);
  QCOMPARE(plant.request("GET", "/api/v1/tokens", plant.admin).array().size(), 4);
  QCOMPARE(plant.request("DELETE", "/api/v1/tokens/watcher", clerk).status, 204);
}

/// A credential that somebody gave for a short time must not make itself permanent.
void DeviceRoutesTest::R2_11_nothingOutlivesItsMaker() {
  Plant plant;
  const Time end = plant.context.clock().now() + 60s;
  const QByteArray guest = plant.token("guest", {QStringLiteral("*:*")}, end);
  plant.context.manualClock().advance(1s);
  QTRY_COMPARE(plant.request("GET", "/api/v1/tokens", guest).status, 200);
  const auto make = [&](const char *name, const QByteArray &expires) {
    return plant.request("POST", "/api/v1/tokens", guest,
                         json(QByteArray("{'name':'") + name + "','permissions':['points:read']" + expires + "}"));
  };
  const DeviceReply forGood = make("child", "");
  QCOMPARE(forGood.status, 403);
  QVERIFY2(forGood.body.contains("your credential expires at 2026-01-01T00:01:00Z"), forGood.body);
  QCOMPARE(make("child", ",'expires':'2026-01-01T00:01:01Z'").status, 403);
  QCOMPARE(make("child", ",'expires':'2026-01-01T00:01:00Z'").status, 201);
  QCOMPARE(plant.request("POST", "/api/v1/devices", guest, json("{'id':'ems_003','model':'ems'}")).status, 403);
  const QByteArray user = json("{'name':'eve','role':'admin','password':'correct horse battery'}");
  QCOMPARE(plant.request("POST", "/api/v1/users", guest, user).status, 403);
  QCOMPARE(plant.request("POST", "/api/v1/users", plant.admin, user).status, 201);
  QCOMPARE(plant.request("PUT", "/api/v1/users/eve", guest, json("{'password':'another horse battery'}")).status, 403);
  // Somebody has to stay who administers.
  QCOMPARE(plant.request("PUT", "/api/v1/users/eve", guest, json("{'role':'viewer'}")).status, 409);
  const QByteArray other = json("{'name':'adam','role':'admin','password':'correct horse battery'}");
  QCOMPARE(plant.request("POST", "/api/v1/users", plant.admin, other).status, 201);
  QCOMPARE(plant.request("PUT", "/api/v1/users/eve", guest, json("{'role':'viewer'}")).status, 204);
}

void DeviceRoutesTest::errorsNameNoFiles() {
  Plant plant;
  QFile tokens(plant.context.dataDir() + QStringLiteral("/tokens.json"));
  QVERIFY(tokens.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther));
  const QList<DeviceReply> replies{
      plant.request("POST", "/api/v1/tokens", plant.admin, json("{'name':'n','permissions':['points:read']}")),
      plant.request("DELETE", "/api/v1/tokens/watcher", plant.admin),
      plant.request("POST", "/api/v1/devices", plant.admin, json("{'id':'ems_003','model':'ems'}"))};
  for (const DeviceReply &reply : replies) {
    QCOMPARE(reply.status, 503);
    QVERIFY2(reply.body.contains("can't be changed now, the log says why"), reply.body);
    QVERIFY2(!reply.body.contains(".json") && !reply.body.contains(plant.context.dataDir().toUtf8()), reply.body);
  }
}

void DeviceRoutesTest::R2_11_wrongTokenRequests_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("text");
  const auto row = [](const char *name, const QByteArray &body, int status, const char *text) {
    QTest::newRow(name) << json(body) << status << QString::fromLatin1(text);
  };
  row("nothing", "", 400, "the body must be a JSON object (allowed: name, permissions, expires)");
  row("list", "[]", 400, "the body must be a JSON object");
  row("no name", "{'permissions':['points:read']}", 400, "name is missing or wrong");
  row("name as number", "{'name':1,'permissions':['points:read']}", 400, "name is missing or wrong");
  row("bad name", "{'name':'a b','permissions':['points:read']}", 400, "is no name");
  row("long name", "{'name':'" + QByteArray("n").repeated(65) + "','permissions':['points:read']}", 400,
      "name is missing");
  row("no permissions", "{'name':'n'}", 400, "permissions is missing or wrong");
  row("empty permissions", "{'name':'n','permissions':[]}", 400, "permissions is missing or wrong");
  row("permission as number", "{'name':'n','permissions':['points:read',1]}", 400, "permissions is missing or wrong");
  row("unknown permission", "{'name':'n','permissions':['point:read']}", 400, "did you mean \"points\"");
  row("expires as number", "{'name':'n','permissions':['points:read'],'expires':1}", 400, "expires: ");
  row("expired", "{'name':'n','permissions':['points:read'],'expires':'2025-01-01'}", 400, "is in the past");
  row("no reference", "{'name':{'$env':'HOME'},'permissions':['points:read']}", 400, "name is missing or wrong");
  row("unknown key", "{'name':'n','permissions':['points:read'],'expire':'x'}", 400,
      "unknown key \"expire\", did you mean \"expires\"?");
  row("taken", "{'name':'admin','permissions':['points:read']}", 409, "there is a token \"admin\" already");
}

void DeviceRoutesTest::R2_11_wrongTokenRequests() {
  QFETCH(QByteArray, body);
  QFETCH(int, status);
  QFETCH(QString, text);
  Plant plant;
  const DeviceReply reply = plant.request("POST", "/api/v1/tokens", plant.admin, body);
  QCOMPARE(reply.status, status);
  const QString error = reply.object().value(QStringLiteral("error")).toString();
  QVERIFY2(error.contains(text), qPrintable(error));
  QCOMPARE(plant.request("GET", "/api/v1/tokens", plant.admin).array().size(), 3);
}

void DeviceRoutesTest::R2_11_devicesByRest() {
  Plant plant;
  const DeviceReply made =
      plant.request("POST", "/api/v1/devices", plant.admin, json("{'id':'ems_003','model':'ems'}"));
  QCOMPARE(made.status, 201);
  const QByteArray text = made.object().value(QStringLiteral("token")).toString().toLatin1();
  QVERIFY2(text.startsWith("tw_"), made.body);
  DeviceClient device(plant.port(), text, "ems_003");
  QVERIFY(device.isOpen());
  device.say("{'battery':{'soc':0.75}}");
  QTRY_COMPARE(plant.last("ems_003/battery/soc").value, Value(0.75));

  const DeviceReply list = plant.request("GET", "/api/v1/devices", plant.watcher);
  QCOMPARE(list.status, 200);
  QCOMPARE(list.array().size(), 3);
  const QJsonObject entry = list.array().last().toObject();
  QCOMPARE(entry.value(QStringLiteral("id")).toString(), QStringLiteral("ems_003"));
  QCOMPARE(entry.value(QStringLiteral("model")).toString(), QStringLiteral("ems"));
  QCOMPARE(entry.value(QStringLiteral("connected")).toBool(), true);
  QCOMPARE(entry.value(QStringLiteral("made_by")).toString(), QStringLiteral("rest"));
  QVERIFY(!list.body.contains(text));

  QCOMPARE(plant.request("GET", "/api/v1/devices", {}).status, 401);
  QCOMPARE(plant.request("GET", "/api/v1/devices", plant.device).status, 403);
  QCOMPARE(plant.request("POST", "/api/v1/devices", plant.watcher, json("{}")).status, 403);
  QCOMPARE(plant.request("DELETE", "/api/v1/devices/ems_003", plant.watcher).status, 403);
}

void DeviceRoutesTest::R2_11_devicesStayOverARestart() {
  Plant before{QByteArray()};
  const DeviceReply made =
      before.request("POST", "/api/v1/devices", before.admin, json("{'id':'ems_003','model':'ems'}"));
  QCOMPARE(made.status, 201);
  const QByteArray text = made.object().value(QStringLiteral("token")).toString().toLatin1();
  QFile file(before.context.dataDir() + QStringLiteral("/devices.json"));
  QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
           QFile::Permissions());
  QVERIFY(file.open(QIODevice::ReadOnly));
  QVERIFY(!file.readAll().contains(text));
  before.gateway.reset();

  Plant after(QByteArray(), &before);
  DeviceClient device(after.port(), text, "ems_003");
  QVERIFY(device.isOpen());
  device.say("{'battery':{'soc':0.75}}");
  QTRY_COMPARE(after.last("ems_003/battery/soc").value, Value(0.75));
  QCOMPARE(after.request("POST", "/api/v1/devices", before.admin, json("{'id':'ems_003','model':'ems'}")).status, 409);
}

void DeviceRoutesTest::R2_11_aRemovedDevice() {
  Plant plant;
  const DeviceReply made =
      plant.request("POST", "/api/v1/devices", plant.admin, json("{'id':'ems_003','model':'ems'}"));
  const QByteArray text = made.object().value(QStringLiteral("token")).toString().toLatin1();
  DeviceClient device(plant.port(), text, "ems_003");
  QVERIFY(device.isOpen());
  device.say("{'battery':{'soc':0.75}}");
  QTRY_COMPARE(plant.last("ems_003/battery/soc").value, Value(0.75));
  QCOMPARE(plant.request("DELETE", "/api/v1/devices/ems_003", plant.admin).status, 204);
  QCOMPARE(device.closeCode(), 1008);
  QCOMPARE(plant.last("ems_003/battery/soc").quality, Quality::bad(QualityReason::Removed));
  QCOMPARE(plant.upgradeStatus("/ws/device/ems_003", "Authorization: Bearer " + text + "\r\n"), 403);
  QCOMPARE(plant.request("GET", "/api/v1/devices", plant.admin).array().size(), 2);
  QCOMPARE(plant.request("GET", "/api/v1/tokens", plant.admin).array().size(), 3);
  QCOMPARE(plant.request("DELETE", "/api/v1/devices/ems_003", plant.admin).status, 404);
  // The same id again is another device with another token.
  const DeviceReply again =
      plant.request("POST", "/api/v1/devices", plant.admin, json("{'id':'ems_003','model':'ems'}"));
  QCOMPARE(again.status, 201);
  QVERIFY(again.object().value(QStringLiteral("token")).toString().toLatin1() != text);
}

void DeviceRoutesTest::R2_11_wrongDeviceRequests_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<int>("status");
  QTest::addColumn<QString>("text");
  const auto row = [](const char *name, const QByteArray &body, int status, const char *text) {
    QTest::newRow(name) << json(body) << status << QString::fromLatin1(text);
  };
  row("nothing", "", 400, "the body must be a JSON object (allowed: id, model)");
  row("no model", "{'id':'x'}", 400, "model is missing or wrong");
  row("bad id", "{'id':'a/b','model':'ems'}", 400, "is no device id");
  row("unknown model", "{'id':'x','model':'emss'}", 400, "did you mean \"ems\"");
  row("in the manifest", "{'id':'ems_001','model':'ems'}", 409, "there is a device \"ems_001\" already");
  row("token of that name", "{'id':'admin','model':'ems'}", 409, "there is a token \"admin\" already");
}

void DeviceRoutesTest::R2_11_wrongDeviceRequests() {
  QFETCH(QByteArray, body);
  QFETCH(int, status);
  QFETCH(QString, text);
  Plant plant;
  const DeviceReply reply = plant.request("POST", "/api/v1/devices", plant.admin, body);
  QCOMPARE(reply.status, status);
  const QString error = reply.object().value(QStringLiteral("error")).toString();
  QVERIFY2(error.contains(text), qPrintable(error));
  QCOMPARE(plant.request("GET", "/api/v1/devices", plant.admin).array().size(), 2);
  QCOMPARE(plant.request("DELETE", "/api/v1/devices/ems_001", plant.admin).status, 409);
}

TAGWIRE_TEST(DeviceRoutesTest)

}  // namespace deviceroutes_test

#include "deviceroutes_test.moc"
