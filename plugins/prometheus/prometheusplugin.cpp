// SPDX-License-Identifier: Apache-2.0
#include "prometheussource.h"

namespace prometheus_plugin {

/// Makes the instances. The one object that this library exports.
class PrometheusPlugin : public QObject, public PluginFactory {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID TAGWIRE_PLUGIN_IID FILE "plugin.json")
  Q_INTERFACES(tagwire::PluginFactory)
 public:
  std::unique_ptr<Plugin> create(ConfigReader &reader, PluginContext &context) override {
    const auto config = Config::read(reader);
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
    return std::make_unique<PrometheusSource>(*config, infos, context);
  }
  ConfigSchema schema() const override { return schemaOf<Config>(); }
  PointRows pointRows(ConfigReader &reader) const override {
    PointRows rows{shapeOf<PointConfig>().keys(), {}};
    // A table has no maps: the labels stand with the metric.
    rows.columns.removeOne(QStringLiteral("labels"));
    if (const auto config = Config::read(reader)) {
      for (const PointConfig &point : config->points) rows.rows << shapeOf<PointConfig>().write(point);
    }
    return rows;
  }
};

}  // namespace prometheus_plugin
#include "prometheusplugin.moc"
