// SPDX-License-Identifier: Apache-2.0
#include "homeassistant.h"

#include <QJsonDocument>

namespace tagwire::mqtt {

namespace {

QByteArray compact(const QJsonObject &json) { return QJsonDocument(json).toJson(QJsonDocument::Compact); }

QString text(const char *latin) { return QString::fromLatin1(latin); }

/// The zone of a tag is its state, the rest are attributes.
const char *zoneTemplate = "{{ value_json.zone_name or 'outside' }}";
const char *truthTemplate = "{{ 'ON' if value_json.value else 'OFF' }}";
const char *valueTemplate = "{{ value_json.value }}";
const char *qualityTemplate = "{{ 'offline' if value_json.quality.startswith('bad') else 'online' }}";

}  // namespace

HomeAssistant::HomeAssistant(const HomeAssistantConfig &config, PluginContext &context, const PlainMessages &messages,
                             const CommandDesk *commands, const PointFilter &published, const QString &statusTopic)
    : m_config(config),
      m_context(context),
      m_messages(messages),
      m_commands(commands),
      m_filter(config.points),
      m_published(published),
      m_statusTopic(statusTopic) {}

Subscription HomeAssistant::subscription() const { return {m_config.prefix + QStringLiteral("/status"), 1}; }

bool HomeAssistant::hasStarted(const Message &message) const {
  return !message.isRetained && message.topic == m_config.prefix + QStringLiteral("/status") &&
         message.payload == "online";
}

void HomeAssistant::forget() {
  m_seenPoints = 0;
  m_seenRevision = ~quint64(0);
  m_told.clear();
}

/// Home Assistant takes letters, digits, - and _; the sum keeps apart what looks the same then.
QString HomeAssistant::objectId(const QString &name) const {
  static const QRegularExpression bad(QStringLiteral("[^a-zA-Z0-9_-]"));
  const quint16 sum = qChecksum(QByteArrayView(name.toUtf8()));
  return QString(name).replace(bad, QStringLiteral("_")) + QStringLiteral("_%1").arg(sum, 4, 16, QLatin1Char('0'));
}

QJsonObject HomeAssistant::common(const QString &name, const QString &unique, const QString &device,
                                  const QString &stateTopic) const {
  const QString site = m_context.site().name;
  const QJsonObject owner{
      {text("identifiers"), QJsonArray{QStringLiteral("tagwire_%1_%2_%3").arg(site, m_context.id(), device)}},
      {text("name"), site.isEmpty() ? device : site + u' ' + device},
      {text("manufacturer"), text("Tagwire")}};
  return {{text("name"), name},
          {text("unique_id"), unique},
          {text("state_topic"), stateTopic},
          {text("availability_mode"), text("all")},
          {text("availability"), QJsonArray{QJsonObject{{text("topic"), m_statusTopic}}}},
          {text("device"), owner}};
}

Message HomeAssistant::config(const char *component, const QString &unique, const QJsonObject &json) const {
  const QString topic = QStringLiteral("%1/%2/%3/config").arg(m_config.prefix, text(component), unique);
  return {topic, compact(json), 1, true};
}

Message HomeAssistant::pointConfig(const Point &point) const {
  const QString state = m_messages.topicOf(point.fullName);
  const QString unique =
      QStringLiteral("tagwire_%1_%2").arg(m_context.id(), objectId(m_context.site().name + u'/' + point.fullName));
  const QString name = point.description.isEmpty() ? point.name : point.description;
  QJsonObject json = common(name, unique, point.fullName.section(u'/', 0, 0), state);
  QJsonArray availability = json.value(u"availability").toArray();
  availability.append(QJsonObject{{text("topic"), state}, {text("value_template"), text(qualityTemplate)}});
  json.insert(text("availability"), availability);
  const bool isWritable = point.writable && m_commands && m_commands->admits(point.fullName);
  if (isWritable) json.insert(text("command_topic"), m_commands->topicOf(point.fullName));
  if (!point.unit.isEmpty() && (point.type == ValueType::Int || point.type == ValueType::Double)) {
    json.insert(text("unit_of_measurement"), point.unit);
  }
  json.insert(text("value_template"), text(valueTemplate));
  switch (point.type) {
    case ValueType::Bool:
      json.insert(text("value_template"), text(truthTemplate));
      if (!isWritable) return config("binary_sensor", unique, json);
      json.insert(text("payload_on"), text("true"));
      json.insert(text("payload_off"), text("false"));
      json.insert(text("state_on"), text("ON"));
      json.insert(text("state_off"), text("OFF"));
      return config("switch", unique, json);
    case ValueType::Position:
      json.insert(text("value_template"), text(zoneTemplate));
      json.insert(text("json_attributes_topic"), state);
      return config("sensor", unique, json);
    case ValueType::Text:
      return config(isWritable ? "text" : "sensor", unique, json);
    default:
      break;
  }
  if (isWritable) {
    json.insert(text("mode"), text("box"));
    if (point.minimum) json.insert(text("min"), *point.minimum);
    if (point.maximum) json.insert(text("max"), *point.maximum);
    return config("number", unique, json);
  }
  json.insert(text("state_class"), text("measurement"));
  return config("sensor", unique, json);
}

QList<Message> HomeAssistant::points() {
  const PointTable &table = m_context.points();
  if (table.count() == m_seenPoints && table.revision() == m_seenRevision) return {};
  m_seenPoints = table.count();
  m_seenRevision = table.revision();
  QHash<QString, QByteArray> now;
  QList<Message> messages;
  for (quint32 i = 1; i <= m_seenPoints; ++i) {
    const auto point = table.point(PointId{i});
    if (!point || point->isRemoved || point->owner == m_context.id()) continue;
    if (!m_filter.accepts(point->fullName) || !m_published.accepts(point->fullName)) continue;
    const Message message = pointConfig(*point);
    if (m_told.value(message.topic) != message.payload) messages << message;
    now.insert(message.topic, message.payload);
  }
  for (auto old = m_told.cbegin(); old != m_told.cend(); ++old) {
    if (!now.contains(old.key())) messages << Message{old.key(), {}, 1, true};
  }
  m_told = std::move(now);
  return messages;
}

QString HomeAssistant::alarmTopic(int rule) const { return m_statusTopic + QStringLiteral("/alarms/%1").arg(rule); }

QList<Message> HomeAssistant::alarms(const QList<AlarmRule> &rules, const QList<AlarmStatus> &standing) {
  QHash<int, AlarmTransition> active;
  for (const AlarmStatus &each : standing) active.insert(each.transition.ruleId, each.transition);
  QList<Message> messages;
  for (const AlarmRule &rule : rules) {
    const QString unique =
        QStringLiteral("tagwire_%1_%2")
            .arg(m_context.id(), objectId(QStringLiteral("%1/alarm/%2").arg(m_context.site().name).arg(rule.id)));
    if (rule.rule.isEmpty()) {
      messages << Message{QStringLiteral("%1/binary_sensor/%2/config").arg(m_config.prefix, unique), {}, 1, true};
      continue;
    }
    const QString name = rule.rule.value(u"name").toString(QStringLiteral("Alarm %1").arg(rule.id));
    QJsonObject json = common(name, unique, QStringLiteral("alarms"), alarmTopic(rule.id));
    json.insert(text("device_class"), text("problem"));
    json.insert(text("value_template"), text("{{ value_json.active }}"));
    json.insert(text("json_attributes_topic"), alarmTopic(rule.id));
    messages << config("binary_sensor", unique, json);
    const auto found = active.constFind(rule.id);
    messages << (found == active.cend() ? QList<Message>{alarmState(rule.id, false, {})} : alarm(*found));
  }
  return messages;
}

QList<Message> HomeAssistant::alarm(const AlarmTransition &transition) const {
  if (!m_config.alarms) return {};
  const QJsonObject more{{text("state"), toText(transition.state)},
                         {text("severity"), toText(transition.severity)},
                         {text("message"), transition.message},
                         {text("area"), transition.area}};
  return {alarmState(transition.ruleId, transition.state != AlarmState::Ok, more)};
}

Message HomeAssistant::alarmState(int rule, bool isActive, const QJsonObject &more) const {
  QJsonObject json = more;
  json.insert(text("active"), isActive ? text("ON") : text("OFF"));
  return {alarmTopic(rule), compact(json), 1, true};
}

}  // namespace tagwire::mqtt
