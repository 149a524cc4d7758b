// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QStringList>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

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

class Link;
/// libnats 3.4.1 crashes when a subscription is freed while the connection's reading thread has a message for it in
/// hand (its issue 637). So what ends is unsubscribed at once, and freed by the Link when nothing can be on its way to
/// it. The Link outlives them; in the thread that made it.
struct EndSubscription {
  const Link *link = nullptr;
  void operator()(natsSubscription *subscription) const;
};
struct EndWatcher {
  const Link *link = nullptr;
  void operator()(kvWatcher *watcher) const;
};
using Subscription = std::unique_ptr<natsSubscription, EndSubscription>;
using KeyWatcher = std::unique_ptr<kvWatcher, EndWatcher>;

/// Where answers to this node come; nobody else may listen there (packaging/nats/permissions.conf). No dot at its end.
QByteArray inboxOf(const QString &node);

/// "what: why" for people.
tl::unexpected<QString> natsFailure(const char *what, natsStatus status, jsErrCode code = static_cast<jsErrCode>(0));
QByteArray dataOf(const natsMsg *message);

/// Messages of a subject, each taken in a thread of libnats. Once this has ended nothing is taken any more.
class Listening {
 public:
  using Take = std::function<void(natsMsg *message)>;  ///< the message stays ours
  Listening() = default;
  Listening(Listening &&) noexcept = default;
  Listening &operator=(Listening &&other) noexcept;
  ~Listening() { end(); }
  void end();

 private:
  friend class Link;
  struct Delivery {
    std::mutex mutex;
    Take take;  ///< none: it has ended
  };
  static void onMessage(natsConnection *, natsSubscription *, natsMsg *message, void *delivery);
  static void onComplete(void *delivery);

  Subscription m_subscription;
  std::shared_ptr<Delivery> m_delivery;  ///< libnats has its own part in it, until it has ended the subscription
};

/// One connection to the NATS servers. It mends itself, unless it isClosed(); isConnected() tells. open() blocks for
/// some seconds at most, so call it in a thread of its own; everything else may come from any thread, as libnats is
/// thread-safe.
class Link {
 public:
  /// `purpose` is in the name that the server shows ("tagwire edge1 publish").
  static Result<std::unique_ptr<Link>> open(const ClusterConfig &config, const char *purpose);
  ~Link();
  Link(const Link &) = delete;
  Link &operator=(const Link &) = delete;

  bool isConnected() const { return natsConnection_Status(m_connection) == NATS_CONN_STATUS_CONNECTED; }
  /// It was given up: servers have refused the credential again and again. Nothing but a new Link helps.
  bool isClosed() const { return natsConnection_IsClosed(m_connection); }
  /// What the server does not permit, as it says, since the connection was made; empty: it has refused nothing.
  QString refusal() const;
  /// Number of times that the connection was lost and found again.
  quint64 reconnects() const;
  natsConnection *connection() const { return m_connection; }
  jsCtx *stream() const { return m_stream; }
  Result<void> publish(const QByteArray &subject, const QByteArray &data, const QByteArray &reply = {}) const;

  Result<Listening> listen(const QByteArray &subject, Listening::Take take) const;
  /// `free`s what was unsubscribed, at the latest when this ends.
  void freeLater(std::function<void()> free) const;

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

  static constexpr size_t mostToFree = 32;

  Secrets m_secrets;
  mutable std::vector<std::function<void()>> m_toFree;
  natsConnection *m_connection = nullptr;
  jsCtx *m_stream = nullptr;
};

/// Name of the bucket of last values; its stream is KV_<bucket>.
QByteArray lastValuesBucket(const StreamConfig &config);
/// Makes the stream and the bucket of last values where they are missing.
Result<void> provideStreams(const Link &link, const StreamConfig &config);

}  // namespace tagwire::cluster
