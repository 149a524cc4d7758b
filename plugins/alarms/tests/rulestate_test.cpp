// SPDX-License-Identifier: Apache-2.0
#include "rulestate.h"

#include <QDateTime>
#include <QtTest>

#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::alarms;

/// The state machine of one rule. A script is a list of steps "second:value" ("bad" for a Bad sample, "-" for mere
/// time), and the states after each: O, W, A.
class RuleStateTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_10_comparisons_data();
  void R3_10_comparisons();
  void R3_13_deadband_data();
  void R3_13_deadband();
  void R3_13_delays_data();
  void R3_13_delays();
  void R3_14_badQualityLeavesTheState_data();
  void R3_14_badQualityLeavesTheState();
  void R3_12_outsideTheScheduleIsOk();
  void R3_13_dueTimes();

 private:
  static Rule rule(const char *keys);
  static QString play(const Rule &rule, const QString &script);
  static void addScripts();
  static void playScript();
};

namespace {

void row(const char *name, const char *keys, const char *script, const char *states) {
  QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(script) << QString::fromLatin1(states);
}

QChar letter(AlarmState state) {
  return state == AlarmState::Alarm ? u'A' : state == AlarmState::Warning ? u'W' : u'O';
}

constexpr const char *above = R"("comparison":"above","alarm_threshold":80,"warning_threshold":75)";
constexpr const char *outside =
    R"("comparison":"outside_range","alarm_threshold_low":0,"alarm_threshold_high":10,"warning_threshold_low":2,"warning_threshold_high":8)";
constexpr const char *inside =
    R"("comparison":"inside_range","alarm_threshold_low":4,"alarm_threshold_high":6,"warning_threshold_low":2,"warning_threshold_high":8)";

}  // namespace

Rule RuleStateTest::rule(const char *keys) {
  QString errors;
  const auto config =
      readConfig<AlarmsConfig>(QByteArray(R"({"rules":[{"id":1,"name":"R","point":"p/v",)") + keys + "}]}", &errors);
  if (!config) qFatal("%s", qPrintable(errors));
  return config->rules.at(0);
}

QString RuleStateTest::play(const Rule &rule, const QString &script) {
  RuleState state;
  QString states;
  for (const QString &step : script.split(u' ', Qt::SkipEmptyParts)) {
    const qint64 milliseconds = static_cast<qint64>(step.section(u':', 0, 0).toDouble() * 1000);
    const QString what = step.section(u':', 1);
    const Moment moment{fromMilliseconds(1'767'225'600'000 + milliseconds), std::chrono::milliseconds(milliseconds)};
    if (what == QLatin1String("bad")) {
      takeBad(state);
      takeTime(rule, state, moment);
    } else if (what == QLatin1String("-")) {
      takeTime(rule, state, moment);
    } else {
      takeValue(rule, state, what.toDouble(), moment);
    }
    states += letter(state.shown);
  }
  return states;
}

void RuleStateTest::addScripts() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("script");
  QTest::addColumn<QString>("states");
}

void RuleStateTest::playScript() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, script);
  QFETCH(QString, states);
  QCOMPARE(play(rule(keys.constData()), script), states);
}

void RuleStateTest::R3_10_comparisons_data() {
  addScripts();
  row("above", above, "0:74.9 1:75 2:79.9 3:80 4:1e300 5:79.9 6:74.9", "OWWAAWO");
  row("above, from alarm to ok", above, "0:80 1:0 2:80", "AOA");
  row("above without warning", R"("comparison":"above","alarm_threshold":80)", "0:79.9 1:80 2:79.9", "OAO");
  row("below", R"("comparison":"below","alarm_threshold":2,"warning_threshold":5)", "0:5.1 1:5 2:2.1 3:2 4:-9 5:3 6:6",
      "OWWAAWO");
  row("below without warning", R"("comparison":"below","alarm_threshold":2)", "0:2.1 1:2 2:2.1", "OAO");
  row("equal thresholds", R"("comparison":"above","alarm_threshold":5,"warning_threshold":5)", "0:4 1:5 2:4", "OAO");
  row("outside", outside, "0:5 1:2 2:8 3:1.9 4:8.1 5:0 6:10 7:-0.1 8:10.1 9:5", "OOOWWWWAAO");
  row("outside without warning", R"("comparison":"outside_range","alarm_threshold_low":0,"alarm_threshold_high":10)",
      "0:0 1:10 2:-0.1 3:10.1 4:5", "OOAAO");
  row("outside, one warning",
      R"("comparison":"outside_range","alarm_threshold_low":0,"alarm_threshold_high":10,"warning_threshold_low":2)",
      "0:1 1:9 2:10 3:10.1", "WOOA");
  row("inside", inside, "0:1.9 1:2 2:3.9 3:4 4:6 5:6.1 6:8 7:8.1", "OWWAAWWO");
  row("inside without warning", R"("comparison":"inside_range","alarm_threshold_low":4,"alarm_threshold_high":6)",
      "0:3.9 1:4 2:6 3:6.1", "OAAO");
  row("inside, one warning",
      R"("comparison":"inside_range","alarm_threshold_low":4,"alarm_threshold_high":6,"warning_threshold_low":2)",
      "0:2 1:5 2:6.1", "WAO");
  row("infinite", above, "0:inf 1:-inf", "AO");
}

void RuleStateTest::R3_10_comparisons() { playScript(); }

void RuleStateTest::R3_13_deadband_data() {
  addScripts();
  row("above", R"("comparison":"above","alarm_threshold":80,"warning_threshold":75,"deadband":0.5)",
      "0:79.9 1:80 2:79.5 3:79.49 4:79.9 5:80 6:74.5 7:74.49 8:74.9", "WAAWWAWOO");
  row("not on entering", R"("comparison":"above","alarm_threshold":80,"deadband":5)",
      "0:76 1:79 2:80 3:76 4:75 5:74.9 6:79", "OOAAAOO");
  row("below", R"("comparison":"below","alarm_threshold":2,"warning_threshold":5,"deadband":1)",
      "0:2 1:3 2:3.1 3:6 4:6.1 5:5.5", "AAWWOO");
  row("outside", R"("comparison":"outside_range","alarm_threshold_low":0,"alarm_threshold_high":10,"deadband":1)",
      "0:10 1:10.1 2:9.5 3:9 4:9.5 5:-0.1 6:0.9 7:1", "OAAOOAAO");
  row("inside", R"("comparison":"inside_range","alarm_threshold_low":4,"alarm_threshold_high":6,"deadband":1)",
      "0:6.5 1:6 2:7 3:7.1 4:3.5 5:4 6:3 7:2.9", "OAAOOAAO");
  row("jitter", R"("comparison":"above","alarm_threshold":80,"deadband":0.5)",
      "0:80.1 1:79.9 2:80.1 3:79.9 4:80.1 5:79.6", "AAAAAA");
}

void RuleStateTest::R3_13_deadband() { playScript(); }

void RuleStateTest::R3_13_delays_data() {
  addScripts();
  constexpr const char *on = R"("comparison":"above","alarm_threshold":80,"warning_threshold":75,"on_delay_ms":5000)";
  constexpr const char *off = R"("comparison":"above","alarm_threshold":80,"warning_threshold":75,"off_delay_ms":5000)";
  row("on, too short", on, "0:80 4.9:80 4.95:70 10:80 14.9:80", "OOOOO");
  row("on, without a sample", on, "0:80 4.999:- 5:-", "OOA");
  row("on, each level by itself", on, "0:76 3:81 5:- 8:-", "OOWA");
  row("on, alarm sinks to warning", on, "0:81 3:76 5:- 9:76", "OOWW");
  row("off, too short", off, "0:80 1:70 5.9:70 5.95:80 7:70 11.9:-", "AAAAAA");
  row("off, without a sample", off, "0:80 1:70 6:-", "AAO");
  row("off, each level by itself", off, "0:80 1:76 3:70 6:- 8:-", "AAAWO");
  row("both", R"("comparison":"above","alarm_threshold":80,"on_delay_ms":2000,"off_delay_ms":3000)",
      "0:81 2:- 3:70 5.9:- 6:- 6.1:81 8.1:-", "OAAAOOA");
  row("none", above, "0:80 0:70 0:80", "AOA");
}

void RuleStateTest::R3_13_delays() { playScript(); }

void RuleStateTest::R3_14_badQualityLeavesTheState_data() {
  addScripts();
  row("alarm stays", above, "0:85 1:bad 2:bad 3:- 4:70", "AAAAO");
  row("ok stays", above, "0:70 1:bad 2:85", "OOA");
  row("bad from the start", above, "0:bad 1:- 2:76", "OOW");
  row("off delay begins anew", R"("comparison":"above","alarm_threshold":80,"off_delay_ms":5000)",
      "0:85 1:70 2:bad 7:- 8:70 12.9:- 13:-", "AAAAAAO");
  row("on delay waits for a number", R"("comparison":"above","alarm_threshold":80,"on_delay_ms":5000)",
      "0:85 2:bad 6:- 7:85", "OOOA");
  row("on delay, gone meanwhile", R"("comparison":"above","alarm_threshold":80,"on_delay_ms":5000)",
      "0:85 2:bad 7:70 8:85", "OOOO");
}

void RuleStateTest::R3_14_badQualityLeavesTheState() { playScript(); }

void RuleStateTest::R3_12_outsideTheScheduleIsOk() {
  const Rule night = rule(
      R"("comparison":"above","alarm_threshold":80,"off_delay_ms":60000,"schedule":{"start":"22:00","end":"06:00","timezone":"Asia/Kolkata"})");
  RuleState state;
  const auto at = [](const char *iso) {
    const Time time =
        fromMilliseconds(QDateTime::fromString(QString::fromLatin1(iso), Qt::ISODateWithMs).toMSecsSinceEpoch());
    return Moment{time, time.time_since_epoch()};
  };
  QCOMPARE(takeValue(night, state, 85, at("2026-01-05T21:59:59.999+05:30")), AlarmState::Ok);
  QCOMPARE(takeTime(night, state, at("2026-01-05T22:00:00+05:30")), AlarmState::Alarm);
  QCOMPARE(takeValue(night, state, 86, at("2026-01-06T05:59:59.999+05:30")), AlarmState::Alarm);
  // No off delay here: the rule is not in force any more.
  QCOMPARE(takeTime(night, state, at("2026-01-06T06:00:00+05:30")), AlarmState::Ok);
  QCOMPARE(takeValue(night, state, 90, at("2026-01-06T12:00:00+05:30")), AlarmState::Ok);
  // The machine's clock is set back by a day.
  QCOMPARE(takeTime(night, state, at("2026-01-05T23:00:00+05:30")), AlarmState::Alarm);
}

void RuleStateTest::R3_13_dueTimes() {
  const Rule delayed = rule(R"("comparison":"above","alarm_threshold":80,"on_delay_ms":5000,"off_delay_ms":7000)");
  RuleState state;
  const Time time = fromMilliseconds(1'767'225'600'000);
  const auto at = [time](int seconds) {
    return Moment{time + std::chrono::seconds(seconds), std::chrono::seconds(seconds)};
  };
  QVERIFY(!nextDue(delayed, state, at(0)));
  takeValue(delayed, state, 85, at(1));
  QCOMPARE(*nextDue(delayed, state, at(1)), std::chrono::nanoseconds(std::chrono::seconds(6)));
  takeTime(delayed, state, at(6));
  QVERIFY(!nextDue(delayed, state, at(6)));
  takeValue(delayed, state, 70, at(10));
  QCOMPARE(*nextDue(delayed, state, at(10)), std::chrono::nanoseconds(std::chrono::seconds(17)));
  takeBad(state);
  QVERIFY(!nextDue(delayed, state, at(11)));
  const Rule scheduled = rule(
      R"("comparison":"above","alarm_threshold":80,"schedule":{"start":"22:00","end":"06:00","timezone":"Asia/Kolkata"})");
  QCOMPARE(*nextDue(scheduled, RuleState(), at(70)), std::chrono::nanoseconds(std::chrono::seconds(120)));
}

QTEST_GUILESS_MAIN(RuleStateTest)
#include "rulestate_test.moc"
