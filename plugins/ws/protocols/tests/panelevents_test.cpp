// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/panelevents.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace panelevents_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;

namespace {

struct Bench {
  explicit Bench(const Limits &limits = defaultLimits(ProtocolKind::Panel)) : events(context, limits) {
    temp = declarePoint(context, "boiler/temp", 59);
    pump = declarePoint(context, "pump/run", 60, ValueType::Bool);
  }
  void put(PointId point, const Value &value, Quality quality = {}) {
    publish(context, events, {sampleOf(context, point, value, quality)});
    events.flush();
  }
  void alarm(int rule, const char *area = "") {
    raise(context, events, alarmOf(rule, AlarmState::Alarm, AlarmState::Ok, area));
    events.flush();
  }
  /// What was sent, told by what tells one from the other.
  static QStringList told(const RecordingSession &session) {
    QStringList all;
    for (qsizetype i = 0; i < session.count(); ++i) {
      const QJsonObject message = session.message(i);
      const QString type = message.value(QStringLiteral("type")).toString();
      if (type == u"telemetry") {
        all << message.value(QStringLiteral("value")).toVariant().toString();
      } else {
        all << type;
      }
    }
    return all;
  }

  TestContext context;
  PanelEvents events;
  PointId temp;
  PointId pump;
};

QStringList list(std::initializer_list<const char *> texts) {
  QStringList all;
  for (const char *text : texts) all << QString::fromLatin1(text);
  return all;
}

}  // namespace

class PanelEventsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R5_13_theQuerySaysWhatComes();
  void R5_13_wrongQueries_data();
  void R5_13_wrongQueries();
  void R5_13_onlyWhatTheCallerMayHave();
  void R5_13_whoComesBackGetsAllThatCameSince();
  void R5_13_pointsThatNobodyWatchedBeginAnew();
  void R5_13_aPositionOfAnotherRunBeginsAnew();
  void R5_13_tooLateIsAGap();
  void R5_13_tooMuchTelemetryIsCoalescedAndEventsAreNot();
  void R5_13_noPositionWhileSomethingIsHeldBack();
  void R5_13_removedWhileAway();
  void R5_8_subscriptionsAreLimited();
};

void PanelEventsTest::R5_13_theQuerySaysWhatComes() {
  Bench bench;
  bench.put(bench.temp, 1.0);
  RecordingSession all;
  all.ask("endpointIds=59,98");
  bench.events.opened(all);
  QCOMPARE(Bench::told(all), list({"1", "error"}));
  QCOMPARE(all.last().value(QStringLiteral("message")).toString(), QStringLiteral("no such endpointId: 98"));
  RecordingSession alarms;
  alarms.ask("channels=alarms");
  bench.events.opened(alarms);
  QCOMPARE(alarms.count(), 0);
  bench.put(bench.temp, 2.0);
  bench.alarm(1);
  CommandBook::of(bench.context)->note(commandNamed("c"), *all.caller());
  raise(bench.context, bench.events, CommandStatus{QStringLiteral("c"), bench.pump, CommandState::Queued, {}, {}});
  QCOMPARE(Bench::told(all), list({"1", "error", "2", "alarm", "command_status"}));
  QCOMPARE(Bench::told(alarms), list({"alarm"}));
}

void PanelEventsTest::R5_13_wrongQueries_data() {
  QTest::addColumn<QByteArray>("query");
  QTest::addColumn<int>("status");
  QTest::newRow("all") << QByteArray("") << 0;
  QTest::newRow("each") << QByteArray("channels=telemetry,alarms,commands&endpointIds=59") << 0;
  QTest::newRow("repeated") << QByteArray("channels=alarms&channels=telemetry&endpointIds=59&endpointIds=60") << 0;
  QTest::newRow("unknown channel") << QByteArray("channels=alarm") << 400;
  QTest::newRow("telemetry of nothing") << QByteArray("channels=telemetry") << 400;
  QTest::newRow("endpoints of another channel") << QByteArray("channels=alarms&endpointIds=59") << 400;
  QTest::newRow("no numbers") << QByteArray("endpointIds=a") << 400;
}

void PanelEventsTest::R5_13_wrongQueries() {
  QFETCH(QByteArray, query);
  QFETCH(int, status);
  Bench bench;
  RecordingSession session;
  session.ask(query.constData());
  const auto refusal = bench.events.check(session.upgrade(), *session.caller());
  QCOMPARE(refusal ? refusal->status : 0, status);
}

void PanelEventsTest::R5_13_onlyWhatTheCallerMayHave() {
  Bench bench;
  RecordingSession session;
  session.allow({QStringLiteral("points:test/pump/*:read"), QStringLiteral("alarms:cold-store:read")});
  for (const char *query : {"channels=commands", "channels=alarms,commands"}) {
    session.ask(query);
    QCOMPARE(bench.events.check(session.upgrade(), *session.caller())->status, 403);
  }
  session.ask("endpointIds=59,60");
  QVERIFY(!bench.events.check(session.upgrade(), *session.caller()));
  bench.events.opened(session);
  QCOMPARE(session.count(), 2);
  QCOMPARE(session.message(0).value(QStringLiteral("endpointId")).toInt(), 60);
  QCOMPARE(session.last().value(QStringLiteral("message")).toString(),
           QStringLiteral("no such endpointId, or not permitted: 59"));
  session.clear();
  bench.put(bench.temp, 1.0);
  bench.alarm(1, "brewhouse");
  bench.alarm(2, "cold-store");
  QCOMPARE(session.each("ruleId"), list({"2"}));
  session.allow({QStringLiteral("alarms:cold-store:read")});
  bench.events.callerChanged(session);
  QCOMPARE(session.last().value(QStringLiteral("endpointId")).toInt(), 60);
  QCOMPARE(bench.events.check(session.upgrade(), *session.caller())->status, 403);
}

void PanelEventsTest::R5_13_whoComesBackGetsAllThatCameSince() {
  Bench bench;
  RecordingSession session;
  session.ask("endpointIds=59");
  bench.events.opened(session);
  bench.put(bench.temp, 1.0);
  const QByteArray position = session.position;
  bench.put(bench.temp, 2.0);
  QVERIFY(session.position != position);
  bench.events.closed(session);
  bench.put(bench.temp, 2.0);
  bench.alarm(1);
  bench.put(bench.temp, 3.0);
  bench.put(bench.pump, true);

  RecordingSession again;
  again.ask("endpointIds=59", position);
  bench.events.opened(again);
  QCOMPARE(Bench::told(again), list({"2", "alarm", "3"}));
  bench.put(bench.temp, 4.0);
  QCOMPARE(Bench::told(again).last(), QStringLiteral("4"));
  RecordingSession inTime;
  inTime.ask("endpointIds=59", again.position);
  bench.events.opened(inTime);
  QCOMPARE(inTime.count(), 0);
}

void PanelEventsTest::R5_13_pointsThatNobodyWatchedBeginAnew() {
  Bench bench;
  RecordingSession session;
  session.ask("endpointIds=59");
  bench.events.opened(session);
  bench.events.closed(session);
  bench.put(bench.pump, true);
  RecordingSession again;
  again.ask("endpointIds=59,60", session.position);
  bench.events.opened(again);
  QCOMPARE(again.count(), 1);
  QCOMPARE(again.last().value(QStringLiteral("endpointId")).toInt(), 60);
  QCOMPARE(again.last().value(QStringLiteral("value")).toBool(), true);
}

void PanelEventsTest::R5_13_aPositionOfAnotherRunBeginsAnew() {
  Bench before;
  RecordingSession session;
  session.ask("endpointIds=59");
  before.events.opened(session);
  before.put(before.temp, 1.0);
  Bench bench;
  bench.put(bench.temp, 5.0);
  bench.alarm(1);
  for (const QByteArray &position : {session.position, QByteArray("nonsense"), QByteArray("-")}) {
    RecordingSession again;
    again.ask("endpointIds=59", position);
    bench.events.opened(again);
    QCOMPARE(Bench::told(again), list({"gap", "5"}));
  }
}

void PanelEventsTest::R5_13_tooLateIsAGap() {
  Bench bench;
  RecordingSession session;
  session.ask("endpointIds=59");
  bench.events.opened(session);
  bench.put(bench.temp, 1.0);
  bench.events.closed(session);
  bench.alarm(1);
  bench.context.manualClock().advance(119s);
  bench.events.tick({});
  RecordingSession inTime;
  inTime.ask("endpointIds=59", session.position);
  bench.events.opened(inTime);
  QCOMPARE(Bench::told(inTime), list({"alarm"}));
  bench.context.manualClock().advance(2s);
  bench.events.tick({});
  RecordingSession late;
  late.ask("endpointIds=59", session.position);
  bench.events.opened(late);
  QCOMPARE(Bench::told(late), list({"gap", "1"}));
}

void PanelEventsTest::R5_13_tooMuchTelemetryIsCoalescedAndEventsAreNot() {
  Limits limits = defaultLimits(ProtocolKind::Panel);
  limits.queueMessages = 10;
  Bench bench(limits);
  RecordingSession session;
  session.ask("endpointIds=59,60");
  bench.events.opened(session);
  bench.events.closed(session);
  bench.put(bench.pump, true);
  for (int i = 0; i < 9; ++i) {
    bench.put(bench.temp, static_cast<double>(i));
    bench.alarm(i);
  }
  RecordingSession again;
  again.ask("endpointIds=59,60", session.position);
  bench.events.opened(again);
  // One more than ten: nine alarms and two values.
  QCOMPARE(Bench::told(again), list({"gap", "8", "true"}));
  RecordingSession alarms;
  alarms.ask("endpointIds=59", session.position);
  bench.events.opened(alarms);
  QCOMPARE(alarms.count(), 10);
  QCOMPARE(Bench::told(alarms).indexOf(QStringLiteral("8")), 8);
}

void PanelEventsTest::R5_13_noPositionWhileSomethingIsHeldBack() {
  Bench bench;
  RecordingSession session;
  session.ask("endpointIds=59");
  bench.events.opened(session);
  const QByteArray before = session.position;
  session.congested = true;
  bench.put(bench.temp, 1.0);
  bench.alarm(1);
  // The alarm waits in the queue, the value is held back: from a later position it would be lost.
  QCOMPARE(session.position, before);
  session.congested = false;
  bench.events.drained(session);
  QVERIFY(session.position != before);
  QCOMPARE(Bench::told(session).mid(1), list({"alarm", "1"}));
}

void PanelEventsTest::R5_13_removedWhileAway() {
  Bench bench;
  RecordingSession session;
  session.ask("endpointIds=59");
  bench.events.opened(session);
  bench.events.closed(session);
  bench.put(bench.temp, Value(), Quality::bad(QualityReason::Removed));
  RecordingSession again;
  again.ask("endpointIds=59", session.position);
  bench.events.opened(again);
  QCOMPARE(again.text(0), QByteArray("{\"type\":\"error\",\"endpointId\":59,\"message\":\"removed\"}"));
  bench.put(bench.temp, 1.0);
  QCOMPARE(again.count(), 1);
}

void PanelEventsTest::R5_8_subscriptionsAreLimited() {
  Bench bench;
  RecordingSession session;
  QByteArrayList numbers;
  for (int i = 1; i <= 50; ++i) numbers << QByteArray::number(i);
  const QByteArray fifty = "endpointIds=" + numbers.join(',');
  session.ask((fifty + "&channels=telemetry,commands").constData());
  QVERIFY(!bench.events.check(session.upgrade(), *session.caller()));
  session.ask((fifty + "&channels=telemetry,alarms").constData());
  QCOMPARE(bench.events.check(session.upgrade(), *session.caller())->status, 400);
}

TAGWIRE_TEST(PanelEventsTest)

}  // namespace panelevents_test

#include "panelevents_test.moc"
