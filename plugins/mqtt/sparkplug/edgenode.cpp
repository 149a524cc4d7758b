// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/edgenode.h"

namespace tagwire::mqtt {

using namespace std::chrono_literals;

namespace {

// A host that asks again and again gets one birth in this time.
constexpr auto rebirthPause = 1s;

bool hasNoConnection(Quality quality) {
  return quality == Quality::bad(QualityReason::NoConnection) || quality == Quality::bad(QualityReason::Disconnected);
}

/// Of whether there is a device.
bool saysNothing(Quality quality) {
  return quality.reason == QualityReason::WaitingForFirstValue || quality.reason == QualityReason::Disabled ||
         quality.reason == QualityReason::Removed;
}

void setBdSeq(SparkplugPayload &payload, int bdSeq, quint64 now) {
  Metric *metric = payload.add_metrics();
  metric->set_name(bdSeqName);
  metric->set_timestamp(now);
  metric->set_datatype(static_cast<quint32>(DataType::Int64));
  metric->set_long_value(static_cast<quint64>(bdSeq));
}

}  // namespace

EdgeNode::EdgeNode(const SparkplugConfig &config, PluginContext &context, CommandDesk *commands)
    : m_config(config),
      m_context(context),
      m_commands(commands),
      m_filter(config.points.isEmpty() ? QStringList{QStringLiteral("#")} : config.points) {}

void EdgeNode::start() {
  m_kept = std::make_unique<KeptFile>(m_context.dataDir(), m_context.id() + QStringLiteral(".bdseq"), m_context.log());
  const auto kept = m_kept->read();
  m_bdSeq = kept && *kept ? (**kept).trimmed().toInt() : -1;
  if (!kept)
    qCWarning(m_context.log()).noquote() << "bdSeq of the last run can't be read, it begins anew:" << kept.error();
  if (m_bdSeq < -1 || m_bdSeq > 255) m_bdSeq = -1;
}

void EdgeNode::stop() {
  m_kept.reset();  // writes what is due
  m_devices.clear();
  m_byAlias.clear();
  m_seenPoints = 0;
  m_seenRevision = ~quint64(0);
  m_isHostThere = false;
  m_hostTimestamp = -1;
}

QList<Subscription> EdgeNode::subscriptions() const {
  QList<Subscription> all{
      {SparkplugTopic{m_config.group, QStringLiteral("NCMD"), m_config.node, {}}.toText(), 1},
      {SparkplugTopic{m_config.group, QStringLiteral("DCMD"), m_config.node, QStringLiteral("+")}.toText(), 1}};
  if (!m_config.primaryHost.isEmpty()) all << Subscription{stateTopic(m_config.primaryHost), 1};
  return all;
}

Message EdgeNode::will() {
  m_bdSeq = (m_bdSeq + 1) % 256;
  m_kept->write(QByteArray::number(m_bdSeq));
  return death();
}

Message EdgeNode::death() const {
  SparkplugPayload payload;
  const quint64 now = millisecondsOf(m_context.clock().now());
  payload.set_timestamp(now);
  setBdSeq(payload, m_bdSeq, now);
  return {SparkplugTopic{m_config.group, QStringLiteral("NDEATH"), m_config.node, {}}.toText(), bytesOf(payload), 1,
          false};
}

void EdgeNode::connected() {
  m_isHostThere = false;
  m_hostTimestamp = -1;
  m_rebirthAt.reset();
  for (auto &[name, device] : m_devices) device.isBorn = device.isDead = device.wasGone = false;
}

void EdgeNode::learnPoints() {
  const PointTable &table = m_context.points();
  if (table.count() == m_seenPoints && table.revision() == m_seenRevision) return;
  m_seenPoints = table.count();
  m_seenRevision = table.revision();
  for (quint32 i = 1; i <= m_seenPoints; ++i) {
    const auto point = table.point(PointId{i});
    if (!point || point->isRemoved || point->owner == m_context.id() || !m_filter.accepts(point->fullName)) continue;
    learn(point->fullName, point->type, point->unit, point->id, point->owner);
  }
}

void EdgeNode::learn(const QString &fullName, ValueType type, const QString &unit, PointId id, const QString &owner) {
  const qsizetype end = fullName.indexOf(u'/');
  const QString deviceName = fullName.left(end);
  const QString name = fullName.mid(end + 1);
  Device &device = m_devices[deviceName];
  if (!owner.isEmpty()) device.owner = owner;
  if (const auto known = device.byPoint.constFind(name); known != device.byPoint.cend()) {
    for (const size_t index : *known) {
      Entry &entry = device.entries[index];
      const ValueType due = entry.part == Part::Whole ? type : entry.type;
      if (entry.type != due || entry.unit != unit) device.isChanged = true;
      entry.type = due;
      entry.unit = unit;
      entry.point = id;
    }
    return;
  }
  const auto add = [&](const QString &metric, ValueType metricType, Part part) {
    const quint64 alias = m_nextAlias++;
    m_byAlias.insert(alias, {deviceName, part == Part::Whole ? metric : QString()});
    device.byPoint[name].push_back(device.entries.size());
    device.entries.push_back({metric, alias, metricType, part, id, unit, {}});
  };
  device.isChanged = true;
  if (type != ValueType::Position) return add(name, type, Part::Whole);
  add(name + QStringLiteral("/x"), ValueType::Double, Part::X);
  add(name + QStringLiteral("/y"), ValueType::Double, Part::Y);
  add(name + QStringLiteral("/z"), ValueType::Double, Part::Z);
  add(name + QStringLiteral("/zone"), ValueType::Int, Part::Zone);
}

Value EdgeNode::valueFor(Part part, const Value &value) const {
  if (part == Part::Whole) return value;
  const auto *position = std::get_if<Position>(&value);
  if (!position) return {};
  switch (part) {
    case Part::X:
      return position->x;
    case Part::Y:
      return position->y;
    case Part::Z:
      return position->z;
    default:
      return position->fix ? Value(qint64(position->fix->zone)) : Value();
  }
}

/// Takes the next number of the sequence, so messages go out in the order in which they are made.
Message EdgeNode::message(const char *kind, const QString &device, SparkplugPayload &payload, int qos) {
  payload.set_timestamp(millisecondsOf(m_context.clock().now()));
  payload.set_seq(static_cast<quint64>(m_seq));
  m_seq = (m_seq + 1) % 256;
  return {SparkplugTopic{m_config.group, QLatin1String(kind), m_config.node, device}.toText(), bytesOf(payload), qos,
          false};
}

QList<Message> EdgeNode::births() {
  learnPoints();
  m_seq = 0;
  SparkplugPayload payload;
  const quint64 now = millisecondsOf(m_context.clock().now());
  setBdSeq(payload, m_bdSeq, now);
  Metric *rebirth = payload.add_metrics();
  rebirth->set_name(rebirthName);
  rebirth->set_timestamp(now);
  rebirth->set_datatype(static_cast<quint32>(DataType::Boolean));
  rebirth->set_boolean_value(false);
  QList<Message> messages{message("NBIRTH", {}, payload, 0)};
  for (auto &[name, device] : m_devices) {
    if (!device.isDead) messages << birth(name, device);
  }
  return messages;
}

QList<Message> EdgeNode::changes() {
  learnPoints();
  QList<Message> messages;
  for (auto &[name, device] : m_devices) {
    if (device.isChanged && !device.isDead) messages << birth(name, device);
  }
  return messages;
}

QList<Message> EdgeNode::deaths() {
  QSet<QString> ended;
  for (const InstanceStatus &each : m_context.instances()) {
    if (each.state == PluginState::Failed || each.state == PluginState::Stopped) ended << each.id;
  }
  QList<Message> messages;
  for (auto &[name, device] : m_devices) {
    const bool isGone = ended.contains(device.owner) || isCutOff(device);
    // What it told last is on its way for a moment: seen twice, it is gone.
    const bool wasGone = std::exchange(device.wasGone, isGone);
    if (device.isBorn && isGone && wasGone) {
      SparkplugPayload payload;
      messages << message("DDEATH", name, payload, 0);
      device.isBorn = false;
      device.isDead = true;
    } else if (!device.isBorn && !isGone) {
      messages << birth(name, device);
    }
  }
  return messages;
}

/// None of its points has a connection. One that does not answer for another reason is there.
bool EdgeNode::isCutOff(const Device &device) const {
  bool isAny = false;
  for (const Entry &entry : device.entries) {
    if (entry.point == PointId::None) continue;
    const Quality quality = m_context.points().last(entry.point).quality;
    if (hasNoConnection(quality)) {
      isAny = true;
    } else if (!saysNothing(quality)) {
      return false;
    }
  }
  return isAny;
}

Message EdgeNode::birth(const QString &name, Device &device) {
  SparkplugPayload payload;
  device.isBorn = true;
  device.isChanged = device.isDead = device.wasGone = false;
  for (Entry &entry : device.entries) {
    const Sample last = entry.point == PointId::None ? Sample() : m_context.points().last(entry.point);
    const bool isNew = last.quality.reason == QualityReason::WaitingForFirstValue || entry.point == PointId::None;
    entry.told.reset();
    addMetric(payload, entry, isNew ? Value() : valueFor(entry.part, last.value),
              isNew ? Quality::bad(QualityReason::WaitingForFirstValue) : last.quality,
              isNew ? m_context.clock().now() : last.time, true, false);
  }
  return message("DBIRTH", name, payload, 0);
}

void EdgeNode::addMetric(SparkplugPayload &payload, Entry &entry, const Value &value, Quality quality, Time time,
                         bool isBirth, bool isHistorical) {
  Metric *metric = payload.add_metrics();
  if (isBirth) metric->set_name(entry.name.toStdString());
  metric->set_alias(entry.alias);
  metric->set_timestamp(millisecondsOf(time));
  metric->set_datatype(static_cast<quint32>(dataTypeOf(entry.type)));
  if (isHistorical) metric->set_is_historical(true);
  if (entry.told != quality) setQuality(*metric, quality);
  entry.told = quality;
  setValue(*metric, convertTo(value, entry.type).value_or(Value()));
  if (!isBirth || entry.unit.isEmpty()) return;
  auto *set = metric->mutable_properties();
  set->add_keys("engUnit");
  auto *unit = set->add_values();
  unit->set_type(static_cast<quint32>(DataType::String));
  unit->set_string_value(entry.unit.toStdString());
}

QList<Message> EdgeNode::data(std::span<const spool::StoredSample> samples,
                              const std::function<spool::StoredPointPointer(spool::PointKey)> &pointOf,
                              bool isHistorical) {
  QList<Message> messages;
  std::map<QString, SparkplugPayload> payloads;
  std::vector<std::pair<spool::StoredPointPointer, const spool::StoredSample *>> known;
  for (const spool::StoredSample &sample : samples) {
    auto point = pointOf(sample.point);
    if (!point) continue;
    const qsizetype end = point->name.indexOf(u'/');
    const auto device = m_devices.find(point->name.left(end));
    // Its death has told that.
    if (device != m_devices.end() && device->second.isDead && hasNoConnection(sample.quality)) continue;
    if (device == m_devices.end() || !device->second.byPoint.contains(point->name.mid(end + 1))) {
      learnPoints();
      if (m_context.points().find(point->name) == PointId::None)
        learn(point->name, point->type, point->unit, PointId::None, {});
    }
    known.emplace_back(std::move(point), &sample);
  }
  // A metric has to be born before it has data.
  for (const auto &[point, sample] : known) {
    const QString name = point->name.section(u'/', 0, 0);
    Device &device = m_devices[name];
    if (!device.isBorn || device.isChanged) messages << birth(name, device);
  }
  for (const auto &[point, sample] : known) {
    const qsizetype end = point->name.indexOf(u'/');
    Device &device = m_devices[point->name.left(end)];
    for (const size_t index : device.byPoint.value(point->name.mid(end + 1))) {
      Entry &entry = device.entries[index];
      addMetric(payloads[point->name.left(end)], entry, valueFor(entry.part, sample->value), sample->quality,
                sample->time, false, isHistorical);
    }
  }
  for (auto &[device, payload] : payloads) messages << message("DDATA", device, payload, m_config.qos);
  return messages;
}

void EdgeNode::take(const Message &message) {
  if (message.topic.startsWith(QLatin1String("spBv1.0/STATE/"))) return takeState(message);
  const auto topic = SparkplugTopic::fromText(message.topic);
  if (!topic || topic->group != m_config.group || topic->node != m_config.node) return;
  if (topic->kind == u"NCMD" || topic->kind == u"DCMD") takeCommand(*topic, message);
}

void EdgeNode::takeState(const Message &message) {
  const auto state = HostState::fromPayload(message.payload);
  if (!state || message.topic != stateTopic(m_config.primaryHost) || state->timestamp < m_hostTimestamp) return;
  m_hostTimestamp = state->timestamp;
  if (state->isOnline == m_isHostThere) return;
  m_isHostThere = state->isOnline;
  m_isHostThere ? Q_EMIT hostCame() : Q_EMIT hostLeft();
}

void EdgeNode::takeCommand(const SparkplugTopic &topic, const Message &message) {
  const auto payload = payloadFrom(message.payload);
  // What the broker kept may be of any age.
  if (!payload || message.isRetained) return;
  for (const Metric &metric : payload->metrics()) {
    if (topic.device.isEmpty() && metric.name() == rebirthName) {
      const auto now = m_context.clock().elapsed();
      if (!metric.boolean_value() || (m_rebirthAt && now - *m_rebirthAt < rebirthPause)) continue;
      m_rebirthAt = now;
      Q_EMIT rebirthAsked();
      continue;
    }
    const auto aliased = m_byAlias.value(metric.alias());
    const QString device = topic.device.isEmpty() ? aliased.first : topic.device;
    const QString name = metric.has_name() ? textOf(metric.name()) : aliased.second;
    Result<void> written = failure(QStringLiteral("no `commands` in the manifest"));
    if (m_commands && !name.isEmpty() && !device.isEmpty()) {
      const QString fullName = device + u'/' + name;
      const auto point = m_context.points().point(m_context.points().find(fullName));
      const DataType type =
          metric.has_datatype() ? DataType(metric.datatype()) : dataTypeOf(point ? point->type : ValueType::Double);
      const auto value = valueOf(metric, type);
      written = value ? m_commands->write(fullName, *value) : Result<void>(failure(value.error()));
    }
    if (!written && !std::exchange(m_isToldOfWrite, true)) {
      qCWarning(m_context.log()).noquote()
          << "a write of" << name.left(200) << "was refused (the next ones are only counted):" << written.error();
    }
  }
}

}  // namespace tagwire::mqtt
