// SPDX-License-Identifier: Apache-2.0
// Samples per second through the hub to three sinks, in batches, on one core; beside the limit in the same run: a plain
// loop that does the work that can't be left out (keep the last values, hand each batch to three receivers), and beside
// the same hub while interlocks watch points that are not in the batches.
#include <QCoreApplication>
#include <QLoggingCategory>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "hub.h"
#include "result.h"

using namespace tagwire;

namespace {

constexpr int sinkCount = 3;
constexpr int pointCount = 10'000;
Q_LOGGING_CATEGORY(log, "tagwire.bench")

/// Reads each sample once, as any sink must.
class SummingSink : public Plugin, public Sink {
 public:
  void start() override {}
  void stop() override {}
  void write(const Samples &samples) override {
    for (const Sample &sample : samples) m_sum += *std::get_if<double>(&sample.value);
    m_count += samples.size();
    Q_EMIT written();
  }
  void notify(const Event &) override {}
  qint64 count() const { return m_count; }

 private:
  double m_sum = 0;
  qint64 m_count = 0;
};

struct Plant {
  explicit Plant(int batch) {
    std::vector<PointId> ids;
    const int count = std::max(pointCount, batch);
    for (int i = 0; i < count; ++i) {
      PointInfo info;
      info.name = QStringLiteral("p%1").arg(i);
      ids.push_back(points.declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value());
    }
    for (int first = 0; first < count; first += batch) {
      Samples samples;
      for (int i = first; i < first + batch && i < count; ++i) {
        samples << Sample{ids[static_cast<size_t>(i)], Quality::good(), Time(), i * 0.5};
      }
      batches.push_back(samples);
    }
  }
  PointTable points;
  std::vector<Samples> batches;
};

/// Watches a point of which no sample comes; its id is the largest, so that each sample is looked at.
class IdleWatcher : public HubWatcher {
 public:
  IdleWatcher(Hub &hub, PointTable &points) : m_hub(hub) {
    PointInfo info;
    info.name = QStringLiteral("watched");
    hub.watch(this, {points.declare(QStringLiteral("plc1"), QStringLiteral("plc1"), info).value()});
  }
  ~IdleWatcher() override { m_hub.unwatch(this); }
  void samplesPassed(const Samples &) override { std::abort(); }
  void eventPassed(const Event &) override {}

 private:
  Hub &m_hub;
};

void throughHub(benchmark::State &state, bool isWatched) {
  Plant plant(static_cast<int>(state.range(0)));
  const Clock clock;
  Metrics metrics;
  Hub hub(plant.points, metrics);
  std::optional<IdleWatcher> watcher;
  if (isWatched) watcher.emplace(hub, plant.points);
  std::vector<std::unique_ptr<SummingSink>> sinks;
  std::vector<std::unique_ptr<SinkRunner>> runners;
  for (int i = 0; i < sinkCount; ++i) {
    auto &sink = sinks.emplace_back(std::make_unique<SummingSink>());
    auto &runner = runners.emplace_back(std::make_unique<SinkRunner>(sink.get(), sink.get(), metrics, log(), clock));
    hub.addSink(sink.get(), runner.get());
    runner->open();
  }
  size_t next = 0;
  qint64 published = 0;
  for (auto each : state) {
    const Samples &batch = plant.batches[next];
    hub.publish(nullptr, batch);
    published += batch.size();
    next = (next + 1) % plant.batches.size();
    // A runner may hand over by the event loop.
    if (!hub.isIdle()) QCoreApplication::processEvents();
  }
  while (!hub.isIdle()) QCoreApplication::processEvents();
  for (const auto &sink : sinks) {
    if (sink->count() == published) continue;
    std::fprintf(stderr, "a sink got %lld of %lld samples\n", static_cast<long long>(sink->count()),
                 static_cast<long long>(published));
    std::exit(1);
  }
  state.SetItemsProcessed(published);
}

void plainLoop(benchmark::State &state) {
  Plant plant(static_cast<int>(state.range(0)));
  std::vector<Sample> last(plant.points.count() + 1);
  double sums[sinkCount] = {};
  size_t next = 0;
  qint64 published = 0;
  for (auto each : state) {
    const Samples &batch = plant.batches[next];
    for (const Sample &sample : batch) last[static_cast<size_t>(sample.point)] = sample;
    for (double &sum : sums) {
      for (const Sample &sample : batch) sum += *std::get_if<double>(&sample.value);
      benchmark::DoNotOptimize(sum);
    }
    benchmark::ClobberMemory();
    published += batch.size();
    next = (next + 1) % plant.batches.size();
  }
  state.SetItemsProcessed(published);
}

constexpr int batchSizes[] = {1, 100, 1000, 100'000};

void sizes(benchmark::internal::Benchmark *benchmark) {
  for (const int size : batchSizes) benchmark->Arg(size);
  benchmark->MinTime(0.5);
}

BENCHMARK(plainLoop)->Name("limit")->Apply(sizes);
BENCHMARK_CAPTURE(throughHub, plain, false)->Name("hub")->Apply(sizes);
BENCHMARK_CAPTURE(throughHub, watched, true)->Name("watched hub")->Apply(sizes);

/// The usual table, and the ratio to the limit of this run.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  RatioReporter() : ConsoleReporter(OO_None) {}
  void ReportRuns(const std::vector<Run> &runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run &run : runs) m_rates.push_back(run.counters.at("items_per_second"));
  }
  void Finalize() override {
    const size_t count = std::size(batchSizes);
    for (size_t i = 0; i < count && m_rates.size() == 3 * count; ++i) {
      const double limit = m_rates[i];
      const double hub = m_rates[i + count];
      std::printf(
          "batches of %6d to %d sinks: hub %.1f million samples/s, limit %.1f million, ratio %.2f; "
          "watched %.1f million, %.2f of the hub without\n",
          batchSizes[i], sinkCount, hub / 1e6, limit / 1e6, hub / limit, m_rates[i + 2 * count] / 1e6,
          m_rates[i + 2 * count] / hub);
      tell(batchSizes[i], hub, limit);
    }
  }

 private:
  void tell(int batch, double hub, double limit) {
    bench::Figure figure;
    figure.work = QStringLiteral("hub to %1 sinks, one core, batches of %2")
                      .arg(sinkCount)
                      .arg(QLocale(QLocale::English).toString(batch));
    figure.unit = QStringLiteral("samples/s");
    figure.ours = hub;
    figure.limit = {"plain loop", limit};
    if (batch == 100) figure.target = {bench::Target::Sense::AtLeast, 5'000'000};
    bench::report(figure);
  }

  std::vector<double> m_rates;
};

}  // namespace

int main(int argc, char **argv) {
  QCoreApplication application(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return bench::exitCode;
}
