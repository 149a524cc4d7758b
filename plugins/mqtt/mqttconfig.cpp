// SPDX-License-Identifier: Apache-2.0
#include "mqttconfig.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

#include "jsonpath.h"

namespace tagwire::mqtt {

namespace {

constexpr qsizetype longestTopic = 1000;

/// Empty when all names in braces are among these.
QString problemWithNames(const QString &topic, const QStringList &names) {
  static const QRegularExpression braces(QStringLiteral("\\{([^{}]*)\\}"));
  for (auto found = braces.globalMatch(topic); found.hasNext();) {
    const QString name = found.next().captured(1);
    if (!names.contains(name)) {
      return QStringLiteral("\"{%1}\" stands for nothing (allowed: {%2})").arg(name, names.join(QLatin1String("}, {")));
    }
  }
  return {};
}

std::function<QString(const QString &)> topicOf(const QStringList &names) {
  return [names](const QString &topic) {
    const QString wrong = problemWithTopic(topic);
    return wrong.isEmpty() ? problemWithNames(topic, names) : wrong;
  };
}

/// A part of a Sparkplug topic.
QString problemWithSparkplugId(const QString &id) {
  static const QRegularExpression bad(QStringLiteral("[+/#{}\\x00-\\x1f\\x7f]"));
  if (id.isEmpty() || id.size() > 100 || id.contains(bad)) {
    return QStringLiteral("\"%1\" is no Sparkplug id (allowed: 1 to 100 characters without + / # { })")
        .arg(id.left(100));
  }
  return {};
}

void checkPath(ConfigReader &reader, const QString &at, const QString &path) {
  if (const auto parsed = JsonPath::fromText(path); !parsed) reader.error(at, parsed.error());
}

void checkSubscription(ConfigReader &reader, const QString &at, const SubscribeConfig &given) {
  const int levels = static_cast<int>(given.topic.count(u'+') + given.topic.count(u'#'));
  const auto checkName = [&](const QString &where, const QString &name) {
    QStringList allowed;
    for (int i = 1; i <= levels; ++i) allowed << QString::number(i);
    if (const QString wrong = problemWithNames(name, allowed); !wrong.isEmpty()) reader.error(where, wrong);
  };
  if (given.points.isEmpty() == !given.fix) {
    reader.error(at, QStringLiteral("what the messages hold is not said (allowed: either `points` or `fix`)"));
  }
  for (qsizetype i = 0; i < given.points.size(); ++i) {
    const QString point = QStringLiteral("%1.points[%2]").arg(at).arg(i);
    checkName(point + QStringLiteral(".name"), given.points[i].name);
    checkPath(reader, point + QStringLiteral(".path"), given.points[i].path);
    checkPath(reader, point + QStringLiteral(".time"), given.points[i].time);
  }
  if (!given.fix) return;
  const QString fix = at + QStringLiteral(".fix.");
  if (given.fix->tag.contains(u'{')) {
    checkName(fix + QStringLiteral("tag"), given.fix->tag);
  } else {
    checkPath(reader, fix + QStringLiteral("tag"), given.fix->tag);
  }
  for (const auto &[key, path] :
       {std::pair{"x", given.fix->x}, std::pair{"y", given.fix->y}, std::pair{"z", given.fix->z},
        std::pair{"time", given.fix->time}, std::pair{"accuracy", given.fix->accuracy},
        std::pair{"battery", given.fix->battery}}) {
    checkPath(reader, fix + QString::fromLatin1(key), path);
  }
}

void checkSparkplug(ConfigReader &reader, const MqttConfig &config) {
  const SparkplugConfig &given = *config.sparkplug;
  const auto key = [](const char *name) { return QStringLiteral("sparkplug.") + QLatin1String(name); };
  const auto need = [&](const char *name, const QString &value) {
    const QString wrong = problemWithSparkplugId(value);
    if (value.isEmpty()) {
      reader.error(key(name), QStringLiteral("is missing"));
    } else if (!wrong.isEmpty()) {
      reader.error(key(name), wrong);
    }
  };
  const auto none = [&](const char *name, bool isGiven, const char *role) {
    if (isGiven)
      reader.error(key(name),
                   QStringLiteral("does nothing here (allowed with: \"role\": \"%1\")").arg(QLatin1String(role)));
  };
  if (config.isEdgeNode()) {
    need("group", given.group);
    need("node", given.node);
    if (!given.primaryHost.isEmpty()) need("primary_host", given.primaryHost);
    none("host_id", !given.hostId.isEmpty(), "host");
    none("groups", !given.groups.isEmpty(), "host");
    none("writable", !given.writable.isEmpty(), "host");
  } else {
    need("host_id", given.hostId);
    for (const QString &group : given.groups) {
      if (const QString wrong = problemWithSparkplugId(group); !wrong.isEmpty()) reader.error(key("groups"), wrong);
    }
    none("group", !given.group.isEmpty(), "edge_node");
    none("node", !given.node.isEmpty(), "edge_node");
    none("points", !given.points.isEmpty(), "edge_node");
    none("primary_host", !given.primaryHost.isEmpty(), "edge_node");
    if (config.commands) {
      reader.error(QStringLiteral("commands"),
                   QStringLiteral("does nothing here (allowed with: \"role\": \"edge_node\")"));
    }
  }
  const auto apart = [&](const char *other, bool isGiven) {
    if (!isGiven) return;
    reader.error(QLatin1String(other),
                 QStringLiteral("does not go together with `sparkplug`, which has the session and its "
                                "last will for itself (allowed: a second instance)"));
  };
  apart("publish", config.publish.has_value());
  apart("subscribe", !config.subscribe.isEmpty());
  apart("home_assistant", config.homeAssistant.has_value());
}

const QStringList &outerNames() {
  static const QStringList names{QStringLiteral("site"), QStringLiteral("id")};
  return names;
}

}  // namespace

PointFilter::PointFilter(const QStringList &patterns) {
  for (const QString &each : patterns) {
    if (auto pattern = PathPattern::fromText(each)) m_patterns << std::move(*pattern);
  }
}

bool PointFilter::accepts(QStringView fullName) const {
  return std::any_of(m_patterns.begin(), m_patterns.end(),
                     [&](const PathPattern &pattern) { return pattern.matches(fullName); });
}

QString PointFilter::problemWith(const QString &pattern) {
  const auto parsed = PathPattern::fromText(pattern);
  return parsed ? QString() : parsed.error();
}

ValueType valueTypeOf(PointType type) {
  switch (type) {
    case PointType::Bool:
      return ValueType::Bool;
    case PointType::Int:
      return ValueType::Int;
    case PointType::Double:
      return ValueType::Double;
    case PointType::Text:
      break;
  }
  return ValueType::Text;
}

QString problemWithTopic(const QString &topic) {
  static const QRegularExpression bad(QStringLiteral("[+#\\x00-\\x1f\\x7f]"));
  if (topic.isEmpty() || topic.size() > longestTopic || topic.contains(bad) || topic.startsWith(u'$')) {
    return QStringLiteral("\"%1\" is no topic (allowed: 1 to 1000 characters, no + and #, no $ at the start)")
        .arg(topic.left(100));
  }
  return {};
}

QString problemWithTopicFilter(const QString &filter) {
  const QStringList levels = filter.split(u'/');
  bool isGood = !filter.isEmpty() && filter.size() <= longestTopic && !filter.contains(QChar(u'\0'));
  for (qsizetype i = 0; i < levels.size(); ++i) {
    if (levels[i].contains(u'+') && levels[i].size() > 1) isGood = false;
    if (levels[i].contains(u'#') && (levels[i].size() > 1 || i + 1 < levels.size())) isGood = false;
  }
  if (isGood) return {};
  return QStringLiteral(
             "\"%1\" is no pattern of topics (allowed: levels, + for one of them, # at the end for the rest)")
      .arg(filter.left(100));
}

void EventsConfig::describe(Shape<EventsConfig> &shape) {
  shape
      .required("kinds", &EventsConfig::kinds,
                "which: alarm, alarm_condition, trigger, command, system, or a plugin's own; `*` is all")
      .example("alarm")
      .range(1, 100);
  shape.optional("topic", &EventsConfig::topic, "with {site}, {id} of this instance, {kind} and {source}")
      .check(topicOf({QStringLiteral("site"), QStringLiteral("id"), QStringLiteral("kind"), QStringLiteral("source")}));
  shape.optional("qos", &EventsConfig::qos, "0 to 2; with 0 nobody says whether they arrived").range(0, 2);
}

void PublishConfig::describe(Shape<PublishConfig> &shape) {
  shape.required("points", &PublishConfig::points, "full names: `*` one level, `#` the rest")
      .example("plc1/#")
      .range(1, 10'000)
      .orSingle()
      .check(&PointFilter::problemWith);
  shape
      .optional("topic", &PublishConfig::topic,
                "with {site}, {id} of this instance, {plugin} (first level of the point's name) and {point} (the rest)")
      .check(
          topicOf({QStringLiteral("site"), QStringLiteral("id"), QStringLiteral("plugin"), QStringLiteral("point")}));
  shape.optional("format", &PublishConfig::format, "an object with value, quality and time, or the bare value");
  shape.optional("retain", &PublishConfig::isRetained, "the broker keeps the last value of each topic");
  shape.optional("qos", &PublishConfig::qos, "0 to 2; with 0 nobody says whether they arrived").range(0, 2);
  shape.optional("events", &PublishConfig::events, "events too");
}

void ReadingConfig::describe(Shape<ReadingConfig> &shape) {
  shape.required("name", &ReadingConfig::name, "of the point; {1}, {2} … stand for what + and # in the topic stood for")
      .range(1, 200)
      .example("{1}/temperature");
  shape.optional("path", &ReadingConfig::path, "where in the JSON, `values[0].temperature`; empty: the whole payload");
  shape.optional("type", &ReadingConfig::type, "of the point");
  shape.optional("unit", &ReadingConfig::unit, "engineering unit");
  shape.optional("description", &ReadingConfig::description, "for people");
  shape.optional("time", &ReadingConfig::time,
                 "where in the JSON the source time is: ISO 8601 or milliseconds since 1970; empty: time of receipt");
}

void FixConfig::describe(Shape<FixConfig> &shape) {
  shape.required("tag", &FixConfig::tag, "where in the JSON the tag's id is, or {1}, {2} … of the topic").example("id");
  shape.required("x", &FixConfig::x, "where in the JSON, in the units of the instance").example("position.x");
  shape.required("y", &FixConfig::y, "the same").example("position.y");
  shape.optional("z", &FixConfig::z, "0 if absent");
  shape.optional("time", &FixConfig::time, "source time; time of receipt if absent");
  shape.optional("accuracy", &FixConfig::accuracy, "standard deviation");
  shape.optional("battery", &FixConfig::battery, "percent");
  shape.optional("instance", &FixConfig::instance, "id of the rtls instance; the first if absent");
}

void SubscribeConfig::describe(Shape<SubscribeConfig> &shape) {
  shape.required("topic", &SubscribeConfig::topic, "with + and #")
      .example("sensors/+/state")
      .check(&problemWithTopicFilter);
  shape.optional("qos", &SubscribeConfig::qos, "0 or 1").range(0, 1);
  shape.optional("points", &SubscribeConfig::points, "values in the messages").range(1, 1000);
  shape.optional("fix", &SubscribeConfig::fix, "the messages are positions of tags, for an instance of rtls");
}

void CommandsConfig::describe(Shape<CommandsConfig> &shape) {
  shape.required("points", &CommandsConfig::points, "full names of writable points: `*` one level, `#` the rest")
      .example("plc1/pump/run")
      .range(1, 10'000)
      .orSingle()
      .check(&PointFilter::problemWith);
  shape.optional("topic", &CommandsConfig::topic, "below it the full names, `…/set/plc1/pump/run`; {site} and {id}")
      .check(topicOf(outerNames()));
  shape.optional("answers", &CommandsConfig::answers, "below it each step of a command, by the point's full name")
      .check(topicOf(outerNames()));
}

void SparkplugConfig::describe(Shape<SparkplugConfig> &shape) {
  shape.required("role", &SparkplugConfig::role,
                 "an edge node tells its points; a host application makes points of others'");
  shape.optional("group", &SparkplugConfig::group, "edge node: its group id").example("Plant");
  shape.optional("node", &SparkplugConfig::node, "edge node: its id").example("cold-store");
  shape
      .optional("points", &SparkplugConfig::points, "edge node: full names, `*` one level, `#` the rest; all if absent")
      .example("plc1/#")
      .range(1, 10'000)
      .orSingle()
      .check(&PointFilter::problemWith);
  shape
      .optional("primary_host", &SparkplugConfig::primaryHost,
                "edge node: tells nothing while this host application is away; what there is waits in the spool")
      .example("scada1");
  shape
      .optional("qos", &SparkplugConfig::qos,
                "edge node: of its data. 1: nothing is lost when the broker dies; 0: as the specification has it")
      .range(0, 1);
  shape.optional("host_id", &SparkplugConfig::hostId, "host: its id").example("scada1");
  shape.optional("groups", &SparkplugConfig::groups, "host: only these; all if absent").example("Plant").range(1, 1000);
  shape
      .optional("writable", &SparkplugConfig::writable,
                "host: which metrics may be written, `<group>/<node>/<device>/<metric>`; none if absent")
      .example("Plant/cold-store/plc1/#")
      .range(1, 10'000)
      .check(&PointFilter::problemWith);
  shape.optional(
      "historical", &SparkplugConfig::takesHistory,
      "host: values that an edge node sends late are published too, with their own time; alarms and pages see "
      "them as values of now");
}

void HomeAssistantConfig::describe(Shape<HomeAssistantConfig> &shape) {
  shape.optional("prefix", &HomeAssistantConfig::prefix, "as Home Assistant is set up").check(&problemWithTopic);
  shape
      .optional("points", &HomeAssistantConfig::points,
                "points and tags that `publish` has, to be shown: `*` one level, `#` the rest")
      .example("plc1/#")
      .range(1, 10'000)
      .orSingle()
      .check(&PointFilter::problemWith);
  shape.optional("alarms", &HomeAssistantConfig::alarms, "a binary sensor for each rule of the alarms");
}

void MqttConfig::describe(Shape<MqttConfig> &shape) {
  shape.required("url", &MqttConfig::url, "the broker").example("mqtts://broker.example:8883");
  shape.optional("client_id", &MqttConfig::clientId, "names us to the broker; `tagwire-<site>-<id>` if absent")
      .example("tagwire-1")
      .range(1, 200);
  shape.optional("version", &MqttConfig::version, "of MQTT");
  shape.optional("user", &MqttConfig::user, "at the broker").example("tagwire").range(1, 1000);
  shape.optional("password", &MqttConfig::password, "of the user");
  shape.optional("tls", &MqttConfig::tls, "with mqtts: certificates");
  shape.optional("keep_alive_ms", &MqttConfig::keepAlive, "a broker that is silent for longer is given up")
      .range(5000, 3'600'000);
  shape.optional("connect_timeout_ms", &MqttConfig::connectTimeout, "likewise one that does not take us in")
      .range(1000, 120'000);
  shape
      .optional("status_topic", &MqttConfig::statusTopic,
                "retained `online`, and `offline` as the last will; with {site} and {id}; not with `sparkplug`")
      .check(topicOf(outerNames()));
  shape.optional("publish", &MqttConfig::publish, "what goes out").suggested();
  shape.optional("subscribe", &MqttConfig::subscribe, "what comes in").range(1, 1000);
  shape.optional("max_points", &MqttConfig::mostPoints, "most points that messages may make").range(1, 100'000);
  shape.optional("max_message_bytes", &MqttConfig::largestMessage, "larger ones that come in are left out")
      .range(1024, 16 * 1024 * 1024);
  shape.optional("max_messages_in_per_s", &MqttConfig::messagesIn, "more wait at the broker").range(10, 1'000'000);
  shape.optional("commands", &MqttConfig::commands, "which points may be written over the broker; none if absent");
  shape.optional("sparkplug", &MqttConfig::sparkplug, "Sparkplug B in place of `publish` and `subscribe`");
  shape.optional("home_assistant", &MqttConfig::homeAssistant, "what Home Assistant shall find by itself");
  shape
      .optional("max_in_flight", &MqttConfig::mostInFlight,
                "messages on their way that the broker has not acknowledged")
      .range(1, 10'000);
  shape
      .optional("max_messages_out_per_s", &MqttConfig::messagesOut,
                "so that no queue of the broker overflows; 0: as fast as it goes")
      .range(0, 1'000'000);
  shape.optional("ack_timeout_ms", &MqttConfig::ackTimeout, "a broker that does not acknowledge is connected to again")
      .range(1000, 600'000);
  shape.optional("spool", &MqttConfig::spool, "what waits on disk for the broker");
}

void MqttConfig::check(ConfigReader &reader) {
  if (!publish && subscribe.isEmpty() && !sparkplug && !commands) {
    reader.error(QString(), QStringLiteral("nothing to do (allowed: `publish`, `subscribe`, `commands`, `sparkplug`)"));
  }
  if (tls && !url.isTls)
    reader.error(QStringLiteral("tls"), QStringLiteral("does nothing here (allowed with: mqtts://…)"));
  if (!password.isEmpty() && user.isEmpty()) {
    reader.error(QStringLiteral("password"), QStringLiteral("does nothing without `user`"));
  }
  if (!password.isEmpty() && !url.isTls && !url.isLoopback()) {
    reader.warning(QStringLiteral("password"), QStringLiteral("crosses the network in the clear (better: mqtts://…)"));
  }
  if (tls) {
    if (tls->certificate.isEmpty() != tls->key.isEmpty()) {
      reader.error(QStringLiteral("tls"), QStringLiteral("`certificate` and `key` go together"));
    }
    const ConfigLocation where = reader.locate(QStringLiteral("tls"));
    for (const auto &[key, path] : {std::pair{"tls.ca", &tls->ca}, std::pair{"tls.certificate", &tls->certificate}}) {
      if (path->isEmpty()) continue;
      const QString given = *path;
      if (where.file) *path = QFileInfo(*where.file).absoluteDir().absoluteFilePath(given);
      if (!QFileInfo(*path).isReadable()) {
        reader.warning(QLatin1String(key), QStringLiteral("no file %1 is there to be read").arg(given));
      }
    }
  }
  for (qsizetype i = 0; i < subscribe.size(); ++i)
    checkSubscription(reader, QStringLiteral("subscribe[%1]").arg(i), subscribe[i]);
  if (sparkplug) checkSparkplug(reader, *this);
  if (!homeAssistant) return;
  if (!publish || publish->format != Format::Json) {
    reader.error(QStringLiteral("home_assistant"), QStringLiteral("needs `publish` with \"format\": \"json\""));
  }
}

QString MqttConfig::clientIdOf(const QString &site, const QString &id) const {
  return clientId.isEmpty() ? QStringLiteral("tagwire-%1-%2").arg(site.isEmpty() ? QStringLiteral("site") : site, id)
                            : clientId;
}

}  // namespace tagwire::mqtt
