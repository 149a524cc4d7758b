// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <cerrno>
#include <mutex>

namespace tagwire::mqtt {

using namespace std::chrono_literals;

namespace {

constexpr auto breath = 100ms;
constexpr auto holdsAfter = 5s;
constexpr std::chrono::milliseconds afterShort = 1s;
// What a packet holds besides the payload: its topic, at most 65535 bytes, and a few more.
constexpr int mostOfHead = 66'000;

QString libraryText(int code) {
  // The library's words for an error of OpenSSL.
  if (code == MOSQ_ERR_TLS || (code == MOSQ_ERR_ERRNO && errno == EPROTO)) {
    return QStringLiteral("TLS failed, and nobody said why");
  }
  if (code == MOSQ_ERR_ERRNO) return qt_error_string(errno);
  if (code == MOSQ_ERR_CONN_LOST) return QStringLiteral("closed by the broker");
  if (code == MOSQ_ERR_KEEPALIVE) return QStringLiteral("the broker does not answer");
  return QString::fromLatin1(mosquitto_strerror(code)).toLower().remove(QRegularExpression(QStringLiteral("\\.$")));
}

void initLibrary() {
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
}

bool isHistorical(const mosquitto_property *properties) {
  char *name = nullptr;
  char *value = nullptr;
  const bool found =
      mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value, false) != nullptr;
  const bool is = found && qstrcmp(name, "historical") == 0 && qstrcmp(value, "true") == 0;
  ::free(name);
  ::free(value);
  return is;
}

}  // namespace

QString reasonText(int reason) {
  return QString::fromLatin1(mosquitto_reason_string(reason))
      .toLower()
      .remove(QRegularExpression(QStringLiteral("\\.$")));
}

QString topicLevel(QString name) {
  static const QRegularExpression bad(QStringLiteral("[+#/\\x00-\\x1f\\x7f]"));
  return name.isEmpty() ? QStringLiteral("site") : name.replace(bad, QStringLiteral("_"));
}

QString filled(QString pattern, const QList<std::pair<QString, QString>> &values) {
  for (const auto &[name, value] : values) pattern.replace(u'{' + name + u'}', value);
  return pattern;
}

/// Called from within the library: they note what happened and nothing else, for whoever is told may end the session.
struct Link::Callbacks {
  static void connected(mosquitto *, void *self, int code, int, const mosquitto_property *) {
    auto *link = static_cast<Link *>(self);
    link->m_happened.emplace_back([link, code] {
      if (code != 0) {
        const bool is5 = link->m_settings.isVersion5;
        const QString text = is5 ? reasonText(code) : QString::fromLatin1(mosquitto_connack_string(code)).toLower();
        return link->lose(QStringLiteral("the broker refused the connection: ") + text);
      }
      link->m_deadline.stop();
      link->m_backoff.reset();
      link->m_upFor.start();
      link->m_isUp = true;
      link->subscribe();
      Q_EMIT link->up();
    });
  }
  static void disconnected(mosquitto *, void *self, int code, const mosquitto_property *) {
    auto *link = static_cast<Link *>(self);
    const QString why = link->m_settings.isVersion5 && code >= 128
                            ? QStringLiteral("the connection was lost: ") + reasonText(code)
                            : link->lossText(code);
    link->m_happened.emplace_back([link, why] { link->lose(why); });
  }
  static void published(mosquitto *, void *self, int number, int reason, const mosquitto_property *) {
    auto *link = static_cast<Link *>(self);
    link->m_happened.emplace_back([link, number, reason] { Q_EMIT link->acknowledged(number, reason); });
  }
  static void subscribed(mosquitto *, void *self, int number, int count, const int *granted,
                         const mosquitto_property *) {
    auto *link = static_cast<Link *>(self);
    const bool isRefused = count > 0 && granted[0] >= 128;
    const int reason = count > 0 ? granted[0] : 0;
    link->m_happened.emplace_back([link, number, isRefused, reason] {
      const auto asked = std::find_if(link->m_subscribing.begin(), link->m_subscribing.end(),
                                      [number](const auto &each) { return each.first == number; });
      if (asked == link->m_subscribing.end()) return;
      const QString topic = asked->second;
      link->m_subscribing.erase(asked);
      if (isRefused) Q_EMIT link->subscriptionRefused(topic, reasonText(reason));
    });
  }
  static void message(mosquitto *, void *self, const mosquitto_message *given, const mosquitto_property *properties) {
    auto *link = static_cast<Link *>(self);
    ++link->m_taken;
    if (given->payloadlen > link->m_settings.largestMessage) {
      ++link->m_oversized;
      return;
    }
    Message message{QString::fromUtf8(given->topic),
                    QByteArray(static_cast<const char *>(given->payload), given->payloadlen), given->qos, given->retain,
                    isHistorical(properties)};
    link->m_happened.emplace_back([link, message = std::move(message)] { Q_EMIT link->received(message); });
  }
};

Link::Link(const LinkSettings &settings, const QLoggingCategory &log)
    : m_settings(settings), m_log(log), m_backoff(500ms, 60s) {
  m_everySecond.setInterval(1s);
  m_deadline.setSingleShot(true);
  m_retry.setSingleShot(true);
  m_breath.setSingleShot(true);
  m_breath.setInterval(breath);
  connect(&m_everySecond, &QTimer::timeout, this, &Link::misc);
  connect(&m_deadline, &QTimer::timeout, this, [this] {
    lose(m_lookup >= 0 ? QStringLiteral("nobody says in time what address the broker's name has")
                       : QStringLiteral("the broker does not answer (is an MQTT broker at this port?)"));
  });
  connect(&m_retry, &QTimer::timeout, this, &Link::attempt);
  connect(&m_breath, &QTimer::timeout, this, &Link::breathe);
}

Link::~Link() { stop(); }

void Link::start() {
  if (m_isRunning) return;
  initLibrary();
  m_isRunning = true;
  attempt();
}

void Link::stop() {
  if (!m_isRunning) return;
  m_isRunning = false;
  if (m_session && m_isUp) mosquitto_disconnect(m_session);
  close();
  m_retry.stop();
  m_backoff.reset();
  m_addresses.clear();
}

void Link::restart(const QString &why, bool farewell) {
  if (farewell && m_session && m_isUp) mosquitto_disconnect(m_session);
  lose(why);
}

// All addresses of the name in turn, one an attempt; then it is looked up again.
void Link::attempt() {
  if (m_nextAddress < m_addresses.size()) return connectTo(m_addresses[m_nextAddress++]);
  m_deadline.start(m_settings.connectTimeout);
  m_lookup = QHostInfo::lookupHost(m_settings.broker.host, this, [this](const QHostInfo &info) { lookedUp(info); });
}

void Link::lookedUp(const QHostInfo &info) {
  m_lookup = -1;
  if (!m_isRunning || m_session) return;
  m_addresses.clear();
  m_nextAddress = 0;
  for (const QHostAddress &address : info.addresses()) m_addresses << address.toString();
  if (m_addresses.isEmpty()) return lose(QStringLiteral("the broker's name has no address: ") + info.errorString());
  connectTo(m_addresses[m_nextAddress++]);
}

void Link::connectTo(const QString &address) {
  m_deadline.start(m_settings.connectTimeout);
  if (const auto prepared = prepare(); !prepared) return lose(prepared.error());
  // With an address it neither looks up nor waits: the rest is done when the socket is ready.
  const int code = mosquitto_connect_async(m_session, address.toLatin1().constData(), m_settings.broker.port,
                                           static_cast<int>(m_settings.keepAlive / 1s));
  if (code != MOSQ_ERR_SUCCESS) return lose(lossText(code));
  m_everySecond.start();
  watch();
}

Result<void> Link::prepare() {
  m_session = mosquitto_new(m_settings.clientId.toUtf8().constData(), true, this);
  if (!m_session) return failure(QStringLiteral("can't make a session: ") + qt_error_string(errno));
  ++m_generation;
  mosquitto_int_option(m_session, MOSQ_OPT_PROTOCOL_VERSION,
                       m_settings.isVersion5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_int_option(m_session, MOSQ_OPT_TCP_NODELAY, 1);
  // How many are in flight is for those to bound who publish.
  mosquitto_max_inflight_messages_set(m_session, 65'535);
  mosquitto_connect_v5_callback_set(m_session, &Callbacks::connected);
  mosquitto_disconnect_v5_callback_set(m_session, &Callbacks::disconnected);
  mosquitto_publish_v5_callback_set(m_session, &Callbacks::published);
  mosquitto_subscribe_v5_callback_set(m_session, &Callbacks::subscribed);
  mosquitto_message_v5_callback_set(m_session, &Callbacks::message);
  if (!m_settings.user.isEmpty()) {
    const auto now = m_settings.password.again();
    const QByteArray password = (now ? *now : m_settings.password).reveal().toUtf8();
    mosquitto_username_pw_set(m_session, m_settings.user.toUtf8().constData(),
                              password.isEmpty() ? nullptr : password.constData());
  }
  if (m_settings.broker.isTls) {
    auto tls = makeTlsContext(m_settings.tls.value_or(TlsConfig()), m_settings.broker.host);
    if (!tls) return failure(tls.error());
    m_tls = std::move(*tls);
    mosquitto_void_option(m_session, MOSQ_OPT_SSL_CTX, m_tls.get());
    mosquitto_int_option(m_session, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  }
  if (const auto will = m_will ? m_will() : std::nullopt) {
    mosquitto_will_set(m_session, will->topic.toUtf8().constData(), static_cast<int>(will->payload.size()),
                       will->payload.constData(), will->qos, will->isRetained);
  }
  if (m_settings.isVersion5) setProperties();
  return {};
}

// Only a call that blocks takes properties. With a port that there is none it keeps them and does nothing else.
void Link::setProperties() {
  mosquitto_property *properties = nullptr;
  mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                               static_cast<quint32>(m_settings.largestMessage + mostOfHead));
  mosquitto_connect_bind_v5(m_session, "localhost", -1, 60, nullptr, properties);
  mosquitto_property_free_all(&properties);
}

void Link::subscribe() {
  m_subscribing.clear();
  for (const Subscription &each : std::as_const(m_subscriptions)) {
    int number = 0;
    const int code = mosquitto_subscribe(m_session, &number, each.topic.toUtf8().constData(), each.qos);
    if (code == MOSQ_ERR_SUCCESS) {
      m_subscribing.emplace_back(number, each.topic);
    } else {
      Q_EMIT subscriptionRefused(each.topic, libraryText(code));
    }
  }
}

Result<int> Link::publish(const Message &message) {
  if (!m_isUp) return failure(QStringLiteral("not connected"));
  mosquitto_property *properties = nullptr;
  if (message.isHistorical && m_settings.isVersion5) {
    mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, "historical", "true");
  }
  int number = 0;
  const int code = mosquitto_publish_v5(m_session, &number, message.topic.toUtf8().constData(),
                                        static_cast<int>(message.payload.size()), message.payload.constData(),
                                        message.qos, message.isRetained, properties);
  mosquitto_property_free_all(&properties);
  // What went wrong with the socket shows when it is read.
  watch();
  if (!m_happened.empty())
    QMetaObject::invokeMethod(
        this, [this] { after(MOSQ_ERR_SUCCESS); }, Qt::QueuedConnection);
  if (code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_NO_CONN || code == MOSQ_ERR_CONN_LOST || code == MOSQ_ERR_ERRNO) {
    return number;
  }
  return failure(libraryText(code));
}

void Link::read() {
  if (!m_session) return;
  if (!m_breath.isActive()) {
    m_taken = 0;
    m_breath.start();
  }
  after(mosquitto_loop_read(m_session, 1));
}

/// What the library noted is told; then, if the connection is gone, that.
void Link::after(int code) {
  const quint64 generation = m_generation;
  const QString text = lossText(code);
  tell();
  if (!m_session || generation != m_generation) return;
  if (code != MOSQ_ERR_SUCCESS || mosquitto_socket(m_session) < 0) {
    return lose(text);
  }
  watch();
}

/// What TLS knows of it says more than the library's number. The same trouble has the same words each time, whichever
/// call of the library met it: only a change is logged.
QString Link::lossText(int code) const {
  const QString trouble = m_tls ? tlsTrouble(*m_tls) : QString();
  if (!trouble.isEmpty()) return trouble;
  const bool isRefused = code == MOSQ_ERR_ERRNO && errno != EPROTO;  // by the network: nobody spoke yet
  const QString text = code == MOSQ_ERR_SUCCESS ? QStringLiteral("closed") : libraryText(code);
  if (m_isUp) return QStringLiteral("the connection was lost: ") + text;
  if (isRefused) return QStringLiteral("can't connect: ") + text;
  return QStringLiteral("can't connect: %1 (%2)")
      .arg(text, m_tls ? QStringLiteral("is TLS spoken at this port? Without TLS the url begins with mqtt://")
                       : QStringLiteral("is an MQTT broker at this port? One with TLS wants a url with mqtts://"));
}

void Link::tell() {
  if (m_isTelling) return;
  m_isTelling = true;
  const quint64 generation = m_generation;
  while (!m_happened.empty() && m_session && generation == m_generation) {
    auto happened = std::move(m_happened);
    m_happened.clear();
    for (const Happened &each : happened) {
      if (!m_session || generation != m_generation) break;
      each();
    }
  }
  m_isTelling = false;
  if (m_oversized > 0) Q_EMIT oversized(std::exchange(m_oversized, 0));
}

void Link::watch() {
  const int socket = m_session ? mosquitto_socket(m_session) : -1;
  if (socket < 0) {
    m_reading.reset();
    m_writing.reset();
    return;
  }
  if (!m_reading || m_reading->socket() != socket) {
    m_reading = std::make_unique<QSocketNotifier>(socket, QSocketNotifier::Read);
    m_writing = std::make_unique<QSocketNotifier>(socket, QSocketNotifier::Write);
    connect(m_reading.get(), &QSocketNotifier::activated, this, &Link::read);
    connect(m_writing.get(), &QSocketNotifier::activated, this, [this] {
      if (m_session) after(mosquitto_loop_write(m_session, 1));
    });
  }
  // Whoever sends more than we take waits at the broker, by the window of TCP.
  m_reading->setEnabled(m_taken * (1s / breath) < m_settings.messagesPerSecond);
  m_writing->setEnabled(mosquitto_want_write(m_session));
}

void Link::breathe() {
  const bool wasPaused = m_reading && !m_reading->isEnabled();
  m_taken = 0;
  watch();
  if (wasPaused) m_breath.start();
}

void Link::misc() {
  if (m_session) after(mosquitto_loop_misc(m_session));
}

void Link::lose(const QString &why) {
  const bool wasAttempt = m_session || m_deadline.isActive();
  // Two programs with one client id throw each other out, again and again.
  const bool isShort = m_isUp && !m_upFor.hasExpired(holdsAfter / 1ms);
  close();
  if (!m_isRunning || !wasAttempt) return;
  m_retry.start(isShort ? afterShort : m_backoff.next());
  Q_EMIT down(why);
}

void Link::close() {
  m_isUp = false;
  m_everySecond.stop();
  m_deadline.stop();
  m_breath.stop();
  m_happened.clear();
  m_subscribing.clear();
  m_taken = 0;
  if (m_lookup >= 0) QHostInfo::abortHostLookup(std::exchange(m_lookup, -1));
  for (auto *notifier : {&m_reading, &m_writing}) {
    if (!*notifier) continue;
    (*notifier)->setEnabled(false);      // before its socket is closed
    notifier->release()->deleteLater();  // it may be what has called us
  }
  if (m_session) {
    mosquitto_destroy(std::exchange(m_session, nullptr));
    ++m_generation;
  }
  m_tls.reset();
}

}  // namespace tagwire::mqtt
