// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QStringList>

#include <memory>

#include <nats/nats.h>

#include "clusterconfig.h"
#include "result.h"

namespace tagwire::cluster {

template <auto destroy>
struct Destroyer {
  template <class T>
  void operator()(T *object) const {
    destroy(object);
  }
};
using Message = std::unique_ptr<natsMsg, Destroyer<natsMsg_Destroy>>;
using Subscription = std::unique_ptr<natsSubscription, Destroyer<natsSubscription_Destroy>>;

/// "what: why" for people.
tl::unexpected<QString> natsFailure(const char *what, natsStatus status, jsErrCode code = static_cast<jsErrCode>(0));
QByteArray dataOf(const natsMsg *message);

/// One connection to the NATS servers. It mends itself; isConnected() tells. open() blocks for some seconds at most, so
/// call it in a thread of its own; everything else may come from any thread, as libnats is thread-safe.
class Link {
 public:
  /// `purpose` is in the name that the server shows ("tagwire edge1 publish").
  static Result<std::unique_ptr<Link>> open(const ClusterConfig &config, const char *purpose);
  ~Link();
  Link(const Link &) = delete;
  Link &operator=(const Link &) = delete;

  bool isConnected() const { return natsConnection_Status(m_connection) == NATS_CONN_STATUS_CONNECTED; }
  /// Number of times that the connection was lost and found again.
  quint64 reconnects() const;
  natsConnection *connection() const { return m_connection; }
  jsCtx *stream() const { return m_stream; }
  Result<void> publish(const QByteArray &subject, const QByteArray &data, const QByteArray &reply = {}) const;

  /// Calls `handler` in a thread of libnats for each message; `closure` outlives the subscription.
  Result<Subscription> subscribe(const QByteArray &subject, natsMsgHandler handler, void *closure) const;

 private:
  struct Secrets {
    QByteArray jwt;
    QByteArray seed;
  };
  Link() = default;
  static natsStatus giveJwt(char **jwt, char **error, void *secrets);
  static natsStatus sign(char **error, unsigned char **signature, int *length, const char *nonce, void *secrets);
  Result<void> setUp(natsOptions *options, const ClusterConfig &config, const char *purpose);
  Result<void> setCredentials(natsOptions *options, const ClusterConfig &config);
  Result<void> setTls(natsOptions *options, const TlsConfig &tls);

  Secrets m_secrets;
  natsConnection *m_connection = nullptr;
  jsCtx *m_stream = nullptr;
};

/// Name of the bucket of last values; its stream is KV_<bucket>.
QByteArray lastValuesBucket(const StreamConfig &config);
/// Makes the stream and the bucket of last values where they are missing.
Result<void> provideStreams(const Link &link, const StreamConfig &config);

}  // namespace tagwire::cluster
