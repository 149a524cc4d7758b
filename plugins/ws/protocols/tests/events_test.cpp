// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "fakertls.h"
#include "protocols/eventsprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace events_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

struct Bench {
  Bench() : events(context) {
    context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), &plugin);
    context.addInstance(QStringLiteral("plc1"), QStringLiteral("modbus"), nullptr);
  }
  void trigger(const char *tag, int zone, int id = 123, const QString &source = QStringLiteral("uwb")) {
    events.notify({1, context.clock().now(), source, triggerOf(tag, zone, id)});
  }

  TestContext context{QStringLiteral("web")};
  FakeRtls plugin;
  EventsProtocol events;
};

/// A session at /api/ws/events/<zone>.
class ZoneSession : public RecordingSession {
 public:
  explicit ZoneSession(const char *zone, const QString &query = {})
      : RecordingSession({{QStringLiteral("zone_id"), QLatin1String(zone)}}, query) {}
};

}  // namespace

class EventsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R1_35_everyTriggerEvent();
  void R1_35_thoseOfOtherSitesToo();
  void R1_35_filters_data();
  void R1_35_filters();
  void R1_35_wrongFilterIs400_data();
  void R1_35_wrongFilterIs400();
  void R1_35_zoneAndWhatLiesInIt();
  void R1_35_zoneOfAnotherInstance();
  void R1_35_unknownZone_data();
  void R1_35_unknownZone();
  void R1_35_clientsThatLeaveAreForgotten();
  void R1_35_whoMayConnect_data();
  void R1_35_whoMayConnect();
  void R1_35_eachEventNeedsThePermission();
  void R1_8_clientsOwnHeartbeat();
  void R1_7_nothingIsAskedFor();
};

void EventsTest::R1_35_everyTriggerEvent() {
  Bench bench;
  RecordingSession one;
  RecordingSession two;
  bench.events.opened(one);
  bench.events.opened(two);
  QCOMPARE(one.count(), 0);
  bench.trigger("SIM1", 417);
  QCOMPARE(one.text(0),
           QByteArray("{\"type\":\"TriggerEvent\",\"trigger_id\":123,\"direction\":\"OnEnter\",\"tag_id\":\"SIM1\","
                      "\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"trigger_name\":\"Entry Gate\","
                      "\"tag_name\":\"Badge\",\"zone_id\":417,\"x\":1.0,\"y\":2.0,\"z\":0.0}"));
  QCOMPARE(two.frames[0].bytes().constData(), one.frames[0].bytes().constData());
  // Of events nothing is left out, however slow the client.
  one.congested = true;
  for (int count = 0; count < 10; ++count) bench.trigger("SIM1", 417);
  QCOMPARE(one.count(), 11);
  bench.events.notify(
      {2, bench.context.clock().now(), QStringLiteral("alarms"), alarmOf(77, AlarmState::Alarm, AlarmState::Ok)});
  QCOMPARE(one.count(), 11);
}

void EventsTest::R1_35_thoseOfOtherSitesToo() {
  Bench bench;
  RecordingSession session;
  bench.events.opened(session);
  TriggerEvent event = triggerOf("SIM1", 417);
  event.origin = QStringLiteral("wss://other/ws/Manager2");
  bench.events.notify({1, bench.context.clock().now(), QStringLiteral("uwb"), event});
  QVERIFY(session.text(0).endsWith(",\"origin\":\"wss://other/ws/Manager2\"}"));
}

void EventsTest::R1_35_filters_data() {
  QTest::addColumn<QString>("query");
  QTest::addColumn<QStringList>("tags");
  const QString a = QStringLiteral("SIM1");
  const QString b = QStringLiteral("SIM2");
  const QString c = QStringLiteral("BÄR 3");
  QTest::newRow("none") << QString() << QStringList{a, b, c};
  QTest::newRow("tag") << QStringLiteral("tag_id=SIM1") << QStringList{a};
  QTest::newRow("tags") << QStringLiteral("tag_id=SIM1&tag_id=SIM2") << QStringList{a, b};
  QTest::newRow("encoded tag") << QStringLiteral("tag_id=B%C3%84R%203") << QStringList{c};
  QTest::newRow("trigger") << QStringLiteral("trigger_id=124") << QStringList{b};
  QTest::newRow("triggers") << QStringLiteral("trigger_id=124&trigger_id=125") << QStringList{b, c};
  QTest::newRow("both") << QStringLiteral("trigger_id=124&tag_id=SIM1") << QStringList{};
  QTest::newRow("something else") << QStringLiteral("colour=red") << QStringList{a, b, c};
}

void EventsTest::R1_35_filters() {
  QFETCH(QString, query);
  QFETCH(QStringList, tags);
  Bench bench;
  RecordingSession session({}, query);
  ZoneSession ofZone("417", query);
  QVERIFY(!bench.events.check(session.upgrade(), *session.caller()));
  bench.events.opened(session);
  bench.events.opened(ofZone);
  QTRY_COMPARE(bench.events.activityOf(ofZone).streams, 1);
  bench.trigger("SIM1", 417, 123);
  bench.trigger("SIM2", 417, 124);
  bench.trigger("BÄR 3", 417, 125);
  QCOMPARE(session.each("tag_id"), tags);
  QCOMPARE(ofZone.each("tag_id"), tags);
}

void EventsTest::R1_35_wrongFilterIs400_data() {
  QTest::addColumn<QString>("query");
  QTest::newRow("word") << QStringLiteral("trigger_id=gate");
  QTest::newRow("nothing") << QStringLiteral("trigger_id=");
  QTest::newRow("second one") << QStringLiteral("trigger_id=1&trigger_id=1.5");
  QTest::newRow("huge") << QStringLiteral("trigger_id=99999999999");
}

void EventsTest::R1_35_wrongFilterIs400() {
  QFETCH(QString, query);
  Bench bench;
  RecordingSession session({}, query);
  const auto refusal = bench.events.check(session.upgrade(), *session.caller());
  QVERIFY(refusal.has_value());
  QCOMPARE(refusal->status, 400);
  QVERIFY(refusal->text.startsWith(QStringLiteral("trigger_id is wrong")));
}

void EventsTest::R1_35_zoneAndWhatLiesInIt() {
  Bench bench;
  ZoneSession hall("417");
  ZoneSession room("418");
  bench.events.opened(hall);
  bench.events.opened(room);
  QTRY_COMPARE(bench.events.activityOf(room).streams, 1);
  QCOMPARE(bench.plugin.asked, 1);
  bench.trigger("SIM1", 418);
  bench.trigger("SIM2", 417);
  bench.trigger("SIM3", 500);
  QCOMPARE(hall.each("tag_id"), (QStringList{QStringLiteral("SIM1"), QStringLiteral("SIM2")}));
  QCOMPARE(room.each("tag_id"), QStringList{QStringLiteral("SIM1")});
}

void EventsTest::R1_35_zoneOfAnotherInstance() {
  Bench bench;
  FakeRtls yard(QStringLiteral("Yard"));
  yard.zones.zones = {{600, QStringLiteral("Gate"), QStringLiteral("area"), 0},
                      {418, QStringLiteral("Shed"), QStringLiteral("area"), 600}};
  bench.context.addInstance(QStringLiteral("yard"), QStringLiteral("rtls"), &yard);
  ZoneSession gate("600");
  ZoneSession hall("417");
  bench.events.opened(gate);
  bench.events.opened(hall);
  QTRY_COMPARE(bench.events.activityOf(gate).streams, 1);
  // The same zone id lies elsewhere in each of them.
  bench.trigger("SIM1", 418);
  bench.trigger("SIM2", 418, 123, QStringLiteral("yard"));
  QCOMPARE(hall.each("tag_id"), QStringList{QStringLiteral("SIM1")});
  QCOMPARE(gate.each("tag_id"), QStringList{QStringLiteral("SIM2")});
}

void EventsTest::R1_35_unknownZone_data() {
  QTest::addColumn<QByteArray>("zone");
  QTest::newRow("other number") << QByteArray("9");
  QTest::newRow("nought") << QByteArray("0");
  QTest::newRow("word") << QByteArray("hall");
}

void EventsTest::R1_35_unknownZone() {
  QFETCH(QByteArray, zone);
  Bench bench;
  ZoneSession session(zone.constData());
  bench.events.opened(session);
  QTRY_COMPARE(session.closeCode, 1008);
  QCOMPARE(session.closeReason, QStringLiteral("Zone not found"));
  bench.trigger("SIM1", 417);
  QCOMPARE(session.count(), 0);
  bench.context.addInstance(QStringLiteral("uwb"), QStringLiteral("rtls"), nullptr);
  ZoneSession noRtls("417");
  bench.context.manualClock().advance(6s);
  bench.events.opened(noRtls);
  QTRY_COMPARE(noRtls.closeCode, 1008);
}

void EventsTest::R1_35_clientsThatLeaveAreForgotten() {
  Bench bench;
  {
    ZoneSession waits("417");
    RecordingSession open;
    bench.events.opened(waits);
    bench.events.opened(open);
    bench.events.closed(waits);
    bench.events.closed(open);
  }
  QTRY_COMPARE(bench.plugin.asked, 1);
  bench.trigger("SIM1", 417);
}

void EventsTest::R1_35_whoMayConnect_data() {
  QTest::addColumn<QString>("permission");
  QTest::addColumn<bool>("may");
  QTest::newRow("events:read") << QStringLiteral("events:read") << true;
  QTest::newRow("positions:read") << QStringLiteral("positions:read") << true;
  QTest::newRow("one tag") << QStringLiteral("positions:SIM1:read") << true;
  QTest::newRow("positions:write") << QStringLiteral("positions:write") << false;
  QTest::newRow("points:read") << QStringLiteral("points:read") << false;
}

void EventsTest::R1_35_whoMayConnect() {
  QFETCH(QString, permission);
  QFETCH(bool, may);
  Bench bench;
  RecordingSession session;
  session.allow({permission});
  const auto refusal = bench.events.check(session.upgrade(), *session.caller());
  QCOMPARE(!refusal, may);
  if (refusal) QCOMPARE(refusal->status, 403);
}

void EventsTest::R1_35_eachEventNeedsThePermission() {
  Bench bench;
  RecordingSession session;
  session.allow({QStringLiteral("positions:SIM1:read")});
  bench.events.opened(session);
  bench.trigger("SIM1", 417);
  bench.trigger("SIM2", 417);
  QCOMPARE(session.each("tag_id"), QStringList{QStringLiteral("SIM1")});
  session.allow({QStringLiteral("events:read")});
  bench.events.callerChanged(session);
  bench.trigger("SIM2", 417);
  QCOMPARE(session.count(), 2);
  session.allow({QStringLiteral("events:system:read")});
  bench.events.callerChanged(session);
  bench.trigger("SIM1", 417);
  QCOMPARE(session.count(), 2);
}

void EventsTest::R1_8_clientsOwnHeartbeat() {
  Bench bench;
  RecordingSession session;
  bench.events.opened(session);
  bench.events.received(session, "{\"type\":\"HeartBeat\",\"ts\":5}");
  bench.events.received(session, "{\"type\":\"HeartBeat\",\"ts\":6}");
  QCOMPARE(session.count(), 1);
  QCOMPARE(session.text(0), QByteArray("{\"type\":\"HeartBeat\",\"ts\":5}"));
  QCOMPARE(bench.events.activityOf(session).lastHeartbeat, std::optional(bench.context.clock().now()));
}

void EventsTest::R1_7_nothingIsAskedFor() {
  Bench bench;
  RecordingSession session;
  bench.events.opened(session);
  for (const char *text : {"", "[]", "{", "{\"type\":\"request\",\"request\":\"BeginStream\",\"reqid\":\"q\"}"}) {
    session.clear();
    bench.events.received(session, text);
    QCOMPARE(session.count(), 1);
    QCOMPARE(session.last().value(QStringLiteral("response")).toString(), QStringLiteral("Unknown"));
  }
  QCOMPARE(session.last().value(QStringLiteral("reqid")).toString(), QStringLiteral("q"));
  QCOMPARE(session.closeCode, 0);
}

TAGWIRE_TEST(EventsTest)

}  // namespace events_test

#include "events_test.moc"
