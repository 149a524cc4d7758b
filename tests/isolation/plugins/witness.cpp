// SPDX-License-Identifier: Apache-2.0
// A sink in the host: a line in data_dir/witness.txt for every sample and event, at once. Now and then it writes
// points.
#include <QFile>
#include <QJsonDocument>
#include <QTimer>

#include "plugin.h"

namespace {

using namespace tagwire;

struct WitnessConfig {
  QList<QString> write;
  QString event;
  int expireMs = 10'000;

  static void describe(Shape<WitnessConfig> &shape) {
    shape.optional("write", &WitnessConfig::write, "points that commands go to, ten times a second");
    shape.optional("event", &WitnessConfig::event, "JSON of an event raised likewise");
    shape.optional("expire_ms", &WitnessConfig::expireMs, "life of a command");
  }
};

class Witness : public Plugin, public Sink {
  Q_OBJECT
 public:
  Witness(WitnessConfig config, PluginContext &context) : m_config(std::move(config)), m_context(context) {
    m_timer.callOnTimeout(this, &Witness::ask);
  }
  void start() override {
    m_file.setFileName(m_context.dataDir() + QLatin1String("/witness.txt"));
    if (!m_file.open(QIODevice::Append)) return Q_EMIT statusChanged(PluginState::Failed, m_file.errorString());
    m_timer.start(100);
    Q_EMIT statusChanged(PluginState::Running, {});
  }
  void stop() override {
    m_timer.stop();
    m_file.close();
  }
  void write(const Samples &samples) override {
    for (const Sample &sample : samples) {
      const auto point = m_context.points().point(sample.point);
      line(QStringLiteral("%1 %2 %3").arg(point->fullName, toText(sample.quality), toText(sample.value)));
    }
    Q_EMIT written();
  }
  void notify(const Event &event) override {
    line(QString::fromUtf8(QJsonDocument(toJson(event, m_context.points())).toJson(QJsonDocument::Compact)));
  }

 private:
  void line(const QString &text) {
    m_file.write(text.toUtf8() + '\n');
    m_file.flush();
  }
  void ask() {
    for (const QString &name : m_config.write) {
      Command command;
      command.id = newCommandId();
      command.point = m_context.points().find(name);
      command.value = 7.0;
      command.expires = m_context.clock().now() + std::chrono::milliseconds(m_config.expireMs);
      if (command.point != PointId::None) Q_EMIT commandRequested(command);
    }
    if (m_config.event.isEmpty()) return;
    Q_EMIT eventRaised({0, {}, {}, CustomEvent{QStringLiteral("asked"), m_config.event.toUtf8()}});
  }

  WitnessConfig m_config;
  PluginContext &m_context;
  QFile m_file;
  QTimer m_timer;
};

class WitnessFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "witness.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &config, PluginContext &context) override {
    auto read = config.read<WitnessConfig>();
    return read ? std::make_unique<Witness>(std::move(*read), context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<WitnessConfig>(); }
};

}  // namespace

#include "witness.moc"
