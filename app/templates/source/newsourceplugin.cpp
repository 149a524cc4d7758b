// SPDX-License-Identifier: Apache-2.0
// A source: it publishes the number at the beginning of a file. Put your device in the place of readNumber().
#include <QFile>
#include <QTimer>

#include <cmath>

#include "backoff.h"
#include "plugin.h"

namespace newsource_plugin {

using namespace tagwire;

/// What may stand in the manifest under "config". Reading, checking, the JSON Schema and the README's table are made
/// from this.
struct Config {
  QString file;
  std::chrono::milliseconds interval{1000};
  double scale = 1;
  static void describe(Shape<Config> &shape) {
    shape.required("file", &Config::file, "file that begins with a number").range(1, 4096);
    shape.optional("interval_ms", &Config::interval, "time between two readings").range(10, 3'600'000);
    shape.optional("scale", &Config::scale, "what the number is multiplied by");
  }
};

/// The first word of a file as a number. A file of the kernel or of a disk of this machine answers at once; for what
/// may take its time use a socket and its signals, or a thread: nothing here may hold up the host's event loop.
Result<double> readNumber(const QString &name) {
  QFile file(name);
  if (!file.open(QIODevice::ReadOnly)) return failure(QStringLiteral("%1: %2").arg(name, file.errorString()));
  const QString word = QString::fromUtf8(file.read(64)).simplified().section(u' ', 0, 0);
  bool isNumber = false;
  const double number = word.toDouble(&isNumber);
  if (!isNumber || !std::isfinite(number)) return failure(QStringLiteral("%1 does not begin with a number").arg(name));
  return number;
}

/// One entry of the manifest. Thread-bound; owned by the host.
class NewsourceInstance : public Plugin, public Source {
  Q_OBJECT
 public:
  NewsourceInstance(const Config &config, PluginContext &context) : m_config(config), m_context(context) {
    // Its full name becomes "<id of the entry>/value".
    m_value = context.declare({{.name = QStringLiteral("value"), .description = config.file}}).first();
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &NewsourceInstance::read);
  }

  /// Not before here: timers, files, sockets. A manifest is also checked where there is no device.
  void start() override {
    m_state = PluginState::Starting;
    m_timer.start(0);
  }
  void stop() override { m_timer.stop(); }
  /// Nothing here was declared writable, so nobody calls it.
  void execute(const Command &) override {}

 private:
  void read() {
    const Time now = m_context.clock().now();
    const auto number = readNumber(m_config.file);
    if (number) {
      m_backoff.reset();
      Q_EMIT samplesReady({{m_value, Quality::good(), now, *number * m_config.scale}});
      tell(PluginState::Running, {});
    } else {
      // No value is made up: its quality says that there is none, and the status why.
      if (m_state != PluginState::Degraded)
        Q_EMIT samplesReady({{m_value, Quality::bad(QualityReason::NoConnection), now, {}}});
      tell(PluginState::Degraded, number.error());
    }
    m_timer.start(number ? m_config.interval : m_backoff.next());
  }
  /// Once for each change, however often it is tried; the log has no line when only the reason is another.
  void tell(PluginState state, const QString &why) {
    if (state == m_state && why == m_why) return;
    const bool isNews = state != m_state;
    m_state = state;
    m_why = why;
    if (isNews && state == PluginState::Degraded) qCWarning(m_context.log()).noquote() << why;
    Q_EMIT statusChanged(state, why);
  }

  Config m_config;
  PluginContext &m_context;  // the host's; outlives us
  QTimer m_timer{this};
  Backoff m_backoff{std::chrono::seconds(1), std::chrono::seconds(30)};
  PluginState m_state = PluginState::Stopped;
  QString m_why;
  PointId m_value = PointId::None;
};

/// Makes the instances. The one object that this library exports.
class NewsourcePlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<Config>();
    return config ? std::make_unique<NewsourceInstance>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<Config>(); }
};

}  // namespace newsource_plugin
#include "newsourceplugin.moc"
