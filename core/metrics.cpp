// SPDX-License-Identifier: Apache-2.0
#include "metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <set>

namespace tagwire {

namespace {

/// Bounds of the buckets: fine where an answer is expected, coarse where it only matters that it is late.
const std::vector<double> secondsBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,   1,      2.5,   5,    10,    30,   60};

}  // namespace

struct Metrics::Shared {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::mutex mutex;  ///< for what follows
  std::vector<std::function<void()>> refreshers;
  std::set<std::string> leftOut;  ///< values of the label "plugin"

  std::vector<prometheus::MetricFamily> collect() {
    auto families = registry.Collect();
    const std::lock_guard lock(mutex);
    if (leftOut.empty()) return families;
    const auto isOut = [this](const prometheus::ClientMetric &metric) {
      return std::any_of(metric.label.begin(), metric.label.end(),
                         [this](const auto &label) { return label.name == "plugin" && leftOut.contains(label.value); });
    };
    for (prometheus::MetricFamily &family : families) std::erase_if(family.metric, isOut);
    std::erase_if(families, [](const prometheus::MetricFamily &family) { return family.metric.empty(); });
    return families;
  }
};

void Counter::add(double by) { m_counter->Increment(by); }
double Counter::value() const { return m_counter->Value(); }
void Gauge::set(double value) { m_gauge->Set(value); }
double Gauge::value() const { return m_gauge->Value(); }
void Histogram::observe(double value) { m_histogram->Observe(value); }

Metrics::Metrics() : m_shared(std::make_shared<Shared>()) {}

Metrics::Metrics(std::shared_ptr<Shared> shared, Labels labels)
    : m_shared(std::move(shared)), m_labels(std::move(labels)) {}

Metrics::~Metrics() = default;

Counter Metrics::counter(const char *name, const char *help, const Labels &labels) {
  Labels all = m_labels;
  all.insert(labels.begin(), labels.end());
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(m_shared->registry).Add(all));
}

Gauge Metrics::gauge(const char *name, const char *help, const Labels &labels) {
  Labels all = m_labels;
  all.insert(labels.begin(), labels.end());
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(m_shared->registry).Add(all));
}

Histogram Metrics::histogram(const char *name, const char *help, const Labels &labels) {
  Labels all = m_labels;
  all.insert(labels.begin(), labels.end());
  auto &family = prometheus::BuildHistogram().Name(name).Help(help).Register(m_shared->registry);
  return Histogram(&family.Add(all, secondsBounds));
}

std::unique_ptr<Metrics> Metrics::with(const Labels &labels) const {
  Labels all = labels;
  all.insert(m_labels.begin(), m_labels.end());
  return std::unique_ptr<Metrics>(new Metrics(m_shared, std::move(all)));
}

std::map<std::string, std::vector<Metrics::Series>> Metrics::all() const {
  std::map<std::string, std::vector<Series>> all;
  for (const prometheus::MetricFamily &family : m_shared->collect()) {
    for (const prometheus::ClientMetric &metric : family.metric) {
      Labels labels;
      for (const auto &label : metric.label) labels[label.name] = label.value;
      if (family.type == prometheus::MetricType::Histogram) {
        all[family.name + "_count"].push_back({labels, static_cast<double>(metric.histogram.sample_count)});
        all[family.name + "_sum"].push_back({std::move(labels), metric.histogram.sample_sum});
        continue;
      }
      const bool isCounter = family.type == prometheus::MetricType::Counter;
      all[family.name].push_back({std::move(labels), isCounter ? metric.counter.value : metric.gauge.value});
    }
  }
  return all;
}

void Metrics::leaveOut(const std::string &plugin, bool isLeftOut) {
  const std::lock_guard lock(m_shared->mutex);
  if (isLeftOut) {
    m_shared->leftOut.insert(plugin);
  } else {
    m_shared->leftOut.erase(plugin);
  }
}

void Metrics::beforeText(std::function<void()> refresh) {
  const std::lock_guard lock(m_shared->mutex);
  m_shared->refreshers.push_back(std::move(refresh));
}

std::string Metrics::text() const {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(m_shared->mutex);
    refreshers = m_shared->refreshers;
  }
  for (const auto &refresh : refreshers) refresh();
  return prometheus::TextSerializer().Serialize(m_shared->collect());
}

}  // namespace tagwire
