// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <cmath>

#include "rooms/systemstatus.h"
#include "roomstesting.h"
#include "testprogram.h"

namespace entities_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

struct House {
  House()
      : lamp(context.declare("lamp", ValueType::Bool)),
        dim(context.declare("dim", ValueType::Double)),
        states({Entity(houseConfig().entities.first(), context.points())}, context.points()) {}
  void put(PointId point, const Value &value, Quality quality = {}) {
    states.take({point, quality, context.clock().now(), value});
  }
  /// "off>on 255" for each change.
  QStringList changes() {
    QStringList all;
    for (const auto &change : states.takeChanges()) {
      const auto &value = change.attributes.first();
      all << QStringLiteral("%1>%2 %3").arg(change.before, change.after, value ? toText(*value) : QStringLiteral("-"));
    }
    return all;
  }

  RoomsContext context;
  PointId lamp;
  PointId dim;
  EntityStates states;
};

QStringList list(const char *text) { return QString::fromLatin1(text).split(u',', Qt::SkipEmptyParts); }

}  // namespace

class EntitiesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R4_6_wordsForValues_data();
  void R4_6_wordsForValues();
  void R4_6_theFirstValueIsAChange();
  void R4_6_everyChangeOfStateIsOne();
  void R4_6_attributesOfOneTurnAreOneChange();
  void R4_6_badQualityIsUnavailable();
  void R4_7_statusOfInstances();
  void R4_7_details();
  void R4_10_bodies_data();
  void R4_10_bodies();
  void R4_10_keptFormIsReadAgain();
};

void EntitiesTest::R4_6_wordsForValues_data() {
  QTest::addColumn<Value>("value");
  QTest::addColumn<Quality>("quality");
  QTest::addColumn<QString>("state");
  const auto row = [](const char *name, const Value &value, const char *state, Quality quality = {}) {
    QTest::newRow(name) << value << quality << QString::fromLatin1(state);
  };
  row("coil off", false, "off");
  row("coil on", true, "on");
  row("integer", qint64{1}, "on");
  row("number", 0.0, "off");
  row("other number", 21.5, "21.5");
  row("text", QStringLiteral("standby"), "standby");
  row("not a number", std::nan(""), "unknown");
  row("no value", Value(), "unknown");
  row("uncertain", true, "on", Quality::uncertain(QualityReason::Stale));
  row("bad", true, "unavailable", Quality::bad(QualityReason::NoConnection));
  row("removed", true, "unavailable", Quality::bad(QualityReason::Removed));
  row("none yet", Value(), "unknown", Quality::bad(QualityReason::WaitingForFirstValue));
}

void EntitiesTest::R4_6_wordsForValues() {
  QFETCH(Value, value);
  QFETCH(Quality, quality);
  QFETCH(QString, state);
  House house;
  QCOMPARE(house.states.entity(0).stateOf({house.lamp, quality, house.context.clock().now(), value}), state);
}

void EntitiesTest::R4_6_theFirstValueIsAChange() {
  House house;
  house.put(house.dim, 10.0);
  QCOMPARE(house.changes(), list("unknown>unknown 10"));
  house.put(house.lamp, false);
  house.put(house.dim, 10.0);
  house.put(house.lamp, false);
  QCOMPARE(house.changes(), list("unknown>off 10"));
  house.put(house.lamp, true);
  QCOMPARE(house.changes(), list("off>on 10"));
}

void EntitiesTest::R4_6_everyChangeOfStateIsOne() {
  House house;
  house.put(house.lamp, false);
  for (const bool on : {true, true, false, true}) house.put(house.lamp, on);
  QVERIFY(house.states.hasChanges());
  QCOMPARE(house.changes(), list("unknown>off -,off>on -,on>off -,off>on -"));
  QVERIFY(!house.states.hasChanges());
}

void EntitiesTest::R4_6_attributesOfOneTurnAreOneChange() {
  House house;
  house.put(house.lamp, false);
  house.put(house.dim, 1.0);
  QCOMPARE(house.changes(), list("unknown>off 1"));
  for (const double value : {2.0, 3.0, 4.0}) house.put(house.dim, value);
  QCOMPARE(house.changes(), list("off>off 4"));
  house.put(house.lamp, true);
  house.put(house.dim, 5.0);
  QCOMPARE(house.changes(), list("off>on 5"));
  house.put(house.dim, 6.0, Quality::bad(QualityReason::Timeout));
  QCOMPARE(house.changes(), list("on>on -"));
}

void EntitiesTest::R4_6_badQualityIsUnavailable() {
  House house;
  house.put(house.lamp, true);
  house.put(house.lamp, true, Quality::bad(QualityReason::NoConnection));
  house.put(house.lamp, true, Quality::bad(QualityReason::Timeout));
  house.put(house.lamp, true);
  QCOMPARE(house.changes(), list("unknown>on -,on>unavailable -,unavailable>on -"));
}

void EntitiesTest::R4_7_statusOfInstances() {
  const auto with = [](PluginState state) {
    return systemStatusOf({{QStringLiteral("a"), QStringLiteral("ws"), PluginState::Running, {}},
                           {QStringLiteral("b"), QStringLiteral("modbus"), state, {}}});
  };
  QCOMPARE(with(PluginState::Running), QStringLiteral("healthy"));
  QCOMPARE(with(PluginState::Degraded), QStringLiteral("degraded"));
  QCOMPARE(with(PluginState::Starting), QStringLiteral("degraded"));
  QCOMPARE(with(PluginState::Failed), QStringLiteral("unhealthy"));
}

void EntitiesTest::R4_7_details() {
  QCOMPARE(uptimeText(0s), QStringLiteral("0h 0m"));
  QCOMPARE(uptimeText(2h + 30min + 59s), QStringLiteral("2h 30m"));
  QCOMPARE(uptimeText(100h), QStringLiteral("100h 0m"));
  QCOMPARE(memoryUsageText("MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable:  550 kB\n"), QStringLiteral("45%"));
  QCOMPARE(memoryUsageText("MemTotal: 0 kB\nMemAvailable: 0 kB\n"), QString());
  QCOMPARE(memoryUsageText(QByteArray()), QString());
  QVERIFY(memoryUsageText().endsWith(u'%'));
}

void EntitiesTest::R4_10_bodies_data() {
  QTest::addColumn<QByteArray>("body");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const char *body, const char *error) {
    QTest::newRow(name) << quoted(body) << QString::fromLatin1(error);
  };
  row("plain", "{'type':'note','data':{}}", "");
  row("to a room", "{'type':'note','data':{},'room_id':1}", "");
  row("to a client", "{'type':'note','data':{},'client_id':'x'}", "");
  row("kept", "{'type':'note','data':{'expires_at':'2026-01-01T01:00:00Z'},'persist':true}", "");
  row("kept, other zone", "{'type':'note','data':{'expires_at':'2026-01-01T06:00:00+05:30'},'persist':true}", "");
  row("unknown field", "{'type':'note','data':{},'priority':1}", "");
  row("nulls", "{'type':'note','data':{},'room_id':null,'client_id':null,'persist':null}", "");
  row("no type", "{'data':{}}", "type must be");
  row("empty type", "{'type':' ','data':{}}", "type must be");
  row("type is a number", "{'type':5,'data':{}}", "type must be");
  for (const char *own : {"connection", "ping", "pong", "error", "heartbeat", "subscribe_room", "unsubscribe_room",
                          "room_updated", "entity_state_changed", "system_status", "auth"}) {
    QTest::newRow(own) << quoted("{'type':'%','data':{}}").replace("%", own) << QStringLiteral("gateway's own");
  }
  row("no data", "{'type':'note'}", "data must be");
  row("data is a list", "{'type':'note','data':[]}", "data must be");
  row("room is a text", "{'type':'note','data':{},'room_id':'1'}", "room_id");
  row("room is half", "{'type':'note','data':{},'room_id':1.5}", "room_id");
  row("room too large", "{'type':'note','data':{},'room_id':4294967297}", "room_id");
  row("client is a number", "{'type':'note','data':{},'client_id':1}", "client_id");
  row("room and client", "{'type':'note','data':{},'room_id':1,'client_id':'x'}", "exclude");
  row("persist is a text", "{'type':'note','data':{},'persist':'yes'}", "persist must be");
  row("kept for one", "{'type':'note','data':{'expires_at':'2026-01-01T01:00:00Z'},'persist':true,'client_id':'x'}",
      "client_id");
  row("kept for ever", "{'type':'note','data':{},'persist':true}", "expires_at");
  row("kept till nonsense", "{'type':'note','data':{'expires_at':'soon'},'persist':true}", "expires_at");
  row("kept without a zone", "{'type':'note','data':{'expires_at':'2026-01-01T01:00:00'},'persist':true}",
      "expires_at");
  row("kept till doomsday", "{'type':'note','data':{'expires_at':'9999-01-01T01:00:00Z'},'persist':true}",
      "expires_at");
  row("past", "{'type':'note','data':{'expires_at':'2026-01-01T00:00:00Z'},'persist':true}", "past");
  QTest::newRow("long type") << quoted("{'type':'%','data':{}}").replace("%", QByteArray(101, 'x'))
                             << QStringLiteral("type must be");
  QTest::newRow("too long to keep")
      << quoted("{'type':'note','data':{'x':'%','expires_at':'2026-01-01T01:00:00Z'},'persist':true}")
             .replace("%", QByteArray(Broadcast::longestKept, 'x'))
      << QStringLiteral("too long");
}

void EntitiesTest::R4_10_bodies() {
  QFETCH(QByteArray, body);
  QFETCH(QString, error);
  const QJsonObject json = QJsonDocument::fromJson(body).object();
  QVERIFY(!json.isEmpty());
  const auto broadcast = Broadcast::fromJson(json, ManualClock().now());
  QCOMPARE(broadcast.has_value(), error.isEmpty());
  if (!broadcast) QVERIFY2(broadcast.error().contains(error), qPrintable(broadcast.error()));
}

void EntitiesTest::R4_10_keptFormIsReadAgain() {
  const QJsonObject body = object(
      "{'type':'note','data':{'a':[1,{'b':null}],'expires_at':'2026-01-01T01:00:00Z'},'persist':true,'room_id':4}");
  const auto given = Broadcast::fromJson(body, ManualClock().now());
  QVERIFY(given);
  const auto again = Broadcast::fromJson(QJsonDocument::fromJson(given->toJson()).object(), Time());
  QVERIFY(again);
  QCOMPARE(again->type, given->type);
  QCOMPARE(again->data, given->data);
  QCOMPARE(again->room, std::optional(4));
  QVERIFY(again->expires == given->expires && again->expires);
}

TAGWIRE_TEST(EntitiesTest)

}  // namespace entities_test

#include "entities_test.moc"
