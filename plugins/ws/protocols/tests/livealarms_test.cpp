// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "protocols/liveprotocol.h"
#include "recordingsession.h"
#include "testprogram.h"

namespace livealarms_test {

using namespace tagwire;
using namespace tagwire::ws;
using Condition = AlarmCondition;

/// One protocol in a host of its own, with an alarm desk and a client.
struct Bench {
  Bench() : state(WsConfig(), context), live(std::make_unique<LiveProtocol>(state, Limits())) {
    context.answerWith(&desk);
    desk.active = {{context.clock().now(), alarmOf(77, AlarmState::Alarm, AlarmState::Ok, "hall")}};
    live->opened(session);
  }
  /// The answer to one message.
  QJsonObject ask(const QByteArray &text) {
    const qsizetype before = session.count();
    live->received(session, text);
    return tagwire::testing::waitFor([&] { return session.count() > before; }) ? session.message(before)
                                                                               : QJsonObject();
  }
  void subscribe() {
    live->received(session, "{\"op\":\"subscribe\",\"id\":\"a\",\"topics\":[\"alarms/#\"]}");
    QTRY_COMPARE(session.count(), 2);
  }
  QJsonArray alarms() const { return session.last().value(QStringLiteral("alarms")).toArray(); }

  TestContext context;
  FakeAlarms desk;
  GatewayState state;
  RecordingSession session;
  std::unique_ptr<LiveProtocol> live;
};

class LiveAlarmsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R6_2_snapshotHasTheCondition();
  void R6_2_conditionsComeAmongTheAlarms();
  void R6_5_actions_data();
  void R6_5_actions();
  void R6_5_refusals_data();
  void R6_5_refusals();
  void R6_5_rightsByArea();
  void resultsComeToNobodyAfterTheEnd();
};

void LiveAlarmsTest::R6_2_snapshotHasTheCondition() {
  Bench bench;
  bench.desk.active[0].transition.condition = Condition::Shelved;
  bench.desk.active[0].shelvedUntil = bench.context.clock().now() + std::chrono::seconds(60);
  bench.desk.active[0].shelvedBy = QStringLiteral("ann");
  bench.subscribe();
  QCOMPARE(bench.alarms().size(), 1);
  QCOMPARE(bench.alarms()[0][u"condition"].toString(), QStringLiteral("Shelved"));
  QCOMPARE(bench.alarms()[0][u"shelved_by"].toString(), QStringLiteral("ann"));
  QCOMPARE(bench.alarms()[0][u"shelved_until"].toString(), QStringLiteral("2026-01-01T00:01:00.000000+00:00"));
}

void LiveAlarmsTest::R6_2_conditionsComeAmongTheAlarms() {
  Bench bench;
  bench.subscribe();
  AlarmTransition alarm = alarmOf(5, AlarmState::Alarm, AlarmState::Ok, "hall");
  alarm.condition = Condition::UnacknowledgedActive;
  raise(bench.context, *bench.live, alarm);
  raise(bench.context, *bench.live,
        changeOf(5, Condition::AcknowledgedActive, Condition::UnacknowledgedActive, "ack", "hall"));
  bench.live->flush();
  QCOMPARE(bench.alarms().size(), 2);
  QCOMPARE(bench.alarms()[0][u"condition"].toString(), QStringLiteral("Unacknowledged-Active"));
  QVERIFY(!bench.alarms()[0].toObject().contains(QStringLiteral("type")));
  QCOMPARE(bench.alarms()[1][u"type"].toString(), QStringLiteral("alarm_condition"));
  QCOMPARE(bench.alarms()[1][u"condition"].toString(), QStringLiteral("Acknowledged-Active"));
  QCOMPARE(bench.alarms()[1][u"by"].toString(), QStringLiteral("ann"));
  bench.session.allow({QStringLiteral("alarms:brewhouse:read")});
  bench.live->callerChanged(bench.session);
  QTRY_COMPARE(bench.session.last().value(QStringLiteral("op")).toString(), QStringLiteral("snapshot"));
  QVERIFY(bench.alarms().isEmpty());
  const qsizetype before = bench.session.count();
  raise(bench.context, *bench.live, changeOf(5, Condition::Shelved, Condition::AcknowledgedActive, "shelve", "hall"));
  bench.live->flush();
  QCOMPARE(bench.session.count(), before);
}

void LiveAlarmsTest::R6_5_actions_data() {
  QTest::addColumn<QString>("word");
  QTest::addColumn<QString>("done");
  for (const auto &[word, done] :
       {std::pair{"ack", "acked"}, std::pair{"shelve", "shelved"}, std::pair{"unshelve", "unshelved"},
        std::pair{"suppress", "suppressed"}, std::pair{"unsuppress", "unsuppressed"},
        std::pair{"out-of-service", "removed-from-service"}, std::pair{"in-service", "returned-to-service"},
        std::pair{"comment", "commented"}}) {
    QTest::newRow(word) << QString::fromLatin1(word) << QString::fromLatin1(done);
  }
}

void LiveAlarmsTest::R6_5_actions() {
  QFETCH(QString, word);
  QFETCH(QString, done);
  Bench bench;
  bench.session.allow({QStringLiteral("*:*")}, QStringLiteral("ann"));
  const QJsonObject answer =
      bench.ask("{\"op\":\"" + word.toUtf8() + "\",\"id\":\"k\",\"rule_id\":77,\"comment\":\"x\",\"one_shot\":true}");
  QCOMPARE(answer.value(QStringLiteral("op")).toString(), done);
  QCOMPARE(answer.value(QStringLiteral("id")).toString(), QStringLiteral("k"));
  QCOMPARE(answer.value(QStringLiteral("rule_id")).toInt(), 77);
  QCOMPARE(answer.value(QStringLiteral("changed")), QJsonValue(true));
  QCOMPARE(bench.desk.acted.size(), 1);
  QCOMPARE(QString(wordOf(bench.desk.acted[0].kind)), word);
  QCOMPARE(bench.desk.acted[0].by, QStringLiteral("ann"));
  QCOMPARE(bench.desk.acted[0].comment, QStringLiteral("x"));
}

void LiveAlarmsTest::R6_5_refusals_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("error");
  QTest::newRow("no id") << QByteArray("{\"op\":\"ack\",\"rule_id\":77}") << "id must be a text";
  QTest::newRow("no rule") << QByteArray("{\"op\":\"ack\",\"id\":\"k\"}") << "rule_id is wrong";
  QTest::newRow("rule of 1e99") << QByteArray("{\"op\":\"ack\",\"id\":\"k\",\"rule_id\":1e99}") << "rule_id is wrong";
  QTest::newRow("unknown rule") << QByteArray("{\"op\":\"ack\",\"id\":\"k\",\"rule_id\":9}") << "there is no rule 9";
  QTest::newRow("no time") << QByteArray("{\"op\":\"shelve\",\"id\":\"k\",\"rule_id\":77}") << "needs duration_s";
  QTest::newRow("comment") << QByteArray("{\"op\":\"ack\",\"id\":\"k\",\"rule_id\":77,\"comment\":1}")
                           << "comment is wrong";
}

void LiveAlarmsTest::R6_5_refusals() {
  QFETCH(QByteArray, text);
  QFETCH(QString, error);
  Bench bench;
  const QJsonObject answer = bench.ask(text);
  QCOMPARE(answer.value(QStringLiteral("op")).toString(), QStringLiteral("error"));
  QVERIFY2(answer.value(QStringLiteral("message")).toString().contains(error),
           qPrintable(answer.value(QStringLiteral("message")).toString()));
  QVERIFY(bench.desk.acted.isEmpty());
}

void LiveAlarmsTest::R6_5_rightsByArea() {
  Bench bench;
  bench.session.allow({QStringLiteral("alarms:read"), QStringLiteral("alarms:brewhouse:ack")});
  const QByteArray ack = "{\"op\":\"ack\",\"id\":\"k\",\"rule_id\":77}";
  const QJsonObject denied = bench.ask(ack);
  QCOMPARE(denied.value(QStringLiteral("op")).toString(), QStringLiteral("error"));
  QVERIFY(denied.value(QStringLiteral("message")).toString().contains(QStringLiteral("alarms:ack")));
  bench.session.allow({QStringLiteral("alarms:read"), QStringLiteral("alarms:hall:ack")});
  QCOMPARE(bench.ask(ack).value(QStringLiteral("op")).toString(), QStringLiteral("acked"));
}

void LiveAlarmsTest::resultsComeToNobodyAfterTheEnd() {
  Bench bench;
  bench.desk.isHolding = true;
  bench.live->received(bench.session, "{\"op\":\"ack\",\"id\":\"k\",\"rule_id\":77}");
  QTRY_COMPARE(bench.desk.heldAnswers.size(), 1);
  bench.live->closed(bench.session);
  bench.live.reset();
  bench.desk.heldAnswers[0].first(bench.desk.heldAnswers[0].second);
  QTest::qWait(0);
  QCOMPARE(bench.session.count(), 0);
}

TAGWIRE_TEST(LiveAlarmsTest)

}  // namespace livealarms_test

#include "livealarms_test.moc"
