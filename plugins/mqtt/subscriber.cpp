// SPDX-License-Identifier: Apache-2.0
#include "subscriber.h"

#include <mosquitto.h>

#include <cmath>

namespace tagwire::mqtt {

namespace {

constexpr int mostFixesUnderWay = 1000;
constexpr qsizetype mostGathered = 10'000;

JsonPath pathOf(const QString &text) { return JsonPath::fromText(text).value_or(JsonPath()); }

/// What + and # stood for, in their order.
QStringList wildcardsOf(const QString &filter, const QString &topic) {
  const QStringList levels = topic.split(u'/');
  const QStringList pattern = filter.split(u'/');
  QStringList found;
  for (qsizetype i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == u"+") found << levels.value(i);
    if (pattern[i] == u"#") found << levels.mid(i).join(u'/');
  }
  return found;
}

QString named(const QString &pattern, const QStringList &levels) {
  QList<std::pair<QString, QString>> values;
  for (qsizetype i = 0; i < levels.size(); ++i) values.append({QString::number(i + 1), levels[i]});
  return filled(pattern, values);
}

}  // namespace

Result<Value> valueOf(const QJsonValue &json, ValueType type) {
  if (type == ValueType::Text && !json.isString()) {
    if (json.isObject() || json.isArray() || json.isNull() || json.isUndefined())
      return failure(QStringLiteral("no text"));
    return Value(toText(valueFromJson(json).value_or(Value())));
  }
  const auto value = valueFromJson(json);
  if (!value) return failure(value.error());
  if (type == ValueType::Bool && json.isString()) {
    const QString word = json.toString().trimmed().toLower();
    if (word == u"on" || word == u"true") return Value(true);
    if (word == u"off" || word == u"false") return Value(false);
  }
  return convertTo(*value, type);
}

LearnedPoints::LearnedPoints(PluginContext &context, int most)
    : m_context(context),
      m_most(most),
      m_refused(context.metrics().counter("tagwire_mqtt_points_refused_total",
                                          "Values of points that there was no room or no name for")) {}

PointId LearnedPoints::find(const PointInfo &info) {
  if (const auto known = m_byName.constFind(info.name); known != m_byName.cend()) {
    if (*known == PointId::None) m_refused.add();
    return *known;
  }
  if (m_byName.size() >= m_most) {
    m_refused.add();
    if (!std::exchange(m_isToldOfRoom, true)) {
      qCWarning(m_context.log()).noquote()
          << "messages name more points than max_points, the others are left out:" << m_most;
    }
    return PointId::None;
  }
  const PointId id = m_context.declare({info}).value(0);
  m_byName.insert(info.name, id);
  if (id != PointId::None) {
    m_ids << id;
  } else {
    m_refused.add();
    if (!std::exchange(m_isToldOfName, true)) {
      qCWarning(m_context.log()).noquote() << "a message names a point that can't be:" << info.name.left(200);
    }
  }
  return id;
}

Subscriber::Subscriber(const MqttConfig &config, PluginContext &context)
    : m_context(context),
      m_points(context, config.mostPoints),
      m_taken(context.metrics().counter("tagwire_mqtt_messages_received_total", "Messages that came in")),
      m_misfits(context.metrics().counter("tagwire_mqtt_messages_misfit_total",
                                          "Values or messages that are not what the manifest says")),
      m_refusedFixes(context.metrics().counter("tagwire_mqtt_fixes_refused_total", "Positions that nobody took")) {
  for (const SubscribeConfig &given : config.subscribe) {
    Rule rule{{given.topic, given.qos}, given.topic.toUtf8(), {}, {}};
    for (const ReadingConfig &each : given.points) {
      const bool isFixed = !each.name.contains(u'{');
      rule.readings.append({each, pathOf(each.path), pathOf(each.time), isFixed});
      if (isFixed) {
        m_points.find(
            {.name = each.name, .type = valueTypeOf(each.type), .unit = each.unit, .description = each.description});
      }
    }
    if (const auto &fix = given.fix) {
      rule.fix = FixPaths{*fix,           pathOf(fix->tag),  pathOf(fix->x),        pathOf(fix->y),
                          pathOf(fix->z), pathOf(fix->time), pathOf(fix->accuracy), pathOf(fix->battery)};
    }
    m_rules.append(rule);
  }
  m_soon.setSingleShot(true);
  connect(&m_soon, &QTimer::timeout, this, &Subscriber::publish);
}

QList<Subscription> Subscriber::subscriptions() const {
  QList<Subscription> all;
  for (const Rule &rule : m_rules) {
    if (!all.contains(rule.subscription)) all << rule.subscription;
  }
  return all;
}

void Subscriber::take(const Message &message) {
  const QByteArray topic = message.topic.toUtf8();
  std::optional<QJsonValue> json;
  for (const Rule &rule : std::as_const(m_rules)) {
    bool fits = false;
    if (mosquitto_topic_matches_sub(rule.filter.constData(), topic.constData(), &fits) != MOSQ_ERR_SUCCESS || !fits)
      continue;
    if (!json) {
      m_taken.add();
      json = payloadValue(message.payload);
    }
    if (json->isUndefined()) return misfit(message.topic, QStringLiteral("the payload is neither JSON nor text"));
    const QStringList levels = wildcardsOf(rule.subscription.topic, message.topic);
    for (const Reading &reading : rule.readings) takeReading(rule, reading, levels, *json, message.isHistorical);
    if (rule.fix) takeFix(*rule.fix, levels, *json);
  }
}

void Subscriber::takeReading(const Rule &rule, const Reading &reading, const QStringList &levels,
                             const QJsonValue &json, bool) {
  const QJsonValue found = reading.path.in(json);
  if (found.isUndefined()) return;  // a message need not have all of them
  const ValueType type = valueTypeOf(reading.config.type);
  const QString name = reading.isFixed ? reading.config.name : named(reading.config.name, levels);
  const PointId id = m_points.find(
      {.name = name, .type = type, .unit = reading.config.unit, .description = reading.config.description});
  if (id == PointId::None) return;
  const auto value = valueOf(found, type);
  if (!value) {
    misfit(rule.subscription.topic, QStringLiteral("%1: %2").arg(name, value.error()));
    return gather({id, Quality::bad(QualityReason::InvalidResponse), m_context.clock().now(), {}});
  }
  gather({id, Quality::good(), timeIn(reading.time, json), *value});
}

void Subscriber::takeFix(const FixPaths &paths, const QStringList &levels, const QJsonValue &json) {
  IncomingFix fix;
  fix.fix.tag =
      paths.config.tag.contains(u'{') ? named(paths.config.tag, levels) : paths.tag.in(json).toVariant().toString();
  const QJsonValue x = paths.x.in(json);
  const QJsonValue y = paths.y.in(json);
  if (fix.fix.tag.isEmpty() || fix.fix.tag.size() > 200 || !x.isDouble() || !y.isDouble()) {
    return misfit(paths.config.tag, QStringLiteral("a position lacks its tag, x or y"));
  }
  fix.x = x.toDouble();
  fix.y = y.toDouble();
  if (!paths.config.z.isEmpty()) fix.z = paths.z.in(json).toDouble();
  if (!paths.config.accuracy.isEmpty()) fix.fix.accuracy = paths.accuracy.in(json).toDouble(std::nan(""));
  if (!paths.config.battery.isEmpty()) fix.fix.battery = paths.battery.in(json).toInt(-1);
  if (!paths.config.time.isEmpty()) fix.time = timeIn(paths.time, json);
  fix.sender = QStringLiteral("%1:mqtt").arg(m_context.id());
  if (m_fixesUnderWay >= mostFixesUnderWay) return m_refusedFixes.add();
  ++m_fixesUnderWay;
  m_context.requestFrom(
      paths.config.instance, &FixIntake::take,
      [this, alive = std::weak_ptr(m_alive)](const Result<bool> &answer) {
        if (alive.expired()) return;
        --m_fixesUnderWay;
        if (answer) return;
        m_refusedFixes.add();
        if (!std::exchange(m_isToldOfFix, true)) {
          qCWarning(m_context.log()).noquote()
              << "a position was not taken (the next ones are only counted):" << answer.error();
        }
      },
      fix);
}

void Subscriber::misfit(const QString &topic, const QString &why) {
  m_misfits.add();
  if (std::exchange(m_isToldOfMisfit, true)) return;
  qCWarning(m_context.log()).noquote() << "a message does not fit (the next ones are only counted):" << topic.left(200)
                                       << why.left(200);
}

Time Subscriber::timeIn(const JsonPath &path, const QJsonValue &json) const {
  const Time now = m_context.clock().now();
  if (path.isWhole()) return now;
  const QJsonValue given = path.in(json);
  if (given.isDouble() && given.toDouble() > 0 && given.toDouble() < 9.2e12)
    return fromMilliseconds(static_cast<qint64>(given.toDouble()));
  if (given.isString()) return fromIso(given.toString()).value_or(now);
  return now;
}

// What one turn of the loop brings goes on as one batch.
void Subscriber::gather(const Sample &sample) {
  m_gathered << sample;
  if (m_gathered.size() >= mostGathered) return publish();
  if (!m_soon.isActive()) m_soon.start(0);
}

void Subscriber::publish() {
  m_soon.stop();
  if (!m_gathered.isEmpty()) Q_EMIT samplesReady(std::exchange(m_gathered, {}));
}

void Subscriber::disconnected() {
  publish();
  Samples bad;
  for (const PointId id : m_points.all()) {
    Sample last = m_context.points().last(id);
    if (last.quality == Quality::bad(QualityReason::NoConnection)) continue;
    bad << Sample{id, Quality::bad(QualityReason::NoConnection), m_context.clock().now(), last.value};
  }
  if (!bad.isEmpty()) Q_EMIT samplesReady(bad);
}

void Subscriber::clear() {
  m_soon.stop();
  m_gathered.clear();
}

}  // namespace tagwire::mqtt
