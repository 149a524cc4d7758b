// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QObject>
#include <QStringList>
#include <QTimer>

#include <mosquitto.h>

namespace tagwire::mqtt {

/// Another client of the broker, by libmosquitto alone: nothing of the plugin is in it. MQTT 3.1.1.
class Peer : public QObject {
 public:
  struct Got {
    QString topic;
    QByteArray payload;
    bool isRetained;
  };

  explicit Peer(int port, const char *will = nullptr) {
    mosquitto_lib_init();
    m_session = mosquitto_new(nullptr, true, this);
    mosquitto_message_callback_set(m_session, [](mosquitto *, void *self, const mosquitto_message *message) {
      static_cast<Peer *>(self)->m_got.append(
          {QString::fromUtf8(message->topic),
           QByteArray(static_cast<const char *>(message->payload), message->payloadlen), message->retain});
    });
    mosquitto_subscribe_callback_set(
        m_session, [](mosquitto *, void *self, int, int, const int *) { ++static_cast<Peer *>(self)->m_subscribed; });
    if (will) mosquitto_will_set(m_session, will, 4, "gone", 1, false);
    m_isConnected = mosquitto_connect(m_session, "127.0.0.1", port, 60) == MOSQ_ERR_SUCCESS;
    connect(&m_timer, &QTimer::timeout, this, &Peer::turn);
    m_timer.start(1);
  }
  ~Peer() override { mosquitto_destroy(m_session); }

  bool isConnected() const { return m_isConnected; }
  /// The broker is gone, and what it had sent is read.
  bool isOver() const { return !m_timer.isActive(); }
  /// Returns once the broker has said that it did.
  bool subscribe(const char *filter, int qos = 1) {
    const int before = m_subscribed;
    mosquitto_subscribe(m_session, nullptr, filter, qos);
    for (int i = 0; i < 2000 && m_subscribed == before; ++i) mosquitto_loop(m_session, 5, 100);
    return m_subscribed > before;
  }
  void publish(const QString &topic, const QByteArray &payload, bool isRetained = false, int qos = 1) {
    mosquitto_publish(m_session, nullptr, topic.toUtf8().constData(), static_cast<int>(payload.size()),
                      payload.constData(), qos, isRetained);
  }
  const QList<Got> &got() const { return m_got; }
  void clear() { m_got.clear(); }
  QList<QByteArray> payloads(const QString &topic) const {
    QList<QByteArray> all;
    for (const Got &each : m_got) {
      if (each.topic == topic) all << each.payload;
    }
    return all;
  }
  QByteArray last(const QString &topic) const {
    const auto all = payloads(topic);
    return all.isEmpty() ? QByteArray() : all.last();
  }

 private:
  void turn() {
    for (int i = 0; i < 200; ++i) {
      const auto before = m_got.size();
      if (mosquitto_loop(m_session, 0, 100) != MOSQ_ERR_SUCCESS) return m_timer.stop();
      if (m_got.size() == before) return;
    }
  }

  mosquitto *m_session = nullptr;
  QTimer m_timer;
  QList<Got> m_got;
  int m_subscribed = 0;
  bool m_isConnected = false;
};

}  // namespace tagwire::mqtt
