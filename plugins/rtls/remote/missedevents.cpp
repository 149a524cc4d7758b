// SPDX-License-Identifier: Apache-2.0
#include "remote/missedevents.h"

#include <QSslConfiguration>
#include <QUrlQuery>

namespace tagwire::rtls {

namespace {

constexpr int mostSilence = 10'000;  // ms

/// Beside the manager, also where a proxy has put all of it below a path of its own.
QUrl recentEventsAt(const RemoteEndpoint &endpoint) {
  QUrl url = endpoint.url;
  const QString path = url.path();
  url.setScheme(endpoint.isEncrypted() ? QStringLiteral("https") : QStringLiteral("http"));
  url.setPath(path.left(std::max<qsizetype>(0, path.lastIndexOf(QLatin1String("/ws/")))) +
              QStringLiteral("/recent_events"));
  return url;
}

}  // namespace

MissedEvents::MissedEvents(const RemoteConfig &config, const QTimeZone &zone)
    : m_url(recentEventsAt(config.endpoint)), m_zone(zone), m_isOff(!config.recentEvents) {}

MissedEvents::~MissedEvents() { cancel(); }

void MissedEvents::ask(const Secret &token, const QList<QSslCertificate> &trusted, Time since) {
  cancel();
  if (m_isOff || (m_isRefused && token.reveal() == m_token.reveal())) return;
  m_token = token;
  QUrl url = m_url;
  QUrlQuery query;
  query.addQueryItem(QStringLiteral("since"), toIso(since));
  url.setQuery(query);
  QNetworkRequest request(url);
  // The token goes nowhere else, and the answer is not to grow when it is unpacked.
  request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
  request.setRawHeader("Accept-Encoding", "identity");
  request.setTransferTimeout(mostSilence);
  if (!token.isEmpty()) request.setRawHeader("Authorization", "Bearer " + token.reveal().toUtf8());
  if (!trusted.isEmpty()) {
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(trusted);
    request.setSslConfiguration(tls);
  }
  if (!m_network) m_network = std::make_unique<QNetworkAccessManager>();
  m_reply.reset(m_network->get(request));
  connect(m_reply.get(), &QNetworkReply::readyRead, this, &MissedEvents::read);
  connect(m_reply.get(), &QNetworkReply::finished, this, &MissedEvents::finish);
}

void MissedEvents::cancel() {
  if (!m_reply) return;
  m_reply->disconnect(this);
  m_reply->abort();
  m_reply.reset();
}

void MissedEvents::read() {
  if (m_reply->bytesAvailable() <= largestAnswer) return;
  cancel();
  Q_EMIT failed(QStringLiteral("its answer is larger than %1 KiB").arg(largestAnswer / 1024));
}

void MissedEvents::finish() {
  const auto reply = std::move(m_reply);
  reply->disconnect(this);
  m_isRefused = false;
  const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  if (status == 0) return Q_EMIT failed(reply->errorString());
  if (status != 200) return Q_EMIT failed(troubleOf(status));
  if (reply->error() != QNetworkReply::NoError) return Q_EMIT failed(reply->errorString());
  const QByteArray body = reply->read(largestAnswer + 1);
  const auto recent = body.size() <= largestAnswer ? readRecentEvents(body, m_zone)
                                                   : Result<RecentEvents>(failure(QStringLiteral("is too large")));
  if (!recent) return Q_EMIT failed(QStringLiteral("its answer %1").arg(recent.error()));
  Q_EMIT came(*recent);
}

QString MissedEvents::troubleOf(int status) {
  m_isOff = status == 404;
  m_isRefused = status == 401 || status == 403;
  const QString text = QStringLiteral("HTTP status %1").arg(status);
  if (m_isRefused) return text + QStringLiteral("; it is not asked again before it has another token");
  return m_isOff ? text + QStringLiteral("; it is not asked again") : text;
}

}  // namespace tagwire::rtls
