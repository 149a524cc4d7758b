// SPDX-License-Identifier: Apache-2.0
#include <QSignalSpy>
#include <QTest>

#include "ingest.h"
#include "testcontext.h"
#include "testprogram.h"

namespace ingest_test {

using namespace tagwire;
using namespace tagwire::ingest;
using namespace std::chrono_literals;

namespace {

constexpr const char *labConfig =
    "{\"points\":[{\"name\":\"ph\",\"number\":80,\"min\":0,\"max\":14,\"max_silence_ms\":60000},"
    "{\"name\":\"count\",\"type\":\"int64\"},{\"name\":\"open\",\"type\":\"bool\"},"
    "{\"name\":\"batch\",\"type\":\"string\"}]}";

struct Lab {
  Lab() : plugin(*readConfig<IngestConfig>(labConfig), context), published(&plugin, &Plugin::samplesReady) {}
  /// The reasons, or the error of the whole call.
  QStringList take(const QList<IngestValue> &values) {
    QStringList answer;
    plugin.take([&answer](const Result<QStringList> &reply) { answer = reply ? *reply : QStringList{reply.error()}; },
                values);
    return answer;
  }
  PointId id(const char *name) const { return context.points().find(QStringLiteral("lab/") + QLatin1String(name)); }
  Samples samples() const {
    Samples all;
    for (const auto &emission : published) all << emission.first().value<Samples>();
    return all;
  }

  TestContext context{QStringLiteral("lab")};
  Ingest plugin;
  QSignalSpy published;
};

Value valueOf(const QVariant &given) {
  if (given.typeId() == QMetaType::QString) return given.toString();
  return given.toDouble();
}

}  // namespace

class IngestTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void R5_12_valuesBecomeSamples();
  void R5_12_eachRefusalHasItsReason_data();
  void R5_12_eachRefusalHasItsReason();
  void R5_12_oneWrongValueStopsNoOther();
  void silentPointsBecomeStaleOnce();
  void theTimerFindsThem();
  void outsideOfARunNothingIsTaken();
  void pointsAreDeclaredAsConfigured();
  void wrongKeysAreRefused_data();
  void wrongKeysAreRefused();
};

void IngestTest::R5_12_valuesBecomeSamples() {
  Lab lab;
  lab.plugin.start();
  const Time sampled = lab.context.clock().now() - 1h;
  QCOMPARE(lab.take({{lab.id("ph"), 7.2, sampled}, {lab.id("count"), 3.0, {}}, {lab.id("batch"), QString(), {}}}),
           (QStringList{QString(), QString(), QString()}));
  QCOMPARE(lab.published.size(), 1);
  const Samples samples = lab.samples();
  QCOMPARE(samples.size(), 3);
  QCOMPARE(samples[0], (Sample{lab.id("ph"), Quality::good(), sampled, 7.2}));
  QCOMPARE(samples[1], (Sample{lab.id("count"), Quality::good(), lab.context.clock().now(), qint64{3}}));
}

void IngestTest::R5_12_eachRefusalHasItsReason_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QVariant>("value");
  QTest::addColumn<int>("secondsAhead");
  QTest::addColumn<QString>("reason");
  QTest::newRow("unknown") << "nothing" << QVariant(1.0) << 0 << "no such virtual point";
  QTest::newRow("low") << "ph" << QVariant(-0.1) << 0 << "out of range (allowed: 0 to 14)";
  QTest::newRow("high") << "ph" << QVariant(14.1) << 0 << "out of range";
  QTest::newRow("text for a number") << "ph" << QVariant(QStringLiteral("7")) << 0 << "";
  QTest::newRow("fraction for a whole number") << "count" << QVariant(1.5) << 0 << "";
  QTest::newRow("long text") << "batch" << QVariant(QString(4097, u'x')) << 0 << "longer than 4096";
  QTest::newRow("ahead") << "ph" << QVariant(7.0) << 61 << "more than a minute ahead";
  QTest::newRow("long ago") << "ph" << QVariant(7.0) << -1'800'000'000 << "not after 1970";
}

void IngestTest::R5_12_eachRefusalHasItsReason() {
  QFETCH(QString, name);
  QFETCH(QVariant, value);
  QFETCH(int, secondsAhead);
  QFETCH(QString, reason);
  Lab lab;
  lab.plugin.start();
  const Time time = lab.context.clock().now() + std::chrono::seconds(secondsAhead);
  const QStringList reasons = lab.take({{lab.id(qPrintable(name)), valueOf(value), time}});
  QCOMPARE(reasons.size(), 1);
  QVERIFY2(!reasons[0].isEmpty() && reasons[0].contains(reason), qPrintable(reasons[0]));
  QVERIFY(lab.published.isEmpty());
}

void IngestTest::R5_12_oneWrongValueStopsNoOther() {
  Lab lab;
  lab.plugin.start();
  const QStringList reasons = lab.take({{lab.id("ph"), 99.0, {}}, {lab.id("open"), true, {}}, {lab.id("ph"), 7.0, {}}});
  QVERIFY(!reasons[0].isEmpty() && reasons[1].isEmpty() && reasons[2].isEmpty());
  QCOMPARE(lab.samples().size(), 2);
  const std::string metrics = lab.context.metrics().text();
  QVERIFY(metrics.find("tagwire_ingest_accepted_total 2") != std::string::npos);
  QVERIFY(metrics.find("tagwire_ingest_rejected_total 1") != std::string::npos);
}

void IngestTest::silentPointsBecomeStaleOnce() {
  TestContext context(QStringLiteral("lab"));
  const auto config = *readConfig<IngestConfig>(labConfig);
  VirtualPoints points(config.points, {PointId(1), PointId(2), PointId(3), PointId(4)});
  const Time start = context.clock().now();
  points.take({{PointId(1), 7.0, {}}, {PointId(2), qint64{1}, {}}}, start, 0s);
  QVERIFY(points.findStale(start + 59s, 59s).isEmpty());
  QCOMPARE(points.findStale(start + 60s, 60s),
           (Samples{{PointId(1), Quality::uncertain(QualityReason::Stale), start + 60s, 7.0}}));
  QVERIFY(points.findStale(start + 200s, 200s).isEmpty());
  QCOMPARE(points.take({{PointId(1), 7.0, {}}}, start + 200s, 200s).accepted.first().quality, Quality::good());
  QCOMPARE(points.findStale(start + 260s, 260s).size(), 1);
}

void IngestTest::theTimerFindsThem() {
  Lab lab;
  lab.plugin.start();
  lab.take({{lab.id("ph"), 7.0, {}}});
  lab.context.manualClock().advance(61s);
  QTRY_COMPARE(lab.samples().size(), 2);
  QCOMPARE(lab.samples().last().quality, Quality::uncertain(QualityReason::Stale));
}

void IngestTest::outsideOfARunNothingIsTaken() {
  Lab lab;
  QCOMPARE(lab.take({{lab.id("ph"), 7.0, {}}}), QStringList{QStringLiteral("lab is not running")});
  lab.plugin.start();
  lab.plugin.stop();
  QCOMPARE(lab.take({{lab.id("ph"), 7.0, {}}}), QStringList{QStringLiteral("lab is not running")});
  QVERIFY(lab.published.isEmpty());
}

void IngestTest::pointsAreDeclaredAsConfigured() {
  Lab lab;
  const auto point = lab.context.points().point(lab.id("ph"));
  QVERIFY(point);
  QCOMPARE(point->number, std::optional(80));
  QCOMPARE(point->type, ValueType::Double);
  QVERIFY(!point->writable);
}

void IngestTest::wrongKeysAreRefused_data() {
  QTest::addColumn<QByteArray>("json");
  QTest::addColumn<QString>("error");
  const auto point = [](const char *keys) { return "{\"points\":[{\"name\":\"a\"," + QByteArray(keys) + "}]}"; };
  QTest::newRow("no points") << QByteArray("{}") << "points";
  QTest::newRow("type") << point("\"type\":\"float32\"") << "float64";
  QTest::newRow("min above max") << point("\"min\":2,\"max\":1") << "points[0].min: `min` is above `max`";
  QTest::newRow("limits of a text") << point("\"type\":\"string\",\"max\":1") << "points[0].max: only a number";
  QTest::newRow("silence") << point("\"max_silence_ms\":10") << "allowed: 0, or 1000 and more";
  QTest::newRow("unknown") << point("\"writable\":true") << "unknown key \"writable\"";
}

void IngestTest::wrongKeysAreRefused() {
  QFETCH(QByteArray, json);
  QFETCH(QString, error);
  Problems problems;
  const ConfigNode node = parseJson(json, QStringLiteral("test.json"), problems);
  ConfigReader reader(node, QStringLiteral("config"), problems);
  QVERIFY(!IngestConfig::read(reader));
  QString text;
  for (const Problem &problem : problems) text += toText(problem) + u'\n';
  QVERIFY2(text.contains(error), qPrintable(text));
}

TAGWIRE_TEST(IngestTest)

}  // namespace ingest_test

#include "ingest_test.moc"
