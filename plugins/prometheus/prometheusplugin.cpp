// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QHostAddress>
#include <QRegularExpression>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QTimer>

#include <array>
#include <cmath>
#include <vector>

#include "backoff.h"
#include "endpointurl.h"
#include "plugin.h"
#include "scrape.h"

namespace prometheus_plugin {

using namespace tagwire;

/// What becomes of several series that fit one point.
enum class Combine : quint8 { One, Sum, Minimum, Maximum, Average };
constexpr auto enumWords(Combine) {
  return std::array{std::pair{"one", Combine::One}, std::pair{"sum", Combine::Sum}, std::pair{"min", Combine::Minimum},
                    std::pair{"max", Combine::Maximum}, std::pair{"average", Combine::Average}};
}

enum class As : quint8 { Double, Int, Bool };
constexpr auto enumWords(As) {
  return std::array{std::pair{"float64", As::Double}, std::pair{"int64", As::Int}, std::pair{"bool", As::Bool}};
}
constexpr ValueType valueType(As as) {
  return as == As::Bool ? ValueType::Bool : as == As::Int ? ValueType::Int : ValueType::Double;
}

struct PointConfig {
  QString name;
  Selector metric;
  QMap<QString, QString> labels;
  Combine combine = Combine::One;
  bool perSecond = false;
  As type = As::Double;
  double scale = 1;
  double offset = 0;
  QString unit;
  QString description;
  std::optional<int> number;
  static void describe(Shape<PointConfig> &shape) {
    shape.required("name", &PointConfig::name, "name of the point: it becomes `<id>/<name>`")
        .range(1, 200)
        .example("load");
    shape.required("metric", &PointConfig::metric, "the series, as in PromQL with `=` only")
        .range(1, 4096)
        .example("node_load1");
    shape
        .optional("labels", &PointConfig::labels,
                  "labels that it must have, besides those of `metric`; `\"\"`: it has none of this name")
        .range(0, 64);
    shape.optional("combine", &PointConfig::combine,
                   "what becomes of several series that fit; `one`: the point is bad");
    shape.optional("per_second", &PointConfig::perSecond, "how much a counter rises in a second, by two scrapes");
    shape.optional("type", &PointConfig::type, "what the value is; a number that it cannot hold is bad");
    shape.optional("scale", &PointConfig::scale, "the value is number × scale + offset");
    shape.optional("offset", &PointConfig::offset, "see `scale`");
    shape.optional("unit", &PointConfig::unit, "unit, after scaling").range(0, 64);
    shape.optional("description", &PointConfig::description, "for people").range(0, 1000);
    shape.optional("number", &PointConfig::number, "the point's number on older protocols")
        .range(1, 2147483647)
        .example(4001);
  }
};

struct Config {
  EndpointUrl url;
  std::chrono::milliseconds interval{10'000};
  std::chrono::milliseconds timeout{5000};
  std::optional<Secret> bearerToken;
  std::optional<QString> caFile;
  int maxBytes = 16 * 1024 * 1024;
  std::chrono::milliseconds staleAfter{300'000};
  QList<PointConfig> points;
  static void describe(Shape<Config> &shape) {
    shape.required("url", &Config::url, "the endpoint; without a path `/metrics`")
        .range(1, 4096)
        .example("http://localhost:9100/metrics");
    shape.optional("interval_ms", &Config::interval, "time from one scrape to the next").range(100, 3'600'000);
    shape.optional("timeout_ms", &Config::timeout, "a whole answer has to be there within").range(10, 600'000);
    shape.optional("bearer_token", &Config::bearerToken, "sent as `Authorization: Bearer …`");
    shape
        .optional("ca_file", &Config::caFile,
                  "certificates (PEM) that an https endpoint is checked by; absent: those of the system")
        .range(1, 4096)
        .example("ca.pem");
    shape.optional("max_bytes", &Config::maxBytes, "a larger answer is refused").range(1024, 256 * 1024 * 1024);
    shape.optional("stale_after_ms", &Config::staleAfter,
                   "a series with a time of its own that is older is uncertain:stale; 0: never");
    shape.required("points", &Config::points, "what becomes a point")
        .range(1, 10'000)
        .exampleJson(R"({"name": "load", "metric": "node_load1"})");
  }
};

/// One entry of the manifest. Thread-bound; owned by the host.
class PrometheusInstance : public Plugin, public Source {
  Q_OBJECT
 public:
  PrometheusInstance(const Config &config, const QList<PointInfo> &infos, PluginContext &context)
      : m_config(config),
        m_context(context),
        m_scrape({config.timeout, config.maxBytes}),
        m_backoff(std::chrono::seconds(1), std::max(config.interval, std::chrono::milliseconds(30'000))),
        m_scrapes(context.metrics().counter("tagwire_prometheus_scrapes_total", "Scrapes begun")),
        m_failures(
            context.metrics().counter("tagwire_prometheus_scrape_failures_total", "Scrapes without a usable answer")),
        m_bytes(context.metrics().counter("tagwire_prometheus_received_bytes_total", "Bytes of answers")) {
    const QList<PointId> ids = context.declare(infos);
    m_points.resize(static_cast<size_t>(ids.size()));
    for (qsizetype i = 0; i < ids.size(); ++i) {
      m_points[static_cast<size_t>(i)].sample.point = ids[i];
      m_selection.add(config.points[i].metric, static_cast<int>(i));
    }
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &PrometheusInstance::begin);
  }
  ~PrometheusInstance() override { stop(); }

  void start() override {
    m_state = PluginState::Starting;
    if (const auto read = readCertificates(); !read) {
      return tell(PluginState::Failed, read.error());
    }
    m_timer.start(0);
  }
  void stop() override {
    m_timer.stop();
    m_scrape.drop();
    m_backoff.reset();
    for (PointState &point : m_points) {
      const PointId id = point.sample.point;
      point = {};
      point.sample.point = id;
    }
  }
  void reloadFiles() override {
    if (m_config.bearerToken) {
      if (auto token = m_config.bearerToken->again(); !token) {
        qCWarning(m_context.log()).noquote() << token.error();
      } else if (!isHeaderText(*token)) {
        qCWarning(m_context.log()).noquote() << "bearer_token: more than one word; the old one stays in use";
      } else {
        m_config.bearerToken = *token;
      }
    }
    if (const auto read = readCertificates(); !read) qCWarning(m_context.log()).noquote() << read.error();
  }
  /// Nothing here was declared writable, so nobody calls it.
  void execute(const Command &) override {}

  static bool isHeaderText(const Secret &token) {
    const QString text = token.reveal().trimmed();
    return !text.isEmpty() &&
           std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() > 0x20 && c.unicode() < 0x7f; });
  }

 private:
  struct PointState {
    Sample sample;  ///< as published last; its time is the epoch before the first
    // Of the scrape under way:
    int count = 0;
    double number = 0;
    std::optional<Time> time = {};
    // Of the one before, for per_second:
    std::optional<double> total = {};
    std::chrono::nanoseconds totalAt{0};  ///< by the series' own clock, or by ours that only goes forward
    bool hasOwnTime = false;
  };

  Result<void> readCertificates() {
    if (!m_config.caFile) return {};
    QFile file(*m_config.caFile);
    if (!file.open(QIODevice::ReadOnly))
      return failure(QStringLiteral("ca_file %1: %2").arg(*m_config.caFile, file.errorString()));
    const auto certificates = QSslCertificate::fromData(file.read(1024LL * 1024));
    if (certificates.isEmpty()) return failure(QStringLiteral("ca_file %1 holds no certificate").arg(*m_config.caFile));
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(certificates);
    m_scrape.setTls(tls);
    return {};
  }

  void begin() {
    for (PointState &point : m_points) {
      point.count = 0;
      point.number = 0;
      point.time.reset();
    }
    const QByteArray token = m_config.bearerToken ? m_config.bearerToken->reveal().trimmed().toLatin1() : QByteArray();
    m_scrapes.add();
    m_sinceBegin.start();
    m_scrape.begin(
        m_config.url.url, token, [this](QByteArrayView name) { return m_selection.wants(name); },
        [this](QByteArrayView name, const Series &series) { take(name, series); },
        [this](const std::optional<ScrapeError> &error) { done(error); });
  }

  void take(QByteArrayView name, const Series &series) {
    for (const int index : m_selection.of(name, series.labels)) {
      PointState &point = m_points[static_cast<size_t>(index)];
      ++point.count;
      // Of several the oldest: a sum is as old as its oldest part.
      if (series.time) point.time = point.time ? std::min(*point.time, *series.time) : *series.time;
      if (point.count == 1) {
        point.number = series.value;
        continue;
      }
      switch (m_config.points[index].combine) {
        case Combine::One:
          break;
        case Combine::Sum:
        case Combine::Average:
          point.number += series.value;
          break;
        // A comparison with NaN is false: what is not a number must not get lost.
        case Combine::Minimum:
          if (!(point.number <= series.value)) point.number = std::isnan(point.number) ? point.number : series.value;
          break;
        case Combine::Maximum:
          if (!(point.number >= series.value)) point.number = std::isnan(point.number) ? point.number : series.value;
          break;
      }
    }
  }

  void done(const std::optional<ScrapeError> &error) {
    m_bytes.add(static_cast<double>(m_scrape.bytes()));
    const Time now = m_context.clock().now();
    Samples samples;
    if (error) {
      m_failures.add();
      for (PointState &point : m_points) {
        const Quality quality = Quality::bad(error->reason);
        if (point.sample.quality == quality) continue;
        point.sample = {point.sample.point, quality, now, {}};
        samples.append(point.sample);
      }
      if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
      tell(PluginState::Degraded, QStringLiteral("%1: %2").arg(m_config.url.url.authority(), error->text.left(300)));
      m_timer.start(m_backoff.next());
      return;
    }
    m_backoff.reset();
    QStringList wrong;
    for (size_t i = 0; i < m_points.size(); ++i) {
      PointState &point = m_points[i];
      const PointConfig &config = m_config.points[static_cast<qsizetype>(i)];
      if (point.count == 0) wrong << QStringLiteral("no series %1").arg(config.metric.toText());
      const bool isOneOfMany = point.count > 1 && config.combine == Combine::One;
      if (isOneOfMany) wrong << QStringLiteral("%1 series fit %2").arg(point.count).arg(config.metric.toText());
      const auto sample = isOneOfMany
                              ? Sample{point.sample.point, Quality::bad(QualityReason::InvalidResponse), now, {}}
                              : sampleOf(point, config, now);
      // The same once more says nothing: so a series with a time of its own that did not move.
      if (!sample || *sample == point.sample) continue;
      if (sample->quality.isBad() && sample->quality == point.sample.quality) continue;
      point.sample = *sample;
      samples.append(*sample);
    }
    if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
    if (wrong.isEmpty()) {
      tell(PluginState::Running, {});
    } else {
      const qsizetype count = wrong.size();
      const QString more = count > 3 ? QStringLiteral(" and %1 more").arg(count - 3) : QString();
      tell(PluginState::Degraded, wrong.first(std::min<qsizetype>(3, count)).join(QStringLiteral("; ")) + more);
    }
    const std::chrono::milliseconds taken(m_sinceBegin.elapsed());
    m_timer.start(std::max(std::chrono::milliseconds(0), m_config.interval - taken));
  }

  /// Nothing: a rate takes two scrapes.
  std::optional<Sample> sampleOf(PointState &point, const PointConfig &config, Time now) const {
    const PointId id = point.sample.point;
    const auto bad = [&](QualityReason reason) { return Sample{id, Quality::bad(reason), now, {}}; };
    if (point.count == 0) {
      point.total.reset();
      return bad(QualityReason::IllegalAddress);
    }
    const Time time = point.time.value_or(now);
    // Clocks differ a little; the rest would be in the history for ever.
    if (time > now + std::chrono::minutes(1)) return bad(QualityReason::InvalidResponse);
    double number = config.combine == Combine::Average ? point.number / point.count : point.number;
    if (!std::isfinite(number)) {
      point.total.reset();
      return bad(QualityReason::NotANumber);
    }
    const bool isStale = m_config.staleAfter.count() > 0 && now - time > m_config.staleAfter;
    if (config.perSecond) {
      const std::chrono::nanoseconds at = point.time ? point.time->time_since_epoch() : m_context.clock().elapsed();
      const double seconds = std::chrono::duration<double>(at - point.totalAt).count();
      if (!point.total || point.hasOwnTime != point.time.has_value() || seconds < 0) {
        remember(point, number, at);
        return std::nullopt;
      }
      if (seconds == 0) {
        if (!isStale || !point.sample.quality.isGood()) return std::nullopt;
        return Sample{id, Quality::uncertain(QualityReason::Stale), point.sample.time, point.sample.value};
      }
      const double before = *point.total;
      remember(point, number, at);
      // A counter that fell began anew at 0.
      number = (number < before ? number : number - before) / seconds;
    }
    number = number * config.scale + config.offset;
    if (!std::isfinite(number)) return bad(QualityReason::NotANumber);
    auto value = convertTo(Value(number), valueType(config.type));
    if (!value) return bad(QualityReason::IllegalValue);
    return Sample{id, isStale ? Quality::uncertain(QualityReason::Stale) : Quality::good(), time, std::move(*value)};
  }

  static void remember(PointState &point, double total, std::chrono::nanoseconds at) {
    point.total = total;
    point.totalAt = at;
    point.hasOwnTime = point.time.has_value();
  }

  /// The log has a line for each change of state, the status also for another reason.
  void tell(PluginState state, const QString &why) {
    if (state == m_state && why == m_why) return;
    if (state != m_state && state != PluginState::Running) qCWarning(m_context.log()).noquote() << why;
    m_state = state;
    m_why = why;
    Q_EMIT statusChanged(state, why);
  }

  Config m_config;
  PluginContext &m_context;  // the host's; outlives us
  Selection m_selection;
  std::vector<PointState> m_points;  ///< as in m_config
  Scrape m_scrape;
  QTimer m_timer{this};
  QElapsedTimer m_sinceBegin;
  Backoff m_backoff;
  Counter m_scrapes;
  Counter m_failures;
  Counter m_bytes;
  PluginState m_state = PluginState::Stopped;
  QString m_why;
};

/// Makes the instances. The one object that this library exports.
class PrometheusPlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = read(reader);
    if (!config) return nullptr;
    QList<PointInfo> infos;
    for (qsizetype i = 0; i < config->points.size(); ++i) {
      const PointConfig &point = config->points[i];
      PointInfo info;
      info.name = point.name;
      info.type = valueType(point.type);
      info.number = point.number;
      info.unit = point.unit;
      info.description = point.description;
      info.where = reader.locate(QStringLiteral("points[%1].name").arg(i));
      infos.append(info);
    }
    return std::make_unique<PrometheusInstance>(*config, infos, context);
  }
  ConfigSchema schema() const override { return schemaOf<Config>(); }
  PointRows pointRows(ConfigReader &reader) const override {
    PointRows rows{shapeOf<PointConfig>().keys(), {}};
    // A table has no maps: the labels stand with the metric.
    rows.columns.removeOne(QStringLiteral("labels"));
    if (const auto config = read(reader)) {
      for (const PointConfig &point : config->points) rows.rows << shapeOf<PointConfig>().write(point);
    }
    return rows;
  }

 private:
  static bool isThisMachine(const QUrl &url) {
    return url.host() == QLatin1String("localhost") || QHostAddress(url.host()).isLoopback();
  }

  /// With the labels of each point in its selector.
  static std::optional<Config> read(ConfigReader &reader) {
    static const QRegularExpression name(QStringLiteral("\\A[a-zA-Z_][a-zA-Z0-9_]*\\z"));
    auto config = reader.read<Config>();
    if (!config) return config;
    for (qsizetype i = 0; i < config->points.size(); ++i) {
      PointConfig &point = config->points[i];
      const QString at = QStringLiteral("points[%1]").arg(i);
      for (auto label = point.labels.begin(); label != point.labels.end(); ++label) {
        if (!name.match(label.key()).hasMatch()) {
          reader.error(at + QStringLiteral(".labels.") + label.key(), QStringLiteral("not the name of a label"));
        } else if (point.metric.labels.contains(label.key())) {
          reader.error(at + QStringLiteral(".labels.") + label.key(), QStringLiteral("stands in metric as well"));
        }
        point.metric.labels.insert(label.key(), label.value());
      }
      point.labels.clear();
      if (point.perSecond && point.type != As::Double) {
        reader.error(at + QStringLiteral(".type"), QStringLiteral("a rate is float64"));
      }
    }
    if (config->bearerToken && !PrometheusInstance::isHeaderText(*config->bearerToken)) {
      reader.error(QStringLiteral("bearer_token"), QStringLiteral("one word of ASCII is due"));
    }
    if (config->bearerToken && config->url.url.scheme() != QLatin1String("https") && !isThisMachine(config->url.url)) {
      reader.warning(QStringLiteral("bearer_token"), QStringLiteral("over http it can be read on the way (use https)"));
    }
    if (config->caFile && config->url.url.scheme() != QLatin1String("https")) {
      reader.error(QStringLiteral("ca_file"), QStringLiteral("the url is not https"));
    }
    // As seen from the file that names it.
    if (const auto where = reader.locate(QStringLiteral("ca_file")); config->caFile && where.file) {
      config->caFile = QFileInfo(*where.file).dir().absoluteFilePath(*config->caFile);
    }
    return reader.failed() ? std::nullopt : config;
  }
};

}  // namespace prometheus_plugin
#include "prometheusplugin.moc"
