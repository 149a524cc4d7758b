// SPDX-License-Identifier: Apache-2.0
#include "metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace tagwire {

void Counter::add(double by) { m_counter->Increment(by); }
double Counter::value() const { return m_counter->Value(); }
void Gauge::set(double value) { m_gauge->Set(value); }
double Gauge::value() const { return m_gauge->Value(); }

Metrics::Metrics() : m_registry(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)) {}

Metrics::Metrics(std::shared_ptr<prometheus::Registry> registry, Labels labels)
    : m_registry(std::move(registry)), m_labels(std::move(labels)) {}

Metrics::~Metrics() = default;

Counter Metrics::counter(const char *name, const char *help, const Labels &labels) {
  Labels all = m_labels;
  all.insert(labels.begin(), labels.end());
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(*m_registry).Add(all));
}

Gauge Metrics::gauge(const char *name, const char *help, const Labels &labels) {
  Labels all = m_labels;
  all.insert(labels.begin(), labels.end());
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(*m_registry).Add(all));
}

std::unique_ptr<Metrics> Metrics::with(const Labels &labels) const {
  Labels all = labels;
  all.insert(m_labels.begin(), m_labels.end());
  return std::unique_ptr<Metrics>(new Metrics(m_registry, std::move(all)));
}

std::map<std::string, std::vector<Metrics::Series>> Metrics::all() const {
  std::map<std::string, std::vector<Series>> all;
  for (const prometheus::MetricFamily &family : m_registry->Collect()) {
    std::vector<Series> &series = all[family.name];
    for (const prometheus::ClientMetric &metric : family.metric) {
      Labels labels;
      for (const auto &label : metric.label) labels[label.name] = label.value;
      const bool isCounter = family.type == prometheus::MetricType::Counter;
      series.push_back({std::move(labels), isCounter ? metric.counter.value : metric.gauge.value});
    }
  }
  return all;
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(m_registry->Collect()); }

}  // namespace tagwire
