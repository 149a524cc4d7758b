// SPDX-License-Identifier: Apache-2.0
#include "rule.h"

#include <QtTest>

#include "testing/testcontext.h"

using namespace tagwire;
using namespace tagwire::alarms;

/// The configuration: what is refused, where, and what the message says.
class RuleTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R3_10_configurations_data();
  void R3_10_configurations();
  void everyProblemIsReported();
  void R3_12_siteZoneIsTheDefault();
  void defaults();

 private:
  static std::optional<AlarmsConfig> read(const QByteArray &json, QString &problems,
                                          const QTimeZone &zone = QTimeZone::utc());
};

std::optional<AlarmsConfig> RuleTest::read(const QByteArray &json, QString &text, const QTimeZone &zone) {
  Problems problems;
  const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  auto config = reader.read<AlarmsConfig>();
  if (config) checkRules(*config, zone, reader);
  for (const Problem &problem : problems) text += toText(problem) + u'\n';
  return reader.failed() ? std::nullopt : config;
}

void RuleTest::R3_10_configurations_data() {
  QTest::addColumn<QByteArray>("keys");
  QTest::addColumn<QString>("path");
  QTest::addColumn<QString>("message");
  const auto good = [](const char *name, const char *keys) {
    QTest::newRow(name) << QByteArray(keys) << QString() << QString();
  };
  const auto bad = [](const char *name, const char *keys, const char *path, const char *message) {
    QTest::newRow(name) << QByteArray(keys) << QString::fromLatin1(path) << QString::fromLatin1(message);
  };
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
  for (const char *later : {"equals", "not_equals", "rate_of_change", "deviation", "stale", "bad_quality"}) {
    QTest::newRow(later) << QByteArray(R"("comparison":")") + later + R"(","alarm_threshold":1)"
                         << QStringLiteral("rules[0].comparison")
                         << QStringLiteral("is not there yet (allowed: above, below, outside_range, inside_range)");
  }
  bad("unknown comparison", R"("comparison":"abov","alarm_threshold":1)", "rules[0].comparison",
      "did you mean \"above\"? (allowed: above, below, outside_range, inside_range)");
  bad("latch", R"("comparison":"above","alarm_threshold":1,"latch":true)", "rules[0].latch", "not there yet");
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

void RuleTest::R3_10_configurations() {
  QFETCH(QByteArray, keys);
  QFETCH(QString, path);
  QFETCH(QString, message);
  QString problems;
  const auto config = read(R"({"rules":[{"id":77,"name":"High","point":"plc1/temp",)" + keys + "}]}", problems);
  QCOMPARE(config.has_value(), path.isEmpty());
  QVERIFY2(problems.contains(path), qPrintable(problems));
  QVERIFY2(problems.contains(message), qPrintable(problems));
  if (path.isEmpty()) QCOMPARE(problems, QString());
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

QTEST_GUILESS_MAIN(RuleTest)
#include "rule_test.moc"
