// SPDX-License-Identifier: Apache-2.0
// A plugin that does what its configuration says: fails, throws, answers commands, records what it gets.
#include <stdexcept>

#include "plugin.h"
#include "testing/quietalarmdesk.h"

namespace {

using namespace tagwire;

struct RecorderConfig {
  QString behaviour;
  QList<QString> points;
  std::optional<PointReference> reference;
  std::optional<int> number;

  static void describe(Shape<RecorderConfig> &shape) {
    shape.optional("behaviour", &RecorderConfig::behaviour, "what to do");
    shape.optional("points", &RecorderConfig::points, "names of points");
    shape.optional("reference", &RecorderConfig::reference, "a point of another");
    shape.optional("number", &RecorderConfig::number, "number of the first point");
  }
};

class Recorder : public Plugin, public Source, public Sink, public QuietAlarmDesk {
  Q_OBJECT
 public:
  Recorder(RecorderConfig config, PluginContext &context) : m_config(std::move(config)), m_context(context) {
    QList<PointInfo> points;
    for (const QString &name : m_config.points) {
      PointInfo info;
      info.name = name;
      info.writable = true;
      if (points.isEmpty()) info.number = m_config.number;
      points << info;
    }
    m_ids = context.declare(points);
    if (is("throw_in_create")) throw std::runtime_error("made on purpose");
  }

  void start() override {
    ++m_starts;
    setProperty("starts", m_starts);
    if (is("throw_in_start")) throw std::runtime_error("thrown on purpose");
    if (is("fail_once") && m_starts == 1) return Q_EMIT statusChanged(PluginState::Failed, QStringLiteral("not yet"));
    if (is("always_fail")) return Q_EMIT statusChanged(PluginState::Failed, QStringLiteral("never"));
    if (is("busy_port")) {
      m_context.portBusy(QStringLiteral("127.0.0.1:1"));
      return Q_EMIT statusChanged(PluginState::Failed, QStringLiteral("port is busy"));
    }
    if (is("silent")) return;
    Q_EMIT statusChanged(PluginState::Running, QString());
  }
  void stop() override { setProperty("stops", property("stops").toInt() + 1); }
  void execute(const Command &command) override {
    if (is("never_answers")) return;
    for (const CommandState state : {CommandState::Sent, CommandState::Acked, CommandState::Succeeded}) {
      Event event;
      event.body = CommandStatus{command.id, command.point, state,
                                 state == CommandState::Succeeded ? command.value : Value(), QString()};
      Q_EMIT eventRaised(event);
    }
  }
  void write(const Samples &samples) override {
    if (is("never_takes")) return;
    if (is("throw_in_write")) throw std::runtime_error("thrown on purpose");
    setProperty("samples", property("samples").toInt() + static_cast<int>(samples.size()));
    Q_EMIT written();
  }
  void notify(const Event &event) override {
    setProperty("events", property("events").toStringList() << kindOf(event));
  }
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override {
    if (is("mute_service")) return;
    reply(QList<AlarmStatus>{AlarmStatus()});
  }
  /// For the test, through the meta object.
  Q_INVOKABLE void publish(double value) {
    Q_EMIT samplesReady({Sample{m_ids.first(), Quality::good(), m_context.clock().now(), Value(value)}});
  }
  Q_INVOKABLE void ask() {
    m_context.request(&AlarmDesk::standingAlarms, [this](Result<QList<AlarmStatus>> answer) {
      setProperty("answer", answer ? QStringLiteral("%1 alarms").arg(answer->size()) : answer.error());
    });
  }
  Q_INVOKABLE void requestWrite(const QString &point, double value, const QString &correlation) {
    Command command;
    command.id = newCommandId();
    command.point = m_context.points().find(point);
    command.value = value;
    command.correlationId = correlation;
    Q_EMIT commandRequested(command);
  }

 private:
  bool is(const char *behaviour) const { return m_config.behaviour == QLatin1String(behaviour); }

  RecorderConfig m_config;
  PluginContext &m_context;
  QList<PointId> m_ids;
  int m_starts = 0;
};

class RecorderFactory : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "recorder.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &config, PluginContext &context) override {
    auto read = config.read<RecorderConfig>();
    if (!read) return nullptr;
    return std::make_unique<Recorder>(std::move(*read), context);
  }
  ConfigSchema schema() const override { return schemaOf<RecorderConfig>(); }
};

}  // namespace

#include "recorder.moc"
