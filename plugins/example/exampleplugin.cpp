// SPDX-License-Identifier: Apache-2.0
// A whole plugin: source of a sine wave, sink that takes a point's mean. Copy it: plugins/README.md says how.
#include <QTimer>
#include <cmath>

#include "plugin.h"

namespace tagwire::example {

/// What may stand in the manifest under "config". Reading, checking and the docs are all made from this.
struct ExampleConfig {
  std::chrono::milliseconds interval{1000};
  double amplitude = 10;
  std::optional<PointReference> input;
  static void describe(Shape<ExampleConfig> &shape) {
    shape.optional("interval_ms", &ExampleConfig::interval, "time between values").range(10, 3'600'000);
    shape.optional("amplitude", &ExampleConfig::amplitude, "highest value of the sine").range(0, 1'000'000);
    shape.optional("input", &ExampleConfig::input, "a point of another instance; `mean` is its mean over one interval");
  }
};

/// One entry of the manifest. Thread-bound; owned by the host.
class Example : public Plugin, public Source, public Sink {
  Q_OBJECT
 public:
  Example(const ExampleConfig &config, PluginContext &context) : m_config(config), m_context(context) {
    // Full names become "<instance id>/sine" and so on.
    m_points = context.declare({{.name = QStringLiteral("sine")},
                                {.name = QStringLiteral("mean")},
                                {.name = QStringLiteral("amplitude"), .writable = true, .minimum = 0}});
    connect(&m_timer, &QTimer::timeout, this, &Example::publish);
  }

  void start() override {  // Not before here: timers, files, sockets.
    if (m_config.input) m_input = m_context.points().find(m_config.input->name);
    m_timer.start(m_config.interval);
    Q_EMIT statusChanged(PluginState::Running, {});
  }
  void stop() override { m_timer.stop(); }
  // Source: somebody wants to write a point of ours that we declared writable.
  void execute(const Command &command) override {
    m_config.amplitude = std::get<double>(command.value);
    const CommandStatus done{command.id, command.point, CommandState::Succeeded, m_config.amplitude, {}};
    Q_EMIT eventRaised({0, m_context.clock().now(), {}, done});
  }
  // Sink: what the others publish, in batches. Never our own samples.
  void write(const Samples &samples) override {
    for (const Sample &sample : samples) {
      if (sample.point != m_input || !sample.quality.isGood()) continue;
      m_sum += toNumber(sample.value).value_or(0);
      ++m_count;
    }
    Q_EMIT written();  // We can take the next batch.
  }
  void notify(const Event &) override {}

 private:
  void publish() {
    const Time now = m_context.clock().now();
    const double sine = m_config.amplitude * std::sin(toMilliseconds(now) / 1000.0);
    Samples samples;
    samples << Sample{m_points[0], {}, now, sine};  // {}: quality Good
    samples << Sample{m_points[2], {}, now, m_config.amplitude};
    if (m_count > 0) samples << Sample{m_points[1], {}, now, m_sum / m_count};
    m_sum = m_count = 0;
    Q_EMIT samplesReady(samples);
  }

  ExampleConfig m_config;
  PluginContext &m_context;  // the host's; outlives us
  QTimer m_timer{this};
  QList<PointId> m_points;
  PointId m_input = PointId::None;
  double m_sum = 0, m_count = 0;
};

/// Makes the instances. The one object that this library exports.
class ExamplePlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<ExampleConfig>();
    return config ? std::make_unique<Example>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<ExampleConfig>(); }
};

}  // namespace tagwire::example
#include "exampleplugin.moc"
