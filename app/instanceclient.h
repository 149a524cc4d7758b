// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QUrl>

#include "result.h"

namespace tagwire {

/// Where a running instance listens: http(s)://HOST:PORT, or a ws(s) address of its, of which only the host counts.
/// Errors say what is allowed and never repeat a credential.
Result<QUrl> instanceUrl(const QString &text);

/// Asks a running instance over its own listener, one question at a time; $TAGWIRE_TOKEN is its credential.
/// Thread-bound.
class InstanceClient {
 public:
  struct Answer {
    int status = 0;  ///< 0: there was none
    QByteArray body;
    QString error;  ///< for people; empty when the status is 2xx
    QJsonObject object() const;
  };

  explicit InstanceClient(QUrl url);
  /// Waits for the answer, up to 10 s and 64 MiB.
  Answer ask(const QByteArray &method, const QString &path, const QJsonObject &body = {});
  const QUrl &url() const { return m_url; }
  bool hasToken() const { return !m_token.isEmpty(); }

 private:
  QString explain(int status, const QByteArray &body, const QString &networkError) const;

  QUrl m_url;
  QByteArray m_token;
  QNetworkAccessManager m_network;
};

}  // namespace tagwire
