// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/alarmsprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace alarmsrequests_test {

using namespace tagwire;
using namespace tagwire::ws;
using namespace std::chrono_literals;
using Kind = AlarmAction::Kind;
using Outcome = AlarmAnswer::Outcome;

namespace {

Limits limitsOf(int queueMessages) {
  Limits limits;
  limits.queueMessages = queueMessages;
  return limits;
}

}  // namespace

/// Two instances that know alarms, and one client that has its snapshot.
struct Bench {
  explicit Bench(int queueMessages = 256)
      : protocol(std::make_unique<AlarmsProtocol>(context, limitsOf(queueMessages))) {
    context.addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), &desk);
    context.addInstance(QStringLiteral("cold"), QStringLiteral("alarms"), &coldDesk);
    desk.active.append({context.clock().now(), alarmOf(77, AlarmState::Alarm, AlarmState::Ok, "hall")});
    coldDesk.quiet.append({context.clock().now(), alarmOf(88, AlarmState::Ok, AlarmState::Ok, "cold-store")});
    protocol->opened(session);
  }
  bool isReady() {
    return waitFor([this] { return session.count() == 1; });
  }
  static bool waitFor(const std::function<bool()> &what) { return tagwire::testing::waitFor(what); }
  /// The answer to one message.
  QJsonObject ask(const QByteArray &text) {
    const qsizetype before = session.count();
    protocol->received(session, text);
    return waitFor([&] { return session.count() > before; }) ? session.message(before) : QJsonObject();
  }
  void record(int rule, AlarmState state, std::chrono::seconds at, const char *area = "hall") {
    Event event;
    event.sequence = static_cast<quint64>(desk.records.size() + 1);
    event.time = Time(at);
    event.body = alarmOf(rule, state, AlarmState::Ok, area);
    desk.records.append(event);
  }
  /// The rule of each event that was played back so far.
  QList<int> played() const {
    QList<int> rules;
    for (qsizetype i = 0; i < session.count(); ++i) {
      const QJsonObject message = session.message(i);
      if (message.value(QLatin1String("type")) == QLatin1String("alarm_playback")) {
        rules << message.value(QLatin1String("event")).toObject().value(QLatin1String("rule_id")).toInt();
      }
    }
    return rules;
  }
  QJsonObject end() const {
    const QJsonObject last = session.last();
    return last.value(QLatin1String("type")) == QLatin1String("playback_end") ? last : QJsonObject();
  }
  void advance(std::chrono::milliseconds time) {
    context.manualClock().advance(time);
    protocol->tick(context.clock().now());
  }

  TestContext context;
  FakeAlarms desk;
  FakeAlarms coldDesk;
  RecordingSession session;
  std::unique_ptr<AlarmsProtocol> protocol;
};

class AlarmsRequestsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_21_acknowledge();
  void R3_21_eachAction_data();
  void R3_21_eachAction();
  void R3_21_refusals_data();
  void R3_21_refusals();
  void R3_21_rightsByArea();
  void R3_21_howItEnded_data();
  void R3_21_howItEnded();
  void R3_21_actionsUnderWayAreBounded();
  void resultsComeToNobodyAfterTheEnd();
  void R3_24_playbackGoesByTheTimes();
  void R3_24_playbackCutsLongGaps();
  void R3_24_playbackStops();
  void R3_24_wrongPlaybacks_data();
  void R3_24_wrongPlaybacks();
  void R3_24_playbackWaitsForTheClient();
  void R3_24_playbackShowsWhatTheCallerMaySee();
  void R3_24_playbackOfManyPages();
  void R3_24_playbackTellsThatTheHistoryCannotBeRead();
};

void AlarmsRequestsTest::R3_21_acknowledge() {
  Bench bench;
  QVERIFY(bench.isReady());
  bench.session.allow({QStringLiteral("alarms:read"), QStringLiteral("alarms:ack")}, QStringLiteral("ann"));
  bench.protocol->received(bench.session, R"({"type":"ack","rule_id":77,"comment":"seen","request_id":"r1"})");
  QTRY_COMPARE(bench.session.count(), 2);
  QCOMPARE(bench.session.text(1),
           QByteArray(R"({"type":"result","of":"ack","rule_id":77,"ok":true,"changed":true,"request_id":"r1"})"));
  QCOMPARE(bench.desk.acted.size(), 1);
  QCOMPARE(bench.desk.acted[0].kind, Kind::Acknowledge);
  QCOMPARE(bench.desk.acted[0].ruleId, 77);
  QCOMPARE(bench.desk.acted[0].by, QStringLiteral("ann"));
  QCOMPARE(bench.desk.acted[0].comment, QStringLiteral("seen"));
  bench.desk.outcome = Outcome::Already;
  const QJsonObject again = bench.ask(R"({"type":"ack","rule_id":77,"request_id":7})");
  QCOMPARE(again.value(QStringLiteral("ok")), QJsonValue(true));
  QCOMPARE(again.value(QStringLiteral("changed")), QJsonValue(false));
  QCOMPARE(again.value(QStringLiteral("request_id")).toInt(), 7);
}

void AlarmsRequestsTest::R3_21_eachAction_data() {
  QTest::addColumn<int>("kind");
  QTest::addColumn<QByteArray>("more");
  const std::pair<Kind, const char *> all[] = {{Kind::Acknowledge, ""},
                                               {Kind::Shelve, ",\"duration_s\":60.5"},
                                               {Kind::Unshelve, ""},
                                               {Kind::Suppress, ""},
                                               {Kind::Unsuppress, ""},
                                               {Kind::OutOfService, ""},
                                               {Kind::InService, ""},
                                               {Kind::Comment, ""},
                                               {Kind::Shelve, ",\"one_shot\":true"}};
  for (const auto &[kind, more] : all) {
    QTest::addRow("%s%s", wordOf(kind).latin1(), more) << static_cast<int>(kind) << QByteArray(more);
  }
}

void AlarmsRequestsTest::R3_21_eachAction() {
  QFETCH(int, kind);
  QFETCH(QByteArray, more);
  Bench bench;
  QVERIFY(bench.isReady());
  const auto action = static_cast<Kind>(kind);
  const QByteArray word = wordOf(action).latin1();
  const QJsonObject result = bench.ask("{\"type\":\"" + word + "\",\"rule_id\":88" + more + "}");
  QCOMPARE(result.value(QStringLiteral("of")).toString(), QString::fromLatin1(word));
  QCOMPARE(result.value(QStringLiteral("ok")), QJsonValue(true));
  QVERIFY(bench.desk.acted.isEmpty());
  QCOMPARE(bench.coldDesk.acted.size(), 1);
  const AlarmAction &taken = bench.coldDesk.acted[0];
  QCOMPARE(taken.kind, action);
  QCOMPARE(taken.duration.has_value(), more.contains("duration_s"));
  if (taken.duration) QCOMPARE(*taken.duration, 60'500ms);
  QCOMPARE(taken.isOneShot, more.contains("one_shot"));
}

void AlarmsRequestsTest::R3_21_refusals_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<int>("code");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const QByteArray &text, int code, const char *error) {
    QTest::newRow(name) << text << code << QString::fromUtf8(error);
  };
  row("no rule", R"({"type":"ack"})", 400, "rule_id is wrong or missing");
  row("rule as text", R"({"type":"ack","rule_id":"77"})", 400, "rule_id is wrong or missing");
  row("rule of 1e99", R"({"type":"ack","rule_id":1e99})", 400, "0 to 2147483647");
  row("rule with a fraction", R"({"type":"ack","rule_id":77.5})", 400, "a whole number");
  row("rule far below 0", R"({"type":"ack","rule_id":-2147483648})", 400, "0 to 2147483647");
  row("interlock that is not there", R"({"type":"ack","rule_id":-1})", 404, "there is no rule -1");
  row("unknown rule", R"({"type":"ack","rule_id":99})", 404, "there is no rule 99");
  row("comment of a number", R"({"type":"ack","rule_id":77,"comment":5})", 400, "comment is wrong");
  row("NUL in a comment", R"({"type":"ack","rule_id":77,"comment":"a\u0000b"})", 400, "without control characters");
  row("long comment", R"({"type":"comment","rule_id":77,"comment":")" + QByteArray(1001, 'x') + "\"}", 400,
      "up to 1000 characters");
  row("shelve for ever", R"({"type":"shelve","rule_id":77})", 400, "needs duration_s (seconds) or one_shot");
  row("shelve for no time", R"({"type":"shelve","rule_id":77,"duration_s":0})", 400, "duration_s is wrong");
  row("shelve for 1e99", R"({"type":"shelve","rule_id":77,"duration_s":1e99})", 400, "duration_s is wrong");
  row("shelve for a text", R"({"type":"shelve","rule_id":77,"duration_s":"60"})", 400, "duration_s is wrong");
  row("one_shot of 1", R"({"type":"shelve","rule_id":77,"one_shot":1})", 400, "one_shot is wrong");
}

void AlarmsRequestsTest::R3_21_refusals() {
  QFETCH(QByteArray, text);
  QFETCH(int, code);
  QFETCH(QString, error);
  Bench bench;
  QVERIFY(bench.isReady());
  const QJsonObject result = bench.ask(text);
  QCOMPARE(result.value(QStringLiteral("type")).toString(), QStringLiteral("result"));
  QCOMPARE(result.value(QStringLiteral("ok")), QJsonValue(false));
  QCOMPARE(result.value(QStringLiteral("code")).toInt(), code);
  const QString told = result.value(QStringLiteral("error")).toString();
  QVERIFY2(told.contains(error), qPrintable(told));
  QVERIFY(bench.desk.acted.isEmpty());
  QCOMPARE(bench.session.closeCode, 0);
}

void AlarmsRequestsTest::R3_21_rightsByArea() {
  Bench bench;
  QVERIFY(bench.isReady());
  const auto codeOf = [&](const QStringList &permissions, const QByteArray &text) {
    bench.session.allow(permissions);
    return bench.ask(text).value(QStringLiteral("code")).toInt(200);
  };
  const QByteArray ack = R"({"type":"ack","rule_id":77})";
  const QByteArray shelve = R"({"type":"shelve","rule_id":77,"one_shot":true})";
  const QByteArray suppress = R"({"type":"suppress","rule_id":77})";
  const QString read = QStringLiteral("alarms:read");
  QCOMPARE(codeOf({read}, ack), 403);
  QCOMPARE(codeOf({read, QStringLiteral("alarms:hall:ack")}, ack), 200);
  QCOMPARE(codeOf({read, QStringLiteral("alarms:cold-store:ack")}, ack), 403);
  // Whether it is there is nothing for who may not see it.
  QCOMPARE(codeOf({QStringLiteral("alarms:cold-store:read"), QStringLiteral("alarms:cold-store:ack")}, ack), 404);
  QCOMPARE(codeOf({read, QStringLiteral("alarms:ack")}, shelve), 403);
  QCOMPARE(codeOf({read, QStringLiteral("alarms:shelve")}, shelve), 200);
  QCOMPARE(codeOf({read, QStringLiteral("alarms:shelve"), QStringLiteral("alarms:ack")}, suppress), 403);
  QCOMPARE(codeOf({QStringLiteral("alarms:hall:admin")}, suppress), 200);
  QCOMPARE(bench.desk.acted.size(), 3);
}

void AlarmsRequestsTest::R3_21_howItEnded_data() {
  QTest::addColumn<int>("outcome");
  QTest::addColumn<int>("code");
  QTest::newRow("no such rule") << static_cast<int>(Outcome::NoSuchRule) << 404;
  QTest::newRow("not possible") << static_cast<int>(Outcome::NotPossible) << 409;
  QTest::newRow("invalid") << static_cast<int>(Outcome::Invalid) << 400;
}

void AlarmsRequestsTest::R3_21_howItEnded() {
  QFETCH(int, outcome);
  QFETCH(int, code);
  Bench bench;
  QVERIFY(bench.isReady());
  bench.desk.outcome = static_cast<Outcome>(outcome);
  bench.desk.errors = QStringList{QStringLiteral("out of service"), QStringLiteral("allowed: in-service")};
  const QJsonObject result = bench.ask(R"({"type":"unshelve","rule_id":77})");
  QCOMPARE(result.value(QStringLiteral("ok")), QJsonValue(false));
  QCOMPARE(result.value(QStringLiteral("code")).toInt(), code);
  if (code != 404) {
    QCOMPARE(result.value(QStringLiteral("error")).toString(), QStringLiteral("out of service; allowed: in-service"));
  }
}

void AlarmsRequestsTest::R3_21_actionsUnderWayAreBounded() {
  Bench bench;
  QVERIFY(bench.isReady());
  bench.desk.isHolding = true;
  for (int i = 0; i < 101; ++i) bench.protocol->received(bench.session, R"({"type":"ack","rule_id":77})");
  QTRY_COMPARE(bench.desk.heldAnswers.size(), 100);
  QCOMPARE(bench.session.last().value(QStringLiteral("code")).toInt(), 429);
  const auto held = bench.desk.heldAnswers;
  for (const auto &[reply, answer] : held) reply(answer);
  QTRY_COMPARE(bench.session.count(), 102);
  bench.desk.isHolding = false;
  QCOMPARE(bench.ask(R"({"type":"ack","rule_id":77})").value(QStringLiteral("ok")), QJsonValue(true));
}

void AlarmsRequestsTest::resultsComeToNobodyAfterTheEnd() {
  Bench bench;
  QVERIFY(bench.isReady());
  bench.desk.isHolding = true;
  bench.protocol->received(bench.session, R"({"type":"ack","rule_id":77})");
  QTRY_COMPARE(bench.desk.heldAnswers.size(), 1);
  bench.protocol->closed(bench.session);
  bench.protocol.reset();
  bench.desk.heldAnswers[0].first(bench.desk.heldAnswers[0].second);
  QTest::qWait(0);
  QCOMPARE(bench.session.count(), 1);
}

void AlarmsRequestsTest::R3_24_playbackGoesByTheTimes() {
  Bench bench;
  QVERIFY(bench.isReady());
  bench.record(1, AlarmState::Alarm, 100s);
  bench.record(2, AlarmState::Warning, 110s);
  bench.record(3, AlarmState::Alarm, 150s);
  bench.record(4, AlarmState::Alarm, 200s);  // `to` is exclusive
  const QByteArray wish =
      R"({"type":"playback","from":"1970-01-01T00:01:40Z","to":"1970-01-01T00:03:20Z","speed":10,"request_id":1})";
  QCOMPARE(bench.ask(wish).value(QStringLiteral("of")).toString(), QStringLiteral("playback"));
  QTRY_COMPARE(bench.played(), QList<int>({1}));
  const QJsonObject event = bench.session.last().value(QStringLiteral("event")).toObject();
  QCOMPARE(event.value(QStringLiteral("type")).toString(), QStringLiteral("alarm_state"));
  QCOMPARE(event.value(QStringLiteral("ts")).toString(), QStringLiteral("1970-01-01T00:01:40.000000+00:00"));
  QCOMPARE(event.value(QStringLiteral("state")).toString(), QStringLiteral("ALARM"));
  bench.advance(999ms);
  QCOMPARE(bench.played(), QList<int>({1}));
  bench.advance(1ms);
  QCOMPARE(bench.played(), QList<int>({1, 2}));
  // Only one at a time.
  QCOMPARE(bench.ask(wish).value(QStringLiteral("code")).toInt(), 409);
  bench.advance(3999ms);
  QCOMPARE(bench.played(), QList<int>({1, 2}));
  bench.advance(1ms);
  QCOMPARE(bench.played(), QList<int>({1, 2, 3}));
  QCOMPARE(bench.end().value(QStringLiteral("events")).toInt(), 3);
  QVERIFY(!bench.end().contains(QStringLiteral("stopped")));
  QCOMPARE(bench.ask(wish).value(QStringLiteral("ok")), QJsonValue(true));
}

void AlarmsRequestsTest::R3_24_playbackCutsLongGaps() {
  Bench bench;
  QVERIFY(bench.isReady());
  bench.record(1, AlarmState::Alarm, 86'400s);
  bench.record(2, AlarmState::Alarm, 2 * 86'400s);
  (void)bench.ask(R"({"type":"playback","from":"1970-01-01T00:00:00Z","to":"1970-01-09T00:00:00Z"})");
  QTRY_COMPARE(bench.coldDesk.queries.size(), 1);  // the last one to be asked
  bench.advance(9'999ms);
  QVERIFY(bench.played().isEmpty());
  bench.advance(1ms);
  QTRY_COMPARE(bench.played(), QList<int>({1}));
  bench.advance(10'000ms);
  QCOMPARE(bench.played(), QList<int>({1, 2}));
  QVERIFY(!bench.end().isEmpty());
}

void AlarmsRequestsTest::R3_24_playbackStops() {
  Bench bench;
  QVERIFY(bench.isReady());
  QCOMPARE(bench.ask(R"({"type":"playback_stop"})").value(QStringLiteral("code")).toInt(), 409);
  bench.record(1, AlarmState::Alarm, 100s);
  bench.record(2, AlarmState::Alarm, 110s);
  (void)bench.ask(R"({"type":"playback","from":"1970-01-01T00:01:40Z","to":"1970-01-02T00:00:00Z"})");
  QTRY_COMPARE(bench.played(), QList<int>({1}));
  const QJsonObject stopped = bench.ask(R"({"type":"playback_stop","request_id":"s"})");
  QCOMPARE(stopped.value(QStringLiteral("ok")), QJsonValue(true));
  QCOMPARE(bench.end().value(QStringLiteral("stopped")), QJsonValue(true));
  bench.advance(60s);
  QCOMPARE(bench.played(), QList<int>({1}));
}

void AlarmsRequestsTest::R3_24_wrongPlaybacks_data() {
  QTest::addColumn<QByteArray>("more");
  QTest::addColumn<QString>("error");
  const auto row = [](const char *name, const char *more, const char *error) {
    QTest::newRow(name) << QByteArray(more) << QString::fromUtf8(error);
  };
  row("no from", R"("to":"2026-01-01T00:00:00Z")", "from is missing");
  row("from no time", R"("from":"yesterday")", "from is wrong");
  row("from a number", R"("from":5)", "from is wrong");
  row("from without a zone", R"("from":"2025-01-01T00:00:00")", "from is wrong");
  row("from behind to", R"("from":"2025-01-02T00:00:00Z","to":"2025-01-01T00:00:00Z")", "from must be before to");
  row("from is to", R"("from":"2025-01-01T00:00:00Z","to":"2025-01-01T00:00:00Z")", "from must be before to");
  row("from to come", R"("from":"2030-01-01T00:00:00Z")", "from must be before to");
  row("speed 0", R"("from":"2025-01-01","speed":0)", "speed is wrong (allowed: 0.1 to 1000)");
  row("speed 1e99", R"("from":"2025-01-01","speed":1e99)", "speed is wrong");
  row("speed of text", R"("from":"2025-01-01","speed":"10")", "speed is wrong");
}

void AlarmsRequestsTest::R3_24_wrongPlaybacks() {
  QFETCH(QByteArray, more);
  QFETCH(QString, error);
  Bench bench;
  QVERIFY(bench.isReady());
  const QJsonObject result = bench.ask("{\"type\":\"playback\"," + more + "}");
  QCOMPARE(result.value(QStringLiteral("code")).toInt(), 400);
  const QString told = result.value(QStringLiteral("error")).toString();
  QVERIFY2(told.contains(error), qPrintable(told));
  QVERIFY(bench.desk.queries.isEmpty());
}

void AlarmsRequestsTest::R3_24_playbackWaitsForTheClient() {
  Bench bench(8);
  QVERIFY(bench.isReady());
  for (int rule = 0; rule < 1000; ++rule) bench.record(rule, AlarmState::Alarm, 100s);
  bench.session.congested = true;
  (void)bench.ask(R"({"type":"playback","from":"1970-01-01T00:01:40Z","to":"1970-01-02T00:00:00Z","speed":1000})");
  QTRY_COMPARE(bench.coldDesk.queries.size(), 1);  // the last one to be asked
  bench.advance(1s);
  QCOMPARE(bench.played().size(), 0);
  bench.session.congested = false;
  bench.protocol->drained(bench.session);
  QCOMPARE(bench.played().size(), 4);  // half of what the queue takes, in one turn
  bench.session.congested = true;
  bench.advance(1s);
  QTest::qWait(0);
  QCOMPARE(bench.played().size(), 4);
  // While nothing is taken, nothing more is read.
  QCOMPARE(bench.desk.queries.size(), 1);
}

void AlarmsRequestsTest::R3_24_playbackShowsWhatTheCallerMaySee() {
  Bench bench;
  QVERIFY(bench.isReady());
  bench.session.allow({QStringLiteral("alarms:hall:read")});
  bench.record(1, AlarmState::Alarm, 100s, "hall");
  bench.record(2, AlarmState::Alarm, 100s, "cold-store");
  bench.record(3, AlarmState::Alarm, 100s, "hall");
  (void)bench.ask(R"({"type":"playback","from":"1970-01-01T00:01:40Z","to":"1970-01-02T00:00:00Z"})");
  QTRY_VERIFY(!bench.end().isEmpty());
  QCOMPARE(bench.played(), QList<int>({1, 3}));
}

void AlarmsRequestsTest::R3_24_playbackOfManyPages() {
  Bench bench;
  QVERIFY(bench.isReady());
  QList<int> all;
  for (int rule = 0; rule < 1001; ++rule) {
    bench.record(rule, AlarmState::Alarm, 100s);
    all << rule;
  }
  (void)bench.ask(R"({"type":"playback","from":"1970-01-01T00:01:40Z","to":"1970-01-02T00:00:00Z"})");
  QTRY_VERIFY(!bench.end().isEmpty());
  QCOMPARE(bench.played(), all);
  QCOMPARE(bench.end().value(QStringLiteral("events")).toInt(), 1001);
  for (const AlarmHistoryQuery &query : std::as_const(bench.desk.queries)) QVERIFY(query.limit <= 200);
}

void AlarmsRequestsTest::R3_24_playbackTellsThatTheHistoryCannotBeRead() {
  class Broken : public FakeAlarms {
    void history(Reply<QList<Event>> reply, AlarmHistoryQuery) override {
      reply(failure(QStringLiteral("the alarm store is down")));
    }
  };
  Bench bench;
  QVERIFY(bench.isReady());
  Broken broken;
  bench.context.addInstance(QStringLiteral("broken"), QStringLiteral("alarms"), &broken);
  bench.record(1, AlarmState::Alarm, 100s);
  (void)bench.ask("{\"type\":\"playback\",\"from\":\"1970-01-01\"}");
  QTRY_VERIFY(!bench.end().isEmpty());
  QCOMPARE(bench.end().value(QStringLiteral("error")).toString(), QStringLiteral("the alarm store is down"));
  QVERIFY(bench.played().isEmpty());
}

TAGWIRE_TEST(AlarmsRequestsTest)

}  // namespace alarmsrequests_test

#include "alarmsrequests_test.moc"
