// SPDX-License-Identifier: Apache-2.0
#include "rulestate.h"

#include <QDateTime>
#include <QtTest>

#include "engineconfig.h"
#include "testing/testcontext.h"
#include "testprogram.h"

namespace rulestate_test {

using namespace tagwire;
using namespace tagwire::alarms;

/// The state machine of one rule. A script is a list of steps "second:value" ("bad" for a Bad sample, "-" for mere
/// time, "~5" for an Uncertain one, "i5" for an integer, "ref=5" for the reference), and the states after each: O, W,
/// A.
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
  void R3_10_equals_data();
  void R3_10_equals();
  void R3_10_rateOfChange_data();
  void R3_10_rateOfChange();
  void R3_10_deviation_data();
  void R3_10_deviation();
  void R3_10_stale_data();
  void R3_10_stale();
  void R3_10_badQuality_data();
  void R3_10_badQuality();
  void R3_10_discrete_data();
  void R3_10_discrete();
  void R3_10_expression_data();
  void R3_10_expression();
  void R3_10_rateFadesWithoutASample();
  void R3_10_staleIsDueWithoutASample();
  void R3_22_restartLeavesWhatIsNotKnownYet_data();
  void R3_22_restartLeavesWhatIsNotKnownYet();
  void expressionInputsAreEachOnce();
  void R3_14_unknownExpressionStopsAFall();
  void wordsAndTexts_data();
  void wordsAndTexts();
  void levels_data();
  void levels();
  void notUsable_data();
  void notUsable();
  void notUsableIsOfTheNewestSample();
  void staysSmall();
  void R3_12_outsideTheScheduleIsOk();
  void R3_12_staleOutsideTheSchedule();
  void R3_13_dueTimes();

 private:
  static Rule rule(const char *keys);
  static Sample sample(const QString &what);
  static QString play(const Rule &rule, const QString &script, RuleState state = RuleState());
  static AlarmState takeValue(const Rule &rule, RuleState &state, double value, const Moment &moment);
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

Sample RuleStateTest::sample(const QString &what) {
  Sample made;
  QString text = what;
  if (text == QLatin1String("bad")) {
    made.quality = Quality::bad(QualityReason::NoConnection);
    return made;
  }
  if (text == QLatin1String("waiting")) {
    made.quality = Quality::bad(QualityReason::WaitingForFirstValue);
    return made;
  }
  if (text.startsWith(u'~')) {
    made.quality = Quality::uncertain(QualityReason::Stale);
    text.remove(0, 1);
  }
  bool isNumber = false;
  const double number = text.toDouble(&isNumber);
  if (text == QLatin1String("true") || text == QLatin1String("false")) {
    made.value = text == QLatin1String("true");
  } else if (isNumber) {
    made.value = number;
  } else if (text.startsWith(u'i')) {
    made.value = text.mid(1).toLongLong();
  } else {
    made.value = text;
  }
  return made;
}

QString RuleStateTest::play(const Rule &rule, const QString &script, RuleState state) {
  QString states;
  for (const QString &step : script.split(u' ', Qt::SkipEmptyParts)) {
    const qint64 milliseconds = static_cast<qint64>(step.section(u':', 0, 0).toDouble() * 1000);
    QString what = step.section(u':', 1);
    const Moment moment{fromMilliseconds(1'767'225'600'000 + milliseconds), std::chrono::milliseconds(milliseconds)};
    if (what == QLatin1String("-")) {
      takeTime(rule, state, moment);
    } else {
      const qsizetype input = what.startsWith(QLatin1String("ref=")) ? 1 : 0;
      takeSample(rule, state, input, sample(input ? what.mid(4) : what), moment);
    }
    states += letter(state.shown);
  }
  return states;
}

AlarmState RuleStateTest::takeValue(const Rule &rule, RuleState &state, double value, const Moment &moment) {
  return takeSample(rule, state, 0, Sample{PointId(1), Quality(), moment.time, value}, moment);
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

void RuleStateTest::R3_10_equals_data() {
  addScripts();
  constexpr const char *equals = R"("comparison":"equals","alarm_threshold":3,"warning_threshold":2)";
  row("equals", equals, "0:1 1:2 2:3 3:4 4:i3 5:bad 6:2.0001", "OWAOAAO");
  row("equals, deadband", R"("comparison":"equals","alarm_threshold":3,"deadband":0.5)",
      "0:2.9 1:3 2:3.5 3:2.5 4:3.51 5:3.4", "OAAAOO");
  row("equals, bool", R"("comparison":"equals","alarm_threshold":1)", "0:false 1:true 2:false", "OAO");
  row("equals, text", R"("comparison":"equals","alarm_threshold":7)", "0:E07 1:i7 2:E07", "OAO");
  row("not_equals", R"("comparison":"not_equals","alarm_threshold":3)", "0:3 1:3.1 2:bad 3:3 4:running", "OAAOA");
  row("not_equals, delayed", R"("comparison":"not_equals","alarm_threshold":3,"on_delay_ms":5000,"off_delay_ms":2000)",
      "0:4 4:3 5:4 10:- 11:3 13:-", "OOOAAO");
}

void RuleStateTest::R3_10_equals() { playScript(); }

void RuleStateTest::R3_10_rateOfChange_data() {
  addScripts();
  constexpr const char *keys =
      R"("comparison":"rate_of_change","alarm_threshold":2,"warning_threshold":1,"window_ms":10000)";
  // Nothing before half of the window; then over all that there is.
  row("half a window", keys, "0:0 2:100 4.9:100 5:100", "OOOA");
  row("slow, warning, alarm", keys, "0:0 5:4 10:10 15:24 20:44 25:45 30:46", "OOWAAAO");
  row("falling counts as well", keys, "0:100 5:94 10:70 15:70 20:70", "OWAAO");
  row("rising only", R"("comparison":"rate_of_change","alarm_threshold":2,"window_ms":10000,"direction":"rising")",
      "0:0 10:-30 20:0", "OOA");
  row("falling only", R"("comparison":"rate_of_change","alarm_threshold":2,"window_ms":10000,"direction":"falling")",
      "0:0 10:-30 20:0", "OAO");
  // Slower samples than the window: against the one before.
  row("slow samples", keys, "0:0 100:150 200:350 300:360 400:700", "OWAOA");
  row("deadband", R"("comparison":"rate_of_change","alarm_threshold":2,"window_ms":10000,"deadband":0.5)",
      "0:0 10:20 20:35 30:49 40:68", "OAAOO");
  row("default window", R"("comparison":"rate_of_change","alarm_threshold":1)", "0:0 29:100 30:100 90:100", "OOAO");
  row("bad leaves it", keys, "0:0 10:30 20:bad 30:bad 31:31", "OAAAO");
}

void RuleStateTest::R3_10_rateOfChange() { playScript(); }

void RuleStateTest::R3_10_deviation_data() {
  addScripts();
  constexpr const char *keys =
      R"("comparison":"deviation","reference":"p/r","alarm_threshold":5,"warning_threshold":2,"deadband":0.5)";
  row("both are needed", keys, "0:100 1:ref=10 2:ref=99", "OAO");
  row("either side", keys, "0:ref=10 1:12 2:8 3:5 4:15 5:14.6 6:14.5 7:14.4 8:11.4", "OWWAAAAWO");
  row("reference moves", keys, "0:10 1:ref=10 2:ref=20 3:20", "OOAO");
  row("either bad leaves it", keys, "0:10 1:ref=20 2:bad 3:ref=10 4:10", "OAAAO");
  row("reference bad leaves it", keys, "0:10 1:ref=20 2:ref=bad 3:20 4:ref=20", "OAAAO");
}

void RuleStateTest::R3_10_deviation() { playScript(); }

void RuleStateTest::R3_10_stale_data() {
  addScripts();
  constexpr const char *keys = R"("comparison":"stale","stale_after_ms":10000)";
  row("before the first", keys, "0:- 9.9:- 10:- 11:5", "OOAO");
  row("since the newest", keys, "0:5 9:5 18.9:- 19:- 20:x 29.9:- 30:-", "OOOAOOA");
  row("bad is no update", keys, "0:5 5:bad 10:bad 11:~5", "OOAO");
  row("warning first", R"("comparison":"stale","stale_after_ms":10000,"warning_after_ms":4000)",
      "0:5 3.9:- 4:- 9.9:- 10:- 11:5", "OOWWAO");
  row("delays", R"("comparison":"stale","stale_after_ms":10000,"on_delay_ms":2000,"off_delay_ms":3000)",
      "0:5 10:- 12:- 13:5 15.9:- 16:-", "OOAAAO");
}

void RuleStateTest::R3_10_stale() { playScript(); }

void RuleStateTest::R3_10_badQuality_data() {
  addScripts();
  row("bad", R"("comparison":"bad_quality")", "0:- 1:5 2:bad 3:~5 4:bad 5:x", "OOAOAO");
  row("uncertain", R"("comparison":"bad_quality","warning_on_uncertain":true)", "0:5 1:~5 2:bad 3:~5 4:5", "OWAWO");
  row("bad from the start", R"("comparison":"bad_quality")", "0:bad", "A");
  row("before the first value", R"("comparison":"bad_quality")", "0:waiting 1:5 2:bad 3:5", "OOAO");
  row("delays", R"("comparison":"bad_quality","on_delay_ms":3000,"off_delay_ms":2000)",
      "0:bad 2:5 3:bad 6:- 7:5 8:bad 9:5 11:-", "OOOAAAAO");
}

void RuleStateTest::R3_10_badQuality() { playScript(); }

void RuleStateTest::R3_10_discrete_data() {
  addScripts();
  row("texts", R"("comparison":"discrete","alarm_values":["Tripped","Fault"],"warning_values":["Manual"])",
      "0:Running 1:Manual 2:Tripped 3:bad 4:Fault 5:tripped", "OWAAAO");
  row("numbers", R"("comparison":"discrete","alarm_values":[2,"3.0"],"warning_values":["1"])",
      "0:0 1:1 2:i1 3:2 4:i2 5:i3 6:3 7:2.5", "OWWAAAAO");
  row("true", R"("comparison":"discrete","alarm_values":["true"])", "0:false 1:true 2:i1", "OAO");
  row("one is true", R"("comparison":"discrete","alarm_values":[1])", "0:false 1:true 2:i1 3:0", "OAAO");
  row("only a warning", R"("comparison":"discrete","warning_values":[false])", "0:true 1:false", "OW");
  row("delay", R"("comparison":"discrete","alarm_values":["Trip"],"on_delay_ms":1000)", "0:Trip 0.9:- 1:- 2:Run",
      "OOAO");
}

void RuleStateTest::R3_10_discrete() { playScript(); }

void RuleStateTest::R3_10_expression_data() {
  addScripts();
  row("both points",
      R"("comparison":"expression","when":{"all":[{"point":"p/v","comparison":"above","threshold":80},
         {"point":"p/pump","comparison":"equals","value":true}]})",
      "0:85 1:ref=true 2:70 3:90 4:ref=false", "OAOAO");
  row("warning beside it",
      R"("comparison":"expression","when":{"point":"p/v","comparison":"above","threshold":80},
         "warning_when":{"point":"p/v","comparison":"above","threshold":75})",
      "0:70 1:76 2:81 3:76 4:70 5:81 6:70", "OWAWOAO");
  row("delays",
      R"("comparison":"expression","when":{"not":{"point":"p/v","comparison":"above","threshold":80}},
         "on_delay_ms":1000,"off_delay_ms":2000)",
      "0:70 1:- 2:90 3.9:- 4:-", "OAAAO");
  row("unknown leaves it", R"("comparison":"expression","when":{"point":"p/v","comparison":"above","threshold":80})",
      "0:bad 1:85 2:bad 3:x 4:70", "OAAAO");
  row("stale within", R"("comparison":"expression","when":{"point":"p/v","comparison":"stale","stale_after_ms":5000})",
      "0:- 5:- 6:1 10.9:- 11:-", "OAOOA");
}

void RuleStateTest::R3_10_expression() { playScript(); }

void RuleStateTest::R3_10_rateFadesWithoutASample() {
  const Rule fast = rule(R"("comparison":"rate_of_change","alarm_threshold":2,"window_ms":10000)");
  RuleState state;
  const auto at = [](double seconds) {
    const auto elapsed = std::chrono::nanoseconds(static_cast<qint64>(seconds * 1e9));
    return Moment{Time(elapsed), elapsed};
  };
  for (int second = 0; second <= 20; ++second) takeValue(fast, state, 0, at(second));
  QCOMPARE(takeValue(fast, state, 50, at(21)), AlarmState::Alarm);
  QVERIFY(state.value > 2);
  // Only what changes is told from now on: the value stays, and falls out of the window.
  int wakes = 0;
  Moment moment = at(21);
  while (const auto due = nextDue(fast, state, moment)) {
    QVERIFY(*due > moment.elapsed);
    QVERIFY(++wakes < 50);
    moment = Moment{Time(*due), *due};
    takeTime(fast, state, moment);
  }
  QCOMPARE(state.shown, AlarmState::Ok);
  QCOMPARE(state.value, 0.0);
  QVERIFY(moment.elapsed >= std::chrono::seconds(31) && moment.elapsed < std::chrono::seconds(33));
}

void RuleStateTest::R3_10_staleIsDueWithoutASample() {
  const Rule stale = rule(R"("comparison":"stale","stale_after_ms":10000,"warning_after_ms":4000)");
  RuleState state;
  const auto at = [](int seconds) { return Moment{Time(), std::chrono::seconds(seconds)}; };
  takeTime(stale, state, at(1));
  QCOMPARE(*nextDue(stale, state, at(1)), at(5).elapsed);
  takeTime(stale, state, at(5));
  QCOMPARE(state.shown, AlarmState::Warning);
  QCOMPARE(*nextDue(stale, state, at(5)), at(11).elapsed);
  takeTime(stale, state, at(11));
  QCOMPARE(state.shown, AlarmState::Alarm);
  QVERIFY(!nextDue(stale, state, at(11)));
}

void RuleStateTest::R3_22_restartLeavesWhatIsNotKnownYet_data() {
  addScripts();
  row("stale, still", R"("comparison":"stale","stale_after_ms":10000)", "0:waiting 9:- 10:- 20:5", "AAAO");
  row("stale, no more", R"("comparison":"stale","stale_after_ms":10000)", "0:waiting 9:5 18:- 19:-", "AOOA");
  row("bad", R"("comparison":"bad_quality")", "0:waiting 1:- 2:bad 3:5", "AAAO");
  row("above", above, "0:waiting 1:- 2:bad 3:85 4:70", "AAAAO");
  row("deadband", R"("comparison":"above","alarm_threshold":80,"deadband":5)", "0:waiting 1:76 2:74", "AAO");
  row("rate", R"("comparison":"rate_of_change","alarm_threshold":1,"window_ms":10000)", "0:waiting 1:5 2:5 6:5",
      "AAAO");
  row("deviation", R"("comparison":"deviation","alarm_threshold":1,"reference":"p/r")", "0:waiting 1:5 2:ref=5", "AAO");
  row("discrete", R"("comparison":"discrete","alarm_values":["Trip"])", "0:waiting 1:Trip 2:Run", "AAO");
  row("expression",
      R"("comparison":"expression","when":{"all":[{"point":"p/v","comparison":"bad_quality"},
         {"point":"p/v","comparison":"stale","stale_after_ms":5000}]})",
      "0:waiting 4:- 5:- 6:bad 7:5", "AAAAO");
}

/// As the engine goes on with a rule that was in ALARM before.
void RuleStateTest::R3_22_restartLeavesWhatIsNotKnownYet() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, script);
  QFETCH(QString, states);
  RuleState state;
  state.shown = AlarmState::Alarm;
  state.warning.passed = true;
  state.alarm.passed = true;
  QCOMPARE(play(rule(keys.constData()), script, state), states);
}

void RuleStateTest::expressionInputsAreEachOnce() {
  const auto names = [](const Rule &rule) {
    QStringList all;
    for (const PointReference &input : inputsOf(rule)) all << input.name;
    return all.join(u' ');
  };
  constexpr const char *when =
      R"("comparison":"expression","when":{"any":[{"point":"p/a","comparison":"above","threshold":1},
         {"point":"p/b","comparison":"deviation","reference":"p/v","threshold":1},{"point":"p/a","comparison":"stale","stale_after_ms":1}]},
         "warning_when":{"point":"p/c","comparison":"bad_quality"})";
  Rule made = rule(when);
  QCOMPARE(names(made), QStringLiteral("p/v p/a p/b p/c"));
  made.point = {};
  QCOMPARE(names(made), QStringLiteral("p/a p/b p/v p/c"));
  QCOMPARE(names(rule(above)), QStringLiteral("p/v"));
  QCOMPARE(names(rule(R"("comparison":"deviation","reference":"p/r","alarm_threshold":1)")), QStringLiteral("p/v p/r"));
}

void RuleStateTest::R3_14_unknownExpressionStopsAFall() {
  const Rule made = rule(
      R"("comparison":"expression","when":{"point":"p/v","comparison":"above","threshold":80},"off_delay_ms":5000)");
  QCOMPARE(play(made, QStringLiteral("0:85 1:70 2:bad 7:- 8:70 12.9:- 13:-")), QStringLiteral("AAAAAAO"));
}

void RuleStateTest::wordsAndTexts_data() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("value");
  QTest::addColumn<QString>("text");
  const auto add = [](const char *name, const char *keys, const char *value, const char *text) {
    QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(value) << QString::fromLatin1(text);
  };
  constexpr const char *valve =
      R"("comparison":"discrete","alarm_values":[2],"words":{"0":"Closed","1":"Open","2":"Stuck","E7":"Seven"})";
  add("integer", valve, "i2", "Stuck");
  add("double", valve, "1.0", "Open");
  add("bool", valve, "true", "Open");
  add("text", valve, "E7", "Seven");
  add("text without a word", valve, "E8", "E8");
  add("number without a word", valve, "3", "");
  add("threshold", R"("comparison":"above","alarm_threshold":1,"words":{"1":"Open"})", "1", "Open");
  add("no words", R"("comparison":"above","alarm_threshold":1)", "1", "");
  add("true", R"("comparison":"equals","alarm_threshold":1,"words":{"true":"On","false":"Off"})", "false", "Off");
}

void RuleStateTest::wordsAndTexts() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, value);
  QFETCH(QString, text);
  const Rule made = rule(keys.constData());
  RuleState state;
  QCOMPARE(valueTextOf(made, state), QString());
  takeSample(made, state, 0, sample(value), Moment());
  QCOMPARE(valueTextOf(made, state), text);
}

void RuleStateTest::levels_data() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<double>("value");
  QTest::addColumn<QString>("level");
  const auto add = [](const char *name, const char *keys, double value, const char *level) {
    QTest::newRow(name) << QByteArray(keys) << value << QString::fromLatin1(level);
  };
  constexpr const char *below = R"("comparison":"below","alarm_threshold":2,"warning_threshold":5)";
  add("ok", above, 74, "");
  add("high", above, 75, "H");
  add("high high", above, 80, "HH");
  add("low", below, 5, "L");
  add("low low", below, 2, "LL");
  add("outside, high", outside, 8.5, "H");
  add("outside, high high", outside, 10.5, "HH");
  add("outside, low", outside, 1.5, "L");
  add("outside, low low", outside, -0.5, "LL");
  add("inside has no side", inside, 5, "");
  add("equals has no side", R"("comparison":"equals","alarm_threshold":3)", 3, "");
}

void RuleStateTest::levels() {
  QFETCH(QByteArray, keys);
  QFETCH(double, value);
  QFETCH(QString, level);
  const Rule made = rule(keys.constData());
  RuleState state;
  takeValue(made, state, value, Moment());
  QCOMPARE(QString(levelOf(made, state)), level);
}

void RuleStateTest::notUsable_data() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("value");
  QTest::addColumn<bool>("isUsable");
  const auto add = [](const char *name, const char *keys, const char *value, bool isUsable) {
    QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(value) << isUsable;
  };
  add("text above", above, "x", false);
  add("NaN above", above, "nan", false);
  add("bad above", above, "bad", true);
  add("bool above", above, "true", true);
  add("text outside", outside, "x", false);
  add("text rate", R"("comparison":"rate_of_change","alarm_threshold":1)", "x", false);
  add("text deviation", R"("comparison":"deviation","reference":"p/r","alarm_threshold":1)", "x", false);
  add("text equals", R"("comparison":"equals","alarm_threshold":1)", "x", true);
  add("NaN equals", R"("comparison":"equals","alarm_threshold":1)", "nan", false);
  add("text discrete", R"("comparison":"discrete","alarm_values":[1])", "x", true);
  add("text stale", R"("comparison":"stale","stale_after_ms":1)", "x", true);
  add("text quality", R"("comparison":"bad_quality")", "x", true);
  add("text in expression", R"("comparison":"expression","when":{"point":"p/v","comparison":"above","threshold":80})",
      "x", false);
  add("number in expression", R"("comparison":"expression","when":{"point":"p/v","comparison":"above","threshold":80})",
      "1", true);
}

void RuleStateTest::notUsable() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, value);
  QFETCH(bool, isUsable);
  const Rule made = rule(keys.constData());
  RuleState state;
  takeSample(made, state, 0, sample(value), Moment());
  QCOMPARE(state.notUsable, !isUsable);
}

void RuleStateTest::notUsableIsOfTheNewestSample() {
  const Rule made = rule(
      R"("comparison":"expression","when":{"point":"p/x","comparison":"above","threshold":80},
         "warning_when":{"point":"p/y","comparison":"above","threshold":80})");
  RuleState state;
  takeSample(made, state, 1, sample(QStringLiteral("x")), Moment());
  QVERIFY(state.notUsable);
  takeSample(made, state, 2, sample(QStringLiteral("81")), Moment());
  QVERIFY(!state.notUsable);
  takeSample(made, state, 0, sample(QStringLiteral("x")), Moment());
  QVERIFY(!state.notUsable);
  QCOMPARE(state.shown, AlarmState::Warning);
}

/// There may be 100,000 of them, and each sample touches one.
void RuleStateTest::staysSmall() {
  QVERIFY2(sizeof(RuleState) <= 96, qPrintable(QString::number(sizeof(RuleState))));
  const Rule made = rule(above);
  RuleState state;
  takeValue(made, state, 85, Moment());
  QVERIFY(!state.more && !state.expressions);
}

/// Nobody counts from the beginning of the window: it was stale before.
void RuleStateTest::R3_12_staleOutsideTheSchedule() {
  const Rule made = rule(
      R"("comparison":"stale","stale_after_ms":10000,"schedule":{"start":"08:00","end":"16:00","timezone":"UTC"})");
  RuleState state;
  const auto at = [](int seconds) {
    return Moment{Time(std::chrono::seconds(seconds)), std::chrono::seconds(seconds)};
  };
  QCOMPARE(takeTime(made, state, at(8 * 3600 - 3600)), AlarmState::Ok);
  QCOMPARE(takeTime(made, state, at(8 * 3600)), AlarmState::Alarm);
  QCOMPARE(takeTime(made, state, at(16 * 3600)), AlarmState::Ok);
}

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
  takeSample(delayed, state, 0, sample(QStringLiteral("bad")), at(11));
  QVERIFY(!nextDue(delayed, state, at(11)));
  const Rule scheduled = rule(
      R"("comparison":"above","alarm_threshold":80,"schedule":{"start":"22:00","end":"06:00","timezone":"Asia/Kolkata"})");
  QCOMPARE(*nextDue(scheduled, RuleState(), at(70)), std::chrono::nanoseconds(std::chrono::seconds(120)));
}

TAGWIRE_TEST(RuleStateTest)

}  // namespace rulestate_test

#include "rulestate_test.moc"
