// SPDX-License-Identifier: Apache-2.0
#include "omloxfixture.h"

#include "omlox/providerbook.h"
#include "testprogram.h"

namespace omloxproviders_test {

using namespace tagwire;
using namespace tagwire::rtls;
using namespace std::chrono_literals;

namespace {

QString text(const char *latin) { return QString::fromLatin1(latin); }

/// Of a trackable with the providers G (gps), U (uwb) and W (wifi).
QByteArray cart(const char *rules) {
  return QByteArray(
             "{\"type\":\"omlox\",\"name\":\"Cart\",\"location_providers\":[\"G\",\"U\",\"W\"],"
             "\"locating_rules\":") +
         rules + '}';
}

QByteArray said(const char *provider, const char *type, double x, const char *more = "\"crs\":\"local\"") {
  return location(provider, x, 3, more)
      .replace("\"provider_type\":\"uwb\"", QByteArray("\"provider_type\":\"") + type + '"');
}

/// A trackable and its providers.
struct CartFixture : OmloxFixture {
  explicit CartFixture(const char *rules, const QByteArray &keys = hall) : OmloxFixture(keys) {
    const HubAnswer made = ask("POST", text("trackables"), cart(rules));
    if (made.status != 201) qFatal("%s", made.json.constData());
    id = QJsonDocument::fromJson(made.json)[u"id"].toString();
  }
  int say(const char *provider, const char *type, double x, const char *more = "\"crs\":\"local\"") {
    return ask("PUT", text("providers/%1/location").arg(text(provider)), said(provider, type, x, more)).status;
  }
  static double xOf(const QJsonObject &location) { return location[u"position"][u"coordinates"][0].toDouble(); }
  /// Where the trackable is, and by whom: "U 5".
  QString where() {
    const QJsonObject at = object(text("trackables/%1/location").arg(id));
    return QStringLiteral("%1 %2").arg(at.value(u"provider_id").toString()).arg(std::round(xOf(at) * 1000) / 1000);
  }
  double last(const char *provider) { return xOf(object(text("providers/%1/location").arg(text(provider)))); }

  QString id;
};

constexpr const char *typeRules =
    "[{\"expression\":\"type = 'uwb' AND timestamp_diff < 5000\",\"priority\":2},"
    "{\"expression\":\"type = 'wifi'\",\"priority\":1}]";

}  // namespace

/// Trackables that several providers move: whose location counts, and what each said last.
class OmloxProvidersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theNewestWithoutRules();
  void theHighestPriorityCounts();
  void theNewestOfTheSamePriority();
  void heldLocationsComeBack();
  void rulesAskForWhatIsSaid();
  void rulesOutliveTheProgram();
  void rulesCountForFixesBeforeAnybodyAsks();
  void heldLocationsAreTold();
  void silentProvidersCountNoMore();
  void anotherProviderKeepsTheTrackable();
  void olderLocationsAreNotHeld();
  void whatAFilterRefusesDoesNotCount();
  void eachProviderKeepsItsLast();
  void forgottenProviders();
  void providersAreSeenWithTheirTrackable();
  void theBookIsBounded();
};

void OmloxProvidersTest::theNewestWithoutRules() {
  CartFixture fixture("[]");
  fixture.say("U", "uwb", 5);
  QCOMPARE(fixture.where(), text("U 5"));
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.where(), text("G 20"));
}

void OmloxProvidersTest::theHighestPriorityCounts() {
  CartFixture fixture(typeRules);
  QCOMPARE(fixture.say("G", "gps", 20), 204);
  QCOMPARE(fixture.where(), text("G 20"));
  fixture.say("W", "wifi", 10);
  QCOMPARE(fixture.where(), text("W 10"));
  fixture.say("U", "uwb", 5);
  QCOMPARE(fixture.where(), text("U 5"));
  fixture.wait(1s);
  QCOMPARE(fixture.say("G", "gps", 21), 204);
  QCOMPARE(fixture.say("W", "wifi", 11), 204);
  QCOMPARE(fixture.where(), text("U 5"));
  QCOMPARE(fixture.context.points().find(text("uwb/tag/U/position")), PointId::None);
  QCOMPARE(fixture.context.metrics().counter("tagwire_rtls_fixes_outranked_total", "").value(), 2.0);
}

void OmloxProvidersTest::theNewestOfTheSamePriority() {
  CartFixture fixture("[{\"expression\":\"accuracy < 1\",\"priority\":7}]");
  const char *good = "\"crs\":\"local\",\"accuracy\":0.5";
  fixture.say("U", "uwb", 5, good);
  fixture.wait(1s);
  fixture.say("W", "wifi", 10, good);
  QCOMPARE(fixture.where(), text("W 10"));
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.where(), text("W 10"));
  // Generated before that of W.
  fixture.say("U", "uwb", 6, "\"crs\":\"local\",\"accuracy\":0.5,\"timestamp_generated\":\"2026-01-01T00:00:00.500Z\"");
  QCOMPARE(fixture.where(), text("W 10"));
  fixture.say("U", "uwb", 7, good);
  QCOMPARE(fixture.where(), text("U 7"));
}

/// When the best one is too old, the next best is one that was held.
void OmloxProvidersTest::heldLocationsComeBack() {
  CartFixture fixture(typeRules);
  fixture.say("U", "uwb", 5);
  fixture.wait(1s);
  fixture.say("W", "wifi", 10);
  QCOMPARE(fixture.where(), text("U 5"));
  fixture.wait(5s);
  QCOMPARE(fixture.where(), text("U 5"));  // nothing was said since
  QCOMPARE(fixture.say("G", "gps", 20), 204);
  QCOMPARE(fixture.where(), text("W 10"));
  QCOMPARE(fixture.object(text("trackables/%1/location").arg(fixture.id)).value(u"provider_type").toString(),
           text("wifi"));
  QCOMPARE(fixture.object(text("trackables/%1/location").arg(fixture.id)).value(u"timestamp_generated").toString(),
           text("2026-01-01T00:00:01.000Z"));
  fixture.say("U", "uwb", 6);
  QCOMPARE(fixture.where(), text("U 6"));
  // The same once more.
  fixture.wait(5s);
  fixture.say("G", "gps", 21);
  QCOMPARE(fixture.where(), text("W 10"));
}

void OmloxProvidersTest::rulesAskForWhatIsSaid() {
  CartFixture fixture(
      "[{\"expression\":\"source = '418' AND floor = 1 AND speed > 2 AND provider_id = 'U'\",\"priority\":1}]");
  fixture.ask("PUT", text("providers/U/location"),
              location("U", 5, 3, "\"crs\":\"local\",\"floor\":1,\"speed\":3", "418"));
  fixture.wait(1s);
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.where(), text("U 5"));
  fixture.ask("PUT", text("providers/U/location"), location("U", 6, 3, "\"crs\":\"local\",\"floor\":1", "418"));
  QCOMPARE(fixture.where(), text("U 6"));
  fixture.wait(1s);
  fixture.say("G", "gps", 21);  // U went 1 m in a second
  QCOMPARE(fixture.where(), text("G 21"));
}

void OmloxProvidersTest::rulesOutliveTheProgram() {
  CartFixture fixture(typeRules);
  const QJsonObject before = fixture.object(text("trackables/") + fixture.id);
  QCOMPARE(before.value(u"locating_rules").toArray().size(), 2);
  fixture.restart();
  QCOMPARE(fixture.object(text("trackables/") + fixture.id), before);
  fixture.say("U", "uwb", 5);
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.where(), text("U 5"));
  // Without them the newest counts again.
  QCOMPARE(fixture.ask("PUT", text("trackables/") + fixture.id, cart("[]")).status, 200);
  fixture.say("G", "gps", 21);
  QCOMPARE(fixture.where(), text("G 21"));
}

void OmloxProvidersTest::rulesCountForFixesBeforeAnybodyAsks() {
  CartFixture fixture("[{\"expression\":\"provider_id = 'U'\",\"priority\":1}]");
  fixture.restart();
  QCOMPARE(fixture.fix("U", 10, 10), QString());
  QCOMPARE(fixture.fix("G", 50, 10), QString());
  QCOMPARE(fixture.where(), text("U 3.048"));
  QVERIFY(std::abs(fixture.last("G") - 15.24) < 1e-9);
}

void OmloxProvidersTest::heldLocationsAreTold() {
  CartFixture fixture(typeRules);
  const auto heard =
      fixture.listen({{HubTopic::LocationUpdates, HubCrs::Local}, {HubTopic::TrackableMotions, HubCrs::Local}});
  fixture.say("U", "uwb", 5);
  QCOMPARE(heard->news.size(), 2);
  fixture.say("G", "gps", 20);
  QCOMPARE(heard->news.size(), 3);
  QCOMPARE(heard->news[2].topic, HubTopic::LocationUpdates);
  QCOMPARE(heard->news[2].providers, QStringList{text("G")});
  QCOMPARE(heard->news[2].tags, QStringList{fixture.id});
  QVERIFY(heard->news[2].subject != heard->news[0].subject);
  QCOMPARE(heard->body(2), fixture.object(text("providers/G/location")));
}

void OmloxProvidersTest::silentProvidersCountNoMore() {
  CartFixture fixture("[{\"expression\":\"type = 'uwb'\",\"priority\":1}]");
  fixture.say("U", "uwb", 5);
  fixture.wait(29s);
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.where(), text("U 5"));
  fixture.wait(1s);
  fixture.say("G", "gps", 21);
  QCOMPARE(fixture.where(), text("G 21"));
  QCOMPARE(fixture.ask("GET", text("providers/U/location"), {}, text("local")).status, 404);
}

/// The best one falls silent, and the other is heard all the time: nothing is lost in between.
void OmloxProvidersTest::anotherProviderKeepsTheTrackable() {
  CartFixture fixture("[{\"expression\":\"type = 'uwb'\",\"priority\":1}]");
  const auto heard = fixture.listen({{HubTopic::FenceEvents, HubCrs::Local}});
  fixture.say("U", "uwb", 5);
  for (int second = 1; second <= 40; ++second) {
    fixture.wait(1s);
    QCOMPARE(fixture.where(), second <= 30 ? text("U 5") : text("G 20"));
    QCOMPARE(fixture.say("G", "gps", 20), 204);
  }
  QCOMPARE(heard->texts("event_type"), QStringList{text("region_entry")});
  fixture.wait(31s);
  QCOMPARE(heard->texts("event_type"), (QStringList{text("region_entry"), text("region_exit")}));
}

/// Of each provider the newest counts, and nothing that the filter refuses.
void OmloxProvidersTest::olderLocationsAreNotHeld() {
  CartFixture fixture("[{\"expression\":\"type = 'uwb'\",\"priority\":1}]",
                      hall + ",\"filter\":{\"max_age_ms\":20000}");
  const char *before = "\"crs\":\"local\",\"timestamp_generated\":\"2025-12-31T23:59:50.000Z\"";
  const char *longBefore = "\"crs\":\"local\",\"timestamp_generated\":\"2025-12-31T23:59:00.000Z\"";
  fixture.say("U", "uwb", 5);
  QCOMPARE(fixture.say("W", "wifi", 10, longBefore), 400);
  QCOMPARE(fixture.ask("GET", text("providers/W/location"), {}, text("local")).status, 404);
  QCOMPARE(fixture.say("G", "gps", 20), 204);
  QCOMPARE(fixture.say("G", "gps", 21, before), 204);
  QCOMPARE(fixture.last("G"), 20.0);
  QCOMPARE(fixture.where(), text("U 5"));
}

void OmloxProvidersTest::whatAFilterRefusesDoesNotCount() {
  CartFixture fixture("[{\"expression\":\"type = 'uwb'\",\"priority\":1}]", hall + ",\"filter\":{\"max_accuracy\":30}");
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.say("U", "uwb", 5, "\"crs\":\"local\",\"accuracy\":50"), 400);
  QCOMPARE(fixture.where(), text("G 20"));
  QCOMPARE(fixture.ask("GET", text("providers/U/location"), {}, text("local")).status, 404);
  QCOMPARE(fixture.say("G", "gps", 21), 204);
  QCOMPARE(fixture.where(), text("G 21"));
}

void OmloxProvidersTest::eachProviderKeepsItsLast() {
  CartFixture fixture("[]");
  fixture.say("U", "uwb", 5);
  fixture.wait(2s);
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.last("U"), 5.0);
  QCOMPARE(fixture.last("G"), 20.0);
  QCOMPARE(fixture.ask("GET", text("providers/W/location"), {}, text("local")).status, 404);
  const QJsonObject own = fixture.object(text("providers/U/location"));
  QCOMPARE(own.value(u"provider_id").toString(), text("U"));
  QCOMPARE(own.value(u"provider_type").toString(), text("uwb"));
  QCOMPARE(own.value(u"timestamp_generated").toString(), text("2026-01-01T00:00:00.000Z"));
  QCOMPARE(own.value(u"trackables").toArray(), QJsonArray{fixture.id});
  QCOMPARE(own.value(u"source").toString(), hubId(text("uwb"), "zone", text("417")));
  // Lists have those of all, each once.
  QCOMPARE(fixture.list(text("providers/locations")).size(), 2);
  QCOMPARE(fixture.list(text("trackables/%1/locations").arg(fixture.id)).size(), 2);
  fixture.wait(28s);
  QCOMPARE(fixture.ask("GET", text("providers/U/location"), {}, text("local")).status, 404);
  QCOMPARE(fixture.last("G"), 20.0);
  // Who belongs to no trackable any more has none.
  fixture.say("U", "uwb", 6);
  fixture.say("G", "gps", 21);
  QCOMPARE(fixture.ask("DELETE", text("trackables/") + fixture.id).status, 204);
  QCOMPARE(fixture.ask("GET", text("providers/U/location"), {}, text("local")).status, 404);
  QCOMPARE(fixture.list(text("providers/locations")).size(), 0);
}

void OmloxProvidersTest::forgottenProviders() {
  CartFixture fixture("[]");
  fixture.say("U", "uwb", 5);
  fixture.say("G", "gps", 20);
  QCOMPARE(fixture.ask("DELETE", text("providers/U/location")).status, 204);
  QCOMPARE(fixture.ask("GET", text("providers/U/location"), {}, text("local")).status, 404);
  QCOMPARE(fixture.where(), text("G 20"));
  fixture.say("U", "uwb", 5);
  QCOMPARE(fixture.ask("DELETE", text("providers/U/location")).status, 204);
  QCOMPARE(fixture.ask("GET", text("trackables/%1/location").arg(fixture.id), {}, text("local")).status, 404);
  QCOMPARE(fixture.last("G"), 20.0);
  fixture.say("U", "uwb", 5);
  QCOMPARE(fixture.ask("DELETE", text("providers/locations")).status, 204);
  QCOMPARE(fixture.list(text("providers/locations")).size(), 0);
}

/// In both ways the trackable's right is due, and that of the provider is none.
void OmloxProvidersTest::providersAreSeenWithTheirTrackable() {
  CartFixture fixture("[]");
  fixture.say("U", "uwb", 5);
  fixture.say("G", "gps", 20);
  const QStringList paths{text("providers/U"),
                          text("providers/U/location"),
                          text("providers/G/location"),
                          text("providers/U/fences"),
                          text("providers/U/sensors"),
                          text("providers/U/trackables"),
                          text("trackables/%1/location").arg(fixture.id)};
  fixture.permissions = *Permissions::fromTexts({text("positions:U:read"), text("positions:G:read")});
  for (const QString &path : paths) {
    QVERIFY2(fixture.ask("GET", path, {}, text("local")).status == 404, qPrintable(path));
  }
  QCOMPARE(fixture.list(text("providers")).size(), 0);
  QCOMPARE(fixture.list(text("providers/locations")).size(), 0);
  fixture.permissions = *Permissions::fromTexts({text("positions:%1:read").arg(fixture.id)});
  for (const QString &path : paths) {
    QVERIFY2(fixture.ask("GET", path, {}, text("local")).status == 200, qPrintable(path));
  }
  QCOMPARE(fixture.list(text("providers/locations")).size(), 2);
  // Who sends and who forgets is the provider's business.
  QCOMPARE(fixture.say("U", "uwb", 6), 403);
  QCOMPARE(fixture.ask("DELETE", text("providers/U/location")).status, 403);
}

void OmloxProvidersTest::theBookIsBounded() {
  ProviderBook book(30s);
  const auto heard = [](int number, const QJsonObject &properties) {
    HeardLocation each;
    each.provider = QString::number(number);
    each.at.elapsed = std::chrono::seconds(number);
    if (!properties.isEmpty()) each.details.insert(text("properties"), properties);
    return each;
  };
  for (int i = 0; i < 20'001; ++i) book.put(heard(i, {}));
  QCOMPARE(book.size(), ProviderBook::most);
  QVERIFY(!book.find(text("0"), 0s));
  QVERIFY(book.find(text("1"), 30s));
  QVERIFY(!book.find(text("1"), 31s));
  const QJsonObject big{{text("x"), QString(1024 * 1024, u'x')}};
  for (int i = 0; i < 10; ++i) book.put(heard(i, big));
  QCOMPARE(book.size(), size_t(7));
  book.put(heard(9, {}));
  book.put(heard(10, big));
  QVERIFY(book.find(text("9"), 9s) && book.find(text("3"), 9s));
  book.keepOnly([](const QString &provider) { return provider == u"9"; });
  QCOMPARE(book.size(), size_t(1));
}

TAGWIRE_TEST(OmloxProvidersTest)

}  // namespace omloxproviders_test

#include "omloxproviders_test.moc"
