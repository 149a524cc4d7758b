// SPDX-License-Identifier: Apache-2.0
// Trips: when, what they force, how long they last, what is told of them.
#include <QDir>

#include <cmath>

#include "interlockplant.h"
#include "testprogram.h"

namespace interlocktrips_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {
const Quality noConnection = Quality::bad(QualityReason::NoConnection);
const QByteArray temperature = R"({"type":"range","point":"plc1/temp","min":0,"max":90})";
const Operator anna{QStringLiteral("user:anna"), {}, QStringLiteral("cooled down")};
}  // namespace

class InterlockTripsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { m_plant = std::make_unique<InterlockPlant>(); }

  void R5_10_tripForcesSafeValuesAndLatches() {
    startWith(temperature);
    m_plant->publish("plc1/temp", 95.2);
    QVERIFY(m_plant->isTripped());
    QVERIFY(m_plant->commands.isEmpty());  // not while a source hands over
    QCoreApplication::processEvents();
    QCOMPARE(m_plant->commands.size(), 2);
    const Command command = m_plant->commands.first();
    QCOMPARE(command.point, m_plant->id("plc1/run"));
    QVERIFY(command.value == Value(false));
    QVERIFY(m_plant->commands.at(1).value == Value(0.0));
    QCOMPARE(command.requestedBy, QStringLiteral("interlock:5"));
    QCOMPARE(command.comment, QStringLiteral("interlock 5 \"Test\" tripped: plc1/temp is 95.2 (allowed: 0 to 90)"));
    QVERIFY(!command.id.isEmpty() && command.id != m_plant->commands.at(1).id);
    m_plant->publish("plc1/temp", 20.0);
    QVERIFY(m_plant->isTripped());
    QCOMPARE(m_plant->obstacle(), QStringLiteral("interlock 5 \"Test\" tripped and was not reset: "
                                                 "plc1/temp is 95.2 (allowed: 0 to 90)"));
    QCOMPARE(m_plant->told("interlock_tripped").size(), 1);
    QVERIFY(m_plant->metrics.text().find("tagwire_interlocks_tripped 1") != std::string::npos);
    QVERIFY(m_plant->metrics.text().find("tagwire_interlock_trips_total 1") != std::string::npos);
  }
  void everySampleOfABatchIsSeen() {
    startWith(temperature);
    m_plant->hub.publish(nullptr, {m_plant->sample("plc1/temp", 95.0), m_plant->sample("plc1/temp", 20.0)});
    QVERIFY(m_plant->isTripped());
    QVERIFY(m_plant->interlocks->all().first().cause.contains(QLatin1String("is 95")));
  }
  void countsOfABatchBelongTogether() {
    startWith(R"({"type":"zone_clear","zone":417,"except_classes":["operator"]})", {}, false);
    const auto count = [this](qint64 all, qint64 operators) {
      m_plant->hub.publish(nullptr, {m_plant->sample("uwb/zone/417/occupancy", all),
                                     m_plant->sample("uwb/zone/417/occupancy/operator", operators)});
    };
    count(0, 0);
    m_plant->pass(20s);
    QVERIFY(!m_plant->isTripped());
    count(1, 1);
    count(2, 2);
    count(0, 0);
    QVERIFY(!m_plant->isTripped());
    count(2, 1);
    QVERIFY(m_plant->isTripped());
  }
  void unknownInputsDoNotTripDuringTheStart() {
    QCOMPARE(m_plant->configureOne("trip", temperature, R"(,"startup_ms":3000)"), QString());
    m_plant->interlocks->start(m_plant->folder.path());
    m_plant->publish("plc1/temp", 20.0, noConnection);
    m_plant->pass(2999ms);
    QVERIFY(!m_plant->isTripped());
    QVERIFY(!m_plant->obstacle().isEmpty());
    m_plant->pass(1ms);
    QVERIFY(m_plant->isTripped());
    QVERIFY(m_plant->interlocks->all().first().cause.contains(QLatin1String("bad:no_connection")));
  }
  void aReplacedInstanceIsExcusedAsAtAStart() {
    startWith(temperature, R"(,"startup_ms":3000)");
    m_plant->interlocks->replacing({QStringLiteral("uwb")});  // none of its inputs
    m_plant->interlocks->replacing({QStringLiteral("plc1")});
    m_plant->interlocks->instanceChanged(QStringLiteral("plc1"), false);
    m_plant->pass(2999ms);
    QVERIFY(!m_plant->isTripped());
    QVERIFY(!m_plant->obstacle().isEmpty());
    m_plant->interlocks->instanceChanged(QStringLiteral("plc1"), true);
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(10s);
    QVERIFY(!m_plant->isTripped());
    m_plant->interlocks->replacing({QStringLiteral("plc1")});
    m_plant->interlocks->instanceChanged(QStringLiteral("plc1"), false);
    m_plant->pass(3s);
    QVERIFY(m_plant->isTripped());
  }
  void anotherManifestKeepsWhatStands() {
    startWith(temperature);
    m_plant->publish("plc1/temp", 95.2);
    QCoreApplication::processEvents();
    QVERIFY(m_plant->isTripped());
    const qint64 alarm = m_plant->interlocks->alarms().first().transition.alarmId;
    m_plant->isReload = true;
    const auto again = [this](const QByteArray &keys) {
      m_plant->events.clear();
      m_plant->commands.clear();
      QCOMPARE(m_plant->configureOne("trip", temperature, keys), QString());
      m_plant->interlocks->configured();
      QCoreApplication::processEvents();
    };
    again({});
    QVERIFY(m_plant->isTripped());
    QCOMPARE(m_plant->events.size(), 0);
    QCOMPARE(m_plant->commands.size(), 0);
    // Another rule of this id: still tripped, and its points are brought to their safe values.
    again(R"(,"delay_ms":60000)");
    QVERIFY(m_plant->isTripped());
    QCOMPARE(m_plant->interlocks->alarms().first().transition.alarmId, alarm);
    QTRY_COMPARE(m_plant->commands.size(), 2);
    // None of this id: it is over, and so is its alarm.
    m_plant->events.clear();
    QCOMPARE(m_plant->configure("[]"), QString());
    m_plant->interlocks->configured();
    QVERIFY(m_plant->interlocks->all().isEmpty() && m_plant->interlocks->alarms().isEmpty());
    QCOMPARE(m_plant->alarms().size(), 1);
    QCOMPARE(m_plant->alarms().first().state, AlarmState::Ok);
    // And it watches again when it is back.
    again({});
    QVERIFY(!m_plant->obstacle().isEmpty());
  }
  void whatIsKnownToBeWrongTripsDuringTheStart() {
    QCOMPARE(m_plant->configureOne("trip", temperature), QString());
    m_plant->interlocks->start(m_plant->folder.path());
    m_plant->publish("plc1/temp", 95.2);
    QVERIFY(m_plant->isTripped());
  }
  void R5_10_badStaleAndUnownedInputsTrip() {
    const auto isTrippedAfter = [this](const std::function<void()> &what) {
      init();
      startWith(R"({"type":"range","point":"plc1/temp","max":90,"max_age_ms":60000})");
      what();
      return m_plant->isTripped();
    };
    // The value came in 10 s ago by then.
    QVERIFY(!isTrippedAfter([this] { m_plant->pass(50s); }));
    QVERIFY(isTrippedAfter([this] { m_plant->pass(50s + 1ns); }));
    QVERIFY(isTrippedAfter([this] { m_plant->publish("plc1/temp", 20.0, noConnection); }));
    QVERIFY(isTrippedAfter([this] { m_plant->publish("plc1/temp", Value()); }));
    QVERIFY(isTrippedAfter([this] { m_plant->publish("plc1/temp", std::nan("")); }));
    QVERIFY(isTrippedAfter([this] { m_plant->interlocks->instanceChanged(QStringLiteral("plc1"), false); }));
    QVERIFY(!isTrippedAfter([this] { m_plant->interlocks->instanceChanged(QStringLiteral("uwb"), false); }));
  }
  void delayIsWaitedFor() {
    startWith(temperature, R"(,"delay_ms":1000)");
    m_plant->publish("plc1/temp", 95.0);
    m_plant->pass(999ms);
    m_plant->publish("plc1/temp", 20.0);
    m_plant->publish("plc1/temp", 95.0);
    m_plant->pass(999ms);
    QVERIFY(!m_plant->isTripped());
    m_plant->pass(1ms);
    QVERIFY(m_plant->isTripped());
  }
  void timerComesByItself() {
    startWith(temperature, R"(,"delay_ms":20)");
    m_plant->publish("plc1/temp", 95.0);
    m_plant->clock.advance(20ms);
    QTRY_VERIFY(m_plant->isTripped());
  }
  void alarmOfARuleTrips() {
    startWith(R"({"type":"alarm_state","rule":77})", {}, false);
    m_plant->publishAlarm(77, AlarmState::Ok);
    QVERIFY(!m_plant->interlocks->all().first().isViolated);
    m_plant->publishAlarm(77, AlarmState::Warning);
    QVERIFY(m_plant->isTripped());
  }

  void forceIsRepeatedUntilItSucceeded() {
    trip();
    QCOMPARE(m_plant->commands.size(), 2);
    m_plant->end(m_plant->commands.at(1), CommandState::Succeeded);
    m_plant->end(m_plant->commands.at(0), CommandState::Acked);
    m_plant->end(m_plant->commands.at(0), CommandState::Failed, "plc1 does not run");
    QCOMPARE(m_plant->told("interlock_not_forced").size(), 1);
    QVERIFY(m_plant->told("interlock_not_forced").first().contains(QLatin1String("plc1/run could not be brought")));
    QSet<QString> ids;
    for (const Command &each : std::as_const(m_plant->commands)) ids.insert(each.id);
    for (const CommandState outcome :
         {CommandState::Unknown, CommandState::Expired, CommandState::Blocked, CommandState::Failed}) {
      m_plant->commands.clear();
      m_plant->pass(12s);  // the longest pause, with its jitter
      QCOMPARE(m_plant->commands.size(), 1);
      QCOMPARE(m_plant->commands.first().point, m_plant->id("plc1/run"));
      QVERIFY(!ids.contains(m_plant->commands.first().id));
      ids.insert(m_plant->commands.first().id);
      m_plant->end(m_plant->commands.first(), outcome);
      QVERIFY(!m_plant->interlocks->all().first().isForced);
    }
    QCOMPARE(m_plant->told("interlock_not_forced").size(), 1);
    m_plant->commands.clear();
    m_plant->pass(12s);
    m_plant->end(m_plant->commands.first(), CommandState::Succeeded);
    QTRY_VERIFY(m_plant->interlocks->all().first().isForced);
    m_plant->commands.clear();
    m_plant->pass(1h);
    QVERIFY(m_plant->commands.isEmpty());
    QVERIFY(m_plant->isTripped());
  }
  void firstPauseIsShortAndCommandsOfOthersAreNotOurs() {
    trip();
    Command other;
    other.id = newCommandId();
    m_plant->end(other, CommandState::Succeeded);
    other.id.clear();
    m_plant->end(other, CommandState::Succeeded);
    m_plant->end(m_plant->commands.first(), CommandState::Failed);
    m_plant->commands.clear();
    m_plant->pass(100ms);
    QVERIFY(m_plant->commands.isEmpty());
    m_plant->pass(400ms);
    QCOMPARE(m_plant->commands.size(), 1);
  }
  void commandThatNeverEndsIsTriedAgain() {
    trip();
    m_plant->commands.clear();
    m_plant->pass(59s);
    QVERIFY(m_plant->commands.isEmpty());
    m_plant->pass(1s);
    QCOMPARE(m_plant->commands.size(), 2);
  }
  void forceIsNotDoneBeforeTheLatchIsOnTheDisk() {
    startWith(temperature);
    QVERIFY(QDir(m_plant->folder.path()).removeRecursively());
    m_plant->publish("plc1/temp", 95.2);
    QCoreApplication::processEvents();
    for (const Command &each : QList<Command>(m_plant->commands)) m_plant->end(each, CommandState::Succeeded);
    QTest::qWait(50);  // the write fails meanwhile, at once or in the next try
    QVERIFY(!m_plant->interlocks->all().first().isForced);
    QVERIFY(QDir().mkpath(m_plant->folder.path()));
    const auto isForcedSoon = [this] {
      m_plant->pass(1s);
      return m_plant->interlocks->all().first().isForced;
    };
    QTRY_VERIFY(isForcedSoon());
  }

  void resetIsRefusedWhileAConditionIsNotMet() {
    trip();
    const auto wrong = [this](int id) {
      const auto done = m_plant->interlocks->reset(id, anna);
      return done ? QString() : done.error();
    };
    QCOMPARE(wrong(5), QStringLiteral("interlock 5 \"Test\" can't be reset: plc1/temp is 95.2 (allowed: 0 to 90)"));
    QCOMPARE(wrong(6), QStringLiteral("no interlock 6"));
    m_plant->publish("plc1/temp", 20.0, noConnection);
    QVERIFY(wrong(5).contains(QLatin1String("bad:no_connection")));
    m_plant->publish("plc1/temp", 20.0);
    QVERIFY(m_plant->interlocks->reset(5, anna).has_value());
    QVERIFY(!m_plant->isTripped());
    QCOMPARE(m_plant->obstacle(), QString());
    QCOMPARE(m_plant->told("interlock_reset"),
             QStringList{QStringLiteral("interlock 5 \"Test\" was reset by user:anna: cooled down")});
    QCOMPARE(wrong(5), QStringLiteral("interlock 5 \"Test\" is not tripped"));
    m_plant->commands.clear();
    m_plant->pass(1h);
    QVERIFY(m_plant->commands.isEmpty());  // what was not forced yet is given up
    m_plant->publish("plc1/temp", 95.2);
    QVERIFY(m_plant->isTripped());
    init();
    QCOMPARE(m_plant->configureOne("permissive", temperature), QString());
    QVERIFY(wrong(5).contains(QLatin1String("is permissive: it never latches")));
  }
  void R5_6_alarmStandsAsLongAsTheTrip() {
    trip();
    QCOMPARE(m_plant->alarms().size(), 1);
    const AlarmTransition alarm = m_plant->alarms().first();
    QCOMPARE(alarm.state, AlarmState::Alarm);
    QCOMPARE(alarm.previous, AlarmState::Ok);
    QCOMPARE(alarm.ruleId, -5);
    QVERIFY(alarm.alarmId < 0);
    QCOMPARE(alarm.ruleName, QStringLiteral("Test"));
    QCOMPARE(alarm.severity, Severity::Major);
    QCOMPARE(alarm.point, m_plant->id("plc1/temp"));
    QCOMPARE(alarm.pointNumber, m_plant->points.point(alarm.point)->number.value());
    QCOMPARE(alarm.value, 95.2);
    QCOMPARE(alarm.message, QStringLiteral("interlock 5 \"Test\" tripped: plc1/temp is 95.2 (allowed: 0 to 90)"));
    QCOMPARE(m_plant->events.last().source, QStringLiteral("tagwire"));
    QCOMPARE(standing(), QStringLiteral("-5 ALARM Unacknowledged-Active"));
    m_plant->publish("plc1/temp", 20.0);
    QCOMPARE(m_plant->alarms().size(), 1);
    QVERIFY(m_plant->interlocks->reset(5, anna).has_value());
    QCOMPARE(m_plant->alarms().size(), 2);
    QCOMPARE(m_plant->alarms().last().state, AlarmState::Ok);
    QCOMPARE(m_plant->alarms().last().alarmId, alarm.alarmId);
    QCOMPARE(standing(), QString());
    m_plant->publish("plc1/temp", 95.2);
    QVERIFY(m_plant->alarms().last().alarmId < alarm.alarmId);
  }
  void R5_6_alarmReturnsWhenTheTripCanBeReset() {
    trip();
    const Time tripped = m_plant->clock.now();
    QCOMPARE(m_plant->interlocks->alarms().first().since, tripped);
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(999ms);
    m_plant->publish("plc1/temp", 20.0, noConnection);  // not known is not met
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(999ms);
    QCOMPARE(standing(), QStringLiteral("-5 ALARM Unacknowledged-Active"));
    m_plant->pass(1ms);
    QCOMPARE(standing(), QStringLiteral("-5 OK RTN-Unacknowledged"));
    QCOMPARE(m_plant->interlocks->alarms().first().since, m_plant->clock.now());
    QVERIFY(m_plant->alarms().last().message.contains(QLatin1String("still to be reset")));
    m_plant->publish("plc1/temp", 99.0);
    QCOMPARE(standing(), QStringLiteral("-5 ALARM Unacknowledged-Active"));
    QCOMPARE(m_plant->alarms().size(), 3);
    QVERIFY(m_plant->alarms().last().message.contains(QLatin1String("plc1/temp is 99")));
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(1s);
    QVERIFY(m_plant->interlocks->reset(5, anna).has_value());
    QCOMPARE(m_plant->alarms().size(), 4);
    for (const AlarmTransition &each : m_plant->alarms()) QCOMPARE(each.alarmId, m_plant->alarms().first().alarmId);
    const auto change = lastChange();
    QVERIFY(change);
    QCOMPARE(change->alarmId, m_plant->alarms().first().alarmId);
    QCOMPARE(change->ruleId, -5);
    QCOMPARE(change->state, AlarmState::Ok);
    QCOMPARE(change->previous, AlarmCondition::RtnUnacknowledged);
    QCOMPARE(change->condition, AlarmCondition::Normal);
    QCOMPARE(change->cause + u' ' + change->by + u' ' + change->comment, QStringLiteral("reset user:anna cooled down"));
    QCOMPARE(standing(), QString());
    m_plant->pass(1h);
    QCOMPARE(m_plant->alarms().size(), 4);
  }
  void alarmReturnsByItself() {
    trip();
    m_plant->publish("plc1/temp", 20.0);
    m_plant->clock.advance(1s);
    QTRY_COMPARE(standing(), QStringLiteral("-5 OK RTN-Unacknowledged"));
  }
  void R5_6_alarmStandsAfterARestart() {
    trip();
    const Time tripped = m_plant->clock.now();
    m_plant->pass(1h);
    restart();
    QCOMPARE(standing(), QStringLiteral("-5 ALARM Unacknowledged-Active"));
    QVERIFY(m_plant->interlocks->alarms().first().since == tripped);
    m_plant->pass(1s);
    QCOMPARE(standing(), QStringLiteral("-5 OK RTN-Unacknowledged"));
  }

  void latchSurvivesARestart() {
    trip();
    const InterlockStatus before = m_plant->interlocks->all().first();
    const qint64 alarmId = m_plant->alarms().first().alarmId;
    restart();
    m_plant->publish("plc1/temp", 20.0);
    const InterlockStatus after = m_plant->interlocks->all().first();
    QVERIFY(after.isTripped && !after.isForced);
    QCOMPARE(after.cause, before.cause);
    QVERIFY(after.trippedAt == before.trippedAt);
    QVERIFY(!m_plant->obstacle().isEmpty());
    QTRY_COMPARE(m_plant->commands.size(), 2);
    QCOMPARE(m_plant->alarms().size(), 1);
    QCOMPARE(m_plant->alarms().first().alarmId, alarmId);
    QVERIFY(m_plant->told("interlock_tripped").isEmpty());
    QVERIFY(m_plant->interlocks->reset(5, anna).has_value());
    restart();
    QVERIFY(!m_plant->isTripped());
    m_plant->publish("plc1/temp", 95.2);
    QVERIFY(m_plant->alarms().first().alarmId < alarmId);
  }
  void latchOfARemovedInterlockIsDropped() {
    trip();
    m_plant->interlocks.reset();
    QCOMPARE(m_plant->configure("[]"), QString());
    m_plant->interlocks->start(m_plant->folder.path());
    restart();
    QVERIFY(!m_plant->isTripped());
  }
  void latchesThatCantBeReadAreTakenForSet() {
    trip();
    m_plant->interlocks.reset();
    QFile file(m_plant->folder.filePath(QStringLiteral("interlocks.json")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"format":1,"tripped":[{"interlock":5}]})");
    file.close();
    restart();
    QVERIFY(m_plant->isTripped());
    QTRY_COMPARE(m_plant->told("interlock_state_lost").size(), 1);
    QVERIFY(QFile::exists(file.fileName() + QLatin1String(".damaged")));
  }
  void nothingTripsAfterAStop() {
    startWith(temperature);
    m_plant->interlocks->stop();
    m_plant->publish("plc1/temp", 95.2);
    m_plant->pass(1h);
    QVERIFY(!m_plant->isTripped());
    QVERIFY(!m_plant->obstacle().isEmpty());
    QVERIFY(m_plant->commands.isEmpty());
  }

 private:
  /// The alarm that stands: "-5 ALARM Unacknowledged-Active".
  QString standing() const {
    QStringList all;
    for (const AlarmStatus &each : m_plant->interlocks->alarms()) {
      const AlarmTransition &alarm = each.transition;
      all << QStringLiteral("%1 %2 %3").arg(alarm.ruleId).arg(toText(alarm.state), toText(alarm.condition));
    }
    return all.join(u',');
  }
  std::optional<AlarmConditionChange> lastChange() const {
    const auto *change = std::get_if<AlarmConditionChange>(&m_plant->events.last().body);
    if (!change && m_plant->events.size() > 1) {
      change = std::get_if<AlarmConditionChange>(&m_plant->events.at(m_plant->events.size() - 2).body);
    }
    return change ? std::optional(*change) : std::nullopt;
  }
  void startWith(const QByteArray &conditions, const QByteArray &keys = {}, bool isWarm = true) {
    QCOMPARE(m_plant->configureOne("trip", conditions, keys), QString());
    m_plant->interlocks->start(m_plant->folder.path());
    if (!isWarm) return;
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(10s);
    QVERIFY(!m_plant->isTripped());
  }
  void trip() {
    startWith(temperature);
    m_plant->publish("plc1/temp", 95.2);
    QCoreApplication::processEvents();
  }
  /// Another run of the program in the same data dir.
  void restart() {
    m_plant->interlocks.reset();
    m_plant->commands.clear();
    m_plant->events.clear();
    QCOMPARE(m_plant->configureOne("trip", temperature), QString());
    m_plant->publish("plc1/temp", 20.0);
    m_plant->interlocks->start(m_plant->folder.path());
    QCoreApplication::processEvents();
  }

  std::unique_ptr<InterlockPlant> m_plant;
};

TAGWIRE_TEST(InterlockTripsTest)

}  // namespace interlocktrips_test

#include "interlocktrips_test.moc"
