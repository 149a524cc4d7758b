// SPDX-License-Identifier: Apache-2.0
#include "instanceclient.h"

#include <QEventLoop>
#include <QJsonDocument>
#include <QNetworkProxy>
#include <QNetworkReply>

#include <memory>

namespace tagwire {

namespace {

constexpr int askWithinMs = 10'000;
constexpr qint64 mostAnswerBytes = 64LL * 1024 * 1024;

}  // namespace

Result<QUrl> instanceUrl(const QString &text) {
  QUrl url(text, QUrl::StrictMode);
  if (!url.userInfo().isEmpty() || url.hasQuery()) {
    return failure(QStringLiteral("the URL may hold no user, password or query (the credential is $TAGWIRE_TOKEN)"));
  }
  if (url.scheme() == u"ws" || url.scheme() == u"wss") {
    url.setScheme(url.scheme() == u"ws" ? QStringLiteral("http") : QStringLiteral("https"));
    url.setPath({});
  }
  const bool isHttp = url.scheme() == u"http" || url.scheme() == u"https";
  if (!url.isValid() || !isHttp || url.host().isEmpty() || url.hasFragment()) {
    return failure(QStringLiteral("the URL must be http://HOST:PORT or https://HOST:PORT"));
  }
  if (url.path() == u"/") url.setPath({});
  return url;
}

QJsonObject InstanceClient::Answer::object() const { return QJsonDocument::fromJson(body).object(); }

InstanceClient::InstanceClient(QUrl url) : m_url(std::move(url)), m_token(qgetenv("TAGWIRE_TOKEN").trimmed()) {
  m_network.setProxy(QNetworkProxy::NoProxy);
  m_network.setTransferTimeout(askWithinMs);
}

InstanceClient::Answer InstanceClient::ask(const QByteArray &method, const QString &path, const QJsonObject &body) {
  QUrl url = m_url;
  url.setPath(m_url.path() + path);
  QNetworkRequest request(url);
  // A token goes nowhere but where it was meant for.
  request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
  request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
  if (hasToken()) request.setRawHeader("Authorization", "Bearer " + m_token);
  const QByteArray content = body.isEmpty() ? QByteArray() : QJsonDocument(body).toJson(QJsonDocument::Compact);
  const std::unique_ptr<QNetworkReply> reply(m_network.sendCustomRequest(request, method, content));
  QEventLoop loop;
  QObject::connect(reply.get(), &QNetworkReply::finished, &loop, &QEventLoop::quit);
  QObject::connect(reply.get(), &QNetworkReply::downloadProgress, reply.get(), [&reply](qint64 received, qint64) {
    if (received > mostAnswerBytes) reply->abort();
  });
  loop.exec();
  Answer answer;
  answer.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  if (reply->error() != QNetworkReply::OperationCanceledError) answer.body = reply->readAll();
  if (answer.status < 200 || answer.status > 299) {
    answer.error = explain(answer.status, answer.body, reply->errorString());
  }
  return answer;
}

QString InstanceClient::explain(int status, const QByteArray &body, const QString &networkError) const {
  const QString where = m_url.toDisplayString();
  if (status == 0) return QStringLiteral("%1 does not answer: %2").arg(where, networkError);
  const QString said = QJsonDocument::fromJson(body).object().value(QLatin1String("error")).toString();
  const QString text =
      QStringLiteral("%1 says %2: %3").arg(where).arg(status).arg(said.isEmpty() ? networkError : said);
  return status == 401 && !hasToken() ? text + QStringLiteral(" ($TAGWIRE_TOKEN is not set)") : text;
}

}  // namespace tagwire
