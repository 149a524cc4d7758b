// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSslCertificate>
#include <QTimeZone>

#include <memory>

#include "remote/remoteconfig.h"
#include "remote/remotemessage.h"

namespace tagwire::rtls {

/// Asks the other site over HTTP for what happened while the link was down (R1-34): at the host and port of the
/// endpoint, with the same token. Thread-bound; owned by RemoteClient.
class MissedEvents : public QObject {
  Q_OBJECT
 public:
  static constexpr qint64 largestAnswer = 1024 * 1024;

  MissedEvents(const RemoteConfig &config, const QTimeZone &zone);
  ~MissedEvents() override;

  /// What came at `since` or later, by the other site's clock. A site that does not answer such requests is not asked
  /// again; one that refused the token is, with another token.
  void ask(const Secret &token, const QList<QSslCertificate> &trusted, Time since);
  /// Nothing is emitted until the next ask().
  void cancel();

 Q_SIGNALS:
  /// Newest last; to be checked against what is known.
  void came(const tagwire::rtls::RecentEvents &recent);
  void failed(const QString &why);

 private:
  void read();
  void finish();
  QString troubleOf(int status);

  const QUrl m_url;
  const QTimeZone m_zone;
  std::unique_ptr<QNetworkAccessManager> m_network;  ///< from the first request on: it has a thread
  std::unique_ptr<QNetworkReply, QScopedPointerDeleteLater> m_reply;
  bool m_isOff;
  Secret m_token;            ///< of the last request
  bool m_isRefused = false;  ///< m_token is
};

}  // namespace tagwire::rtls
