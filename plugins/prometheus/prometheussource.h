// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QTimer>

#include <vector>

#include "backoff.h"
#include "pointreading.h"
#include "scrape.h"

namespace prometheus_plugin {

/// One entry of the manifest: scrapes, and tells what became of the points. Thread-bound; owned by the host.
class PrometheusSource : public Plugin, public Source {
  Q_OBJECT
 public:
  /// `infos` in the order of the configured points.
  PrometheusSource(const Config &config, const QList<PointInfo> &infos, PluginContext &context);
  ~PrometheusSource() override { stop(); }

  void start() override;
  void stop() override;
  void reloadFiles() override;
  /// Nothing here was declared writable, so nobody calls it.
  void execute(const Command &) override {}

 private:
  struct Counters {
    explicit Counters(Metrics &metrics);
    Counter scrapes, failures, bytes;
  };

  Result<void> readCertificates();
  void begin();
  void done(const std::optional<ScrapeError> &error);
  void failed(const ScrapeError &error);
  void succeeded();
  void tell(PluginState state, const QString &why);

  Config m_config;
  PluginContext &m_context;  // the host's; outlives us
  Selection m_selection;
  std::vector<PointReading> m_points;  ///< as in m_config
  Scrape m_scrape;
  QTimer m_timer{this};
  QElapsedTimer m_sinceBegin;
  Backoff m_backoff;
  Counters m_counters;
  PluginState m_state = PluginState::Stopped;
  QString m_why;
};

}  // namespace prometheus_plugin
