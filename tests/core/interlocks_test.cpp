// SPDX-License-Identifier: Apache-2.0
// What each condition demands, and what permissive and advisory interlocks do.
#include "interlockplant.h"
#include "testprogram.h"

namespace interlocks_test {

using namespace tagwire;
using namespace std::chrono_literals;

namespace {
const Quality noConnection = Quality::bad(QualityReason::NoConnection);
const QByteArray temperature = R"({"type":"range","point":"plc1/temp","min":0,"max":90})";
}  // namespace

class InterlocksTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { m_plant = std::make_unique<InterlockPlant>(); }

  void R5_10_rangeBlocksAndSaysWhy() {
    QCOMPARE(m_plant->configureOne("permissive", temperature), QString());
    m_plant->start();
    m_plant->publish("plc1/temp", 90.0);
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->publish("plc1/temp", 95.2);
    QCOMPARE(m_plant->obstacle(), QStringLiteral("interlock 5 \"Test\": plc1/temp is 95.2 (allowed: 0 to 90)"));
    const auto found = m_plant->interlocks->obstacle(m_plant->id("plc1/speed"), Value(3.0));
    QVERIFY(found);
    QCOMPARE(found->interlock, 5);
    QCOMPARE(found->outcome, CommandState::Blocked);
    QVERIFY(!m_plant->interlocks->obstacle(m_plant->id("plc1/temp"), Value(3.0)));
  }
  void R5_10_everyCondition_data() {
    QTest::addColumn<QByteArray>("condition");
    QTest::addColumn<QByteArray>("point");
    QTest::addColumn<Value>("good");
    QTest::addColumn<Value>("wrong");
    QTest::addColumn<QString>("text");
    const auto row = [](const char *name, const char *condition, const char *point, Value good, Value wrong,
                        const char *text) {
      QTest::newRow(name) << QByteArray(condition) << QByteArray(point) << good << wrong << QString::fromLatin1(text);
    };
    row("only max", R"({"type":"range","point":"plc1/temp","max":5})", "plc1/temp", -1e9, 5.5, "(allowed: up to 5)");
    row("only min", R"({"type":"range","point":"plc1/count","min":5})", "plc1/count", qint64(5), qint64(4),
        "plc1/count is 4 (allowed: from 5)");
    row("not a number", R"({"type":"range","point":"plc1/temp","max":5})", "plc1/temp", 1.0, std::nan(""), "nan");
    row("level", R"({"type":"require_level","point":"plc1/level","value":20})", "plc1/level", 20.0, 19.9,
        "plc1/level is 19.9 (allowed: from 20)");
    row("state, text", R"({"type":"require_state","point":"plc1/mode","value":"auto"})", "plc1/mode",
        QStringLiteral("auto"), QStringLiteral("hand"), "plc1/mode is hand (allowed: auto)");
    row("state, whole number", R"({"type":"require_state","point":"plc1/count","value":3})", "plc1/count", qint64(3),
        qint64(2), "plc1/count is 2 (allowed: 3)");
    row("state, number", R"({"type":"require_state","point":"plc1/temp","value":3})", "plc1/temp", 3.0, 3.5, "3.5");
    row("state, false", R"({"type":"require_state","point":"plc1/door","value":false})", "plc1/door", false, true,
        "plc1/door is true (allowed: false)");
    row("closed", R"({"type":"require_closed","point":"plc1/door"})", "plc1/door", true, false,
        "plc1/door is open (allowed: closed)");
    row("clear", R"({"type":"zone_clear","zone":417})", "uwb/zone/417/occupancy", qint64(0), qint64(2),
        "zone 417 is occupied by 2 tags (allowed: clear)");
    row("occupied", R"({"type":"zone_occupied","zone":417})", "uwb/zone/417/occupancy", qint64(1), qint64(0),
        "zone 417 is clear (allowed: occupied)");
    row("occupied by", R"({"type":"zone_occupied","zone":417,"class":"operator","instance":"uwb"})",
        "uwb/zone/417/occupancy/operator", qint64(1), qint64(0), "(allowed: occupied by operator)");
  }
  void R5_10_everyCondition() {
    QFETCH(QByteArray, condition);
    QFETCH(QByteArray, point);
    QFETCH(Value, good);
    QFETCH(Value, wrong);
    QFETCH(QString, text);
    QCOMPARE(m_plant->configureOne("permissive", condition), QString());
    m_plant->start();
    QVERIFY(m_plant->obstacle().contains(QLatin1String("is bad:waiting_for_first_value")));
    m_plant->publish(point.constData(), good);
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->publish(point.constData(), wrong);
    QVERIFY2(m_plant->obstacle().contains(text), qPrintable(m_plant->obstacle()));
    m_plant->publish(point.constData(), good);
    QCOMPARE(m_plant->obstacle(), QString());
    // Whatever is not good is not known.
    m_plant->publish(point.constData(), good, noConnection);
    QVERIFY(m_plant->obstacle().contains(QLatin1String("is bad:no_connection")));
    m_plant->publish(point.constData(), good, Quality::uncertain(QualityReason::Stale));
    QVERIFY(m_plant->obstacle().contains(QLatin1String("is uncertain:stale")));
    m_plant->publish(point.constData(), good);
    m_plant->interlocks->instanceChanged(QString::fromLatin1(point).section(u'/', 0, 0), false);
    QVERIFY(m_plant->obstacle().contains(QLatin1String("does not run")));
    m_plant->interlocks->instanceChanged(QString::fromLatin1(point).section(u'/', 0, 0), true);
    QCOMPARE(m_plant->obstacle(), QString());
  }
  void R5_10_classesThatMayBeInTheZone() {
    const QByteArray clear = R"({"type":"zone_clear","zone":417,"except_classes":["operator","visitor"]})";
    QCOMPARE(m_plant->configureOne("permissive", clear), QString());
    m_plant->start();
    const auto count = [this](qint64 all, qint64 operators, qint64 visitors) {
      m_plant->hub.publish(nullptr, {m_plant->sample("uwb/zone/417/occupancy", all),
                                     m_plant->sample("uwb/zone/417/occupancy/operator", operators),
                                     m_plant->sample("uwb/zone/417/occupancy/visitor", visitors)});
    };
    count(0, 0, 0);
    QCOMPARE(m_plant->obstacle(), QString());
    count(3, 2, 1);
    QCOMPARE(m_plant->obstacle(), QString());
    count(4, 2, 1);
    QCOMPARE(m_plant->obstacle(), QStringLiteral("interlock 5 \"Test\": zone 417 is occupied by 1 tag "
                                                 "(allowed: clear but for operator, visitor)"));
    count(3, 2, 1);
    m_plant->publish("uwb/zone/417/occupancy/visitor", qint64(1), noConnection);
    QVERIFY(m_plant->obstacle().contains(QLatin1String("bad:no_connection")));
  }
  void R5_10_alarmStates() {
    const QByteArray fine = R"({"type":"alarm_state","rule":77,"states":["OK","WARNING"]})";
    QCOMPARE(m_plant->configureOne("permissive", fine), QString());
    m_plant->start();
    QVERIFY(m_plant->obstacle().contains(QLatin1String("alarm rule 77 is not known to plugin \"alarms\"")));
    m_plant->interlocks->instanceChanged(QStringLiteral("alarms"), true);
    QCOMPARE(m_plant->questions, QStringList{QStringLiteral("alarms/77")});
    AlarmStatus status;
    status.transition.state = AlarmState::Warning;
    m_plant->answers.takeFirst()(status);
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->publishAlarm(77, AlarmState::Alarm);
    QCOMPARE(m_plant->obstacle(),
             QStringLiteral("interlock 5 \"Test\": alarm rule 77 is ALARM (allowed: OK, WARNING)"));
    m_plant->publishAlarm(78, AlarmState::Ok);
    QVERIFY(!m_plant->obstacle().isEmpty());
    m_plant->publishAlarm(77, AlarmState::Ok);
    QCOMPARE(m_plant->obstacle(), QString());
    AlarmConditionChange change;
    change.ruleId = 77;
    change.condition = AlarmCondition::OutOfService;
    m_plant->hub.raise(nullptr, Event{0, m_plant->clock.now(), QStringLiteral("alarms"), change});
    QVERIFY(!m_plant->obstacle().isEmpty());  // nobody looks at the rule any more
    m_plant->publishAlarm(77, AlarmState::Ok);
    m_plant->interlocks->instanceChanged(QStringLiteral("alarms"), false);
    QVERIFY(m_plant->obstacle().contains(QLatin1String("does not run")));
  }
  void alarmAnswerDoesNotUndoWhatCameLater() {
    QCOMPARE(m_plant->configureOne("permissive", R"({"type":"alarm_state","rule":77})"), QString());
    m_plant->start();
    m_plant->interlocks->instanceChanged(QStringLiteral("alarms"), true);
    m_plant->publishAlarm(77, AlarmState::Alarm);
    m_plant->answers.takeFirst()(AlarmStatus());  // OK, when it was asked
    QVERIFY(m_plant->obstacle().contains(QLatin1String("is ALARM")));
  }
  void alarmThatNobodyCouldTellIsAskedForAgain() {
    QCOMPARE(m_plant->configureOne("permissive", R"({"type":"alarm_state","rule":77})"), QString());
    m_plant->start();
    m_plant->interlocks->instanceChanged(QStringLiteral("alarms"), true);
    m_plant->answers.takeFirst()(failure(QStringLiteral("no such rule")));
    m_plant->pass(4s);
    QCOMPARE(m_plant->questions.size(), 1);
    m_plant->pass(1s);
    QCOMPARE(m_plant->questions.size(), 2);
    m_plant->answers.takeFirst()(AlarmStatus());
    QCOMPARE(m_plant->obstacle(), QString());
  }

  void deadbandHoldsUntilItIsWellInside() {
    QCOMPARE(
        m_plant->configureOne("permissive", R"({"type":"range","point":"plc1/temp","min":0,"max":90,"deadband":5})"),
        QString());
    m_plant->start();
    const auto isBlockedAt = [this](double value) {
      m_plant->publish("plc1/temp", value);
      return !m_plant->obstacle().isEmpty();
    };
    QVERIFY(!isBlockedAt(89));
    QVERIFY(isBlockedAt(91));
    QVERIFY(isBlockedAt(85.5));
    QVERIFY(!isBlockedAt(85));
    QVERIFY(!isBlockedAt(90));
    QVERIFY(isBlockedAt(-1));
    m_plant->publish("plc1/temp", 4.0, noConnection);
    QVERIFY(isBlockedAt(4));
    QVERIFY(!isBlockedAt(5));
  }
  void valueGetsTooOld() {
    QCOMPARE(m_plant->configureOne("permissive", R"({"type":"range","point":"plc1/temp","max":90,"max_age_ms":1000})"),
             QString());
    m_plant->start();
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(1s);
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->clock.setNow(m_plant->clock.now() + std::chrono::hours(1));  // somebody sets the machine's clock
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->pass(1ms);
    QCOMPARE(m_plant->obstacle(),
             QStringLiteral("interlock 5 \"Test\": plc1/temp is 20 of 1 s ago (allowed: up to 90)"));
    m_plant->publish("plc1/temp", 20.0);
    QCOMPARE(m_plant->obstacle(), QString());
    // What comes in is too old already.
    m_plant->hub.publish(nullptr, {{m_plant->id("plc1/temp"), Quality::good(), m_plant->clock.now() - 2s, 20.0}});
    QVERIFY(!m_plant->obstacle().isEmpty());
  }
  void valuesFromBeforeTheStartCount() {
    m_plant->publish("plc1/temp", 20.0);
    QCOMPARE(m_plant->configureOne("permissive", temperature), QString());
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->start();
    QCOMPARE(m_plant->obstacle(), QString());
  }

  void R5_10_safeValueIsNeverBlocked() {
    for (const char *mode : {"permissive", "trip"}) {
      init();
      QCOMPARE(m_plant->configureOne(mode, temperature), QString());
      m_plant->start();
      m_plant->publish("plc1/temp", 200.0);
      for (const Value &safe : {Value(false), Value(qint64(0)), Value(0.0)}) {
        QVERIFY(!m_plant->interlocks->obstacle(m_plant->id("plc1/run"), safe));
        QVERIFY(!m_plant->interlocks->obstacle(m_plant->id("plc1/speed"), safe));
      }
      QVERIFY(m_plant->interlocks->obstacle(m_plant->id("plc1/speed"), Value(0.1)));
      QVERIFY(m_plant->interlocks->obstacle(m_plant->id("plc1/run"), Value(QStringLiteral("no bool"))));
    }
  }
  void commandsAreBlockedAtOnceWhateverTheDelay() {
    QCOMPARE(m_plant->configureOne("permissive", temperature, R"(,"delay_ms":60000,"startup_ms":60000)"), QString());
    m_plant->interlocks->start(m_plant->folder.path());
    QVERIFY(!m_plant->obstacle().isEmpty());
    m_plant->publish("plc1/temp", 20.0);
    QCOMPARE(m_plant->obstacle(), QString());
    m_plant->publish("plc1/temp", 100.0);
    QVERIFY(!m_plant->obstacle().isEmpty());
  }
  void allThatStandsInTheWay() {
    QCOMPARE(m_plant->configure(R"([
      {"id":5,"name":"Hot","mode":"permissive","points":["plc1/run"],"conditions":[
        {"type":"range","point":"plc1/temp","max":90},{"type":"require_closed","point":"plc1/door"}]},
      {"id":6,"name":"Dry","mode":"trip","points":["plc1/run"],"conditions":[
        {"type":"require_level","point":"plc1/level","value":20}]}])"),
             QString());
    m_plant->start();
    m_plant->publish("plc1/door", false);
    const auto all = m_plant->interlocks->obstacles(m_plant->id("plc1/run"), Value(true));
    QCOMPARE(all.size(), 2);
    // What is known to be wrong goes before what is not known.
    QCOMPARE(all.at(0).text, QStringLiteral("interlock 5 \"Hot\": plc1/door is open (allowed: closed)"));
    QCOMPARE(all.at(1).interlock, 6);
  }

  void R5_10_advisoryWarnsOnly() {
    QCOMPARE(m_plant->configureOne("advisory", temperature), QString());
    m_plant->start();
    const auto warnings = [this](const Value &value) {
      return m_plant->interlocks->warnings(m_plant->id("plc1/run"), value);
    };
    QCOMPARE(warnings(true).size(), 1);  // nothing is known yet
    m_plant->publish("plc1/temp", 20.0);
    QVERIFY(warnings(true).isEmpty());
    m_plant->publish("plc1/temp", 95.2);
    QCOMPARE(warnings(true), QStringList{QStringLiteral("interlock 5 \"Test\": plc1/temp is 95.2 (allowed: 0 to 90)")});
    QVERIFY(warnings(false).isEmpty());
    QCOMPARE(m_plant->obstacle(), QString());
    QVERIFY(m_plant->commands.isEmpty());
  }
  void changesAreToldOnce() {
    QCOMPARE(m_plant->configureOne("permissive", temperature, R"(,"delay_ms":1000,"severity":"minor")"), QString());
    m_plant->interlocks->start(m_plant->folder.path());
    m_plant->pass(9s);
    m_plant->publish("plc1/temp", 20.0);
    m_plant->pass(20s);
    QVERIFY(m_plant->told("interlock_violated").isEmpty());
    m_plant->publish("plc1/temp", 91.0);
    m_plant->pass(999ms);
    QVERIFY(m_plant->told("interlock_violated").isEmpty());
    m_plant->publish("plc1/temp", 92.0);
    m_plant->pass(1ms);
    m_plant->publish("plc1/temp", 93.0);
    QCOMPARE(m_plant->told("interlock_violated"),
             QStringList{QStringLiteral("interlock 5 \"Test\": plc1/temp is 92 (allowed: 0 to 90)")});
    QCOMPARE(std::get<SystemEvent>(m_plant->events.first().body).severity, Severity::Minor);
    QVERIFY(m_plant->metrics.text().find("tagwire_interlocks_violated 1") != std::string::npos);
    m_plant->publish("plc1/temp", 20.0);
    m_plant->publish("plc1/temp", 21.0);
    QCOMPARE(m_plant->told("interlock_met").size(), 1);
    QVERIFY(m_plant->metrics.text().find("tagwire_interlocks_violated 0") != std::string::npos);
    QVERIFY(m_plant->alarms().isEmpty());
  }
  void statusTellsAll() {
    QCOMPARE(m_plant->configureOne("advisory", temperature + R"(,{"type":"require_closed","point":"plc1/door"})"),
             QString());
    m_plant->start();
    m_plant->publish("plc1/door", true);
    const InterlockStatus status = m_plant->interlocks->all().first();
    QCOMPARE(status.id, 5);
    QCOMPARE(status.mode, InterlockMode::Advisory);
    QCOMPARE(toText(status.mode), QLatin1String("advisory"));
    QCOMPARE(status.points.size(), 2);
    QCOMPARE(status.conditions.at(0).text, QStringLiteral("plc1/temp within 0 to 90"));
    QVERIFY(!status.conditions.at(0).isMet);
    QCOMPARE(status.conditions.at(0).found, QStringLiteral("bad:waiting_for_first_value"));
    QCOMPARE(status.conditions.at(1).text, QStringLiteral("plc1/door is closed"));
    QVERIFY(status.conditions.at(1).isMet);
    QCOMPARE(status.conditions.at(1).found, QStringLiteral("closed"));
    QVERIFY(status.isViolated && !status.isTripped && status.isForced);
  }

 private:
  std::unique_ptr<InterlockPlant> m_plant;
};

TAGWIRE_TEST(InterlocksTest)

}  // namespace interlocks_test

#include "interlocks_test.moc"
