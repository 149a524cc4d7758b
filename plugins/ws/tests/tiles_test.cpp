// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "rest/tilebook.h"
#include "rest/tilejson.h"
#include "restfixture.h"
#include "testprogram.h"

namespace tiles_test {

using namespace tagwire;
using namespace tagwire::ws;
using Fixture = RestFixture;

namespace {

constexpr const char *path = "/api/os/tiles";
constexpr const char *levelTile =
    "{\"area\":\"brewhouse\",\"endpointIds\":[59],\"id\":3,\"name\":\"HLT\",\"type\":\"gauge\",\"x\":0,\"y\":1.5}";

/// As in a manifest.
WsConfig withTiles(const QStringList &permissions = {QStringLiteral("*:*")}) {
  WsConfig config = Fixture::config(permissions);
  Tile level;
  level.id = 3;
  level.name = QStringLiteral("HLT");
  level.type = QStringLiteral("gauge");
  level.endpointIds = {59};
  level.y = 1.5;
  level.area = QStringLiteral("brewhouse");
  Tile pump;
  pump.id = 4;
  pump.name = QStringLiteral("Pump");
  pump.points = {{QStringLiteral("plc1/pump/run")}};
  config.tiles = {level, pump};
  return config;
}

QList<int> ids(const HttpReply &reply) {
  QList<int> all;
  for (const QJsonValue &each : reply.array()) all << each[u"id"].toInt();
  return all;
}

}  // namespace

class TilesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void R5_16_tilesOfTheManifest();
  void R5_16_onlyThoseTheCallerMaySee();
  void R5_16_thePageSavesItsOwn();
  void R5_16_savingNeedsConfigWrite();
  void whatALayoutNeedsIsKept();
  void namesOnlyWhenAskedFor();
  void R5_16_whatTheCallerDoesNotSeeStays();
  void whoWasOvertakenIsTold();
  void aPointThatHasGoneIsNoReasonToRefuse();
  void R5_16_refusals_data();
  void R5_16_refusals();
  void anUnreadableFileIsNoReasonToShowNothing();
  void aFileThatCanNotBeWrittenChangesNothing();
};

void TilesTest::R5_16_tilesOfTheManifest() {
  Fixture fixture(withTiles());
  const HttpReply reply = fixture.get(path);
  QCOMPARE(reply.status, 200);
  QVERIFY2(reply.body.startsWith('[' + QByteArray(levelTile) + ','), reply.body.constData());
  QCOMPARE(reply.array().at(1)[u"endpointIds"].toArray(), QJsonArray{60});
}

void TilesTest::R5_16_onlyThoseTheCallerMaySee() {
  Fixture fixture(withTiles({QStringLiteral("points:plc1/pump/*:read")}));
  QCOMPARE(ids(fixture.get(path)), QList<int>{4});
  Fixture nobody(withTiles({QStringLiteral("alarms:read")}));
  QCOMPARE(nobody.get(path).status, 403);
}

void TilesTest::R5_16_thePageSavesItsOwn() {
  Fixture fixture(withTiles());
  const QByteArray body = QByteArray(levelTile).replace("\"id\":3", "\"id\":9");
  const HttpReply saved = fixture.send("PUT", path, '[' + body + ']');
  QCOMPARE(saved.status, 200);
  QCOMPARE(saved.body, '[' + body + ']');
  QCOMPARE(ids(fixture.get(path)), QList<int>{9});

  const QString file = fixture.context.dataDir() + QStringLiteral("/tiles.json");
  QCOMPARE(QFile::permissions(file) & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
           QFile::Permissions());
  TileBook again(fixture.context.dataDir());
  QCOMPARE(again.tiles(fixture.context.log())->value(0).id, 9);
  // None at all is a choice too.
  QCOMPARE(fixture.send("PUT", path, "[]").status, 200);
  QCOMPARE(fixture.get(path).body, QByteArray("[]"));
}

void TilesTest::R5_16_savingNeedsConfigWrite() {
  Fixture fixture(withTiles({QStringLiteral("*:read"), QStringLiteral("commands:write")}));
  QCOMPARE(fixture.send("PUT", path, "[]").status, 403);
  QCOMPARE(ids(fixture.get(path)), (QList<int>{3, 4}));
}

void TilesTest::whatALayoutNeedsIsKept() {
  WsConfig config = withTiles();
  config.tiles[0].width = 3;
  config.tiles[0].max = 250;
  Fixture fixture(config);
  const QJsonObject ofManifest = fixture.get(path).array().at(0).toObject();
  QCOMPARE(ofManifest[u"width"].toDouble(), 3.0);
  QCOMPARE(ofManifest[u"max"].toDouble(), 250.0);
  QVERIFY(!ofManifest.contains(u"min") && !ofManifest.contains(u"zone"));

  const QByteArray tile =
      "[{\"area\":\"\",\"durationMs\":500,\"endpointIds\":[60],\"height\":2,\"id\":1,\"max\":10,\"min\":-10.5,"
      "\"name\":\"a\",\"scene\":4,\"type\":\"button\",\"value\":0,\"width\":12,\"x\":0,\"y\":0,\"zone\":417}]";
  QCOMPARE(fixture.send("PUT", path, tile).status, 200);
  QCOMPARE(fixture.get(path).body, tile);
  TileBook again(fixture.context.dataDir());
  QCOMPARE(QJsonDocument(toJson(*again.tiles(fixture.context.log()))).toJson(QJsonDocument::Compact), tile);
}

void TilesTest::namesOnlyWhenAskedFor() {
  Fixture fixture(withTiles());
  QVERIFY(!fixture.get(path).body.contains("points"));
  const QJsonArray named = fixture.get(QByteArray(path) + "?names=true").array();
  QCOMPARE(named.at(1)[u"points"].toArray(), QJsonArray{QStringLiteral("plc1/pump/run")});
  QCOMPARE(named.at(1)[u"endpointIds"].toArray(), QJsonArray{60});
}

void TilesTest::R5_16_whatTheCallerDoesNotSeeStays() {
  Fixture fixture(withTiles({QStringLiteral("points:plc1/pump/*:read"), QStringLiteral("config:write")}));
  QCOMPARE(fixture.send("PUT", path, "[{\"id\":3,\"name\":\"mine\"}]").status, 409);
  const HttpReply foreign = fixture.send("PUT", path, "[{\"id\":5,\"name\":\"mine\",\"endpointIds\":[59]}]");
  QCOMPARE(foreign.status, 400);
  QVERIFY(foreign.body.contains("no such endpointId, or not permitted: 59"));
  QCOMPARE(fixture.send("PUT", path, "[{\"id\":5,\"name\":\"mine\",\"endpointIds\":[60]}]").status, 200);
  QCOMPARE(ids(fixture.get(path)), QList<int>{5});
  TileBook all(fixture.context.dataDir());
  QCOMPARE(all.tiles(fixture.context.log())->size(), 2);
}

void TilesTest::whoWasOvertakenIsTold() {
  Fixture fixture(withTiles());
  const auto tagOf = [](const HttpReply &reply) {
    const qsizetype at = reply.head.indexOf("\r\nETag: ") + 8;
    return reply.head.mid(at, reply.head.indexOf("\r\n", at) - at);
  };
  const QByteArray tag = tagOf(fixture.get(path));
  QCOMPARE(tag.size(), 34);
  QCOMPARE(tagOf(fixture.get(QByteArray(path) + "?names=true")), tag);
  const auto put = [&](const QByteArray &seen, const QByteArray &body) {
    return fixture.ask("PUT", path, "If-Match: " + seen + "\r\n", body).status;
  };
  QCOMPARE(put(tag, '[' + QByteArray(levelTile) + ']'), 200);
  QCOMPARE(put(tag, "[]"), 412);
  QCOMPARE(ids(fixture.get(path)), QList<int>{3});
  // nginx with gzip makes it a weak one.
  QCOMPARE(put("W/" + tagOf(fixture.get(path)), "[]"), 200);
  QCOMPARE(fixture.get(path).body, QByteArray("[]"));
}

void TilesTest::aPointThatHasGoneIsNoReasonToRefuse() {
  WsConfig config = withTiles();
  config.tiles[0].endpointIds = {59, 98};  // as after a manifest without the point 98
  Fixture fixture(config);
  const auto put = [&fixture](const QByteArray &tiles) { return fixture.send("PUT", path, tiles); };
  QCOMPARE(put(R"([{"id":3,"name":"moved","x":4,"endpointIds":[98,59]}])").status, 200);
  QCOMPARE(fixture.get(path).array().at(0)[u"endpointIds"].toArray(), (QJsonArray{98, 59}));
  QCOMPARE(put(R"([{"id":3,"name":"moved","x":5,"endpointIds":[98]},{"id":4,"name":"new","endpointIds":[60]}])").status,
           200);
  // It stays where it stands, and comes to no other tile.
  const HttpReply other = put(R"([{"id":4,"name":"Pump","endpointIds":[60,98]}])");
  QCOMPARE(other.status, 400);
  QCOMPARE(other.object()[u"error"].toString(), QStringLiteral("tile 4 (Pump): no such endpointId: 98"));
  QCOMPARE(put(R"([{"id":3,"name":"HLT","endpointIds":[98,99]}])").object()[u"error"].toString(),
           QStringLiteral("tile 3 (HLT): no such endpointId: 99"));
  // Once it has been taken away it is like any other number.
  QCOMPARE(put(R"([{"id":3,"name":"HLT","endpointIds":[59]}])").status, 200);
  QCOMPARE(put(R"([{"id":3,"name":"HLT","endpointIds":[98]}])").status, 400);
}

void TilesTest::R5_16_refusals_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("error");
  const auto tile = [](const char *keys) { return "[{\"id\":1,\"name\":\"a\"," + QByteArray(keys) + "}]"; };
  QTest::newRow("no array") << QByteArray(levelTile) << "must be an array";
  QTest::newRow("no object") << QByteArray("[5]") << "[0]: no object";
  QTest::newRow("no id") << QByteArray("[{\"name\":\"a\"}]") << "id is wrong or missing";
  QTest::newRow("no name") << QByteArray("[{\"id\":1}]") << "name is wrong or missing";
  QTest::newRow("twice") << QByteArray("[{\"id\":1,\"name\":\"a\"},{\"id\":1,\"name\":\"b\"}]") << "stands there twice";
  QTest::newRow("place") << tile("\"x\":\"left\"") << "x is wrong";
  QTest::newRow("width") << tile("\"width\":13") << "width is wrong (allowed: 1 to 12)";
  QTest::newRow("gauge") << tile("\"min\":\"0\"") << "min is wrong (allowed: a number)";
  QTest::newRow("pulse") << tile("\"durationMs\":10.5") << "durationMs is wrong (allowed: whole number, 10 to 3600000)";
  QTest::newRow("endpoints") << tile("\"endpointIds\":[\"59\"]") << "endpointIds is wrong";
  QTest::newRow("unknown endpoint") << tile("\"endpointIds\":[98]") << "no such endpointId: 98";
  QTest::newRow("unknown key") << tile("\"colour\":\"red\"") << "unknown key \\\"colour\\\"";
  QTest::newRow("control characters") << tile("\"area\":\"\\u0000\"") << "area is wrong";
}

void TilesTest::R5_16_refusals() {
  QFETCH(QByteArray, body);
  QFETCH(QString, error);
  Fixture fixture(withTiles());
  const HttpReply reply = fixture.send("PUT", path, body);
  QCOMPARE(reply.status, 400);
  QVERIFY2(reply.body.contains(error.toUtf8()), reply.body.constData());
  QCOMPARE(ids(fixture.get(path)), (QList<int>{3, 4}));
}

void TilesTest::anUnreadableFileIsNoReasonToShowNothing() {
  Fixture fixture(withTiles());
  QFile file(fixture.context.dataDir() + QStringLiteral("/tiles.json"));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write("[{\"id\":");
  file.close();
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("tiles of the page can't be read")));
  QCOMPARE(ids(fixture.get(path)), (QList<int>{3, 4}));
}

void TilesTest::aFileThatCanNotBeWrittenChangesNothing() {
  Fixture fixture(withTiles());
  // A folder in its place: not even root writes over that.
  QVERIFY(QDir(fixture.context.dataDir()).mkpath(QStringLiteral("tiles.json/x")));
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("tiles of the page can't be read")));
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("tiles can't be saved")));
  const HttpReply reply = fixture.send("PUT", path, "[]");
  QCOMPARE(reply.status, 500);
  QVERIFY(!reply.body.contains(fixture.context.dataDir().toUtf8()));
  QVERIFY(reply.body.contains("can't be saved"));
  QCOMPARE(ids(fixture.get(path)), (QList<int>{3, 4}));
}

TAGWIRE_TEST(TilesTest)

}  // namespace tiles_test

#include "tiles_test.moc"
