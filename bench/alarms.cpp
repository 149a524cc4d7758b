// SPDX-License-Identifier: Apache-2.0
// Evaluations per second of the alarm engine on one core: 10,000 points with 1,000 to 100,000 rules, beside the least
// that could be done (a compare of the value with each threshold in a plain loop) in the same run; and the start with
// 100,000 rules and 10,000 remembered alarms.
#include <QCoreApplication>

#include <malloc.h>

#include <cstdio>
#include <random>

#include "alarmengine.h"

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

/// Rules of every kind that looks at one number; most values are normal, as on a real site.
Scene makeScene(int ruleCount) {
  Scene scene;
  for (int i = 0; i < ruleCount; ++i) {
    Rule rule;
    rule.id = i + 1;
    rule.name = QStringLiteral("rule %1").arg(i);
    rule.point.name = QString::number(1 + i % pointCount);
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
  std::vector<std::vector<const Plain *>> byPoint(pointCount);
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
  std::printf("start with 100,000 rules and 10,000 alarms: %.0f ms, %.0f bytes a rule (aim: under 2,000 ms)\n",
              seconds(begin) * 1000, static_cast<double>(mallinfo2().uordblks - before) / 100'000);
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
  }
  measureStart();
  return 0;
}
