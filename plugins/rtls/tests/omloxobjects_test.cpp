// SPDX-License-Identifier: Apache-2.0
#include "omloxfixture.h"
#include "testprogram.h"

namespace omloxobjects_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

const QString trackables = QStringLiteral("trackables");
const QString providers = QStringLiteral("providers");
const QString zones = QStringLiteral("zones");
const QString fences = QStringLiteral("fences");

QString idOf(const HubAnswer &answer) { return QJsonDocument::fromJson(answer.json)[u"id"].toString(); }

QByteArray fenceOf(const QString &zone) {
  return "{\"region\":{\"type\":\"Point\",\"coordinates\":[5,5]},\"radius\":2,\"crs\":\"local\",\"zone_id\":\"" +
         zone.toLatin1() + "\"}";
}

QByteArray cart(const char *provider) {
  return QByteArray("{\"type\":\"omlox\",\"location_providers\":[\"") + provider + "\"]}";
}

QByteArray contentOf(const QString &path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

Permissions only(const char *provider) {
  const QString name = QString::fromLatin1(provider);
  return *Permissions::fromTexts(
      {QStringLiteral("positions:%1:read").arg(name), QStringLiteral("positions:%1:write").arg(name)});
}

}  // namespace

/// What clients make: how it is kept, to whom its ids and providers belong, and who may forget where it is.
class OmloxObjectsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void providersThatWereNeverBelieved();
  void providersAreFreed();
  void answeredOnceItIsKept();
  void answeredAnErrorWhenItIsNot();
  void theGoodRestIsKept();
  void damagedFilesAreAllKept();
  void zonesInUseStay();
  void takenIds();
  void takenIdsOfOtherInstances();
  void providersOfOtherInstances();
  void listsOfInstancesWithoutGeoreference();
  void onlyWhoBroughtItForgetsIt();
  void madeTagsAreNotUnknown();
  void wrongIds_data();
  void wrongIds();
  void outlinesBecomeFences();
  void claimedTagsAreGone();
  void controlPointsAreNumbers();
  void foreignIdsAreHandedOn();
  void tolerancesEndWithTheTimeout();
};

/// A tag is added with its first fix, be it refused or not.
void OmloxObjectsTest::providersThatWereNeverBelieved() {
  OmloxFixture fixture(hall + ",\"filter\":{\"max_accuracy\":3}");
  QCOMPARE(fixture.ask("POST", trackables, cart("P1")).status, 201);
  const QByteArray bad = "\"crs\":\"local\",\"accuracy\":50";
  QCOMPARE(fixture.ask("PUT", providers + QStringLiteral("/P1/location"), location("P1", 5, 5, bad.constData())).status,
           400);
  const QJsonObject provider = fixture.object(providers + QStringLiteral("/P1"));
  QCOMPARE(provider.value(QStringLiteral("type")).toString(), QStringLiteral("unknown"));
  QCOMPARE(fixture.list(providers + QStringLiteral("/P1/trackables")).size(), 1);
  QCOMPARE(fixture.list(trackables + QStringLiteral("/summary")).size(), 3);
}

void OmloxObjectsTest::providersAreFreed() {
  OmloxFixture fixture;
  const QString path = trackables + u'/' + idOf(fixture.ask("POST", trackables, cart("P1")));
  QCOMPARE(fixture.ask("PUT", path, cart("P2")).status, 200);
  QCOMPARE(fixture.ask("POST", trackables, cart("P2")).status, 400);
  const HubAnswer other = fixture.ask("POST", trackables, cart("P1"));
  QCOMPARE(other.status, 201);
  QCOMPARE(fixture.ask("DELETE", path).status, 204);
  QCOMPARE(fixture.ask("POST", trackables, cart("P2")).status, 201);
  QCOMPARE(fixture.ask("POST", trackables, cart("P1")).status, 400);
  QCOMPARE(fixture.list(providers + QStringLiteral("/P1/trackables")), QJsonArray{idOf(other)});
}

void OmloxObjectsTest::answeredOnceItIsKept() {
  TwoInstances fixture(hall, "yard", yard);
  // The answer is held up by the file of whichever instance has the object, so that it is there by now.
  const QString path = fixture.shared.dataDir() + QStringLiteral("/omlox-yard.json");
  for (int i = 0; i < 20; ++i) {
    const HubAnswer made = fixture.ask("POST", zones, "{\"type\":\"uwb\",\"properties\":{\"instance\":\"yard\"}}");
    QCOMPARE(made.status, 201);
    QVERIFY(contentOf(path).contains(idOf(made).toLatin1()));
  }
}

void OmloxObjectsTest::answeredAnErrorWhenItIsNot() {
  TwoInstances fixture(hall, "yard", yard);
  // No file can take the place of a folder.
  QVERIFY(QDir(fixture.shared.dataDir()).mkpath(QStringLiteral("omlox-yard.json/x")));
  QVERIFY(QDir(fixture.context.dataDir()).mkpath(QStringLiteral("omlox-uwb.json/x")));
  for (const char *instance : {"uwb", "yard"}) {
    const HubAnswer made =
        fixture.ask("POST", zones, QByteArray("{\"type\":\"uwb\",\"properties\":{\"instance\":\"") + instance + "\"}}");
    QCOMPARE(made.status, 500);
    QVERIFY(OmloxFixture::message(made).contains(QStringLiteral("could not be written")));
    QVERIFY(!made.json.contains(fixture.shared.dataDir().toUtf8()));
  }
  QCOMPARE(fixture.ask("DELETE", zones).status, 500);
  QCOMPARE(fixture.ask("GET", zones).status, 200);
}

/// What the manifest has now, a client can't have any more; the rest is not lost with it.
void OmloxObjectsTest::theGoodRestIsKept() {
  OmloxFixture fixture;
  QCOMPARE(fixture.ask("POST", providers, "{\"type\":\"uwb\",\"id\":\"P1\"}").status, 201);
  const QString zone = zones + u'/' + idOf(fixture.ask("POST", zones, "{\"type\":\"uwb\"}"));
  const QByteArray listed = QByteArray(hall).replace("{\"id\":\"SIM2\"}", "{\"id\":\"SIM2\"},{\"id\":\"P1\"}");
  fixture.instances.clear();
  const QString path = fixture.context.dataDir() + QStringLiteral("/omlox-uwb.json");
  const QByteArray before = contentOf(path);
  QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("left out now.*a copy is")));
  fixture.start(listed);
  QCOMPARE(fixture.ask("GET", zone).status, 200);
  // A kill from here on loses nothing.
  QVERIFY(contentOf(path).contains(zone.mid(6).toLatin1()));
  QCOMPARE(contentOf(path + QStringLiteral(".damaged")), before);
  fixture.instances.clear();
  fixture.start(listed);
  QCOMPARE(fixture.ask("GET", zone).status, 200);
  QVERIFY(!QFile::exists(path + QStringLiteral(".damaged-2")));
}

void OmloxObjectsTest::damagedFilesAreAllKept() {
  OmloxFixture fixture;
  const QString path = fixture.context.dataDir() + QStringLiteral("/omlox-uwb.json");
  for (const char *damage : {"first", "second"}) {
    fixture.instances.clear();
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write(damage);
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
    file.close();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("is damaged.*a copy is")));
    fixture.start(hall);
  }
  QCOMPARE(contentOf(path + QStringLiteral(".damaged")), QByteArray("first"));
  QCOMPARE(contentOf(path + QStringLiteral(".damaged-2")), QByteArray("second"));
}

void OmloxObjectsTest::zonesInUseStay() {
  OmloxFixture fixture;
  const QString zone = idOf(fixture.ask("POST", zones, "{\"type\":\"uwb\",\"foreign_id\":\"AP\"}"));
  const QString fence = idOf(fixture.ask("POST", fences, fenceOf(QStringLiteral("AP"))));
  const QString path = zones + u'/' + zone;
  const HubAnswer renamed = fixture.ask("PUT", path, "{\"type\":\"uwb\",\"foreign_id\":\"BP\"}");
  for (const HubAnswer &answer : {renamed, fixture.ask("DELETE", path), fixture.ask("DELETE", zones)}) {
    QCOMPARE(answer.status, 400);
    QVERIFY(OmloxFixture::message(answer).contains(fence));
  }
  QCOMPARE(fixture.ask("PUT", path, "{\"type\":\"uwb\",\"foreign_id\":\"AP\",\"name\":\"New\"}").status, 200);
  fixture.restart();
  QCOMPARE(fixture.ask("GET", fences + u'/' + fence).status, 200);
  QCOMPARE(fixture.ask("DELETE", fences + u'/' + fence).status, 204);
  QCOMPARE(fixture.ask("DELETE", path).status, 204);
}

void OmloxObjectsTest::takenIds() {
  OmloxFixture fixture;
  const QString listed = hubId(QStringLiteral("uwb"), "trackable", QStringLiteral("SIM1"));
  const QByteArray body = "{\"type\":\"omlox\",\"id\":\"" + listed.toLatin1() + "\"}";
  const HubAnswer answer = fixture.ask("POST", trackables, body);
  QCOMPARE(answer.status, 400);
  QVERIFY(OmloxFixture::message(answer).contains(QStringLiteral("is taken")));
  QCOMPARE(fixture.list(trackables).size(), 2);
  // One that is gone may come back, with where it was forgotten.
  const QByteArray made = fixture.ask("POST", trackables, cart("P1")).json;
  const QString path = trackables + u'/' + QJsonDocument::fromJson(made)[u"id"].toString();
  QCOMPARE(fixture.ask("PUT", providers + QStringLiteral("/P1/location"), location("P1", 5, 5)).status, 204);
  QCOMPARE(fixture.ask("DELETE", path).status, 204);
  QCOMPARE(fixture.ask("POST", trackables, made).status, 201);
  QCOMPARE(fixture.ask("GET", path + QStringLiteral("/location"), {}, QStringLiteral("local")).status, 404);
}

void OmloxObjectsTest::takenIdsOfOtherInstances() {
  TwoInstances fixture(yard, "hall", hall);
  const auto says = [&](const QString &kind, const QByteArray &body) {
    const HubAnswer answer = fixture.ask("POST", kind, body);
    return answer.status == 400 ? OmloxFixture::message(answer) : QString::number(answer.status);
  };
  QVERIFY(says(providers, "{\"type\":\"uwb\",\"id\":\"SIM2\"}").contains(QStringLiteral("is taken")));
  QVERIFY(says(trackables, cart("SIM1")).contains(QStringLiteral("belongs to another trackable")));
  const QByteArray made = fixture.ask("POST", zones, "{\"type\":\"uwb\"}").json;
  QByteArray elsewhere = made;
  elsewhere.chop(1);
  elsewhere += ",\"properties\":{\"instance\":\"hall\"}}";
  QVERIFY(says(zones, elsewhere).contains(QStringLiteral("is taken")));
}

void OmloxObjectsTest::providersOfOtherInstances() {
  TwoInstances fixture(yard, "hall", hall);
  const QString path = trackables + u'/' + idOf(fixture.ask("POST", trackables, cart("P1")));
  const QByteArray second =
      "{\"type\":\"omlox\",\"location_providers\":[\"P1\"],\"properties\":{\"instance\":\"hall\"}}";
  QCOMPARE(fixture.ask("POST", trackables, second).status, 400);
  QCOMPARE(fixture.ask("PUT", path, cart("SIM1")).status, 400);
  QCOMPARE(fixture.ask("PUT", path, cart("P2")).status, 200);
  QCOMPARE(fixture.ask("POST", trackables, second).status, 201);
}

void OmloxObjectsTest::listsOfInstancesWithoutGeoreference() {
  TwoInstances fixture(hall, "yard", yard);
  const auto heard = fixture.listen({{HubTopic::FenceEvents, HubCrs::Wgs84}});
  QCOMPARE(fixture.fix("SIM1", 5, 5), QString());
  QCOMPARE(heard->news.size(), 1);
  const QByteArray there = location("AA", 8.001, 50.001, "\"floor\":0",
                                    hubId(QStringLiteral("yard"), "zone", QStringLiteral("1")).toLatin1().constData());
  QCOMPARE(fixture.ask("PUT", providers + QStringLiteral("/AA/location"), there).status, 204);
  for (const char *path : {"providers/locations", "trackables/motions"}) {
    const HubAnswer all = fixture.ask("GET", QString::fromLatin1(path));
    QCOMPARE(all.status, 200);
    QCOMPARE(QJsonDocument::fromJson(all.json).array().size(), 1);
    QCOMPARE(fixture.list(QString::fromLatin1(path)).size(), 2);
    QCOMPARE(fixture.ask("GET", QString::fromLatin1(path), {}, QStringLiteral("EPSG:25832")).status, 400);
  }
}

void OmloxObjectsTest::onlyWhoBroughtItForgetsIt() {
  OmloxFixture fixture;
  const Permissions all = fixture.permissions;
  const QString cartId =
      idOf(fixture.ask("POST", trackables, "{\"type\":\"omlox\",\"location_providers\":[\"P\",\"Q\"]}"));
  const QString path = trackables + u'/' + cartId + QStringLiteral("/location");
  const auto isThere = [&] { return fixture.ask("GET", path, {}, QStringLiteral("local")).status == 200; };
  const auto bring = [&](const char *provider) {
    fixture.permissions = all;
    const QString to = providers + u'/' + QString::fromLatin1(provider) + QStringLiteral("/location");
    QCOMPARE(fixture.ask("PUT", to, location(provider, 5, 5)).status, 204);
  };
  bring("Q");
  for (const QString &what : {QStringLiteral("/P/location"), QStringLiteral("/locations")}) {
    fixture.permissions = only("P");
    QCOMPARE(fixture.ask("DELETE", providers + what).status, 204);
    fixture.permissions = all;
    QVERIFY(isThere());
  }
  bring("P");
  fixture.permissions = only("P");
  QCOMPARE(fixture.ask("DELETE", providers + QStringLiteral("/locations")).status, 204);
  fixture.permissions = all;
  QVERIFY(!isThere());
  bring("P");
  fixture.permissions = only("P");
  QCOMPARE(fixture.ask("DELETE", providers + QStringLiteral("/P/location")).status, 204);
  fixture.permissions = all;
  QVERIFY(!isThere());
}

void OmloxObjectsTest::madeTagsAreNotUnknown() {
  OmloxFixture fixture(hall + ",\"unknown_tags\":2");
  QString id;
  for (int i = 0; i < 5; ++i) {
    id = idOf(fixture.ask("POST", trackables, cart("P")));
    QCOMPARE(fixture.ask("PUT", providers + QStringLiteral("/P/location"), location("P", 5, 5)).status, 204);
    QCOMPARE(fixture.ask("DELETE", trackables + u'/' + id).status, 204);
  }
  QCOMPARE(fixture.fix("A1", 5, 5), QString());
  QCOMPARE(fixture.fix("A2", 5, 5), QString());
  QVERIFY(fixture.fix("A3", 5, 5).contains(QStringLiteral("2 such tags")));
  QVERIFY(fixture.fix(qPrintable(id), 5, 5).contains(QStringLiteral("2 such tags")));  // no trackable any more
  const QString kept = idOf(fixture.ask("POST", trackables, cart("P")));
  QCOMPARE(fixture.ask("PUT", providers + QStringLiteral("/P/location"), location("P", 5, 5)).status, 204);
  // A restart counts the same way.
  fixture.restart(hall + ",\"unknown_tags\":2");
  for (const QString &path :
       {trackables + u'/' + kept, providers + QStringLiteral("/A1"), providers + QStringLiteral("/A2")}) {
    QCOMPARE(fixture.ask("GET", path).status, 200);
  }
}

void OmloxObjectsTest::wrongIds_data() {
  QTest::addColumn<QByteArray>("id");
  const QByteArray id = "6a1f1b0e-7c1d-4e53-9a3e-2f9d1c5b7a10";
  QTest::newRow("tail") << QByteArray("\"" + id + " trailing\"");
  QTest::newRow("braces") << QByteArray("\"{" + id + "}\"");
  QTest::newRow("upper case") << QByteArray("\"" + id.toUpper() + "\"");
  QTest::newRow("a number") << QByteArray("5");
  QTest::newRow("an object") << QByteArray("{}");
  QTest::newRow("empty") << QByteArray("\"\"");
}

void OmloxObjectsTest::wrongIds() {
  QFETCH(QByteArray, id);
  OmloxFixture fixture;
  const HubAnswer answer = fixture.ask("POST", trackables, "{\"type\":\"omlox\",\"id\":" + id + '}');
  QCOMPARE(answer.status, 400);
  QVERIFY(OmloxFixture::message(answer).startsWith(QStringLiteral("id is wrong (allowed: a UUID")));
}

void OmloxObjectsTest::outlinesBecomeFences() {
  OmloxFixture fixture;
  const QString zone = hubId(QStringLiteral("uwb"), "zone", QStringLiteral("418"));
  const HubAnswer given = fixture.ask("GET", zones + u'/' + zone + QStringLiteral("/createfence"));
  const HubAnswer made = fixture.ask("POST", fences, given.json);
  QVERIFY2(made.status == 201, made.json.constData());
  QVERIFY(!QJsonDocument::fromJson(made.json).object().contains(QStringLiteral("foreign_id")));
  fixture.fix("SIM1", 15, 15);
  QCOMPARE(fixture.list(fences + u'/' + idOf(made) + QStringLiteral("/trackables")).size(), 1);
}

/// A provider that was a tag of its own leaves nothing behind where it was.
void OmloxObjectsTest::claimedTagsAreGone() {
  OmloxFixture fixture;
  QCOMPARE(fixture.fix("P1", 5, 5), QString());
  const QString fence = fences + u'/' + hubId(QStringLiteral("uwb"), "fence", QStringLiteral("zone/417"));
  QCOMPARE(fixture.list(fence + QStringLiteral("/trackables")).size(), 1);
  const QString id = idOf(fixture.ask("POST", trackables, cart("P1")));
  QCOMPARE(fixture.list(fence + QStringLiteral("/trackables")).size(), 0);
  QCOMPARE(fixture.fix("P1", 5, 5), QString());
  QCOMPARE(fixture.list(fence + QStringLiteral("/trackables")), QJsonArray{id});
}

void OmloxObjectsTest::controlPointsAreNumbers() {
  OmloxFixture fixture(yard);
  const HubAnswer answer = fixture.ask(
      "POST", zones,
      "{\"type\":\"uwb\",\"ground_control_points\":[{\"wgs84\":{\"coordinates\":[8,50]},\"local\":{\"coordinates\":"
      "[0,0]}},{\"wgs84\":{\"coordinates\":[8,50.001]},\"local\":{\"coordinates\":[\"100\",\"5\"]}},{\"wgs84\":{"
      "\"coordinates\":[8.001,50]},\"local\":{\"coordinates\":[0,100]}}]}");
  QCOMPARE(answer.status, 400);
  QVERIFY(OmloxFixture::message(answer).startsWith(QStringLiteral("ground_control_points: each has to be")));
}

void OmloxObjectsTest::foreignIdsAreHandedOn() {
  OmloxFixture fixture;
  const char *body =
      "{\"type\":\"rfid\",\"foreign_id\":\"AP\",\"crs\":\"local\",\"position\":{\"type\":\"Point\",\"coordinates\":[1,"
      "2]}}";
  const QString first = idOf(fixture.ask("POST", zones, body));
  QCOMPARE(fixture.ask("POST", zones, body).status, 201);
  QCOMPARE(fixture.ask("DELETE", zones + u'/' + first).status, 204);
  QCOMPARE(fixture
               .ask("PUT", providers + QStringLiteral("/SIM1/proximity"),
                    "{\"source\":\"AP\",\"provider_type\":\"rfid\",\"provider_id\":\"SIM1\"}")
               .status,
           204);
}

/// The trackable says how long, the fence says nothing.
void OmloxObjectsTest::tolerancesEndWithTheTimeout() {
  OmloxFixture fixture;
  const QString fence = fences + u'/' + idOf(fixture.ask("POST", fences, fenceOf(QStringLiteral("417"))));
  QCOMPARE(fixture
               .ask("POST", trackables,
                    "{\"type\":\"omlox\",\"location_providers\":[\"P1\"],\"fence_timeout\":1000,"
                    "\"exit_tolerance\":3}")
               .status,
           201);
  const auto inside = [&](double x) {
    const HubAnswer taken = fixture.ask("PUT", providers + QStringLiteral("/P1/location"), location("P1", x, 5));
    return taken.status == 204 ? fixture.list(fence + QStringLiteral("/trackables")).size() : -1;
  };
  QCOMPARE(inside(5), 1);
  for (int i = 0; i < 2; ++i) {
    fixture.wait(600ms);
    QCOMPARE(inside(8), 1);
  }
  fixture.wait(600ms);
  QCOMPARE(inside(8), 0);
}

TAGWIRE_TEST(OmloxObjectsTest)

}  // namespace omloxobjects_test

#include "omloxobjects_test.moc"
