// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkRequest>
#include <QRegularExpression>
#include <QUrlQuery>

#include <algorithm>

namespace tagwire {

namespace {

constexpr int usageErrorCode = 64;
constexpr quint64 mostMessageBytes = 256 * 1024 * 1024;  // a snapshot of every point is one message
constexpr std::chrono::seconds lifeInterval{20};
constexpr int mostSilence = 3;

const QString subscriptionId() { return QStringLiteral("watch"); }

QString withUsage(const QString &text) {
  return text + QStringLiteral("\nusage: tagwire watch URL [TOPIC…]   (ws://127.0.0.1:8080/ws/live 'points/plc1/#')");
}

bool hasCredential(const QUrl &url) {
  const QUrlQuery query(url);
  const auto isSecret = [](const auto &item) {
    static const QStringList secrets{QStringLiteral("token"), QStringLiteral("access_token"), QStringLiteral("api_key"),
                                     QStringLiteral("jwt")};
    return secrets.contains(item.first, Qt::CaseInsensitive);
  };
  const auto items = query.queryItems(QUrl::FullyDecoded);
  return !url.userInfo().isEmpty() || std::any_of(items.begin(), items.end(), isSecret);
}

}  // namespace

Result<WatchRequest> WatchRequest::fromArguments(const QStringList &arguments) {
  if (arguments.isEmpty()) return failure(withUsage(QStringLiteral("watch: the URL is missing")));
  WatchRequest request;
  request.url = QUrl(arguments.first(), QUrl::StrictMode);
  if (hasCredential(request.url)) return failure(QStringLiteral("watch: a URL may not hold a password or token"));
  const bool isWebSocket = request.url.scheme() == QLatin1String("ws") || request.url.scheme() == QLatin1String("wss");
  if (!request.url.isValid() || !isWebSocket || request.url.host().isEmpty() || request.url.hasFragment()) {
    return failure(withUsage(QStringLiteral("watch: the URL must be ws://HOST:PORT/PATH or wss://HOST:PORT/PATH")));
  }
  if (request.url.path().isEmpty() || request.url.path() == QLatin1String("/")) {
    request.url.setPath(QStringLiteral("/ws/live"));
  }
  request.token = qgetenv("TAGWIRE_TOKEN").trimmed();
  request.topics = arguments.mid(1);
  for (const QString &topic : std::as_const(request.topics)) {
    if (topic.startsWith(u'-')) return failure(withUsage(QStringLiteral("watch: no such option: ") + topic));
  }
  if (request.topics.isEmpty()) {
    request.topics = {QStringLiteral("points/#"), QStringLiteral("tags/#"), QStringLiteral("alarms/#"),
                      QStringLiteral("events/#")};
  }
  return request;
}

Watch::Delays Watch::defaultDelays() {
  using namespace std::chrono_literals;
  return {3s, 6s, 12s, 30s};
}

Watch::Watch(WatchRequest request, Print output, Print complaints, Delays delays)
    : m_request(std::move(request)),
      m_output(std::move(output)),
      m_complaints(std::move(complaints)),
      m_delays(std::move(delays)) {
  m_again.setSingleShot(true);
  m_life.setInterval(lifeInterval);
  m_socket.setMaxAllowedIncomingMessageSize(mostMessageBytes);
  m_socket.setMaxAllowedIncomingFrameSize(mostMessageBytes);
  connect(&m_again, &QTimer::timeout, this, &Watch::connectNow);
  connect(&m_life, &QTimer::timeout, this, &Watch::checkLife);
  connect(&m_socket, &QWebSocket::connected, this, &Watch::subscribe);
  connect(&m_socket, &QWebSocket::textMessageReceived, this, &Watch::take);
  connect(&m_socket, &QWebSocket::pong, this, [this] { m_silence = 0; });
  connect(&m_socket, &QWebSocket::stateChanged, this, [this](QAbstractSocket::SocketState state) {
    if (state == QAbstractSocket::UnconnectedState) lost();
  });
  // Queued: the socket is in the middle of reading the answer.
  connect(&m_socket, qOverload<QAbstractSocket::SocketError>(&QWebSocket::error), this, &Watch::refused,
          Qt::QueuedConnection);
}

Watch::~Watch() { stop(); }

void Watch::start() {
  if (!std::exchange(m_isStopped, false)) return;
  m_life.start();
  connectNow();
}

void Watch::stop() {
  if (std::exchange(m_isStopped, true)) return;
  m_again.stop();
  m_life.stop();
  m_socket.abort();
}

void Watch::connectNow() {
  m_silence = 0;
  QNetworkRequest request(m_request.url);
  if (!m_request.token.isEmpty()) request.setRawHeader("Authorization", "Bearer " + m_request.token);
  m_socket.open(request);
}

void Watch::subscribe() {
  QJsonObject message{{QStringLiteral("op"), QStringLiteral("subscribe")},
                      {QStringLiteral("id"), subscriptionId()},
                      {QStringLiteral("topics"), QJsonArray::fromStringList(m_request.topics)}};
  if (!m_epoch.isEmpty()) {
    message.insert(QStringLiteral("epoch"), m_epoch);
    message.insert(QStringLiteral("after"), m_sequence);
  }
  m_socket.sendTextMessage(QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact)));
}

void Watch::take(const QString &text) {
  m_silence = 0;
  const QJsonObject message = QJsonDocument::fromJson(text.toUtf8()).object();
  const QString operation = message.value(QLatin1String("op")).toString();
  if (operation == QLatin1String("error")) return takeError(message);
  if (operation.isEmpty() && m_epoch.isEmpty()) {
    return end(QStringLiteral("error: this is no endpoint of the protocol live (usually /ws/live)"));
  }
  const auto sequence = static_cast<qint64>(message.value(QLatin1String("seq")).toDouble());
  if (operation == QLatin1String("subscribed")) {
    if (std::exchange(m_isLost, false)) m_complaints(QStringLiteral("connected again"));
    m_attempts = 0;
    // With a run that is new to us, only its snapshot tells how far we are.
    const QString epoch = message.value(QLatin1String("epoch")).toString();
    if (std::exchange(m_epoch, epoch) != epoch) m_sequence = 0;
    return;
  }
  if (operation != QLatin1String("snapshot") && operation != QLatin1String("update")) return;
  if (message.value(QLatin1String("gap")).toBool()) m_complaints(QStringLiteral("what happened meanwhile is lost"));
  m_sequence = sequence;
  for (const QString &line : m_lines.linesOf(message)) m_output(line);
}

void Watch::takeError(const QJsonObject &message) {
  const QString complaint = QStringLiteral("error: ") + printable(message.value(QLatin1String("message")).toString());
  if (message.value(QLatin1String("id")).toString() == subscriptionId()) return end(complaint);
  m_complaints(complaint);
}

void Watch::end(const QString &complaint) {
  m_complaints(complaint);
  stop();
  Q_EMIT finished(usageErrorCode);
}

/// By a credential that is missing, wrong, over or not enough. Of an HTTP status QWebSocket tells only in words.
bool Watch::isRefused() const {
  static const QRegularExpression status(QStringLiteral("\\b40[13]\\b"));
  const int code = m_socket.closeCode();
  return code == 4401 || code == 4403 || (code < 4000 && status.match(m_socket.errorString()).hasMatch());
}

/// QWebSocket leaves the connection open after an answer that is no upgrade, as long as the server does.
void Watch::refused() {
  if (m_socket.state() == QAbstractSocket::ConnectingState) m_socket.abort();
}

void Watch::lost() {
  if (m_isStopped || m_again.isActive()) return;
  if (isRefused()) {
    return end(m_request.token.isEmpty()
                   ? QStringLiteral("error: a credential is needed (allowed: a token in TAGWIRE_TOKEN)")
                   : QStringLiteral("error: the token in TAGWIRE_TOKEN is refused: wrong, over, or without the "
                                    "permission for this"));
  }
  // Later it may be that a changed manifest is being applied.
  if (m_epoch.isEmpty() && m_socket.errorString().contains(QLatin1String("status code: 404"))) {
    return end(QStringLiteral("error: nothing is served at %1 (usually /ws/live)").arg(m_request.url.toString()));
  }
  if (!std::exchange(m_isLost, true)) {
    const int code = m_socket.closeCode();
    const QString reason = m_socket.closeReason().isEmpty() ? m_socket.errorString() : m_socket.closeReason();
    m_complaints(QStringLiteral("no connection to %1: %2%3; trying again")
                     .arg(m_request.url.toString(), printable(reason),
                          code > 1000 ? QStringLiteral(" (%1)").arg(code) : QString()));
  }
  m_again.start(m_delays[std::min<qsizetype>(m_attempts, m_delays.size() - 1)]);
  ++m_attempts;
}

void Watch::checkLife() {
  // A peer that went without a word (cable, sleep) never ends the connection by itself.
  if (m_socket.state() == QAbstractSocket::UnconnectedState) return;
  if (++m_silence > mostSilence) return m_socket.abort();
  if (m_socket.state() == QAbstractSocket::ConnectedState) m_socket.ping();
}

}  // namespace tagwire
