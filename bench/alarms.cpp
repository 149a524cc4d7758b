// SPDX-License-Identifier: Apache-2.0
// Evaluations per second of the alarm engine on one core: 10,000 points with 1,000 to 100,000 rules, beside the least
// that could be done (a compare of the value with each threshold in a plain loop) in the same run; and the start with
// 100,000 rules and 10,000 remembered alarms. What a sample costs must not depend on the rules of other points.
#include <QCoreApplication>

#include <malloc.h>

#include <cstdio>
#include <random>

#include "alarmengine.h"
#include "result.h"

using namespace tagwire;
using namespace tagwire::alarms;
using Steady = std::chrono::steady_clock;

namespace {

constexpr int pointCount = 10'000;
constexpr int rounds = 100;

struct Scene {
  std::vector<Rule> rules;
  std::vector<Sample> samples;
};

/// Rules of every kind that looks at one number, spread over `ruled` points; samples of `pointCount` of them. Most
/// values are normal, as on a real site.
Scene makeScene(int ruleCount, int ruled = pointCount) {
  Scene scene;
  for (int i = 0; i < ruleCount; ++i) {
    Rule rule;
    rule.id = i + 1;
    rule.name = QStringLiteral("rule %1").arg(i);
    rule.point.name = QString::number(1 + i % ruled);
    if (i % 3 == 2) {
      rule.comparison = *Comparison::fromText(QStringLiteral("outside_range"));
      rule.alarmThresholdLow = -10;
      rule.alarmThresholdHigh = 90;
    } else {
      rule.comparison = *Comparison::fromText(QStringLiteral("above"));
      rule.warningThreshold = 85;
      rule.alarmThreshold = 95;
    }
    rule.deadband = 0.5;
    if (i % 4 == 1) rule.onDelay = std::chrono::seconds(5);
    scene.rules.push_back(rule);
  }
  std::mt19937 random(1);
  std::uniform_real_distribution<double> normal(0, 80);
  for (int i = 0; i < pointCount; ++i) {
    scene.samples.push_back({static_cast<PointId>(i + 1), Quality::good(), Time(), normal(random)});
  }
  return scene;
}

AlarmEngine::World makeWorld(qint64 &occurrence) {
  return {[](const QString &name) {
            return AlarmEngine::Binding{static_cast<PointId>(name.toInt()), name.toInt()};
          },
          [](PointId) { return Sample(); }, [&occurrence] { return ++occurrence; }};
}

double seconds(Steady::time_point since) { return std::chrono::duration<double>(Steady::now() - since).count(); }

struct Rate {
  double evaluations = 0;
  double samples = 0;
};

Rate measureEngine(const Scene &scene) {
  qint64 occurrence = 0;
  AlarmEngine engine({{}, {}, {}, std::chrono::hours(8)}, makeWorld(occurrence));
  for (const Rule &rule : scene.rules) engine.put(rule);
  Moment moment{fromMilliseconds(1'760'000'000'000), std::chrono::seconds(1)};
  AlarmEngine::Outcome outcome;
  engine.begin(moment, outcome);
  const auto begin = Steady::now();
  for (int round = 0; round < rounds; ++round) {
    moment.elapsed += std::chrono::milliseconds(100);
    moment.time += std::chrono::milliseconds(100);
    for (const Sample &sample : scene.samples) engine.take(sample, moment, outcome);
    engine.takeTime(moment, outcome);
  }
  const double time = seconds(begin);
  const double samples = static_cast<double>(rounds) * pointCount;
  return {samples * static_cast<double>(scene.rules.size()) / pointCount / time, samples / time};
}

/// The physical limit: the value and the thresholds, nothing else.
double measureLoop(const Scene &scene) {
  struct Plain {
    size_t point;
    double low, high;
  };
  std::vector<Plain> plain;
  for (const Rule &rule : scene.rules) {
    plain.push_back({static_cast<size_t>(rule.point.name.toInt() - 1), rule.alarmThresholdLow.value_or(-1e9),
                     rule.alarmThresholdHigh.value_or(rule.alarmThreshold.value_or(1e9))});
  }
  std::vector<std::vector<const Plain *>> byPoint(pointCount);  // all rules are of these
  for (const Plain &each : plain) byPoint[each.point].push_back(&each);
  size_t beyond = 0;
  const auto begin = Steady::now();
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < scene.samples.size(); ++i) {
      const double value = std::get<double>(scene.samples[i].value);
      for (const Plain *each : byPoint[i]) beyond += value > each->high || value < each->low ? 1 : 0;
    }
  }
  const double time = seconds(begin);
  if (beyond != 0) std::printf("unexpected\n");
  return static_cast<double>(rounds) * static_cast<double>(scene.rules.size()) / time;
}

/// 10,000 points with a rule each: alone, and among 100,000 such points.
void measureOthers() {
  const double alone = measureEngine(makeScene(pointCount)).samples;
  const double among = measureEngine(makeScene(10 * pointCount, 10 * pointCount)).samples;
  std::printf("samples/s of 10,000 points with a rule each: %.0f, with 90,000 rules of other points %.0f\n", alone,
              among);
  bench::report({QStringLiteral("alarm engine, 10,000 points with a rule each, 90,000 rules of others"),
                 QStringLiteral("samples/s"),
                 among,
                 bench::Beside{"without those of others", alone},
                 {},
                 bench::Target{bench::Target::Sense::AtLeast, 0.9, bench::Target::Of::Limit}});
}

void measureStart() {
  const Scene scene = makeScene(100'000);
  qint64 occurrence = 0;
  AlarmMemory memory;
  memory.state = AlarmState::Alarm;
  memory.condition.alarm = AlarmCondition::UnacknowledgedActive;
  memory.since = fromMilliseconds(1'760'000'000'000);
  memory.acknowledgedBy = QStringLiteral("anna");
  const QByteArray kept = memory.toJson();
  const size_t before = mallinfo2().uordblks;
  const auto begin = Steady::now();
  AlarmEngine engine({{}, {}, {}, std::chrono::hours(8)}, makeWorld(occurrence));
  for (const Rule &rule : scene.rules) engine.put(rule);
  for (int i = 0; i < 10'000; ++i) engine.restore(i * 10 + 1, *AlarmMemory::fromJson(kept));
  AlarmEngine::Outcome outcome;
  engine.begin({fromMilliseconds(1'760'000'000'000), std::chrono::seconds(1)}, outcome);
  const double took = seconds(begin) * 1000;
  std::printf("start with 100,000 rules and 10,000 alarms: %.0f ms, %.0f bytes a rule (aim: under 2,000 ms)\n", took,
              static_cast<double>(mallinfo2().uordblks - before) / 100'000);
  bench::report({QStringLiteral("start of the alarm engine, 100,000 rules, 10,000 alarms"),
                 QStringLiteral("ms"),
                 took,
                 {},
                 {},
                 bench::Target{bench::Target::Sense::AtMost, 2000}});
}

}  // namespace

int main() {
  std::printf("%10s %16s %16s %18s %8s\n", "rules", "evaluations/s", "samples/s", "plain loop, rules/s", "ratio");
  for (const int rules : {1'000, 10'000, 100'000}) {
    const Scene scene = makeScene(rules);
    const Rate rate = measureEngine(scene);
    const double loop = measureLoop(scene);
    std::printf("%10d %16.0f %16.0f %18.0f %8.3f\n", rules, rate.evaluations, rate.samples, loop,
                rate.evaluations / loop);
    bench::Figure figure{
        QStringLiteral("alarm engine, one core, %1 rules").arg(QLocale(QLocale::English).toString(rules)),
        QStringLiteral("evaluations/s"), rate.evaluations, bench::Beside{"plain loop", loop}};
    if (rules == 100'000) figure.target = {bench::Target::Sense::AtLeast, 2'000'000};
    bench::report(figure);
  }
  measureOthers();
  measureStart();
  return bench::exitCode;
}
