// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "metrics.h"
#include "plugin.h"
#include "virtualpoints.h"

namespace tagwire::ingest {

/// The running instance: publishes what its desk is handed. Thread-bound; owned by the host.
class Ingest : public Plugin, public Source, public IngestDesk {
  Q_OBJECT
 public:
  Ingest(const IngestConfig &config, PluginContext &context);

  void start() override;
  void stop() override;
  void execute(const Command &command) override;
  void take(Reply<QStringList> reply, QList<IngestValue> values) override;

 private:
  void findStale();

  PluginContext &m_context;
  VirtualPoints m_points;
  QTimer m_timer;
  bool m_isRunning = false;
  Counter m_accepted;
  Counter m_rejected;
};

}  // namespace tagwire::ingest
