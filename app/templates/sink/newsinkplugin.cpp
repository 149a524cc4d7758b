// SPDX-License-Identifier: Apache-2.0
// A sink: it writes the values of points to a file in data_dir. Put your target in the place of the file.
#include <QFile>
#include <QHash>

#include "plugin.h"
#include "services/historycsv.h"

namespace newsink_plugin {

using namespace tagwire;

/// What may stand in the manifest under "config". Reading, checking, the JSON Schema and the README's table are made
/// from this.
struct Config {
  QList<PointReference> points;
  qint64 maximumBytes = 10'000'000;
  static void describe(Shape<Config> &shape) {
    shape.required("points", &Config::points, "points whose values are written").range(1, 1000);
    shape.optional("max_bytes", &Config::maximumBytes, "from this size on the file is put aside as `….old`")
        .range(1000, 1'000'000'000);
  }
};

/// One entry of the manifest. Thread-bound; owned by the host. plugin.json says "blocking", for a disk may take its
/// time: the host keeps it in a thread of its own and a bounded queue before it.
class NewsinkInstance : public Plugin, public Sink {
  Q_OBJECT
 public:
  NewsinkInstance(const Config &config, PluginContext &context)
      : m_config(config),
        m_context(context),
        m_lost(context.metrics().counter("tagwire_newsink_lost_total", "samples that could not be written")) {}

  /// Not before here: timers, files, sockets. After Failed the host calls it again after a pause.
  void start() override {
    for (const PointReference &point : m_config.points) m_names[m_context.points().find(point.name)] = point.name;
    m_file.setFileName(path());
    const auto opened = open();
    m_isFailing = !opened;
    Q_EMIT statusChanged(opened ? PluginState::Running : PluginState::Failed, opened ? QString() : opened.error());
  }
  void stop() override { m_file.close(); }
  /// What all others publish, in batches.
  void write(const Samples &samples) override {
    QByteArray text;
    int lines = 0;
    for (const Sample &sample : samples) {
      const auto name = m_names.constFind(sample.point);
      if (name == m_names.cend()) continue;
      text += toIso(sample.time).toUtf8() + ',' + quotedCell(*name) + ',' + quotedCell(toCell(sample.value)) + ',' +
              toText(sample.quality).toUtf8() + '\n';
      ++lines;
    }
    if (lines > 0) {
      const auto stored = store(text);
      if (!stored) m_lost.add(lines);
      tell(stored);
    }
    Q_EMIT written();  // We can take the next batch.
  }
  void notify(const Event &) override {}

 private:
  QString path() const { return m_context.dataDir() + u'/' + m_context.id() + QLatin1String(".csv"); }

  Result<void> open() {
    if (m_file.isOpen() || m_file.open(QIODevice::Append | QIODevice::Unbuffered)) return {};
    return failure(QStringLiteral("%1: %2").arg(path(), m_file.errorString()));
  }
  Result<void> store(const QByteArray &text) {
    if (const auto opened = open(); !opened) return opened;
    if (m_file.write(text) != text.size()) return failure(QStringLiteral("%1: %2").arg(path(), m_file.errorString()));
    if (m_file.size() < m_config.maximumBytes) return {};
    m_file.close();
    QFile::remove(path() + QLatin1String(".old"));
    if (QFile::rename(path(), path() + QLatin1String(".old"))) return {};
    return failure(QStringLiteral("%1 can't be put aside").arg(path()));
  }
  /// Once for each change, however many samples there are.
  void tell(const Result<void> &stored) {
    if (m_isFailing == !stored) return;
    m_isFailing = !stored;
    if (m_isFailing) qCWarning(m_context.log()).noquote() << stored.error();
    Q_EMIT statusChanged(m_isFailing ? PluginState::Degraded : PluginState::Running,
                         m_isFailing ? stored.error() : QString());
  }

  Config m_config;
  PluginContext &m_context;  // the host's; outlives us
  Counter m_lost;
  QHash<PointId, QString> m_names;
  QFile m_file{this};
  bool m_isFailing = false;
};

/// Makes the instances. The one object that this library exports.
class NewsinkPlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = reader.read<Config>();
    return config ? std::make_unique<NewsinkInstance>(*config, context) : nullptr;
  }
  ConfigSchema schema() const override { return schemaOf<Config>(); }
};

}  // namespace newsink_plugin
#include "newsinkplugin.moc"
