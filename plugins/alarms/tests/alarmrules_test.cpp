// SPDX-License-Identifier: Apache-2.0
#include "alarmsfixture.h"
#include "testprogram.h"

namespace alarmrules_test {

using namespace tagwire;
using namespace tagwire::alarms;

/// Rules of run time, and what the store has to say.
class AlarmRulesTest : public AlarmsFixture {
  Q_OBJECT
 private Q_SLOTS:
  void init() { setUp(); }
  void cleanup() { m_context.reset(); }
  void R3_22_ruleThatIsGoneIsTold();
  void R3_15_rulesOfRunTime();
  void R3_15_rulesOfRunTimeSurviveARestart();
  void R3_15_ruleThatIsMadeAgainIsANewVersion();
  void R3_15_noRuleIsChangedWhileTheStoreIsDown();
  void R3_15_wrongRulesAreRefused_data();
  void R3_15_wrongRulesAreRefused();
  void R3_15_rulesOfTheManifestStay();
  void R3_15_rulesMayNotReadFiles();
  void R3_24_historyHasEverything();
  void R3_25_figures();
  void R3_22_damagedStoreIsAnAlarm();
  void storeThatIsDownHoldsNothingUp();
};

void AlarmRulesTest::R3_22_ruleThatIsGoneIsTold() {
  auto alarms = started();
  const QByteArray rule =
      "{\"id\":5,\"name\":\"Low\",\"point\":\"plc1/temp\",\"comparison\":\"below\",\"alarm_threshold\":5}";
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
  alarms.reset();
  Problems problems;
  const ConfigNode node = parseJson("{\"rules\":[" + rule + "]}", {}, problems);
  ConfigReader reader(node, {}, problems);
  auto other = makeAlarms(reader, *m_context);
  QVERIFY(other);
  QList<AlarmConditionChange> changes;
  connect(other.get(), &Plugin::eventRaised, this, [&](const Event &event) {
    if (const auto *change = std::get_if<AlarmConditionChange>(&event.body)) changes << *change;
  });
  QVERIFY(start(*other));
  QTRY_COMPARE(changes.size(), 1);
  QCOMPARE(changes.at(0).ruleId, 77);
  QCOMPARE(changes.at(0).cause, QStringLiteral("rule_removed"));
}

void AlarmRulesTest::R3_15_rulesOfRunTime() {
  using Kind = AlarmRuleChange::Kind;
  auto alarms = started();
  feed(*alarms, 60.0);
  const AlarmAnswer made = change(*alarms, Kind::Create, 0, ownRule);
  QVERIFY2(made.errors.isEmpty(), qPrintable(made.errors.join(u'\n')));
  QCOMPARE(made.rule.version, 1);
  QCOMPARE(made.rule.changedBy, QStringLiteral("anna"));
  // The value is there already.
  QCOMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).ruleId, 900);
  QCOMPARE(change(*alarms, Kind::Create, 0, ownRule).outcome, AlarmAnswer::Outcome::NotPossible);
  QByteArray higher = ownRule;
  higher.replace("50", "70");
  const AlarmAnswer replaced = change(*alarms, Kind::Replace, 900, higher);
  QCOMPARE(replaced.outcome, AlarmAnswer::Outcome::Done);
  QCOMPARE(replaced.rule.version, 2);
  QCOMPARE(m_told.last().state, AlarmState::Ok);
  const auto rules = **ask<QList<AlarmRule>, QList<int>>(*alarms, &AlarmDesk::rules, {});
  QCOMPARE(rules.size(), 2);
  QVERIFY(rules.at(0).isFromManifest);
  QCOMPARE(rules.at(1).rule.value(QLatin1String("alarm_threshold")).toDouble(), 70.0);
  QCOMPARE(change(*alarms, Kind::Remove, 900).rule.version, 3);
  QCOMPARE(m_changes.last().cause, QStringLiteral("rule_removed"));
  QCOMPARE(change(*alarms, Kind::Remove, 900).outcome, AlarmAnswer::Outcome::NoSuchRule);
  const auto versions = **ask<QList<AlarmRule>, int>(*alarms, &AlarmDesk::ruleVersions, 900);
  QCOMPARE(versions.size(), 3);
  QVERIFY(versions.last().rule.isEmpty());
  QByteArray numberless = ownRule;
  numberless.replace("\"id\":900,", "");
  QVERIFY(change(*alarms, Kind::Create, 0, numberless).rule.id > 0);
}

void AlarmRulesTest::R3_15_rulesOfRunTimeSurviveARestart() {
  auto alarms = started();
  feed(*alarms, 60.0);
  change(*alarms, AlarmRuleChange::Kind::Create, 0, ownRule);
  QCOMPARE(m_told.size(), 1);
  alarms.reset();
  alarms = started();
  feed(*alarms, 61.0);
  const auto standing = **ask<QList<AlarmStatus>>(*alarms, &AlarmDesk::standingAlarms);
  QCOMPARE(standing.size(), 1);
  QCOMPARE(standing.at(0).transition.ruleId, 900);
  QCOMPARE(m_told.size(), 1);
  QCOMPARE((**ask<QList<AlarmRule>, QList<int>>(*alarms, &AlarmDesk::rules, {})).last().changedBy,
           QStringLiteral("anna"));
}

void AlarmRulesTest::R3_15_ruleThatIsMadeAgainIsANewVersion() {
  using Kind = AlarmRuleChange::Kind;
  auto alarms = started();
  change(*alarms, Kind::Create, 0, ownRule);
  change(*alarms, Kind::Remove, 900);
  QCOMPARE(change(*alarms, Kind::Create, 0, ownRule).rule.version, 3);
  QByteArray numberless = ownRule;
  numberless.replace("\"id\":900,", "");
  const int first = change(*alarms, Kind::Create, 0, numberless).rule.id;
  change(*alarms, Kind::Remove, first);
  alarms.reset();
  alarms = started();
  const auto rules = **ask<QList<AlarmRule>, QList<int>>(*alarms, &AlarmDesk::rules, {});
  QCOMPARE(rules.last().id, 900);
  QVERIFY(change(*alarms, Kind::Create, 0, numberless).rule.id > first);
}

void AlarmRulesTest::R3_15_noRuleIsChangedWhileTheStoreIsDown() {
  auto alarms = started();
  sqlite3 *other = nullptr;
  QCOMPARE(sqlite3_open(storePath().toUtf8().constData(), &other), SQLITE_OK);
  QCOMPARE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  feed(*alarms, 85.0);
  QTRY_VERIFY(!m_told.isEmpty() && !m_told.first().isStored);
  const AlarmAnswer answer = change(*alarms, AlarmRuleChange::Kind::Create, 0, ownRule);
  QCOMPARE(answer.outcome, AlarmAnswer::Outcome::NotPossible);
  QVERIFY2(answer.errors.first().contains(QStringLiteral("store is down")), qPrintable(answer.errors.first()));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  QTRY_COMPARE_WITH_TIMEOUT(m_told.last().state, AlarmState::Ok, 60'000);
  // What was told meanwhile is in the history, once.
  const auto events = **ask<QList<Event>, AlarmHistoryQuery>(*alarms, &AlarmDesk::history, {.rules = {77}});
  QCOMPARE(events.size(), 1);
}

void AlarmRulesTest::R3_15_wrongRulesAreRefused_data() {
  QTest::addColumn<QByteArray>("rule");
  QTest::addColumn<QString>("error");
  const auto add = [](const char *name, const char *from, const char *to, const char *error) {
    QByteArray rule = ownRule;
    rule.replace(from, to);
    QTest::newRow(name) << rule << QString::fromLatin1(error);
  };
  add("no point of that name", "plc1/temp", "plc1/tmep", "point: no such point");
  add("threshold missing", ",\"alarm_threshold\":50", "", "alarm_threshold: missing");
  add("key of nobody", "\"name\"", "\"label\"", "label: unknown key");
  add("id out of range", "900", "0", "id:");
  add("id of the wrong type", "900", "\"nine\"", "id:");
  add("group of nobody", "\"id\":900", "\"id\":900,\"group\":\"x\"", "group: there is no group");
  QTest::newRow("nothing") << QByteArray("{}") << QStringLiteral("name");
}

void AlarmRulesTest::R3_15_wrongRulesAreRefused() {
  QFETCH(QByteArray, rule);
  QFETCH(QString, error);
  auto alarms = started();
  const AlarmAnswer answer = change(*alarms, AlarmRuleChange::Kind::Create, 0, rule);
  QCOMPARE(answer.outcome, AlarmAnswer::Outcome::Invalid);
  QVERIFY2(answer.errors.join(u'\n').contains(error), qPrintable(answer.errors.join(u'\n')));
  QCOMPARE((**ask<QList<AlarmRule>, QList<int>>(*alarms, &AlarmDesk::rules, {})).size(), 1);
}

void AlarmRulesTest::R3_15_rulesOfTheManifestStay() {
  auto alarms = started();
  for (const auto kind : {AlarmRuleChange::Kind::Replace, AlarmRuleChange::Kind::Remove}) {
    const AlarmAnswer answer = change(*alarms, kind, 77, ownRule);
    QCOMPARE(answer.outcome, AlarmAnswer::Outcome::NotPossible);
    QVERIFY(answer.errors.first().contains(QStringLiteral("manifest")));
  }
  QByteArray taken = ownRule;
  taken.replace("900", "77");
  QCOMPARE(change(*alarms, AlarmRuleChange::Kind::Create, 0, taken).outcome, AlarmAnswer::Outcome::NotPossible);
}

void AlarmRulesTest::R3_15_rulesMayNotReadFiles() {
  auto alarms = started();
  QByteArray reading = ownRule;
  reading.replace("\"Own\"", "{\"$file\":\"/etc/hostname\"}");
  const AlarmAnswer answer = change(*alarms, AlarmRuleChange::Kind::Create, 0, reading);
  QCOMPARE(answer.outcome, AlarmAnswer::Outcome::Invalid);
  QVERIFY2(answer.errors.first().startsWith(QStringLiteral("name.$file: ")), qPrintable(answer.errors.first()));
}

void AlarmRulesTest::R3_24_historyHasEverything() {
  auto alarms = started();
  feed(*alarms, 85.0);
  act(*alarms, {.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = QStringLiteral("seen")});
  feed(*alarms, 1.0);
  QTRY_COMPARE(m_told.size(), 2);
  const auto events = **ask<QList<Event>, AlarmHistoryQuery>(*alarms, &AlarmDesk::history, {});
  QCOMPARE(events.size(), 3);
  const auto &came = std::get<AlarmTransition>(events.at(0).body);
  QCOMPARE(came.value, 85.0);
  QCOMPARE(came.condition, AlarmCondition::UnacknowledgedActive);
  QVERIFY(came.point == m_point);
  QCOMPARE(came.alarmThreshold, 80.0);
  QCOMPARE(std::get<AlarmConditionChange>(events.at(1).body).comment, QStringLiteral("seen"));
  QCOMPARE(std::get<AlarmTransition>(events.at(2).body).state, AlarmState::Ok);
  QVERIFY(events.at(0).sequence < events.at(1).sequence);
}

void AlarmRulesTest::R3_25_figures() {
  auto alarms = started();
  const Time from = m_context->clock().now();
  for (int i = 0; i < 12; ++i) {
    feed(*alarms, 85.0);
    feed(*alarms, 1.0);
  }
  m_context->manualClock().advance(std::chrono::minutes(15));
  feed(*alarms, 76.0);
  QTRY_COMPARE(m_told.size(), 25);
  const Time to = from + std::chrono::minutes(30);
  const auto figures = **ask<AlarmStatistics, Time, Time>(*alarms, &AlarmDesk::statistics, from, to);
  QCOMPARE(figures.total, 13);
  QCOMPARE(figures.perTenMinutes, (QList<qint64>{12, 1, 0}));
  QCOMPARE(figures.peakPerTenMinutes, 12);
  QCOMPARE(figures.floodShare, 1.0 / 3);
  QCOMPARE(figures.standing, 1);
  QCOMPARE(figures.unacknowledged, 1);
  QCOMPARE(figures.mostFrequent.first().count, 13);
  QCOMPARE(figures.bySeverity.value(Severity::Critical), 13);
  const auto wrong = ask<AlarmStatistics, Time, Time>(*alarms, &AlarmDesk::statistics, to, from);
  QVERIFY(!*wrong);
}

void AlarmRulesTest::R3_22_damagedStoreIsAnAlarm() {
  QFile file(storePath());
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(QByteArray(8192, 'x'));
  file.close();
  auto alarms = started();
  QTRY_VERIFY(m_told.size() >= 2);
  QVERIFY(m_told.at(0).ruleName.startsWith(QStringLiteral("Alarm store")));
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
  QVERIFY2(m_told.at(0).valueText.contains(QStringLiteral("damaged")), qPrintable(m_told.at(0).valueText));
  // It is over at once and stays until somebody has seen it.
  QCOMPARE(m_told.at(1).condition, AlarmCondition::RtnUnacknowledged);
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.last().ruleId, 77);
  QVERIFY(m_told.last().isStored);
}

void AlarmRulesTest::storeThatIsDownHoldsNothingUp() {
  auto alarms = started();
  sqlite3 *other = nullptr;
  QCOMPARE(sqlite3_open(storePath().toUtf8().constData(), &other), SQLITE_OK);
  QCOMPARE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  feed(*alarms, 85.0);
  const auto of77 = [&] {
    return std::find_if(m_told.cbegin(), m_told.cend(), [](const AlarmTransition &each) { return each.ruleId == 77; });
  };
  QTRY_VERIFY(of77() != m_told.cend());
  QVERIFY(!of77()->isStored);
  QTRY_VERIFY(m_told.last().ruleName.startsWith(QStringLiteral("Alarm store")));
  QCOMPARE(m_told.last().state, AlarmState::Alarm);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  QTRY_COMPARE_WITH_TIMEOUT(m_told.last().state, AlarmState::Ok, 60'000);
  alarms.reset();
  alarms = started();
  feed(*alarms, 86.0);
  const auto status = **ask<AlarmStatus, int>(*alarms, &AlarmDesk::alarm, 77);
  QCOMPARE(status.transition.state, AlarmState::Alarm);
}

TAGWIRE_TEST(AlarmRulesTest)

}  // namespace alarmrules_test

#include "alarmrules_test.moc"
