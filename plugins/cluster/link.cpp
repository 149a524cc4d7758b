// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include <QFile>
#include <QLoggingCategory>

#include <map>

#include "foreigntext.h"

namespace tagwire::cluster {

namespace {

constexpr qint64 connectPatienceMs = 2000;
constexpr qint64 reconnectWaitMs = 250;
constexpr qint64 apiPatienceMs = 3000;
constexpr qint64 pingIntervalMs = 5000;
constexpr qint64 writeDeadlineMs = 5000;
constexpr qint64 flushPatienceMs = 2000;

/// What servers have refused, by connection: libnats may still call when a Link has ended.
class Refusals {
 public:
  void begin(const natsConnection *connection) {
    const std::lock_guard lock(m_mutex);
    m_texts[connection];
  }
  void end(const natsConnection *connection) {
    const std::lock_guard lock(m_mutex);
    m_texts.erase(connection);
  }
  void set(const natsConnection *connection, const QString &text) {
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_texts.find(connection); found != m_texts.end()) found->second = text;
  }
  QString of(const natsConnection *connection) {
    const std::lock_guard lock(m_mutex);
    const auto found = m_texts.find(connection);
    return found == m_texts.end() ? QString() : found->second;
  }

 private:
  std::mutex m_mutex;
  std::map<const natsConnection *, QString> m_texts;
};

Q_LOGGING_CATEGORY(natsLog, "tagwire.cluster", QtInfoMsg)

Refusals &refusals() {
  static auto *all = new Refusals;  // threads of libnats outlive everything
  return *all;
}

void onError(natsConnection *connection, natsSubscription *, natsStatus status, void *) {
  natsStatus last = status;
  const char *text = nats_GetLastError(&last);  // of this thread: of this error
  if (status != NATS_NOT_PERMITTED) {
    qCWarning(natsLog).noquote() << "NATS:" << natsStatus_GetText(status);
    return;
  }
  refusals().set(connection, printable(QString::fromUtf8(text ? text : "")).left(200));
}

void onReconnected(natsConnection *connection, void *) { refusals().set(connection, {}); }

struct OptionsDestroyer {
  void operator()(natsOptions *options) const { natsOptions_Destroy(options); }
};

char *copied(const char *text) { return strdup(text); }

/// The part between these two lines of a credentials file.
QByteArray section(const QByteArray &text, const char *name) {
  const QByteArray begin = QByteArray("-----BEGIN ") + name + "-----";
  const qsizetype from = text.indexOf(begin);
  if (from < 0) return {};
  const qsizetype start = from + begin.size();
  const qsizetype end = text.indexOf("---", start);
  return end < 0 ? QByteArray() : text.mid(start, end - start).trimmed();
}

Result<QByteArray> contentOf(const QString &file) {
  QFile in(file);
  if (!in.open(QIODevice::ReadOnly)) return failure(QStringLiteral("%1: %2").arg(file, in.errorString()));
  return in.read(1024 * 1024);
}

}  // namespace

QByteArray inboxOf(const QString &node) { return "_INBOX." + node.toUtf8(); }

tl::unexpected<QString> natsFailure(const char *what, natsStatus status, jsErrCode code) {
  QString text = QStringLiteral("%1: %2").arg(QLatin1String(what), QLatin1String(natsStatus_GetText(status)));
  natsStatus last = NATS_OK;
  const char *more = nats_GetLastError(&last);  // of this thread; it may be of long ago
  if (last == status && more && *more) text += QStringLiteral(", ") + QString::fromUtf8(more);
  if (code != 0) text += QStringLiteral(" (JetStream error %1)").arg(static_cast<int>(code));
  const bool isOff = code == JSNotEnabledErr || code == JSNotEnabledForAccountErr;
  if (isOff) text += QStringLiteral("; JetStream is off at the server (nats-server -js, or jetstream {} in its file)");
  return failure(text);
}

QByteArray dataOf(const natsMsg *message) {
  return QByteArray(natsMsg_GetData(message), natsMsg_GetDataLength(message));
}

natsStatus Link::giveJwt(char **jwt, char **, void *secrets) {
  *jwt = copied(static_cast<Secrets *>(secrets)->jwt.constData());
  return *jwt ? NATS_OK : NATS_NO_MEMORY;
}

natsStatus Link::sign(char **, unsigned char **signature, int *length, const char *nonce, void *secrets) {
  return nats_Sign(static_cast<Secrets *>(secrets)->seed.constData(), nonce, signature, length);
}

Result<void> Link::setCredentials(natsOptions *options, const ClusterConfig &config) {
  natsStatus status = NATS_OK;
  if (!config.user.isEmpty()) {
    const auto password = config.password.again();
    if (!password) return failure(password.error());
    status =
        natsOptions_SetUserInfo(options, config.user.toUtf8().constData(), password->reveal().toUtf8().constData());
  } else if (!config.nkey.isEmpty()) {
    const auto seed = config.seed.again();
    if (!seed) return failure(seed.error());
    m_secrets.seed = seed->reveal().trimmed().toUtf8();
    status = natsOptions_SetNKey(options, config.nkey.toUtf8().constData(), &Link::sign, &m_secrets);
  } else if (!config.credentials.isEmpty()) {
    const auto text = config.credentials.again();
    if (!text) return failure(text.error());
    m_secrets.jwt = section(text->reveal().toUtf8(), "NATS USER JWT");
    m_secrets.seed = section(text->reveal().toUtf8(), "USER NKEY SEED");
    if (m_secrets.jwt.isEmpty() || m_secrets.seed.isEmpty()) {
      return failure(
          QStringLiteral("`credentials` is not the text of a credentials file (allowed: one with a user JWT "
                         "and its seed)"));
    }
    status = natsOptions_SetUserCredentialsCallbacks(options, &Link::giveJwt, &m_secrets, &Link::sign, &m_secrets);
  }
  if (status != NATS_OK) return natsFailure("the credential can't be used", status);
  return {};
}

Result<void> Link::setTls(natsOptions *options, const TlsConfig &tls) {
  natsStatus status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && !tls.authority.isEmpty()) {
    status = natsOptions_LoadCATrustedCertificates(options, QFile::encodeName(tls.authority).constData());
  }
  if (status != NATS_OK) return natsFailure("`tls.ca` can't be read", status);
  if (tls.certificate.isEmpty()) return {};
  const auto certificate = contentOf(tls.certificate);
  const auto key = tls.key.again();
  if (!certificate) return failure(certificate.error());
  if (!key) return failure(key.error());
  status = natsOptions_SetCertificatesChain(options, certificate->constData(), key->reveal().toUtf8().constData());
  if (status != NATS_OK) return natsFailure("`tls.certificate` and its key can't be used", status);
  return {};
}

Result<void> Link::setUp(natsOptions *options, const ClusterConfig &config, const char *purpose) {
  QByteArrayList texts;
  for (const QString &server : config.servers) texts << server.toUtf8();
  std::vector<const char *> servers;
  for (const QByteArray &text : texts) servers.push_back(text.constData());
  const QByteArray name = "tagwire " + config.node.toUtf8() + ' ' + purpose;
  const natsStatus steps[] = {natsOptions_SetServers(options, servers.data(), static_cast<int>(servers.size())),
                              natsOptions_SetName(options, name.constData()),
                              natsOptions_SetCustomInboxPrefix(options, inboxOf(config.node).constData()),
                              natsOptions_SetTimeout(options, connectPatienceMs),
                              natsOptions_SetMaxReconnect(options, -1),
                              natsOptions_SetReconnectWait(options, reconnectWaitMs),
                              natsOptions_SetReconnectJitter(options, reconnectWaitMs, reconnectWaitMs),
                              natsOptions_SetErrorHandler(options, &onError, nullptr),
                              natsOptions_SetReconnectedCB(options, &onReconnected, nullptr),
                              natsOptions_SetPingInterval(options, pingIntervalMs),
                              natsOptions_SetMaxPingsOut(options, 2),
                              natsOptions_SetWriteDeadline(options, writeDeadlineMs),
                              natsOptions_SetFailRequestsOnDisconnect(options, true)};
  for (const natsStatus step : steps) {
    if (step != NATS_OK) return natsFailure("the servers can't be used", step);
  }
  const auto credentials = setCredentials(options, config);
  if (!credentials) return credentials;
  return config.tls ? setTls(options, *config.tls) : Result<void>();
}

Result<std::unique_ptr<Link>> Link::open(const ClusterConfig &config, const char *purpose) {
  std::unique_ptr<Link> link(new Link);
  natsOptions *raw = nullptr;
  if (const natsStatus made = natsOptions_Create(&raw); made != NATS_OK) return natsFailure("no options", made);
  const std::unique_ptr<natsOptions, OptionsDestroyer> options(raw);
  if (const auto set = link->setUp(raw, config, purpose); !set) return failure(set.error());
  const natsStatus connected = natsConnection_Connect(&link->m_connection, raw);
  if (connected != NATS_OK) {
    const QString servers = config.servers.join(QStringLiteral(", "));
    return failure(QStringLiteral("%1: %2").arg(servers, QLatin1String(natsStatus_GetText(connected))));
  }
  refusals().begin(link->m_connection);
  jsOptions how;
  jsOptions_Init(&how);
  how.Wait = apiPatienceMs;
  const QByteArray domain = config.stream.domain.value_or(QString()).toUtf8();
  if (!domain.isEmpty()) how.Domain = domain.constData();
  const natsStatus found = natsConnection_JetStream(&link->m_stream, link->m_connection, &how);
  if (found != NATS_OK) return natsFailure("no JetStream", found);
  return link;
}

Link::~Link() {
  refusals().end(m_connection);
  jsCtx_Destroy(m_stream);
  if (m_connection) natsConnection_Close(m_connection);  // ends its reading thread
  for (const auto &free : m_toFree) free();
  natsConnection_Destroy(m_connection);
}

void Link::freeLater(std::function<void()> free) const {
  m_toFree.push_back(std::move(free));
  // The answer to a PING is read after whatever was in the reading thread's hand.
  if (m_toFree.size() < mostToFree || natsConnection_FlushTimeout(m_connection, flushPatienceMs) != NATS_OK) return;
  for (const auto &each : std::exchange(m_toFree, {})) each();
}

void EndSubscription::operator()(natsSubscription *subscription) const {
  natsSubscription_Unsubscribe(subscription);
  link->freeLater([subscription] { natsSubscription_Destroy(subscription); });
}

void EndWatcher::operator()(kvWatcher *watcher) const {
  kvWatcher_Stop(watcher);
  link->freeLater([watcher] { kvWatcher_Destroy(watcher); });
}

QString Link::refusal() const { return refusals().of(m_connection); }

quint64 Link::reconnects() const {
  natsStatistics *statistics = nullptr;
  uint64_t count = 0;
  if (natsStatistics_Create(&statistics) != NATS_OK) return 0;
  if (natsConnection_GetStats(m_connection, statistics) == NATS_OK) {
    natsStatistics_GetCounts(statistics, nullptr, nullptr, nullptr, nullptr, &count);
  }
  natsStatistics_Destroy(statistics);
  return count;
}

Result<void> Link::publish(const QByteArray &subject, const QByteArray &data, const QByteArray &reply) const {
  const int size = static_cast<int>(data.size());
  const natsStatus status =
      reply.isEmpty()
          ? natsConnection_Publish(m_connection, subject.constData(), data.constData(), size)
          : natsConnection_PublishRequest(m_connection, subject.constData(), reply.constData(), data.constData(), size);
  if (status != NATS_OK) return natsFailure("not sent", status);
  return {};
}

Result<Listening> Link::listen(const QByteArray &subject, Listening::Take take) const {
  Listening listening;
  listening.m_delivery = std::make_shared<Listening::Delivery>();
  listening.m_delivery->take = std::move(take);
  auto theirs = std::make_unique<std::shared_ptr<Listening::Delivery>>(listening.m_delivery);
  natsSubscription *subscription = nullptr;
  natsStatus status =
      natsConnection_Subscribe(&subscription, m_connection, subject.constData(), &Listening::onMessage, theirs.get());
  if (status != NATS_OK) return natsFailure("no subscription", status);
  listening.m_subscription = Subscription(subscription, EndSubscription{this});
  // From here on it is freed by libnats, or not at all.
  status = natsSubscription_SetOnCompleteCB(subscription, &Listening::onComplete, theirs.release());
  if (status != NATS_OK) return natsFailure("no subscription", status);
  return listening;
}

Listening &Listening::operator=(Listening &&other) noexcept {
  end();
  m_subscription = std::move(other.m_subscription);
  m_delivery = std::move(other.m_delivery);
  return *this;
}

void Listening::end() {
  if (m_delivery) {
    const std::lock_guard lock(m_delivery->mutex);
    m_delivery->take = {};
  }
  m_delivery.reset();
  m_subscription.reset();
}

void Listening::onMessage(natsConnection *, natsSubscription *, natsMsg *raw, void *closure) {
  const Message message(raw);
  const std::shared_ptr<Delivery> delivery = *static_cast<std::shared_ptr<Delivery> *>(closure);
  const std::lock_guard lock(delivery->mutex);
  if (delivery->take) delivery->take(raw);
}

void Listening::onComplete(void *delivery) { delete static_cast<std::shared_ptr<Delivery> *>(delivery); }

}  // namespace tagwire::cluster
