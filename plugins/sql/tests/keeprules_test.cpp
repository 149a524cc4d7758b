// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include <cmath>
#include <random>

#include "keeprules.h"
#include "testing/testcontext.h"
#include "testprogram.h"

namespace keeprules_test {

using namespace tagwire;
using namespace tagwire::sql;
using namespace std::chrono_literals;

/// Which values of a point are kept.
class KeepRulesTest : public QObject {
  Q_OBJECT

  static constexpr Time begin{std::chrono::seconds(1'770'000'000)};

  Point m_point = pointNamed("plc1/a", 1);

  static Point pointNamed(const char *name, quint32 id) {
    Point point;
    point.fullName = QLatin1String(name);
    point.id = static_cast<PointId>(id);
    return point;
  }

  static Sample at(std::chrono::nanoseconds after, const Value &value, Quality quality = Quality::good()) {
    return {static_cast<PointId>(1), quality, begin + after, value};
  }

  static KeepRule rule(Keep keep, double deviation = 0, std::chrono::milliseconds period = {},
                       std::chrono::milliseconds longest = {}) {
    return {{QStringLiteral("plc1/#")}, keep, deviation, period, longest};
  }

  Samples kept(const KeepRule &rule, const Samples &offered, bool withFlush = true) {
    KeepRules rules(TopicFilter({}), {rule});
    Samples out;
    for (const Sample &sample : offered) {
      rules.offer(sample, m_point, [&](const Sample &each) { out << each; });
    }
    if (withFlush) rules.flush([&](const Sample &each) { out << each; });
    return out;
  }

  static QList<double> numbers(const Samples &samples) {
    QList<double> all;
    for (const Sample &sample : samples) all << toNumber(sample.value).value_or(-1);
    return all;
  }

 private Q_SLOTS:
  void withoutARuleAllIsKept() {
    KeepRules rules(TopicFilter({QStringLiteral("plc1/*")}), {});
    int count = 0;
    const auto take = [&](const Sample &) { ++count; };
    for (int i = 0; i < 3; ++i) rules.offer(at(0s, 1.0), m_point, take);
    QCOMPARE(count, 3);
    QVERIFY(rules.keepsAll(m_point.id));
    rules.offer({static_cast<PointId>(2), {}, begin, 1.0}, pointNamed("plc2/a", 2), take);
    QCOMPARE(count, 3);
    QVERIFY(!rules.keepsAll(static_cast<PointId>(2)));
  }

  void theFirstRuleThatFitsCounts() {
    const QList<KeepRule> given{{{QStringLiteral("plc1/a")}, Keep::None, 0, {}, {}}, rule(Keep::All)};
    KeepRules rules(TopicFilter({}), given);
    int count = 0;
    rules.offer(at(0s, 1.0), m_point, [&](const Sample &) { ++count; });
    QCOMPARE(count, 0);
    rules.offer({static_cast<PointId>(2), {}, begin, 1.0}, pointNamed("plc1/b", 2), [&](const Sample &) { ++count; });
    QCOMPARE(count, 1);
  }

  void onChangeLeavesOutRepetitions() {
    const Samples offered{at(0s, 1.0), at(1s, 1.0), at(2s, 2.0), at(3s, 2.0), at(4s, 1.0)};
    QCOMPARE(numbers(kept(rule(Keep::OnChange), offered)), (QList<double>{1, 2, 1}));
    const double nan = std::nan("");
    QCOMPARE(kept(rule(Keep::OnChange), {at(0s, nan), at(1s, nan)}).size(), 1);
    QCOMPARE(kept(rule(Keep::OnChange), {at(0s, QStringLiteral("a")), at(1s, QStringLiteral("a"))}).size(), 1);
    QCOMPARE(kept(rule(Keep::OnChange), {at(0s, true), at(1s, qint64(1))}).size(), 2);
  }

  void aChangeOfQualityIsAlwaysKept_data() {
    QTest::addColumn<Keep>("keep");
    QTest::newRow("on_change") << Keep::OnChange;
    QTest::newRow("deadband") << Keep::Deadband;
    QTest::newRow("swinging_door") << Keep::SwingingDoor;
    QTest::newRow("period") << Keep::Period;
  }
  void aChangeOfQualityIsAlwaysKept() {
    QFETCH(Keep, keep);
    const Quality bad = Quality::bad(QualityReason::Timeout);
    const Samples offered{at(0s, 1.0), at(1s, 1.0, bad), at(2s, 1.0, bad), at(3s, 1.0)};
    const Samples got = kept(rule(keep, 5, 1h), offered);
    QCOMPARE(got.size(), keep == Keep::SwingingDoor ? 4 : 3);  // there the end of the line, too
    QCOMPARE(got[1].quality, bad);
    QCOMPARE(got[1].time, offered[1].time);
    QCOMPARE(got.last().time, offered[3].time);
  }

  void deadbandMeasuresFromTheLastOneKept() {
    const Samples offered{at(0s, 10.0), at(1s, 10.4), at(2s, 10.5), at(3s, 10.6), at(4s, 10.2), at(5s, 10.0)};
    QCOMPARE(numbers(kept(rule(Keep::Deadband, 0.5), offered)), (QList<double>{10.0, 10.6, 10.0}));
  }

  void deadbandOfAPositionIsADistance() {
    const auto position = [](double x, double y) { return Position{x, y, 0, std::make_shared<const Fix>()}; };
    const Samples offered{at(0s, position(0, 0)), at(1s, position(3, 3.9)), at(2s, position(3, 4.1))};
    QCOMPARE(kept(rule(Keep::Deadband, 5), offered).size(), 2);
  }

  void aPeriodKeepsOneAtATime() {
    Samples offered;
    for (int i = 0; i < 100; ++i) offered << at(i * 100ms, double(i));
    QCOMPARE(numbers(kept(rule(Keep::Period, 0, 2500ms), offered)), (QList<double>{0, 25, 50, 75}));
  }

  void theLongestPauseIsKept() {
    Samples offered;
    for (int i = 0; i < 10; ++i) offered << at(i * 1s, 1.0);
    QCOMPARE(kept(rule(Keep::OnChange, 0, {}, 3s), offered).size(), 4);
    QCOMPARE(kept(rule(Keep::Deadband, 1, {}, 3s), offered).size(), 4);
  }

  void whatComesLateIsKept() {
    const Samples offered{at(10s, 1.0), at(5s, 1.0), at(11s, 1.0)};
    QCOMPARE(kept(rule(Keep::OnChange), offered).size(), 2);
    QCOMPARE(kept(rule(Keep::Period, 0, 1h), offered).size(), 2);
    QCOMPARE(kept(rule(Keep::SwingingDoor, 1), offered).size(), 3);
  }

  void aStraightLineIsTwoValues() {
    Samples offered;
    for (int i = 0; i <= 1000; ++i) offered << at(i * 1s, i * 0.25);
    QCOMPARE(numbers(kept(rule(Keep::SwingingDoor, 0.1), offered)), (QList<double>{0, 250}));
    QCOMPARE(numbers(kept(rule(Keep::SwingingDoor, 0.1), offered, false)), (QList<double>{0}));
  }

  void theLastValueOfAPointThatFallsSilentIsGivenAfterAWhile() {
    KeepRules rules(TopicFilter({}), {rule(Keep::SwingingDoor, 0.1)});
    Samples got;
    const auto take = [&](const Sample &sample) { got << sample; };
    rules.offer(at(0s, 0.0), m_point, take);
    rules.offer(at(1s, 5.0), m_point, take);
    QCOMPARE(numbers(got), QList<double>{0});
    for (int second = 0; second < 60; ++second) rules.release(begin + std::chrono::seconds(second), take);
    QCOMPARE(numbers(got), QList<double>{0});
    rules.release(begin + 60s, take);
    rules.release(begin + 120s, take);
    QCOMPARE(numbers(got), (QList<double>{0, 5}));
    rules.offer(at(200s, 5.0), m_point, take);
    rules.flush(take);
    QCOMPARE(numbers(got), (QList<double>{0, 5, 5}));
  }

  // Whatever comes: each value left out is within the deviation of the line between its neighbours that were kept.
  void linesPassWithinTheDeviation() {
    std::mt19937 random(7);
    std::normal_distribution<double> walk(0, 1);
    std::uniform_int_distribution<int> pause(1, 5000);
    for (int round = 0; round < 50; ++round) {
      Samples offered;
      double value = 0;
      auto time = 0ns;
      for (int i = 0; i < 500; ++i) offered << at(time += pause(random) * 1ms, value += walk(random));
      const double deviation = 0.5 + round * 0.2;
      const Samples got = kept(rule(Keep::SwingingDoor, deviation), offered);
      QVERIFY(got.size() < offered.size());
      QCOMPARE(got.first(), offered.first());
      QCOMPARE(got.last(), offered.last());
      qsizetype line = 0;
      for (const Sample &sample : offered) {
        while (got[line + 1].time < sample.time) ++line;
        const double span = double((got[line + 1].time - got[line].time).count());
        const double share = double((sample.time - got[line].time).count()) / span;
        const double from = std::get<double>(got[line].value);
        const double to = std::get<double>(got[line + 1].value);
        const double away = std::abs(from + (to - from) * share - std::get<double>(sample.value));
        QVERIFY2(away <= deviation * 1.000001, qPrintable(QString::number(away)));
      }
    }
  }

  void wrongRulesAreNamed_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("error");
    QTest::newRow("no deviation") << QByteArray("{\"points\":\"a\",\"keep\":\"deadband\"}") << "deviation: is missing";
    QTest::newRow("no period") << QByteArray("{\"points\":\"a\",\"keep\":\"period\"}") << "period_ms: is missing";
    QTest::newRow("idle deviation") << QByteArray("{\"points\":\"a\",\"keep\":\"all\",\"deviation\":1}")
                                    << "does nothing";
    QTest::newRow("idle period") << QByteArray("{\"points\":\"a\",\"keep\":\"all\",\"period_ms\":1}") << "does nothing";
    QTest::newRow("idle longest") << QByteArray("{\"points\":\"a\",\"keep\":\"none\",\"longest_ms\":1}")
                                  << "does nothing";
  }
  void wrongRulesAreNamed() {
    QFETCH(QByteArray, json);
    QFETCH(QString, error);
    QString read;
    const auto rule = readConfig<KeepRule>(json, &read);
    QVERIFY2(rule, qPrintable(read));
    Problems problems;
    const ConfigNode node;
    ConfigReader reader(node, QStringLiteral("config"), problems);
    rule->check(QStringLiteral("rules[0]"), reader);
    QCOMPARE(problems.size(), 1);
    QVERIFY2(toText(problems.first()).contains(error), qPrintable(toText(problems.first())));
  }
};

TAGWIRE_TEST(KeepRulesTest)

}  // namespace keeprules_test

#include "keeprules_test.moc"
