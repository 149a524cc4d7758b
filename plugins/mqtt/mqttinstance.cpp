// SPDX-License-Identifier: Apache-2.0
#include "mqttinstance.h"

namespace tagwire::mqtt {

using namespace std::chrono_literals;

namespace {

// What is there when we stop is written to the disk; for no longer than this.
constexpr auto lastWriting = 2s;
// An edge node that has more is behind.
constexpr int fewWaiting = 4000;

QStringList outgoing(const MqttConfig &config) {
  if (config.publish) return config.publish->points;
  if (!config.isEdgeNode()) return {};
  return config.sparkplug->points.isEmpty() ? QStringList{QStringLiteral("#")} : config.sparkplug->points;
}

}  // namespace

MqttInstance::MqttInstance(const MqttConfig &config, PluginContext &context)
    : m_config(config),
      m_context(context),
      m_filter(outgoing(config)),
      m_subscriber(config, context),
      m_isConnected(context.metrics().gauge("tagwire_mqtt_connected", "1 while there is a session with the broker")),
      m_waiting(
          context.metrics().gauge("tagwire_mqtt_waiting_records", "Samples and events that the broker has not got")),
      m_spoolBytes(context.metrics().gauge("tagwire_mqtt_spool_bytes", "Size of the spool on disk")),
      m_lost(context.metrics().counter("tagwire_mqtt_lost_records_total",
                                       "Samples and events that the spool had no room for, or lost by damage")),
      m_eventsDropped(context.metrics().counter("tagwire_mqtt_events_dropped_total",
                                                "Events that came while the disk of the spool hung")) {
  if (config.publish && config.publish->events) {
    m_takesAllEvents = config.publish->events->kinds.contains(QStringLiteral("*"));
  }
  if (config.publish) m_messages = std::make_unique<PlainMessages>(*config.publish, context.site().name, context.id());
  if (config.commands) {
    m_commands = std::make_unique<CommandDesk>(*config.commands, config.url, context);
    connect(m_commands.get(), &CommandDesk::commandRequested, this, &Plugin::commandRequested);
    connect(m_commands.get(), &CommandDesk::answered, this, &MqttInstance::send);
  }
  makeSparkplug();
  if (config.homeAssistant) {
    m_home = std::make_unique<HomeAssistant>(*config.homeAssistant, context, *m_messages, m_commands.get(), m_filter,
                                             topicOf(config.statusTopic));
  }
  connect(&m_subscriber, &Subscriber::samplesReady, this, &Plugin::samplesReady);
  m_second.setInterval(1s);
  connect(&m_second, &QTimer::timeout, this, &MqttInstance::everySecond);
}

MqttInstance::~MqttInstance() { MqttInstance::stop(); }

void MqttInstance::makeSparkplug() {
  if (m_config.isEdgeNode()) {
    m_edge = std::make_unique<EdgeNode>(*m_config.sparkplug, m_context, m_commands.get());
    connect(m_edge.get(), &EdgeNode::rebirthAsked, this, [this] {
      if (m_forwarder->isActive()) m_forwarder->first([this] { return m_edge->births(); });
    });
    connect(m_edge.get(), &EdgeNode::hostCame, this, &MqttInstance::beginForwarding);
    connect(m_edge.get(), &EdgeNode::hostLeft, this, &MqttInstance::hostLeft);
  }
  if (!m_config.isHost()) return;
  m_host = std::make_unique<HostApplication>(*m_config.sparkplug, m_config.mostPoints, m_context);
  connect(m_host.get(), &HostApplication::samplesReady, this, &Plugin::samplesReady);
  connect(m_host.get(), &HostApplication::messageReady, this, &MqttInstance::send);
  connect(m_host.get(), &HostApplication::commandStatus, this, [this](const CommandStatus &status) {
    Q_EMIT eventRaised({0, m_context.clock().now(), m_context.id(), status});
  });
}

void MqttInstance::send(const Message &message) {
  if (!m_link) return;
  // Without a connection it is of no use later.
  if (const auto sent = m_link->publish(message); !sent) qCDebug(m_context.log()) << "not sent:" << sent.error();
}

LinkSettings MqttInstance::linkSettings() const {
  LinkSettings settings;
  settings.broker = m_config.url;
  settings.clientId = m_config.clientIdOf(m_context.site().name, m_context.id());
  settings.user = m_config.user;
  settings.password = m_config.password;
  settings.tls = m_config.tls;
  settings.isVersion5 = m_config.version == Version::V5;
  settings.keepAlive = m_config.keepAlive;
  settings.connectTimeout = m_config.connectTimeout;
  settings.largestMessage = m_config.largestMessage;
  settings.messagesPerSecond = m_config.messagesIn;
  return settings;
}

void MqttInstance::start() {
  if (m_isRunning) return;
  m_isRunning = true;
  if (m_edge) m_edge->start();
  makeParts();
  showState();
  m_second.start();
  askForZones();
  m_link->start();
}

void MqttInstance::makeParts() {
  m_link = std::make_unique<Link>(linkSettings(), m_context.log());
  m_link->setWill([this] { return will(); });
  QList<Subscription> subscriptions = m_subscriber.subscriptions();
  if (m_home) subscriptions << m_home->subscription();
  if (m_edge) subscriptions << m_edge->subscriptions();
  if (m_host) subscriptions << m_host->subscriptions();
  if (m_commands && !m_edge) subscriptions << m_commands->subscription();
  m_link->setSubscriptions(subscriptions);
  connect(m_link.get(), &Link::up, this, &MqttInstance::linkUp);
  connect(m_link.get(), &Link::down, this, &MqttInstance::linkDown);
  connect(m_link.get(), &Link::received, this, &MqttInstance::received);
  connect(m_link.get(), &Link::oversized, this, [this](int count) {
    m_context.metrics().counter("tagwire_mqtt_messages_oversized_total", "Messages over max_message_bytes").add(count);
    warnOnce(QStringLiteral("oversized"),
             QStringLiteral("a message is larger than max_message_bytes and was left out"));
  });
  connect(m_link.get(), &Link::subscriptionRefused, this, [this](const QString &topic, const QString &why) {
    m_refusal = QStringLiteral("the broker refuses the subscription to %1: %2").arg(topic, why);
    qCWarning(m_context.log()).noquote() << m_refusal;
    showState();
  });
  if (m_config.publish || m_edge) makeOutbox();
}

void MqttInstance::stop() {
  if (!m_isRunning) return;
  m_isRunning = false;
  m_second.stop();
  m_subscriber.clear();
  if (m_forwarder) m_forwarder->pause();
  sayGoodbye();
  m_link->stop();
  if (m_edge) m_edge->stop();
  if (m_host) m_host->stop();
  if (m_outbox) m_outbox->close(lastWriting);
  m_forwarder.reset();
  m_outbox.reset();
  m_link.reset();
  if (m_commands) m_commands->clear();
  m_known.clear();
  m_losses.clear();
  m_warned.clear();
  m_linkTrouble.clear();
  m_spoolTrouble.clear();
  m_refusal.clear();
  m_isEventsFull = m_owesWritten = m_isTaking = false;
  m_isConnected.set(0);
  m_state = PluginState::Stopped;
  m_stateText.clear();
}

void MqttInstance::linkUp() {
  qCInfo(m_context.log()).noquote() << "connected to" << m_config.url.toText();
  m_linkTrouble.clear();
  m_refusal.clear();
  m_warned.clear();
  m_isConnected.set(1);
  if (m_host) {
    send(m_host->state(true));
    m_host->connected();
  } else if (m_edge) {
    m_edge->connected();
  } else {
    send(statusMessage(true));
  }
  beginForwarding();
  showState();
}

std::optional<Message> MqttInstance::will() {
  if (m_edge) return m_edge->will();
  return m_host ? m_host->will() : statusMessage(false);
}

void MqttInstance::sayGoodbye() {
  if (!m_link->isUp()) return;
  if (m_edge) {
    send(m_edge->death());
  } else {
    send(m_host ? m_host->state(false) : statusMessage(false));
  }
}

/// An edge node without its primary host is dead (Sparkplug 3.0, 5.5): what it has waits until the host is back.
void MqttInstance::hostLeft() {
  m_forwarder->pause();
  send(m_edge->death());
  m_link->restart(QStringLiteral("the primary host application is away"), true);
}

void MqttInstance::linkDown(const QString &why) {
  const bool wasUp = m_isConnected.value() > 0;
  m_linkTrouble = m_config.url.toText() + QStringLiteral(": ") + why;  // the host logs each change of it
  m_isConnected.set(0);
  if (m_forwarder) m_forwarder->pause();
  if (wasUp || m_state == PluginState::Starting) m_subscriber.disconnected();
  if (wasUp && m_host) m_host->disconnected();
  showState();
}

void MqttInstance::received(const Message &message) {
  if (m_home && m_home->hasStarted(message)) {
    m_home->forget();
    tellHomeAssistant();
    return askForAlarms();
  }
  if (m_edge) return m_edge->take(message);
  if (m_host) return m_host->take(message);
  if (m_commands && m_commands->take(message)) return;
  m_subscriber.take(message);
}

void MqttInstance::execute(const Command &command) {
  if (m_host) return m_host->execute(command);
  const CommandStatus status{command.id, command.point, CommandState::Failed, {}, QStringLiteral("not writable")};
  Q_EMIT eventRaised({0, m_context.clock().now(), {}, status});
}

void MqttInstance::everySecond() {
  ++m_round;
  tellLosses(false);
  if (m_host) m_host->tick();
  if (!m_outbox) return;
  if (m_home && m_link->isUp()) tellHomeAssistant();
  const auto samples = m_outbox->figures(spool::Stream::Telemetry);
  if (m_edge && m_forwarder->isActive()) {
    m_forwarder->first([this] { return m_edge->changes(); });
    // Not before what waits of a device is told.
    if (samples.waiting <= fewWaiting) m_forwarder->first([this] { return m_edge->deaths(); });
  }
  const auto events = m_outbox->figures(spool::Stream::Events);
  m_waiting.set(static_cast<double>(samples.waiting + events.waiting));
  m_spoolBytes.set(static_cast<double>(samples.bytes + events.bytes));
}

void MqttInstance::showState() {
  if (!m_isRunning) return;
  QString text = m_linkTrouble;
  const bool isWaiting = m_link->isUp() && m_edge && !m_edge->maySpeak();
  const QString hostTrouble = isWaiting ? QStringLiteral("the primary host application is away") : QString();
  for (const QString &other : {m_spoolTrouble, m_refusal, hostTrouble}) {
    if (text.isEmpty()) text = other;
  }
  const bool isSettled = m_link->isUp() || !text.isEmpty();
  const auto state = !text.isEmpty() ? PluginState::Degraded : isSettled ? PluginState::Running : PluginState::Starting;
  if (state == m_state && text == m_stateText) return;
  m_state = state;
  m_stateText = text;
  Q_EMIT statusChanged(state, text);
}

/// Once in a connection.
void MqttInstance::warnOnce(const QString &key, const QString &text) {
  if (m_warned.contains(key) || m_warned.size() > 100) return;
  m_warned.insert(key);
  qCWarning(m_context.log()).noquote() << text;
}

QString MqttInstance::topicOf(const QString &pattern) const {
  return filled(pattern,
                {{QStringLiteral("site"), topicLevel(m_context.site().name)}, {QStringLiteral("id"), m_context.id()}});
}

Message MqttInstance::statusMessage(bool isOnline) const {
  return {topicOf(m_config.statusTopic), isOnline ? QByteArray("online") : QByteArray("offline"), 1, true};
}

}  // namespace tagwire::mqtt
