// SPDX-License-Identifier: Apache-2.0
// What goes out: from the hub into the outbox, and from there on as messages.
#include "mqttinstance.h"
#include "services/zonecatalog.h"

namespace tagwire::mqtt {

namespace {

// Samples that one message of an edge node may hold.
constexpr qsizetype metricsInAMessage = 200;

spool::StoredPoint storedPoint(const Point &point) {
  return {point.fullName, point.number, point.type, point.unit, point.description, point.tag};
}

}  // namespace

void MqttInstance::makeOutbox() {
  m_outbox = std::make_unique<Outbox>(m_config.spool.settings(m_context.dataDir(), m_context.id()));
  const Forwarder::Settings settings{m_config.mostInFlight, m_config.messagesOut, m_config.ackTimeout,
                                     m_edge ? metricsInAMessage : 1};
  m_forwarder = std::make_unique<Forwarder>(*m_link, *m_outbox, settings, m_context.clock(), m_context.metrics());
  m_forwarder->setEncoders(
      [this](std::span<const spool::StoredSample> samples, bool isOld) { return encode(samples, isOld); },
      [this](const spool::StoredEvent &event, bool isOld) {
        return QList<Message>{m_messages->message(event, isOld)};
      });
  connect(m_forwarder.get(), &Forwarder::refused, this, [this](const QString &topic, const QString &why) {
    warnOnce(topic, QStringLiteral("the broker does not take messages of %1: %2").arg(topic, why));
  });
  connect(m_outbox.get(), &Outbox::taken, this, [this] {
    m_isTaking = false;
    giveWritten();
  });
  connect(m_outbox.get(), &Outbox::troubled, this, [this](const QString &why, bool isEventsFull) {
    if (why.isEmpty()) {
      qCInfo(m_context.log()) << "the spool can be written again";
    } else {
      qCWarning(m_context.log()).noquote() << "the spool can't be written, records wait in memory:" << why;
    }
    m_spoolTrouble = why;
    m_isEventsFull = isEventsFull;
    giveWritten();
    showState();
  });
  connect(m_outbox.get(), &Outbox::lost, this, [this](const QList<spool::SpoolLoss> &losses) {
    for (const auto &loss : losses) m_losses.add(loss);
  });
  m_outbox->open();
}

void MqttInstance::beginForwarding() {
  if (!m_forwarder || !m_link->isUp() || (m_edge && !m_edge->maySpeak())) return;
  m_forwarder->begin();
  if (m_edge) {
    m_forwarder->first([this] { return m_edge->births(); });
  } else if (m_config.publish->isRetained) {
    snapshot();
  }
  if (m_home) {
    m_home->forget();
    tellHomeAssistant();
    askForAlarms();
  }
  showState();
}

/// The last value of each topic anew: the broker may have lost them, and what waits in the spool is told as history.
void MqttInstance::snapshot() {
  const quint32 count = m_context.points().count();
  for (quint32 i = 1; i <= count; ++i) {
    const PointId id{i};
    if (!known(id).stored) continue;
    m_forwarder->first([this, id]() -> QList<Message> {
      const auto &stored = known(id).stored;
      const Sample &last = m_context.points().last(id);
      if (!stored || last.quality.reason == QualityReason::WaitingForFirstValue) return {};
      return {m_messages->message(stored->name, stored->unit, last.value, last.quality, last.time, false)};
    });
  }
}

void MqttInstance::askForZones() {
  if (!m_messages) return;
  m_context.request(&ZoneCatalog::directory, [this](const Result<ZoneDirectory> &answer) {
    if (!answer || !m_isRunning) return;
    QHash<int, QString> names;
    for (const ZoneInfo &zone : answer->zones) names.insert(zone.id, zone.name);
    m_messages->setZones(std::move(names));
  });
}

void MqttInstance::tellHomeAssistant() {
  for (const Message &message : m_home->points()) {
    m_forwarder->first([message] { return QList<Message>{message}; });
  }
}

void MqttInstance::askForAlarms() {
  if (!m_config.homeAssistant->alarms) return;
  m_context.request(
      &AlarmDesk::rules,
      [this](const Result<QList<AlarmRule>> &rules) {
        if (!rules || !m_isRunning) return;
        m_context.request(&AlarmDesk::standingAlarms,
                          [this, rules = *rules](const Result<QList<AlarmStatus>> &standing) {
                            if (!standing || !m_isRunning || !m_link->isUp()) return;
                            for (const Message &message : m_home->alarms(rules, *standing)) {
                              m_forwarder->first([message] { return QList<Message>{message}; });
                            }
                          });
      },
      QList<int>());
}

QList<Message> MqttInstance::encode(std::span<const spool::StoredSample> samples, bool isHistorical) const {
  if (m_edge) {
    return m_edge->data(
        samples, [this](spool::PointKey key) { return m_outbox->point(key); }, isHistorical);
  }
  QList<Message> messages;
  for (const spool::StoredSample &sample : samples) {
    const auto point = m_outbox->point(sample.point);
    if (!point) continue;
    messages << m_messages->message(point->name, point->unit, sample.value, sample.quality, sample.time, isHistorical);
  }
  return messages;
}

bool MqttInstance::goesOut(const Point &point) const {
  return !point.isRemoved && point.owner != m_context.id() && m_filter.accepts(point.fullName);
}

const MqttInstance::KnownPoint &MqttInstance::known(PointId id) {
  const auto index = static_cast<size_t>(id);
  if (index >= m_known.size()) m_known.resize(std::max<size_t>(index + 1, m_context.points().count() + 1));
  KnownPoint &entry = m_known[index];
  if (entry.checkedIn == m_round) return entry;
  entry.checkedIn = m_round;
  auto point = m_context.points().point(id);
  if (point == entry.point) return entry;
  entry.point = std::move(point);
  entry.stored = entry.point && goesOut(*entry.point)
                     ? std::make_shared<const spool::StoredPoint>(storedPoint(*entry.point))
                     : nullptr;
  return entry;
}

void MqttInstance::write(const Samples &samples) {
  if (!m_isRunning) return;
  std::vector<OutboxRecord> records;
  if (m_outbox) {
    const Time received = m_context.clock().now();
    for (const Sample &sample : samples) {
      const KnownPoint &point = known(sample.point);
      if (point.stored) records.push_back({point.stored, sample, received});
    }
  }
  m_owesWritten = true;
  if (!records.empty()) {
    m_isTaking = true;
    m_outbox->put(std::move(records));
  }
  giveWritten();
}

// While events wait in memory we take no more, so that they wait in the host's queue rather than being given up.
void MqttInstance::giveWritten() {
  if (!m_owesWritten || m_isTaking || m_isEventsFull || !m_isRunning) return;
  m_owesWritten = false;
  Q_EMIT written();
}

void MqttInstance::notify(const Event &event) {
  if (!m_isRunning) return;
  if (const auto *status = std::get_if<CommandStatus>(&event.body); status && m_commands) m_commands->notify(*status);
  if (const auto *alarm = std::get_if<AlarmTransition>(&event.body); alarm && m_home && m_link->isUp()) {
    for (const Message &message : m_home->alarm(*alarm))
      m_forwarder->first([message] { return QList<Message>{message}; });
  }
  if (!m_outbox || !m_config.publish || !m_config.publish->events) return;
  if (!m_takesAllEvents && !m_config.publish->events->kinds.contains(kindOf(event))) return;
  if (m_outbox->put(spool::storedForm(event, m_context.points(), m_context.epoch()))) return;
  m_eventsDropped.add();
  warnOnce(QStringLiteral("events"), QStringLiteral("the disk of the spool hangs: events are dropped"));
}

void MqttInstance::tellLosses(bool atOnce) {
  for (const auto &loss : m_losses.take(m_round, atOnce)) {
    m_lost.add(static_cast<double>(loss.records));
    const QString what = loss.stream == spool::Stream::Events ? QStringLiteral("events") : QStringLiteral("samples");
    const QString text = QStringLiteral(
                             "%1 %2 from %3 to %4 will not get to the broker: the spool had no room for "
                             "them or its files were damaged")
                             .arg(loss.records)
                             .arg(what, toIso(loss.from), toIso(loss.to));
    qCWarning(m_context.log()).noquote() << text;
    Q_EMIT eventRaised(
        {0, m_context.clock().now(), m_context.id(), SystemEvent{QStringLiteral("mqtt_gap"), text, Severity::Major}});
  }
}

}  // namespace tagwire::mqtt
