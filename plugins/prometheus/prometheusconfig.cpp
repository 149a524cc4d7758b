// SPDX-License-Identifier: Apache-2.0
#include "prometheusconfig.h"

#include <QDir>
#include <QFileInfo>
#include <QHostAddress>
#include <QRegularExpression>

namespace prometheus_plugin {

namespace {

bool isThisMachine(const QUrl &url) {
  return url.host() == QLatin1String("localhost") || QHostAddress(url.host()).isLoopback();
}

}  // namespace

void PointConfig::describe(Shape<PointConfig> &shape) {
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
  shape.optional("combine", &PointConfig::combine, "what becomes of several series that fit; `one`: the point is bad");
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

void Config::describe(Shape<Config> &shape) {
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

std::optional<Config> Config::read(ConfigReader &reader) {
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
  if (config->bearerToken && !isHeaderText(*config->bearerToken)) {
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

bool isHeaderText(const Secret &token) {
  const QString text = token.reveal().trimmed();
  return !text.isEmpty() &&
         std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() > 0x20 && c.unicode() < 0x7f; });
}

}  // namespace prometheus_plugin
