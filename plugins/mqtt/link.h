// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QHostInfo>
#include <QLoggingCategory>
#include <QObject>
#include <QSocketNotifier>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "backoff.h"
#include "brokerurl.h"
#include "timestamp.h"
#include "tlscontext.h"

struct mosquitto;
struct mosquitto_message;
struct mqtt5__property;  // NOLINT(bugprone-reserved-identifier): the name is libmosquitto's

namespace tagwire::mqtt {

struct Message {
  QString topic;
  QByteArray payload;
  int qos = 0;
  bool isRetained = false;
  bool isHistorical = false;  ///< says so in the message's properties (MQTT 5)
};

struct Subscription {
  QString topic;
  int qos = 1;
  friend bool operator==(const Subscription &, const Subscription &) = default;
};

struct LinkSettings {
  BrokerUrl broker;
  QString clientId;
  QString user;
  Secret password;
  std::optional<TlsConfig> tls;
  bool isVersion5 = true;
  std::chrono::milliseconds keepAlive{15'000};
  std::chrono::milliseconds connectTimeout{10'000};
  int largestMessage = 262'144;    ///< bytes of a payload that comes in
  int messagesPerSecond = 10'000;  ///< that come in; the rest waits in the broker
};

/// The connection to a broker: libmosquitto in our event loop, with no thread of its own. Connects again by itself,
/// with pauses; every connection is a new session, and subscribes anew. Names are looked up by Qt, in a thread.
/// Thread-bound.
class Link : public QObject {
  Q_OBJECT
 public:
  Link(const LinkSettings &settings, const QLoggingCategory &log);
  ~Link() override;

  /// Asked before each attempt, for a last will may differ from one to the next.
  void setWill(std::function<std::optional<Message>()> will) { m_will = std::move(will); }
  /// In place for the next connection.
  void setSubscriptions(const QList<Subscription> &subscriptions) { m_subscriptions = subscriptions; }

  void start();
  /// Says goodbye, so that the broker does not publish the last will.
  void stop();
  /// Gives this connection up and connects again after a pause; with `farewell` the broker does not publish the will.
  void restart(const QString &why, bool farewell);

  bool isUp() const { return m_isUp; }
  /// A number that acknowledged() repeats. Errors: not connected, refused by the library.
  Result<int> publish(const Message &message);

 Q_SIGNALS:
  /// The session stands and its subscriptions are on their way.
  void up();
  /// `why` is for people. Also after each attempt that failed.
  void down(const QString &why);
  /// The broker has taken it (QoS 0: it is on its way), or not: `reason` of 128 and more (MQTT 5).
  void acknowledged(int number, int reason);
  void received(const tagwire::mqtt::Message &message);
  /// How many were too large since the last time.
  void oversized(int count);
  void subscriptionRefused(const QString &topic, const QString &why);

 private:
  struct Callbacks;
  using Happened = std::function<void()>;

  void attempt();
  void lookedUp(const QHostInfo &info);
  void connectTo(const QString &address);
  Result<void> prepare();
  void setProperties();
  void subscribe();
  void read();
  void after(int code);
  QString lossText(int code) const;
  void tell();
  void watch();
  void breathe();
  void misc();
  void lose(const QString &why);
  void close();

  const LinkSettings m_settings;
  const QLoggingCategory &m_log;
  std::function<std::optional<Message>()> m_will;
  QList<Subscription> m_subscriptions;
  std::vector<std::pair<int, QString>> m_subscribing;  ///< number of the request, topic
  mosquitto *m_session = nullptr;
  quint64 m_generation = 0;  ///< of the session: what an older one did counts no more
  std::shared_ptr<ssl_ctx_st> m_tls;
  std::unique_ptr<QSocketNotifier> m_reading;
  std::unique_ptr<QSocketNotifier> m_writing;
  QTimer m_everySecond;
  QTimer m_deadline;
  QTimer m_retry;
  QTimer m_breath;  ///< runs while a tenth of a second is counted
  Backoff m_backoff;
  QElapsedTimer m_upFor;
  std::vector<Happened> m_happened;  ///< within the library, told once it has returned
  bool m_isTelling = false;
  QList<QString> m_addresses;
  qsizetype m_nextAddress = 0;
  int m_lookup = -1;
  int m_taken = 0;  ///< messages in this tenth of a second
  int m_oversized = 0;
  bool m_isRunning = false;
  bool m_isUp = false;
};

/// What the broker means by a reason code of MQTT 5.
QString reasonText(int reason);

/// A name as one level of a topic: without + # / and control characters; "site" when there is none.
QString topicLevel(QString name);

/// "{site}" and other names in braces stand for what `values` says.
QString filled(QString pattern, const QList<std::pair<QString, QString>> &values);

}  // namespace tagwire::mqtt

Q_DECLARE_METATYPE(tagwire::mqtt::Message)
