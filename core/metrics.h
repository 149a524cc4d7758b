// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "export.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tagwire {

/// A number that only rises. Thread-safe.
class TAGWIRE_EXPORT Counter {
 public:
  explicit Counter(prometheus::Counter *counter) : m_counter(counter) {}
  void add(double by = 1);
  double value() const;

 private:
  prometheus::Counter *m_counter;
};

/// A number that goes up and down. Thread-safe.
class TAGWIRE_EXPORT Gauge {
 public:
  explicit Gauge(prometheus::Gauge *gauge) : m_gauge(gauge) {}
  void set(double value);
  double value() const;

 private:
  prometheus::Gauge *m_gauge;
};

/// How often a value was in which range. Thread-safe, with a lock: observe once per batch, never once per sample.
class TAGWIRE_EXPORT Histogram {
 public:
  explicit Histogram(prometheus::Histogram *histogram) : m_histogram(histogram) {}
  /// In the unit of its name.
  void observe(double value);

 private:
  prometheus::Histogram *m_histogram;
};

/// Counters, gauges and histograms under common labels, for /metrics. Asking twice for the same gives the same. Names
/// follow Prometheus: "tagwire_modbus_requests_total", base units in the name. Label by plugin, never by point.
/// Thread-safe.
class TAGWIRE_EXPORT Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  /// One number and the labels that tell it from others of its name.
  struct Series {
    Labels labels;
    double value = 0;
  };

  Metrics();
  ~Metrics();
  Counter counter(const char *name, const char *help, const Labels &labels = {});
  Gauge gauge(const char *name, const char *help, const Labels &labels = {});
  /// Of seconds, from 0.5 ms to 60 s. A name ends in "_seconds".
  Histogram histogram(const char *name, const char *help, const Labels &labels = {});
  /// The same registry with more labels on everything made through it.
  std::unique_ptr<Metrics> with(const Labels &labels) const;
  /// What everybody has counted through this registry: the series of each name. A histogram is two of them, "_count"
  /// and "_sum".
  std::map<std::string, std::vector<Series>> all() const;
  /// Series with the label plugin="`plugin`" are left out of text() and all() from now on, or told again with the
  /// counts that they had. For an instance that is gone: whoever still holds them may go on counting.
  void leaveOut(const std::string &plugin, bool isLeftOut = true);
  /// `refresh` sets, whenever text() is asked for and in its thread, what would be a waste to keep up to date all the
  /// time.
  void beforeText(std::function<void()> refresh);
  /// Prometheus text exposition format 0.0.4.
  std::string text() const;

 private:
  struct Shared;
  Metrics(std::shared_ptr<Shared> shared, Labels labels);
  std::shared_ptr<Shared> m_shared;
  Labels m_labels;
};

}  // namespace tagwire
