// SPDX-License-Identifier: Apache-2.0
#include "replayconfig.h"

#include <QDir>
#include <QFileInfo>

#include "services/historycsv.h"

namespace tagwire::replay {

namespace {

void readSpeed(ConfigReader &reader, ReplayConfig &config) {
  const ConfigNode &node = config.speedNode;
  const bool isNumber = node.kind == ConfigNode::Kind::Integer || node.kind == ConfigNode::Kind::Number;
  if (node.kind == ConfigNode::Kind::Null && !reader.has(QLatin1String("speed"))) return;
  if (node.kind == ConfigNode::Kind::String && node.text == u"max") {
    config.speed.reset();
  } else if (isNumber && node.number >= ReplayConfig::slowest && node.number <= ReplayConfig::fastest) {
    config.speed = node.number;
  } else {
    reader.error(QStringLiteral("speed"), QStringLiteral("no speed (allowed: 0.01 to 10000, or \"max\")"));
  }
}

}  // namespace

Result<Moment> Moment::fromText(const QString &text) {
  return fromExactIso(text).map([](Time time) {
    Moment moment;
    moment.m_time = time;
    return moment;
  });
}

void PointConfig::describe(Shape<PointConfig> &shape) {
  shape.required("name", &PointConfig::name, "name within this instance and behind `prefix`, `boiler/temp`")
      .example("boiler/temp")
      .range(1, 200);
  shape.optional("number", &PointConfig::number, "integer id on the older protocols").example(59).range(1, 2147483647);
  shape.optional("type", &PointConfig::type, "what its values are");
  shape.optional("unit", &PointConfig::unit, "engineering unit, `°C`").example("°C");
  shape.optional("description", &PointConfig::description, "what it is, for people").example("Boiler outlet");
}

PointInfo PointConfig::info() const {
  PointInfo info;
  info.name = name;
  info.type = valueTypeOf(type);
  info.number = number;
  info.unit = unit;
  info.description = description;
  info.where = where;
  return info;
}

void ReplayConfig::describe(Shape<ReplayConfig> &shape) {
  shape.optional("history", &ReplayConfig::history, "id of the `sql` instance whose history is played")
      .example("history")
      .range(1, 200);
  shape.optional("csv", &ReplayConfig::csv, "or a file, with the columns of `tagwire history import`")
      .example("values.csv")
      .suggested()
      .range(1, 4096);
  shape.optional("from", &ReplayConfig::from, "play what is not older; absent: from the beginning")
      .example("2026-02-10T00:00:00Z");
  shape
      .optional("to", &ReplayConfig::to,
                "and older than this; absent: to the end of the file, or what a history holds when the replay starts")
      .example("2026-02-11T00:00:00Z");
  shape
      .optional("speed", &ReplayConfig::speedNode,
                "0.01…10000 times as fast as it was, or `max`: as fast as may be; default 10")
      .takes("0.01…10000 or `max`",
             "{\"anyOf\":[{\"type\":\"number\",\"minimum\":0.01,\"maximum\":10000},{\"const\":\"max\"}]}")
      .example(60);
  shape.optional("loop", &ReplayConfig::isLoop, "begin again at the end");
  shape.required("points", &ReplayConfig::points, "the points to play").range(1, mostPoints);
  shape.optional("prefix", &ReplayConfig::prefix, "stored names are `<prefix>/<name>`; absent: the id of this instance")
      .example("plc1")
      .range(1, 200);
  shape.optional("times", &ReplayConfig::times, "of the values: `now` moves them to today, `original` keeps them");
}

std::optional<ReplayConfig> ReplayConfig::read(ConfigReader &reader) {
  auto config = reader.read<ReplayConfig>();
  if (!config) return std::nullopt;
  readSpeed(reader, *config);
  if (config->history.has_value() == config->csv.has_value()) {
    reader.error(QString(), QStringLiteral("one of `history` and `csv` is due (allowed: one of the two)"));
  }
  if (config->from && config->to && config->from->time() >= config->to->time()) {
    reader.error(QStringLiteral("from"), QStringLiteral("is not before `to`"));
  }
  const ConfigLocation where = reader.locate(QStringLiteral("csv"));
  if (config->csv) {
    const QString given = *config->csv;
    if (where.file) config->csv = QFileInfo(*where.file).absoluteDir().absoluteFilePath(given);
    if (!QFileInfo(*config->csv).isReadable()) {
      reader.warning(QStringLiteral("csv"), QStringLiteral("no file %1 is there to be read").arg(given));
    }
  }
  for (qsizetype i = 0; i < config->points.size(); ++i) {
    config->points[i].where = reader.locate(QStringLiteral("points[%1].name").arg(i));
  }
  if (reader.failed()) return std::nullopt;
  return config;
}

}  // namespace tagwire::replay
