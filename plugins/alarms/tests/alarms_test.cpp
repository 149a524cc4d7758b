// SPDX-License-Identifier: Apache-2.0
#include "alarms.h"

#include <sqlite3.h>
#include <QFile>
#include <QJsonArray>
#include <QSignalSpy>
#include <QtTest>

#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::alarms;

/// The shell: samples in, events out, with a real point table, a real store and a clock that stands still.
class AlarmsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init();
  void cleanup();
  void R3_4_samplesRaiseTransitions();
  void R3_3_deskAnswersWithStandingAlarms();
  void valueOfBeforeTheStartCounts();
  void R3_13_delayRunsOutWithoutASample();
  void R3_12_scheduleBeginsWithoutASample();
  void R3_14_badSampleRaisesNothing();
  void everyBatchIsAnswered();
  void metricsCount();
  void unknownPointIsDegraded();
  void stopWithoutStartAndTwice();
  void nothingAfterStop();
  void whatWaitsForTheDiskIsToldBeforeTheStopEnds();
  void R3_22_restartRepeatsNothingAndKeepsTheAcknowledgement();
  void R3_22_ruleThatIsGoneIsTold();
  void occurrenceNumbersGoOnAfterARestart();
  void occurrenceNumbersFitThirtyTwoBits();
  void twoInstances();
  void destroyWhileRunning();
  void creatingEmitsNothingAndStartsNoTimer();
  void wrongConfigurationMakesNoInstance();
  void R3_21_actionIsAnsweredWhenItIsTold();
  void R3_15_rulesOfRunTime();
  void R3_15_rulesOfRunTimeSurviveARestart();
  void R3_15_ruleThatIsMadeAgainIsANewVersion();
  void R3_15_noRuleIsChangedWhileTheStoreIsDown();
  void stopWhileTheStoreOpens();
  void R3_15_wrongRulesAreRefused_data();
  void R3_15_wrongRulesAreRefused();
  void R3_15_rulesOfTheManifestStay();
  void R3_15_rulesMayNotReadFiles();
  void R3_24_historyHasEverything();
  void R3_25_figures();
  void R3_22_damagedStoreIsAnAlarm();
  void storeThatIsDownHoldsNothingUp();
  void askedBeforeItIsReady();

 private:
  std::unique_ptr<Alarms> make(const QByteArray &keys = {}, const QByteArray &more = {});
  std::unique_ptr<Alarms> started(const QByteArray &keys = {}, const QByteArray &more = {});
  bool start(Alarms &alarms);
  void feed(Alarms &alarms, const Value &value, Quality quality = {});
  AlarmAnswer act(Alarms &alarms, AlarmAction action);
  AlarmAnswer change(Alarms &alarms, AlarmRuleChange::Kind kind, int id, const QByteArray &rule = {});
  template <class Answer, class... Given>
  std::optional<Result<Answer>> ask(Alarms &alarms, void (AlarmDesk::*method)(Reply<Answer>, Given...), Given... given);
  QString storePath() const { return m_context->dataDir() + QStringLiteral("/alarms-alarms.db"); }

  std::unique_ptr<TestContext> m_context;
  PointId m_point = PointId::None;
  QList<AlarmTransition> m_told;
  QList<AlarmConditionChange> m_changes;
  QList<Time> m_times;
};

void AlarmsTest::init() {
  m_context = std::make_unique<TestContext>(QStringLiteral("alarms"));
  PointInfo info;
  info.name = QStringLiteral("temp");
  info.number = 42;
  m_point = *m_context->pointTable().declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info);
  m_told.clear();
  m_changes.clear();
  m_times.clear();
}

void AlarmsTest::cleanup() { m_context.reset(); }

std::unique_ptr<Alarms> AlarmsTest::make(const QByteArray &keys, const QByteArray &more) {
  Problems problems;
  const ConfigNode node = parseJson(
      "{\"rules\":[{\"id\":77,\"name\":\"High\",\"point\":\"plc1/temp\","
      "\"comparison\":\"above\",\"alarm_threshold\":80,\"warning_threshold\":75,"
      "\"severity\":\"critical\"" +
          keys + "}]" + more + "}",
      QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto alarms = makeAlarms(reader, *m_context);
  if (!alarms) return nullptr;
  connect(alarms.get(), &Plugin::eventRaised, this, [this](const Event &event) {
    if (const auto *alarm = std::get_if<AlarmTransition>(&event.body)) {
      m_told << *alarm;
      m_times << event.time;
    } else {
      m_changes << std::get<AlarmConditionChange>(event.body);
    }
  });
  return alarms;
}

bool AlarmsTest::start(Alarms &alarms) {
  QSignalSpy status(&alarms, &Plugin::statusChanged);
  alarms.start();
  return !status.isEmpty() || status.wait();
}

std::unique_ptr<Alarms> AlarmsTest::started(const QByteArray &keys, const QByteArray &more) {
  auto alarms = make(keys, more);
  if (alarms && !start(*alarms)) qWarning("it does not start");
  return alarms;
}

void AlarmsTest::feed(Alarms &alarms, const Value &value, Quality quality) {
  const Samples samples{Sample{m_point, quality, m_context->clock().now(), value}};
  m_context->pointTable().update(samples);
  alarms.write(samples);
}

template <class Answer, class... Given>
std::optional<Result<Answer>> AlarmsTest::ask(Alarms &alarms, void (AlarmDesk::*method)(Reply<Answer>, Given...),
                                              Given... given) {
  auto answer = std::make_shared<std::optional<Result<Answer>>>();
  (static_cast<AlarmDesk &>(alarms).*method)([answer](Result<Answer> outcome) { *answer = std::move(outcome); },
                                             given...);
  [&] { QTRY_VERIFY(answer->has_value()); }();
  return *answer;
}

AlarmAnswer AlarmsTest::act(Alarms &alarms, AlarmAction action) {
  action.by = QStringLiteral("anna");
  return **ask<AlarmAnswer, AlarmAction>(alarms, &AlarmDesk::act, action);
}

AlarmAnswer AlarmsTest::change(Alarms &alarms, AlarmRuleChange::Kind kind, int id, const QByteArray &rule) {
  const AlarmRuleChange change{
      .kind = kind, .id = id, .rule = QJsonDocument::fromJson(rule).object(), .by = QStringLiteral("anna")};
  return **ask<AlarmAnswer, AlarmRuleChange>(alarms, &AlarmDesk::changeRule, change);
}

void AlarmsTest::R3_4_samplesRaiseTransitions() {
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  QVERIFY(start(*alarms));
  QCOMPARE(status.size(), 1);
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Running);
  QVERIFY(m_told.isEmpty());
  for (const double value : {70.0, 76.0, 77.0, 81.0, 82.0, 76.0, 70.0, 69.0}) feed(*alarms, value);
  QTRY_COMPARE(m_told.size(), 4);
  const QList<AlarmState> states{AlarmState::Warning, AlarmState::Alarm, AlarmState::Warning, AlarmState::Ok};
  for (int i = 0; i < 4; ++i) QCOMPARE(m_told.at(i).state, states.at(i));
  QCOMPARE(m_told.at(1).previous, AlarmState::Warning);
  QCOMPARE(m_told.at(1).condition, AlarmCondition::UnacknowledgedActive);
  QCOMPARE(m_told.at(1).value, 81.0);
  QCOMPARE(m_told.at(1).pointNumber, 42);
  QCOMPARE(m_told.at(1).area, QStringLiteral("plc1"));
  QVERIFY(m_told.at(1).isStored);
  QVERIFY(m_told.at(1).point == m_point);
  QVERIFY(m_times.at(1) == m_context->clock().now());
}

void AlarmsTest::R3_3_deskAnswersWithStandingAlarms() {
  auto alarms = started();
  feed(*alarms, 90.0);
  const Time since = m_context->clock().now();
  m_context->manualClock().advance(std::chrono::seconds(60));
  feed(*alarms, 91.0);
  m_context->answerWith(alarms.get());
  std::optional<QList<AlarmStatus>> answer;
  m_context->request(&AlarmDesk::standingAlarms, [&](Result<QList<AlarmStatus>> active) { answer = *active; });
  QTRY_VERIFY(answer.has_value());
  QCOMPARE(answer->size(), 1);
  QCOMPARE(answer->at(0).transition.ruleId, 77);
  QCOMPARE(answer->at(0).transition.state, AlarmState::Alarm);
  QVERIFY(answer->at(0).since == since);
}

void AlarmsTest::valueOfBeforeTheStartCounts() {
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 85.0}});
  auto alarms = started();
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_13_delayRunsOutWithoutASample() {
  auto alarms = started(",\"on_delay_ms\":30");
  feed(*alarms, 85.0);
  QVERIFY(m_told.isEmpty());
  m_context->manualClock().advance(std::chrono::milliseconds(30));
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_12_scheduleBeginsWithoutASample() {
  auto alarms = make(",\"schedule\":{\"start\":\"22:00\",\"end\":\"06:00\",\"timezone\":\"Asia/Kolkata\"}");
  // The clock starts at 05:30 in Kolkata; to 25 ms before 22:00.
  m_context->manualClock().advance(std::chrono::minutes(16 * 60 + 30) - std::chrono::milliseconds(25));
  QVERIFY(start(*alarms));
  feed(*alarms, 85.0);
  QVERIFY(m_told.isEmpty());
  m_context->manualClock().advance(std::chrono::milliseconds(25));
  QTRY_COMPARE(m_told.size(), 1);
  QCOMPARE(m_told.at(0).state, AlarmState::Alarm);
}

void AlarmsTest::R3_14_badSampleRaisesNothing() {
  auto alarms = started();
  feed(*alarms, 85.0);
  feed(*alarms, Value(), Quality::bad(QualityReason::NoConnection));
  feed(*alarms, 0.0, Quality::bad(QualityReason::NoConnection));
  feed(*alarms, 0.0);
  QTRY_COMPARE(m_told.size(), 2);
  QCOMPARE(m_told.at(1).state, AlarmState::Ok);
}

void AlarmsTest::everyBatchIsAnswered() {
  auto alarms = make();
  QSignalSpy written(alarms.get(), &Plugin::written);
  alarms->start();
  feed(*alarms, 1.0);  // before the store is open too
  QCOMPARE(written.size(), 1);
  alarms->write({});
  QCOMPARE(written.size(), 2);
}

void AlarmsTest::metricsCount() {
  auto alarms = started();
  feed(*alarms, 85.0);
  feed(*alarms, QStringLiteral("hot"));
  feed(*alarms, QStringLiteral("hotter"));
  Metrics &metrics = m_context->metrics();
  QCOMPARE(metrics.counter("tagwire_alarms_ignored_samples_total", "").value(), 2.0);
  QCOMPARE(metrics.counter("tagwire_alarms_transitions_total", "").value(), 1.0);
  QCOMPARE(metrics.gauge("tagwire_alarms_active", "").value(), 1.0);
  QCOMPARE(metrics.gauge("tagwire_alarms_last_ten_minutes", "").value(), 1.0);
  act(*alarms, {.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = {}});
  QCOMPARE(metrics.counter("tagwire_alarms_condition_changes_total", "").value(), 1.0);
  m_context->manualClock().advance(std::chrono::minutes(11));
  feed(*alarms, 86.0);
  QCOMPARE(metrics.gauge("tagwire_alarms_last_ten_minutes", "").value(), 0.0);
}

void AlarmsTest::unknownPointIsDegraded() {
  m_context = std::make_unique<TestContext>(QStringLiteral("alarms"));
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  QVERIFY(start(*alarms));
  QCOMPARE(status.at(0).at(0).value<PluginState>(), PluginState::Degraded);
  QCOMPARE(status.at(0).at(1).toString(), QStringLiteral("no such point: plc1/temp"));
}

void AlarmsTest::stopWithoutStartAndTwice() {
  auto alarms = make();
  alarms->stop();
  alarms->start();
  alarms->stop();
  alarms->stop();
}

void AlarmsTest::nothingAfterStop() {
  auto alarms = make(",\"on_delay_ms\":20");
  QSignalSpy written(alarms.get(), &Plugin::written);
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  QVERIFY(start(*alarms));
  feed(*alarms, 85.0);
  alarms->stop();
  m_context->manualClock().advance(std::chrono::seconds(1));
  feed(*alarms, 85.0);
  QTest::qWait(60);
  QVERIFY(m_told.isEmpty());
  QCOMPARE(written.size(), 1);
  QCOMPARE(status.size(), 1);
}

void AlarmsTest::whatWaitsForTheDiskIsToldBeforeTheStopEnds() {
  auto alarms = started();
  feed(*alarms, 85.0);
  alarms->stop();
  QCOMPARE(m_told.size(), 1);
  QVERIFY(m_told.at(0).isStored);
}

void AlarmsTest::R3_22_restartRepeatsNothingAndKeepsTheAcknowledgement() {
  auto alarms = started();
  feed(*alarms, 85.0);
  act(*alarms, {.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = QStringLiteral("mine")});
  alarms.reset();
  m_context->manualClock().advance(std::chrono::seconds(60));
  alarms = started();
  feed(*alarms, 86.0);
  QCOMPARE(m_told.size(), 1);
  QCOMPARE(m_changes.size(), 1);
  const auto status = **ask<AlarmStatus, int>(*alarms, &AlarmDesk::alarm, 77);
  QCOMPARE(status.transition.condition, AlarmCondition::AcknowledgedActive);
  QCOMPARE(status.acknowledgedBy, QStringLiteral("anna"));
  QCOMPARE(status.comment, QStringLiteral("mine"));
  alarms->stop();
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 10.0}});
  QVERIFY(start(*alarms));
  QTRY_COMPARE(m_told.size(), 2);
  QCOMPARE(m_told.at(1).state, AlarmState::Ok);
  QCOMPARE(m_told.at(1).condition, AlarmCondition::Normal);
}

void AlarmsTest::R3_22_ruleThatIsGoneIsTold() {
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

void AlarmsTest::occurrenceNumbersGoOnAfterARestart() {
  auto alarms = started();
  feed(*alarms, 85.0);
  feed(*alarms, 1.0);
  QTRY_COMPARE(m_told.size(), 2);
  alarms.reset();
  alarms = started();
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 3);
  QVERIFY(m_told.at(2).alarmId > m_told.at(0).alarmId);
}

void AlarmsTest::occurrenceNumbersFitThirtyTwoBits() {
  m_context->manualClock().advance(std::chrono::hours(24 * 365 * 10));
  auto alarms = started();
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
  QVERIFY(m_told.at(0).alarmId > 0);
  QVERIFY(m_told.at(0).alarmId <= std::numeric_limits<int>::max());
}

void AlarmsTest::twoInstances() {
  auto one = started();
  TestContext context(QStringLiteral("other"));
  Problems problems;
  const ConfigNode node = parseJson("{\"rules\":[]}", {}, problems);
  ConfigReader reader(node, {}, problems);
  auto other = makeAlarms(reader, context);
  QVERIFY(start(*other));
  feed(*one, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
  one.reset();
  const auto standing = **ask<QList<AlarmStatus>>(*other, &AlarmDesk::standingAlarms);
  QVERIFY(standing.isEmpty());
}

void AlarmsTest::destroyWhileRunning() {
  auto alarms = make(",\"on_delay_ms\":10");
  alarms->start();
  feed(*alarms, 85.0);
  alarms.reset();
  m_context->manualClock().advance(std::chrono::seconds(1));
  QTest::qWait(30);
  QVERIFY(m_told.isEmpty());
}

void AlarmsTest::creatingEmitsNothingAndStartsNoTimer() {
  m_context->pointTable().update({Sample{m_point, {}, m_context->clock().now(), 85.0}});
  auto alarms = make(",\"schedule\":{\"start\":\"00:00\",\"end\":\"00:00\"}");
  const auto timers = alarms->findChildren<QTimer *>();
  QCOMPARE(timers.size(), 2);
  for (const QTimer *timer : timers) QVERIFY(!timer->isActive());
  QVERIFY(m_told.isEmpty());
  QVERIFY(!QFile::exists(storePath()));
}

void AlarmsTest::wrongConfigurationMakesNoInstance() {
  QVERIFY(!make(",\"surprise\":1"));
  QVERIFY(!make(",\"group\":\"nobody\""));
  QVERIFY(!make(",\"escalation\":\"nobody\""));
  QVERIFY(!make({}, ",\"escalations\":[{\"id\":\"a\",\"steps\":[{\"after_ms\":1000,\"notify\":[\"nobody\"]}]}]"));
  QVERIFY(!make({}, ",\"escalations\":[{\"id\":\"a\",\"steps\":[{\"after_ms\":1000}]}]"));
  QVERIFY(!make({}, ",\"groups\":[{\"id\":\"a\"},{\"id\":\"a\"}]"));
}

void AlarmsTest::R3_21_actionIsAnsweredWhenItIsTold() {
  auto alarms = started();
  feed(*alarms, 85.0);
  const AlarmAction acknowledge{.kind = AlarmAction::Kind::Acknowledge, .ruleId = 77, .by = {}, .comment = {}};
  QCOMPARE(act(*alarms, acknowledge).outcome, AlarmAnswer::Outcome::Done);
  QCOMPARE(m_changes.size(), 1);
  QCOMPARE(m_changes.at(0).cause, QStringLiteral("ack"));
  QCOMPARE(m_changes.at(0).by, QStringLiteral("anna"));
  QVERIFY(m_changes.at(0).isStored);
  QCOMPARE(act(*alarms, acknowledge).outcome, AlarmAnswer::Outcome::Already);
  QCOMPARE(m_changes.size(), 1);
}

const QByteArray ownRule =
    "{\"id\":900,\"name\":\"Own\",\"point\":\"plc1/temp\",\"comparison\":\"above\",\"alarm_threshold\":50}";

void AlarmsTest::R3_15_rulesOfRunTime() {
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

void AlarmsTest::R3_15_rulesOfRunTimeSurviveARestart() {
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

void AlarmsTest::R3_15_ruleThatIsMadeAgainIsANewVersion() {
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

void AlarmsTest::R3_15_noRuleIsChangedWhileTheStoreIsDown() {
  auto alarms = started();
  sqlite3 *other = nullptr;
  QCOMPARE(sqlite3_open(storePath().toUtf8().constData(), &other), SQLITE_OK);
  QCOMPARE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  feed(*alarms, 85.0);
  QTRY_VERIFY_WITH_TIMEOUT(!m_told.isEmpty() && !m_told.first().isStored, 20'000);
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

void AlarmsTest::stopWhileTheStoreOpens() {
  auto alarms = make();
  QSignalSpy status(alarms.get(), &Plugin::statusChanged);
  alarms->start();
  alarms->stop();
  QTest::qWait(100);
  QVERIFY(status.isEmpty());
  QVERIFY(start(*alarms));
  feed(*alarms, 85.0);
  QTRY_COMPARE(m_told.size(), 1);
}

void AlarmsTest::R3_15_wrongRulesAreRefused_data() {
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

void AlarmsTest::R3_15_wrongRulesAreRefused() {
  QFETCH(QByteArray, rule);
  QFETCH(QString, error);
  auto alarms = started();
  const AlarmAnswer answer = change(*alarms, AlarmRuleChange::Kind::Create, 0, rule);
  QCOMPARE(answer.outcome, AlarmAnswer::Outcome::Invalid);
  QVERIFY2(answer.errors.join(u'\n').contains(error), qPrintable(answer.errors.join(u'\n')));
  QCOMPARE((**ask<QList<AlarmRule>, QList<int>>(*alarms, &AlarmDesk::rules, {})).size(), 1);
}

void AlarmsTest::R3_15_rulesOfTheManifestStay() {
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

void AlarmsTest::R3_15_rulesMayNotReadFiles() {
  auto alarms = started();
  QByteArray reading = ownRule;
  reading.replace("\"Own\"", "{\"$file\":\"/etc/hostname\"}");
  const AlarmAnswer answer = change(*alarms, AlarmRuleChange::Kind::Create, 0, reading);
  QCOMPARE(answer.outcome, AlarmAnswer::Outcome::Invalid);
  QVERIFY2(answer.errors.first().startsWith(QStringLiteral("name.$file: ")), qPrintable(answer.errors.first()));
}

void AlarmsTest::R3_24_historyHasEverything() {
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

void AlarmsTest::R3_25_figures() {
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

void AlarmsTest::R3_22_damagedStoreIsAnAlarm() {
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

void AlarmsTest::storeThatIsDownHoldsNothingUp() {
  auto alarms = started();
  sqlite3 *other = nullptr;
  QCOMPARE(sqlite3_open(storePath().toUtf8().constData(), &other), SQLITE_OK);
  QCOMPARE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  feed(*alarms, 85.0);
  const auto of77 = [&] {
    return std::find_if(m_told.cbegin(), m_told.cend(), [](const AlarmTransition &each) { return each.ruleId == 77; });
  };
  QTRY_VERIFY_WITH_TIMEOUT(of77() != m_told.cend(), 20'000);
  QVERIFY(!of77()->isStored);
  QTRY_VERIFY_WITH_TIMEOUT(m_told.last().ruleName.startsWith(QStringLiteral("Alarm store")), 20'000);
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

void AlarmsTest::askedBeforeItIsReady() {
  auto alarms = make();
  alarms->start();
  const auto answer = ask<QList<AlarmStatus>>(*alarms, &AlarmDesk::standingAlarms);
  QVERIFY(!*answer);
  QVERIFY(answer->error().contains(QStringLiteral("starting")));
}

QTEST_GUILESS_MAIN(AlarmsTest)
#include "alarms_test.moc"
