// SPDX-License-Identifier: Apache-2.0
// Fixes per second of plugin rtls on one core against 10 to 10,000 polygon triggers, beside a look at every trigger and
// beside GEOS (STRtree and prepared polygons) in the same run; what other indexes would do; portable triggers; memory.
#include <QCoreApplication>
#include <QFile>

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/iterator/function_output_iterator.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <random>

#include "regionindex.h"
#include "result.h"
#include "rtls_geos.h"
#include "rtls_scene.h"
#include "tracker.h"
#include "triggerboard.h"

using namespace tagwire;
using namespace tagwire::rtls;

namespace {

std::vector<Trigger> triggersOf(const Scene &scene) {
  std::vector<Trigger> triggers;
  for (const Region &region : scene.regions) {
    const int id = static_cast<int>(triggers.size()) + 1;
    triggers.push_back({TriggerInfo{id, QStringLiteral("Gate"), 1, QStringLiteral("OnEnter"), false},
                        Direction::OnEnter,
                        {region},
                        {},
                        Region(Circle{{0, 0}, 1e9}, Heights()),
                        {},
                        {},
                        {},
                        {}});
  }
  return triggers;
}

/// Runs look(fix) over the fixes again and again. `found` is how many triggers held a tag: the same for all who look at
/// one scene.
template <class Look>
void measure(benchmark::State &state, const Scene &scene, Look look) {
  size_t i = 0;
  qint64 found = 0;
  for (auto each : state) {
    found += look(scene.fixes[i]);
    if (++i == scene.fixes.size()) i = 0;
  }
  benchmark::DoNotOptimize(found);
  state.SetItemsProcessed(state.iterations());
}

const Scene &sceneFor(const benchmark::State &state) {
  return sceneOf(static_cast<int>(state.range(0)), state.range(1) != 0);
}

/// All that a fix means to triggers: find, compare with before, delays, events.
void board(benchmark::State &state) {
  const Scene &scene = sceneFor(state);
  TriggerBoard board(triggersOf(scene));
  for (int tag = 0; tag < tagCount; ++tag) board.addTag(QString::number(tag), QString());
  QList<RaisedEvent> events;
  Moment moment;
  measure(state, scene, [&](const Walked &fix) {
    moment.elapsed += std::chrono::microseconds(10);
    board.move(fix.tag, {fix.at.x, fix.at.y, 0}, moment, events);
    const qsizetype raised = events.size();
    events.clear();
    return raised;
  });
}

/// The whole way of a fix through the plugin but its samples: checks, sequence, zone, occupancy, triggers.
void tracker(benchmark::State &state) {
  const Scene &scene = sceneFor(state);
  Model model;
  const Polygon outline{{-100, -100}, {1e6, -100}, {1e6, 1e6}, {-100, 1e6}};
  model.zones.push_back(Zone{ZoneInfo{1, QStringLiteral("Site"), QStringLiteral("campus"), 0}, Level::Campus,
                             Region(outline, Heights()), -1, 0});
  model.triggers = triggersOf(scene);
  for (int tag = 0; tag < tagCount; ++tag) model.tags << TagInfo{QString::number(tag), QString()};
  Tracker tracker(model, std::chrono::seconds(30));
  IncomingFix fix;
  fix.sender = QStringLiteral("bench");
  Moment moment{fromMilliseconds(1'767'225'600'000), {}};
  measure(state, scene, [&](const Walked &walked) {
    moment.elapsed += std::chrono::microseconds(10);
    fix.fix.tag = model.tags.at(walked.tag).id;
    fix.x = walked.at.x;
    fix.y = walked.at.y;
    if (!wrongFix(fix).isEmpty()) std::abort();
    Tracker::Outcome outcome;
    (void)tracker.take(tracker.find(fix.fix.tag), fix, moment, outcome);
    return outcome.events.size();
  });
}

void everyTrigger(benchmark::State &state) {
  const Scene &scene = sceneFor(state);
  measure(state, scene, [&](const Walked &fix) {
    int found = 0;
    for (const Region &region : scene.regions) found += region.contains(fix.at.x, fix.at.y, 0);
    return found;
  });
}

void geos(benchmark::State &state) {
  const Scene &scene = sceneFor(state);
  Geos geos(scene.polygons);
  measure(state, scene, [&](const Walked &fix) { return geos.look(fix.at); });
}

void levels(benchmark::State &state) {
  const Scene &scene = sceneFor(state);
  std::vector<RegionIndex::Entry> entries;
  for (const Region &region : scene.regions) entries.push_back({region.bounds(), static_cast<int>(entries.size())});
  const RegionIndex index(entries);
  measure(state, scene, [&](const Walked &fix) {
    int found = 0;
    index.find(fix.at,
               [&](int id) { found += scene.regions[static_cast<size_t>(id)].contains(fix.at.x, fix.at.y, 0); });
    return found;
  });
}

void boostTree(benchmark::State &state) {
  using Point = boost::geometry::model::d2::point_xy<double>;
  using Entry = std::pair<boost::geometry::model::box<Point>, const Region *>;
  const Scene &scene = sceneFor(state);
  std::vector<Entry> entries;
  for (const Region &region : scene.regions) {
    const Box &box = region.bounds();
    entries.push_back({{Point(box.lowest.x, box.lowest.y), Point(box.highest.x, box.highest.y)}, &region});
  }
  const boost::geometry::index::rtree<Entry, boost::geometry::index::rstar<8>> tree(entries);
  measure(state, scene, [&](const Walked &fix) {
    int found = 0;
    const auto visit = [&](const Entry &entry) { found += entry.second->contains(fix.at.x, fix.at.y, 0); };
    tree.query(boost::geometry::index::intersects(Point(fix.at.x, fix.at.y)),
               boost::make_function_output_iterator(visit));
    return found;
  });
}

/// One grid over everything, four cells for each trigger.
void oneGrid(benchmark::State &state) {
  const Scene &scene = sceneFor(state);
  Box whole = scene.regions.front().bounds();
  for (const Region &region : scene.regions) {
    const Box &box = region.bounds();
    whole.lowest = {std::min(whole.lowest.x, box.lowest.x), std::min(whole.lowest.y, box.lowest.y)};
    whole.highest = {std::max(whole.highest.x, box.highest.x), std::max(whole.highest.y, box.highest.y)};
  }
  const int side = static_cast<int>(std::ceil(2 * std::sqrt(static_cast<double>(scene.regions.size()))));
  const double width = 1.000001 * (whole.highest.x - whole.lowest.x) / side;
  const double height = 1.000001 * (whole.highest.y - whole.lowest.y) / side;
  const auto column = [&](double x) { return std::clamp(static_cast<int>((x - whole.lowest.x) / width), 0, side - 1); };
  const auto row = [&](double y) { return std::clamp(static_cast<int>((y - whole.lowest.y) / height), 0, side - 1); };
  std::vector<std::vector<const Region *>> cells(static_cast<size_t>(side * side));
  for (const Region &region : scene.regions) {
    const Box &box = region.bounds();
    for (int y = row(box.lowest.y); y <= row(box.highest.y); ++y) {
      for (int x = column(box.lowest.x); x <= column(box.highest.x); ++x) {
        cells[static_cast<size_t>(y * side + x)].push_back(&region);
      }
    }
  }
  measure(state, scene, [&](const Walked &fix) {
    int found = 0;
    for (const Region *region : cells[static_cast<size_t>(row(fix.at.y) * side + column(fix.at.x))]) {
      found += region->contains(fix.at.x, fix.at.y, 0);
    }
    return found;
  });
}

/// Tags on a site with as much room for each, one in a hundred of them carries a circle.
const Scene &crowd(int tags) {
  static std::map<int, Scene> scenes;
  Scene &scene = scenes[tags];
  if (!scene.fixes.empty()) return scene;
  std::mt19937 random(8);
  scene.size = 6 * std::sqrt(static_cast<double>(tags));
  scene.fixes = walk(random, scene.size, tags, 1);
  return scene;
}

constexpr double reach = 3;

void portable(benchmark::State &state) {
  const int tags = static_cast<int>(state.range(0));
  std::vector<Trigger> triggers;
  for (int carrier = 0; carrier < tags; carrier += 100) {
    triggers.push_back({TriggerInfo{carrier + 1, QStringLiteral("Near"), 1, QStringLiteral("OnEnter"), true},
                        Direction::OnEnter,
                        {},
                        Portable{QString::number(carrier), reach, Heights()},
                        Region(Circle{{0, 0}, 1e9}, Heights()),
                        {},
                        {},
                        {},
                        {}});
  }
  TriggerBoard board(triggers);
  for (int tag = 0; tag < tags; ++tag) board.addTag(QString::number(tag), QString());
  QList<RaisedEvent> events;
  measure(state, crowd(tags), [&](const Walked &fix) {
    board.move(fix.tag, {fix.at.x, fix.at.y, 0}, Moment(), events);
    const qsizetype raised = events.size();
    events.clear();
    return raised;
  });
}

void everyTag(benchmark::State &state) {
  const int tags = static_cast<int>(state.range(0));
  std::vector<Vertex> at(static_cast<size_t>(tags));
  measure(state, crowd(tags), [&](const Walked &fix) {
    at[static_cast<size_t>(fix.tag)] = fix.at;
    const auto isNear = [&](const Vertex &other) {
      return std::hypot(other.x - fix.at.x, other.y - fix.at.y) <= reach;
    };
    // A carrier looks at every tag, a tag at every carrier.
    qint64 found = 0;
    for (size_t i = 0; i < at.size(); i += fix.tag % 100 == 0 ? 1 : 100) found += isNear(at[i]);
    return found;
  });
}

#define AGAINST_TRIGGERS(function, name) \
  BENCHMARK(function)->Name(name)->ArgsProduct({{10, 100, 1000, 10000}, {0, 1}})->MinTime(0.2)
AGAINST_TRIGGERS(board, "board");
AGAINST_TRIGGERS(everyTrigger, "every_trigger");
AGAINST_TRIGGERS(geos, "geos");
AGAINST_TRIGGERS(levels, "levels");
AGAINST_TRIGGERS(boostTree, "boost_rtree");
AGAINST_TRIGGERS(oneGrid, "one_grid");
AGAINST_TRIGGERS(tracker, "tracker");
BENCHMARK(portable)->Name("portable")->Arg(1000)->Arg(10000)->Arg(100000)->MinTime(0.2);
BENCHMARK(everyTag)->Name("every_tag")->Arg(1000)->Arg(10000)->Arg(100000)->MinTime(0.2);

/// The usual table, and what it means.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  RatioReporter() : ConsoleReporter(OO_None) {}
  void ReportRuns(const std::vector<Run> &runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run &run : runs) m_rates[run.benchmark_name()] = run.counters.at("items_per_second");
  }
  void Finalize() override {
    for (const char *layout : {"/0", "/1"}) printTriggers(layout);
    printCrowd();
  }

 private:
  double rate(const std::string &name, const std::string &end) { return m_rates[name + end + "/min_time:0.200"]; }

  void printTriggers(const std::string &layout) {
    std::printf("\n1,000 fixes/s, triggers %s (times what GEOS does)\n%9s",
                layout == "/0" ? "alike" : "with one far off", "triggers");
    const std::array names{"board", "every_trigger", "geos", "levels", "boost_rtree", "one_grid", "tracker"};
    for (const char *name : names) std::printf(" %15s", name);
    for (const char *triggers : {"10", "100", "1000", "10000"}) {
      const std::string end = std::string("/") + triggers + layout;
      const double limit = rate("geos", end);
      std::printf("\n%9s", triggers);
      for (const char *name : names) std::printf(" %8.0f (%4.2f)", rate(name, end) / 1000, rate(name, end) / limit);
      if (layout == "/0") tell(triggers, end);
    }
    std::printf("\n");
  }

  void printCrowd() {
    std::printf("\n1,000 fixes/s with portable triggers, one carrier in 100 tags\n%9s %9s %9s\n", "tags", "board",
                "every tag");
    for (const char *tags : {"1000", "10000", "100000"}) {
      const std::string end = std::string("/") + tags;
      std::printf("%9s %9.0f %9.0f\n", tags, rate("portable", end) / 1000, rate("every_tag", end) / 1000);
    }
  }

  void tell(const char *triggers, const std::string &end) {
    const bool isTarget = triggers == std::string("1000");
    const bench::Beside geos{"GEOS, finding only", rate("geos", end)};
    const QString against = QStringLiteral(" against %1 polygon triggers").arg(QLatin1String(triggers));
    bench::Figure board{
        QStringLiteral("trigger board, one core,") + against, QStringLiteral("fixes/s"), rate("board", end), {}, geos};
    bench::Figure tracker{QStringLiteral("whole way of a fix through plugin rtls, one core,") + against,
                          QStringLiteral("fixes/s"),
                          rate("tracker", end),
                          {},
                          geos};
    if (isTarget) {
      board.target = {bench::Target::Sense::AtLeast, 1, bench::Target::Of::Peer};
      tracker.target = {bench::Target::Sense::AtLeast, 200'000};
    }
    bench::report(board);
    bench::report(tracker);
  }

  std::map<std::string, double> m_rates;
};

size_t heapBytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

/// 10,000 triggers and 100,000 tags: what they take, and what keeping them costs.
void printMemory() {
  constexpr int tags = 100'000;
  const Scene &scene = sceneOf(10'000, false);
  Model model;
  model.triggers = triggersOf(scene);
  for (int tag = 0; tag < tags; ++tag) model.tags << TagInfo{QString::number(tag), QString()};
  const size_t before = heapBytes();
  Tracker tracker(model, std::chrono::seconds(30));
  const size_t empty = heapBytes();
  std::mt19937 random(9);
  std::uniform_real_distribution<double> anywhere(0, scene.size);
  Moment moment{fromMilliseconds(1'767'225'600'000), {}};
  for (int tag = 0; tag < tags; ++tag) {
    IncomingFix fix;
    fix.fix.tag = model.tags.at(tag).id;
    fix.x = anywhere(random);
    fix.y = anywhere(random);
    Tracker::Outcome outcome;
    (void)tracker.take(tag, fix, moment, outcome);
  }
  const size_t full = heapBytes();
  const auto start = std::chrono::steady_clock::now();
  const TrackerMemory memory = tracker.remember(moment);
  const auto remembered = std::chrono::steady_clock::now();
  const QByteArray bytes = toBytes(memory);
  const auto written = std::chrono::steady_clock::now();
  const auto milliseconds = [](auto length) { return std::chrono::duration<double, std::milli>(length).count(); };
  std::printf("\n10,000 triggers, 100,000 tags: %.1f MiB before the first fix, %.1f MiB when all are seen\n",
              static_cast<double>(empty - before) / 1048576, static_cast<double>(full - before) / 1048576);
  std::printf("keeping them: %.1f ms in the main thread, %.1f ms in another, %.1f MiB\n",
              milliseconds(remembered - start), milliseconds(written - remembered),
              static_cast<double>(bytes.size()) / 1048576);
}

}  // namespace

int main(int argc, char **argv) {
  QCoreApplication application(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  printMemory();
  return bench::exitCode;
}
