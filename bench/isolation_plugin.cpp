// SPDX-License-Identifier: Apache-2.0
// The plugin that isolation.cpp runs in the host and in a process of its own.
#include <QTimer>

#include "plugin.h"

namespace {

using namespace tagwire;

struct BenchConfig {
  int batch = 0;
  static void describe(Shape<BenchConfig> &shape) {
    shape.optional("batch", &BenchConfig::batch, "samples to publish at once, without end; 0: send back what comes");
  }
};

class Bench : public Plugin, public Source, public Sink {
  Q_OBJECT
 public:
  Bench(const BenchConfig &config, PluginContext &context) : m_config(config), m_context(context) {
    QList<PointInfo> points;
    for (int i = 0; i < std::max(1, m_config.batch); ++i) points.append({.name = QStringLiteral("p%1").arg(i)});
    m_points = context.declare(points);
    m_timer.callOnTimeout(this, &Bench::publish);
  }
  void start() override {
    Q_EMIT statusChanged(PluginState::Running, {});
    if (m_config.batch > 0) m_timer.start(0);
  }
  void stop() override { m_timer.stop(); }
  void execute(const Command &) override {}
  void notify(const Event &) override {}
  void write(const Samples &samples) override {
    if (m_config.batch == 0) Q_EMIT samplesReady({{m_points[0], {}, samples[0].time, samples[0].value}});
    Q_EMIT written();
  }

 private:
  void publish() {
    const Time now = m_context.clock().now();
    Samples samples;
    samples.reserve(m_points.size());
    for (const PointId point : std::as_const(m_points)) samples.append({point, {}, now, Value(m_value += 0.5)});
    Q_EMIT samplesReady(samples);
  }

  BenchConfig m_config;
  PluginContext &m_context;
  QTimer m_timer{this};
  QList<PointId> m_points;
  double m_value = 0;
};

class BenchFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "isolation_plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<BenchConfig>();
    return config ? std::make_unique<Bench>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<BenchConfig>(); }
};

}  // namespace

#include "isolation_plugin.moc"
