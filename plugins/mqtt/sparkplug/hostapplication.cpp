// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/hostapplication.h"

namespace tagwire::mqtt {

using namespace std::chrono_literals;

namespace {

constexpr auto askPause = 10s;       // between two requests for a rebirth of the same node
constexpr auto confirmWithin = 10s;  // a value that was written is told back
constexpr qsizetype mostWaiting = 1000;
constexpr qsizetype mostToldOfType = 100;

QString keyOf(const QString &device, const QString &name) { return device + u'\n' + name; }

/// A name that a point may have.
QString cleaned(QString name) {
  static const QRegularExpression bad(QStringLiteral("[*#?+\\x00-\\x1f\\x7f]"));
  static const QRegularExpression slashes(QStringLiteral("^/+|/+$|(?<=/)/+"));
  return name.replace(bad, QStringLiteral("_")).remove(slashes);
}

bool isOfTheNodeItself(const std::string &name) {
  return name == bdSeqName || name.starts_with("Node Control/") || name.starts_with("Device Control/");
}

}  // namespace

HostApplication::HostApplication(const SparkplugConfig &config, int mostPoints, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_writable(config.writable),
      m_mostNodes(mostPoints),
      m_points(context, mostPoints),
      m_messages(context.metrics().counter("tagwire_mqtt_messages_received_total", "Messages that came in")),
      m_wrong(context.metrics().counter("tagwire_mqtt_messages_misfit_total",
                                        "Values or messages that are not what the manifest says")),
      m_gaps(context.metrics().counter("tagwire_mqtt_sparkplug_gaps_total",
                                       "Times that messages of an edge node were missing")),
      m_rebirths(context.metrics().counter("tagwire_mqtt_sparkplug_rebirths_total", "Rebirths asked for")),
      m_historical(context.metrics().counter("tagwire_mqtt_sparkplug_historical_total",
                                             "Values that edge nodes sent late, left out unless `historical` is set")) {
}

QList<Subscription> HostApplication::subscriptions() const {
  QList<Subscription> all;
  for (const QString &group : m_config.groups) all << Subscription{QStringLiteral("spBv1.0/%1/#").arg(group), 1};
  if (all.isEmpty()) return {Subscription{QStringLiteral("spBv1.0/#"), 1}};
  all << Subscription{stateTopic(m_config.hostId), 1};
  return all;
}

Message HostApplication::state(bool isOnline) const {
  return {stateTopic(m_config.hostId), statePayload(isOnline, m_timestamp), 1, true};
}

Message HostApplication::will() {
  m_timestamp = toMilliseconds(m_context.clock().now());
  return state(false);
}

/// Who was known before is asked for its values: it does not notice that we were away.
void HostApplication::connected() {
  for (auto &[key, node] : m_nodes) {
    node.askedAt.reset();
    askForBirth(key, node);
  }
}

void HostApplication::disconnected() {
  for (auto &[key, node] : m_nodes) {
    goBad(node, {}, QualityReason::NoConnection);
    node.isBorn = false;
    node.devices.clear();
  }
}

void HostApplication::stop() {
  m_waiting.clear();
  for (auto &[key, node] : m_nodes) {
    node.isBorn = false;
    node.devices.clear();
  }
}

HostApplication::Node *HostApplication::nodeOf(const SparkplugTopic &topic) {
  const NodeKey key{topic.group, topic.node};
  const auto known = m_nodes.find(key);
  if (known != m_nodes.end()) return &known->second;
  if (static_cast<int>(m_nodes.size()) >= m_mostNodes) {
    if (!std::exchange(m_isToldOfNodes, true))
      qCWarning(m_context.log()) << "more edge nodes than max_points, the others are left out";
    return nullptr;
  }
  return &m_nodes[key];
}

void HostApplication::take(const Message &message) {
  if (message.topic == stateTopic(m_config.hostId)) {
    // The last will of a connection of ours that the broker gave up only now: we are here (Sparkplug 3.0, 5.5).
    const auto told = HostState::fromPayload(message.payload);
    if (told && !told->isOnline && !message.isRetained) Q_EMIT messageReady(state(true));
    return;
  }
  const auto topic = SparkplugTopic::fromText(message.topic);
  static const QStringList kinds{QStringLiteral("NBIRTH"), QStringLiteral("DBIRTH"), QStringLiteral("NDATA"),
                                 QStringLiteral("DDATA"),  QStringLiteral("NDEATH"), QStringLiteral("DDEATH")};
  if (!topic || message.isRetained || !kinds.contains(topic->kind)) return;
  if (topic->kind.startsWith(u'D') == topic->device.isEmpty()) return m_wrong.add();
  const auto payload = payloadFrom(message.payload);
  if (!payload) return m_wrong.add();
  m_messages.add();
  Node *node = nodeOf(*topic);
  if (!node) return m_wrong.add();
  if (topic->kind.endsWith(QLatin1String("BIRTH"))) return takeBirth(*topic, *node, *payload);
  if (topic->kind.endsWith(QLatin1String("DEATH"))) return takeDeath(*topic, *node, *payload);
  takeData(*topic, *node, *payload);
}

/// One after the other, over all messages of a node.
bool HostApplication::follows(Node &node, const SparkplugPayload &payload) const {
  const int seq = static_cast<int>(payload.seq() % 256);
  const bool follows = node.lastSeq < 0 || seq == (node.lastSeq + 1) % 256;
  node.lastSeq = seq;
  return follows;
}

void HostApplication::takeBirth(const SparkplugTopic &topic, Node &node, const SparkplugPayload &payload) {
  const NodeKey key{topic.group, topic.node};
  if (topic.device.isEmpty()) {
    for (const QString &device : std::as_const(node.devices)) goBad(node, device, QualityReason::Disconnected);
    node.aliases.clear();
    node.devices.clear();
    node.isBorn = true;
    node.lastSeq = static_cast<int>(payload.seq() % 256);
    for (const Metric &metric : payload.metrics()) {
      if (metric.name() == bdSeqName)
        node.bdSeq = static_cast<int>(metric.has_long_value() ? metric.long_value() : metric.int_value());
    }
  } else {
    if (!node.isBorn) return askForBirth(key, node);
    if (!follows(node, payload)) {
      m_gaps.add();
      askForBirth(key, node);
    }
    node.devices.insert(topic.device);
  }
  Samples samples;
  for (const Metric &metric : payload.metrics()) {
    if (isOfTheNodeItself(metric.name())) continue;
    learn(topic, node, metric);
    publish(node, topic.device, metric, samples);
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
  confirm(samples);
}

void HostApplication::learn(const SparkplugTopic &topic, Node &node, const Metric &metric) {
  const QString name = textOf(metric.name());
  const DataType type{metric.datatype()};
  const auto valueType = valueTypeOf(type);
  if (name.isEmpty()) return;  // counted when it is published
  if (!valueType) return tellOfType(topic, name, type);
  const QString key = keyOf(topic.device, name);
  if (metric.has_alias()) node.aliases.insert(metric.alias(), key);
  QStringList path{topic.group, topic.node};
  if (!topic.device.isEmpty()) path << topic.device;
  const QString pointName = cleaned(path.join(u'/') + u'/' + name);
  PointInfo info{.name = pointName, .type = *valueType};
  info.writable = m_writable.accepts(pointName);
  for (int i = 0; i < std::min(metric.properties().keys_size(), metric.properties().values_size()); ++i) {
    if (metric.properties().keys(i) == "engUnit")
      info.unit = textOf(metric.properties().values(i).string_value()).left(32);
  }
  Known &known = node.metrics[key];
  const PointId point = m_points.find(info);
  if (point == PointId::None) {
    node.metrics.remove(key);
    return;
  }
  known = {topic.device, name, type, point, false};
  if (info.writable) m_targets.insert(point, {{topic.group, topic.node}, key});
}

/// Once for each metric, and a hundred of them at most; publish() counts.
void HostApplication::tellOfType(const SparkplugTopic &topic, const QString &name, DataType type) {
  QStringList path{topic.group, topic.node, topic.device, name};
  path.removeAll(QString());
  const QString metric = path.join(u'/');
  if (m_toldOfType.contains(metric) || m_toldOfType.size() >= mostToldOfType) return;
  m_toldOfType.insert(metric);
  qCWarning(m_context.log()).noquote()
      << QStringLiteral("the metric %1 is left out: no point can hold a %2").arg(metric.left(300), toText(type));
}

void HostApplication::takeData(const SparkplugTopic &topic, Node &node, const SparkplugPayload &payload) {
  const NodeKey key{topic.group, topic.node};
  if (!node.isBorn || (!topic.device.isEmpty() && !node.devices.contains(topic.device))) {
    node.lastSeq = static_cast<int>(payload.seq() % 256);
    return askForBirth(key, node);
  }
  if (!follows(node, payload)) {
    m_gaps.add();
    askForBirth(key, node);
  }
  Samples samples;
  for (const Metric &metric : payload.metrics()) publish(node, topic.device, metric, samples);
  if (samples.isEmpty()) return;
  Q_EMIT samplesReady(samples);
  confirm(samples);
}

void HostApplication::publish(Node &node, const QString &device, const Metric &metric, Samples &samples) {
  const QString key = metric.name().empty() ? node.aliases.value(metric.alias()) : keyOf(device, textOf(metric.name()));
  const auto found = node.metrics.find(key);
  if (found == node.metrics.end()) return m_wrong.add();
  if (!metric.is_null()) found->isLong = metric.value_case() == Metric::ValueCase::kLongValue;
  if (metric.is_historical()) {
    m_historical.add();
    if (!m_config.takesHistory) return;
  }
  const Time now = m_context.clock().now();
  const quint64 stamp = metric.timestamp();
  const Time time = stamp > 0 && stamp < 9'000'000'000'000ULL ? fromMilliseconds(static_cast<qint64>(stamp)) : now;
  const auto point = m_context.points().point(found->point);
  const auto value = valueOf(metric, found->type);
  auto converted = value && typeOf(*value) != ValueType::None && point ? convertTo(*value, point->type) : value;
  if (!converted) {
    m_wrong.add();
    samples << Sample{found->point, Quality::bad(QualityReason::InvalidResponse), time, {}};
    return;
  }
  Quality quality = qualityOf(metric);
  if (typeOf(*converted) == ValueType::None && quality.isGood())
    quality = Quality::bad(QualityReason::WaitingForFirstValue);
  samples << Sample{found->point, quality, time, *converted};
}

void HostApplication::takeDeath(const SparkplugTopic &topic, Node &node, const SparkplugPayload &payload) {
  if (!topic.device.isEmpty()) {
    if (node.isBorn && !follows(node, payload)) {
      m_gaps.add();
      askForBirth({topic.group, topic.node}, node);
    }
    if (node.devices.remove(topic.device)) goBad(node, topic.device, QualityReason::Disconnected);
    return;
  }
  // The will of a connection that another one has followed: the node is well.
  for (const Metric &metric : payload.metrics()) {
    if (metric.name() != bdSeqName) continue;
    const int bdSeq = static_cast<int>(metric.has_long_value() ? metric.long_value() : metric.int_value());
    if (node.isBorn && bdSeq != node.bdSeq) return;
  }
  node.isBorn = false;
  node.devices.clear();
  node.lastSeq = -1;
  goBad(node, {}, QualityReason::Disconnected);
}

void HostApplication::goBad(const Node &node, const std::optional<QString> &device, QualityReason reason) {
  Samples samples;
  const Time now = m_context.clock().now();
  for (const Known &known : node.metrics) {
    if (device && known.device != *device) continue;
    samples << Sample{known.point, Quality::bad(reason), now, m_context.points().last(known.point).value};
  }
  if (!samples.isEmpty()) Q_EMIT samplesReady(samples);
}

void HostApplication::askForBirth(const NodeKey &key, Node &node) {
  const auto now = m_context.clock().elapsed();
  if (node.askedAt && now - *node.askedAt < askPause) return;
  node.askedAt = now;
  m_rebirths.add();
  SparkplugPayload payload;
  payload.set_timestamp(millisecondsOf(m_context.clock().now()));
  Metric *metric = payload.add_metrics();
  metric->set_name(rebirthName);
  metric->set_timestamp(payload.timestamp());
  metric->set_datatype(static_cast<quint32>(DataType::Boolean));
  metric->set_boolean_value(true);
  Q_EMIT messageReady(
      {SparkplugTopic{key.first, QStringLiteral("NCMD"), key.second, {}}.toText(), bytesOf(payload), 0, false});
}

void HostApplication::execute(const Command &command) {
  const auto target = m_targets.constFind(command.point);
  const auto found = target == m_targets.cend() ? m_nodes.end() : m_nodes.find(target->node);
  const bool isThere = found != m_nodes.end() && found->second.isBorn;
  const auto metric = isThere ? found->second.metrics.value(target->metric) : Known();
  const bool isBorn = isThere && (metric.device.isEmpty() || found->second.devices.contains(metric.device));
  if (!isBorn)
    return tell(command.id, command.point, CommandState::Failed, QStringLiteral("the edge node or its device is away"));
  if (m_waiting.size() >= mostWaiting)
    return tell(command.id, command.point, CommandState::Failed, QStringLiteral("too many commands at once"));
  SparkplugPayload payload;
  payload.set_timestamp(millisecondsOf(m_context.clock().now()));
  Metric *written = payload.add_metrics();
  written->set_name(metric.name.toStdString());
  written->set_timestamp(payload.timestamp());
  written->set_datatype(static_cast<quint32>(metric.type));
  if (const auto set = setValueAs(*written, command.value, metric.type); !set)
    return tell(command.id, command.point, CommandState::Failed, set.error());
  if (const auto obstacle = obstacleNow(command)) return Q_EMIT commandStatus(*obstacle);
  // The specification has a UInt32 as 32 bits, many edge nodes (Eclipse Tahu) as 64: it is written as it is told.
  if (metric.type == DataType::UInt32 && metric.isLong) written->set_long_value(written->int_value());
  // As it will be told back: 0.1 as a Float is another number.
  const Value due = valueOf(*written, metric.type).value_or(command.value);
  const QString kind = metric.device.isEmpty() ? QStringLiteral("NCMD") : QStringLiteral("DCMD");
  m_waiting.append({command.id, command.point, due, m_context.clock().elapsed() + confirmWithin});
  Q_EMIT messageReady({SparkplugTopic{target->node.first, kind, target->node.second, metric.device}.toText(),
                       bytesOf(payload), 0, false});
  tell(command.id, command.point, CommandState::Sent, {});
}

/// The metric has the value that was written: done.
void HostApplication::confirm(const Samples &samples) {
  if (m_waiting.isEmpty()) return;
  for (const Sample &sample : samples) {
    for (qsizetype i = m_waiting.size() - 1; i >= 0; --i) {
      if (m_waiting[i].point != sample.point || m_waiting[i].value != sample.value || !sample.quality.isGood())
        continue;
      tell(m_waiting[i].id, sample.point, CommandState::Succeeded, {}, sample.value);
      m_waiting.removeAt(i);
    }
  }
}

void HostApplication::tick() {
  const auto now = m_context.clock().elapsed();
  for (qsizetype i = m_waiting.size() - 1; i >= 0; --i) {
    if (m_waiting[i].until > now) continue;
    tell(m_waiting[i].id, m_waiting[i].point, CommandState::Unknown,
         QStringLiteral("the edge node did not tell the value that was written"));
    m_waiting.removeAt(i);
  }
}

void HostApplication::tell(const QString &id, PointId point, CommandState state, const QString &error,
                           const Value &actual) {
  Q_EMIT commandStatus({id, point, state, actual, error});
}

}  // namespace tagwire::mqtt
