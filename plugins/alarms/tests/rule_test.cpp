// SPDX-License-Identifier: Apache-2.0
#include "engineconfig.h"

#include <QFile>
#include <QJsonDocument>
#include <QtTest>

#include "testing/testcontext.h"
#include "testprogram.h"

namespace rule_test {

using namespace tagwire;
using namespace tagwire::alarms;

/// The configuration: what is refused, where, and what the message says.
class RuleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_10_configurations_data();
  void R3_10_configurations();
  void R3_10_otherComparisons_data();
  void R3_10_otherComparisons();
  void everyProblemIsReported();
  void R3_15_writtenReadsToTheSame_data();
  void R3_15_writtenReadsToTheSame();
  void R3_15_oneRuleByItself();
  void examplesOfTheReadme();
  void everyPointIsAReference();
  void R3_12_siteZoneIsTheDefault();
  void defaults();

 private:
  static void addConfigurations();
  static void readConfiguration();
  static std::optional<AlarmsConfig> read(const QByteArray &json, QString &problems,
                                          const QTimeZone &zone = QTimeZone::utc());
};

std::optional<AlarmsConfig> RuleTest::read(const QByteArray &json, QString &text, const QTimeZone &zone) {
  Problems problems;
  const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto config = reader.read<AlarmsConfig>();
  if (config) {
    // Rules are looked at by themselves here: whatever they name is there.
    for (const Rule &rule : config->rules) {
      if (!rule.group.isEmpty()) config->groups << GroupConfig{rule.group, {}, false};
      if (!rule.escalation.isEmpty()) config->escalations << EscalationConfig{rule.escalation, {}};
    }
    checkAlarms(*config, zone, reader);
  }
  for (const Problem &problem : problems) text += toText(problem) + u'\n';
  return reader.failed() ? std::nullopt : config;
}

namespace {

void good(const char *name, const char *keys) { QTest::newRow(name) << QByteArray(keys) << QString() << QString(); }

void bad(const char *name, const char *keys, const char *path, const char *message) {
  QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(path) << QString::fromLatin1(message);
}

}  // namespace

void RuleTest::addConfigurations() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("path");
  QTest::addColumn<QString>("message");
}

void RuleTest::R3_10_configurations_data() {
  addConfigurations();
  good("above", R"("comparison":"above","alarm_threshold":80)");
  good("above with warning", R"("comparison":"above","alarm_threshold":80,"warning_threshold":75)");
  good("below with warning", R"("comparison":"below","alarm_threshold":2,"warning_threshold":5)");
  good("outside", R"("comparison":"outside_range","alarm_threshold_low":1,"alarm_threshold_high":9)");
  good("outside, one warning",
       R"("comparison":"outside_range","alarm_threshold_low":1,"alarm_threshold_high":9,"warning_threshold_low":2)");
  good(
      "inside",
      R"("comparison":"inside_range","alarm_threshold_low":4,"alarm_threshold_high":5,"warning_threshold_low":3,"warning_threshold_high":6)");
  good(
      "schedules",
      R"("comparison":"above","alarm_threshold":1,"schedule":[{"start":"22:00","end":"06:00","days":["mon"]},{"start":"12:00","end":"13:00"}])");

  bad("above, order", R"("comparison":"above","alarm_threshold":80,"warning_threshold":85)",
      "rules[0].warning_threshold", "85 is over alarm_threshold 80");
  bad("below, order", R"("comparison":"below","alarm_threshold":5,"warning_threshold":2)", "rules[0].warning_threshold",
      "2 is under alarm_threshold 5");
  bad("no threshold", R"("comparison":"above")", "rules[0]", "\"above\" needs it");
  bad("no high", R"("comparison":"outside_range","alarm_threshold_low":1)", "alarm_threshold_high",
      "\"outside_range\" needs it");
  bad("range without range", R"("comparison":"inside_range","alarm_threshold":1)", "alarm_threshold", "has no meaning");
  bad("threshold with range", R"("comparison":"above","alarm_threshold":1,"alarm_threshold_low":0)",
      "rules[0].alarm_threshold_low", "has no meaning for \"above\"");
  bad("low over high", R"("comparison":"inside_range","alarm_threshold_low":5,"alarm_threshold_high":4)",
      "rules[0].alarm_threshold_low", "5 is over alarm_threshold_high 4");
  bad("outside, warning outside",
      R"("comparison":"outside_range","alarm_threshold_low":1,"alarm_threshold_high":9,"warning_threshold_low":0)",
      "rules[0].warning_threshold_low", "0 is under alarm_threshold_low 1");
  bad("inside, warning inside",
      R"("comparison":"inside_range","alarm_threshold_low":1,"alarm_threshold_high":9,"warning_threshold_high":8)",
      "rules[0].warning_threshold_high", "8 is under alarm_threshold_high 9");
  bad("deadband that never ends",
      R"("comparison":"outside_range","alarm_threshold_low":1,"alarm_threshold_high":3,"deadband":1.5)",
      "rules[0].deadband", "allowed: up to 1");
  bad("negative deadband", R"("comparison":"above","alarm_threshold":1,"deadband":-1)", "rules[0].deadband", "-1");
  bad("negative delay", R"("comparison":"above","alarm_threshold":1,"on_delay_ms":-1)", "rules[0].on_delay_ms", "-1");
  bad("unknown comparison", R"("comparison":"abov","alarm_threshold":1)", "rules[0].comparison",
      "did you mean \"above\"? (allowed: above, below, outside_range, inside_range, equals,");
  bad("unknown key", R"("comparison":"above","alarm_threshold":1,"dead_band":1)", "rules[0]", "dead_band");
  bad("severity", R"("comparison":"above","alarm_threshold":1,"severity":"urgent")", "rules[0].severity", "critical");
  bad("time zone",
      R"("comparison":"above","alarm_threshold":1,"schedule":{"start":"22:00","end":"06:00","timezone":"Asia/Kolkatta"})",
      "schedule", "unknown time zone \"Asia/Kolkatta\"");
  bad("day", R"("comparison":"above","alarm_threshold":1,"schedule":{"start":"22:00","end":"06:00","days":["monday"]})",
      "days[0]", "mon");
  bad("start 24:00", R"("comparison":"above","alarm_threshold":1,"schedule":[{"start":"24:00","end":"06:00"}])",
      "rules[0].schedule[0].start", "allowed: 00:00 to 23:59");
  bad("no end", R"("comparison":"above","alarm_threshold":1,"schedule":{"start":"22:00"})", "schedule", "end");
  bad("area", R"("comparison":"above","alarm_threshold":1,"area":"cold/*")", "rules[0].area", "may not hold");
}

void RuleTest::R3_10_configurations() { readConfiguration(); }

void RuleTest::readConfiguration() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, path);
  QFETCH(QString, message);
  QString problems;
  const auto config =
      read(R"({"rules":[{"id":77,"name":"High",)" +
               (keys.contains("\"point\":\"\"") ? QByteArray() : QByteArray(R"("point":"plc1/temp",)")) + keys + "}]}",
           problems);
  QCOMPARE(config.has_value(), path.isEmpty());
  QVERIFY2(problems.contains(path), qPrintable(problems));
  QVERIFY2(problems.contains(message), qPrintable(problems));
  if (path.isEmpty()) QCOMPARE(problems, QString());
}

void RuleTest::R3_10_otherComparisons_data() {
  addConfigurations();
  good("equals", R"("comparison":"equals","alarm_threshold":3,"warning_threshold":2,"deadband":0.5)");
  good("not_equals", R"("comparison":"not_equals","alarm_threshold":3)");
  good("rate", R"("comparison":"rate_of_change","alarm_threshold":3,"window_ms":5000,"direction":"rising")");
  good("deviation", R"("comparison":"deviation","alarm_threshold":3,"reference":"plc1/other","deadband":1)");
  good("stale", R"("comparison":"stale","stale_after_ms":3000,"warning_after_ms":1000)");
  good("bad_quality", R"("comparison":"bad_quality","warning_on_uncertain":true)");
  good("discrete", R"("comparison":"discrete","alarm_values":[2,"Trip",true],"words":{"2":"Tripped"})");
  good("for all", R"("comparison":"above","alarm_threshold":3,"latch":true,"group":"boiler","escalation":"night",
      "guidance":"Open the valve.","suppress_when":{"point":"plc1/run","comparison":"equals","value":0})");

  bad("not_equals, warning", R"("comparison":"not_equals","alarm_threshold":3,"warning_threshold":2)",
      "rules[0].warning_threshold", "has no meaning for \"not_equals\" (allowed: alarm_threshold, point)");
  bad("equals, the same", R"("comparison":"equals","alarm_threshold":3,"warning_threshold":3)",
      "rules[0].warning_threshold", "3 is the same as alarm_threshold 3: there would never be a warning");
  bad("rate 0", R"("comparison":"rate_of_change","alarm_threshold":0)", "rules[0].alarm_threshold",
      "0 is out of range (allowed: over 0)");
  bad("rate, order", R"("comparison":"rate_of_change","alarm_threshold":1,"warning_threshold":2)",
      "rules[0].warning_threshold", "2 is over alarm_threshold 1");
  bad("rate, wide deadband", R"("comparison":"rate_of_change","alarm_threshold":3,"warning_threshold":2,"deadband":2)",
      "rules[0].deadband", "2 is too wide: no value would ever end the state (allowed: under warning_threshold 2)");
  bad("rate, direction", R"("comparison":"rate_of_change","alarm_threshold":1,"direction":"up")", "rules[0].direction",
      "allowed: rising, falling, both");
  bad("rate, window", R"("comparison":"rate_of_change","alarm_threshold":1,"window_ms":10)", "rules[0].window_ms",
      "10 is out of range (allowed: 100 to 86400000)");
  bad("window elsewhere", R"("comparison":"above","alarm_threshold":1,"window_ms":1000)", "rules[0].window_ms",
      "has no meaning for \"above\" (allowed: alarm_threshold, warning_threshold, deadband, point)");
  bad("deviation, no reference", R"("comparison":"deviation","alarm_threshold":3)", "rules[0].reference",
      "missing: \"deviation\" needs it");
  bad("stale, none", R"("comparison":"stale")", "rules[0]", "stale_after_ms: missing: \"stale\" needs it");
  bad("stale, order", R"("comparison":"stale","stale_after_ms":3000,"warning_after_ms":3000)",
      "rules[0].warning_after_ms", "3000 is not under stale_after_ms 3000");
  bad("stale, threshold", R"("comparison":"stale","stale_after_ms":3000,"alarm_threshold":1)",
      "rules[0].alarm_threshold", "has no meaning for \"stale\" (allowed: stale_after_ms, warning_after_ms, point)");
  bad("stale, deadband", R"("comparison":"stale","stale_after_ms":3000,"deadband":1)", "rules[0].deadband",
      "has no meaning for \"stale\"");
  bad("bad_quality, threshold", R"("comparison":"bad_quality","alarm_threshold":1)", "rules[0].alarm_threshold",
      "has no meaning for \"bad_quality\" (allowed: warning_on_uncertain, point)");
  bad("discrete, none", R"("comparison":"discrete")", "rules[0].alarm_values",
      "missing: \"discrete\" needs it (or warning_values)");
  bad("discrete, both", R"("comparison":"discrete","alarm_values":[1,2],"warning_values":[3,2])",
      "rules[0].warning_values[1]", "\"2\" is one of alarm_values already");
  bad("discrete, no list", R"("comparison":"discrete","alarm_values":2)", "rules[0].alarm_values", "an array is due");
  bad("no point", R"("comparison":"above","alarm_threshold":1,"point":"")", "rules[0].point", "needs it");
  bad("expression, none", R"("comparison":"expression")", "rules[0].when", "missing: \"expression\" needs it");
  bad("expression, threshold", R"("comparison":"expression","when":{"point":"p/a","comparison":"bad_quality"},
      "alarm_threshold":1)",
      "rules[0].alarm_threshold", "has no meaning for \"expression\" (allowed: when, warning_when, point)");
  bad("when elsewhere", R"("comparison":"above","alarm_threshold":1,"when":{"point":"p/a","comparison":"bad_quality"})",
      "rules[0].when", "has no meaning for \"above\"");
  bad("suppress_when", R"("comparison":"above","alarm_threshold":1,"suppress_when":{"all":[{"point":"p/a"}]})",
      "rules[0].suppress_when.all[0]", "key \"comparison\" is missing");
  bad("guidance", R"("comparison":"above","alarm_threshold":1,"guidance":"")", "rules[0].guidance", "may not be empty");
  bad("group", R"("comparison":"above","alarm_threshold":1,"group":"a*")", "rules[0].group", "may not hold");
  bad("exceptions", R"("comparison":"above","alarm_threshold":1,
      "schedule":{"start":"22:00","end":"06:00","exceptions":["2026-02-30"]})",
      "exceptions[0]", "\"2026-02-30\" is no date (allowed: YYYY-MM-DD");
}

void RuleTest::R3_10_otherComparisons() { readConfiguration(); }

/// REST shows rules by what is written here.
void RuleTest::R3_15_writtenReadsToTheSame_data() {
  QTest::addColumn<QByteArray>("keys");
  const auto row = [](const char *name, const char *keys) { QTest::newRow(name) << QByteArray(keys); };
  row("above", R"("comparison":"above","alarm_threshold":80,"warning_threshold":75.5,"deadband":0.5)");
  row("outside", R"("comparison":"outside_range","alarm_threshold_low":1,"alarm_threshold_high":9,
      "warning_threshold_low":2,"warning_threshold_high":8)");
  row("rate", R"("comparison":"rate_of_change","alarm_threshold":3,"window_ms":5000,"direction":"falling")");
  row("deviation", R"("comparison":"deviation","alarm_threshold":3,"reference":"plc1/other")");
  row("stale", R"("comparison":"stale","stale_after_ms":3000,"warning_after_ms":1000)");
  row("bad_quality", R"("comparison":"bad_quality","warning_on_uncertain":true)");
  row("discrete", R"("comparison":"discrete","alarm_values":["2","Trip","true"],"warning_values":["1.5"],
      "words":{"2":"Tripped","false":"Off"})");
  row("expression", R"("comparison":"expression","when":{"all":[{"point":"p/a","comparison":"above","threshold":1},
      {"not":{"point":"p/b","comparison":"equals","value":"Run"}}]},
      "warning_when":{"point":"p/a","comparison":"bad_quality"})");
  row("all the others", R"("comparison":"below","alarm_threshold":-3,"severity":"critical","on_delay_ms":1000,
      "off_delay_ms":2000,"area":"a/b","latch":true,"group":"g","escalation":"e","guidance":"Go.",
      "suppress_when":{"any":[{"point":"p/a","comparison":"stale","stale_after_ms":100}]},
      "schedule":[{"start":"22:00","end":"06:05","timezone":"Asia/Kolkata","days":["mon","sun"],
      "exceptions":["2026-12-25","2026-12-31/2027-01-02"]},
      {"start":"00:00","end":"24:00","timezone":"Europe/Berlin"}])");
}

void RuleTest::R3_15_writtenReadsToTheSame() {
  QFETCH(QByteArray, keys);
  const QByteArray json = R"({"id":77,"name":"High","point":"plc1/temp",)" + keys + "}";
  QString problems;
  const auto config = read("{\"rules\":[" + json + "]}", problems);
  QVERIFY2(config, qPrintable(problems));
  QCOMPARE(shapeOf<Rule>().write(config->rules.at(0)), QJsonDocument::fromJson(json).object());
}

/// A rule of run time is the whole document.
void RuleTest::R3_15_oneRuleByItself() {
  Problems problems;
  const ConfigNode node =
      parseJson(R"({"id":1,"name":"A","point":"p/a","comparison":"above","schedule":{"start":"24:00","end":"06:00"}})",
                QStringLiteral("body"), problems);
  ConfigReader reader(node, QString(), problems);
  auto rule = reader.read<Rule>();
  QVERIFY(rule);
  checkRule(*rule, QString(), QTimeZone("Asia/Kolkata"), reader);
  QCOMPARE(problems.size(), 2);
  QCOMPARE(problems.at(0).path, QStringLiteral("alarm_threshold"));
  QCOMPARE(problems.at(1).path, QStringLiteral("schedule[0].start"));
  QCOMPARE(rule->schedule.at(0).timezone->toText(), QStringLiteral("Asia/Kolkata"));
}

void RuleTest::examplesOfTheReadme() {
  QFile readme(QStringLiteral(ALARMS_README));
  QVERIFY(readme.open(QIODevice::ReadOnly));
  const QByteArray text = readme.readAll();
  const auto begin = text.indexOf('[', text.indexOf("<!-- rules -->"));
  const auto end = text.indexOf("```", begin);
  QVERIFY(begin > 0 && end > begin);
  QString problems;
  const auto config = read("{\"rules\":" + text.mid(begin, end - begin) + "}", problems);
  QVERIFY2(config, qPrintable(problems));
  QVERIFY(config->rules.size() >= 7);
  for (const Rule &rule : config->rules) {
    const QJsonObject once = shapeOf<Rule>().write(rule);
    const auto again = read("{\"rules\":[" + QJsonDocument(once).toJson() + "]}", problems);
    QVERIFY2(again, qPrintable(problems));
    QCOMPARE(shapeOf<Rule>().write(again->rules.at(0)), once);
  }
}

void RuleTest::everyPointIsAReference() {
  Problems problems;
  const ConfigNode node = parseJson(R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"deviation",
      "alarm_threshold":1,"reference":"p/b","suppress_when":{"not":{"point":"p/c","comparison":"bad_quality"}}},
      {"id":2,"name":"B","comparison":"expression","when":{"point":"p/d","comparison":"bad_quality"}}]})",
                                    QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto config = reader.read<AlarmsConfig>();
  QVERIFY(config);
  checkAlarms(*config, QTimeZone::utc(), reader);
  QVERIFY(problems.isEmpty());
  QStringList names;
  for (const auto &reference : reader.later().references) names << reference.path + u'=' + reference.name;
  names.sort();
  QCOMPARE(names.join(u' '),
           QStringLiteral("config.rules[0].point=p/a config.rules[0].reference=p/b "
                          "config.rules[0].suppress_when.not.point=p/c config.rules[1].when.point=p/d"));
}

void RuleTest::everyProblemIsReported() {
  QString problems;
  const auto config = read(R"({"rules":[
      {"id":1,"name":"A","point":"p/a","comparison":"above"},
      {"id":1,"name":"B","point":"p/b","comparison":"below","alarm_threshold":5,"warning_threshold":2},
      {"id":2,"name":"C","point":"p/c","comparison":"inside_range","alarm_threshold_low":2,"alarm_threshold_high":1}]})",
                           problems);
  QVERIFY(!config);
  QCOMPARE(problems.count(u'\n'), 4);
  QVERIFY2(problems.contains(QLatin1String("rules[1].id: 1 is the id of rules[0] \"A\" already")),
           qPrintable(problems));
  QVERIFY2(problems.contains(QLatin1String("test.json:3:")), qPrintable(problems));
  QVERIFY2(problems.contains(QLatin1String("test.json:4:")), qPrintable(problems));
}

void RuleTest::R3_12_siteZoneIsTheDefault() {
  QString problems;
  const auto config = read(R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":1,
      "schedule":{"start":"22:00","end":"06:00"}}]})",
                           problems, QTimeZone("Asia/Kolkata"));
  QVERIFY2(config, qPrintable(problems));
  QCOMPARE(config->rules.at(0).schedule.at(0).timezone->zone.id(), QByteArray("Asia/Kolkata"));
}

void RuleTest::defaults() {
  QString problems;
  const auto config =
      read(R"({"rules":[{"id":1,"name":"A","point":"p/a","comparison":"above","alarm_threshold":1}]})", problems);
  QVERIFY2(config, qPrintable(problems));
  const Rule &rule = config->rules.at(0);
  QCOMPARE(rule.deadband, 0.0);
  QCOMPARE(rule.onDelay.count(), 0);
  QCOMPARE(rule.offDelay.count(), 0);
  QCOMPARE(rule.severity, Severity::Major);
  QVERIFY(rule.schedule.isEmpty());
}

TAGWIRE_TEST(RuleTest)

}  // namespace rule_test

#include "rule_test.moc"
