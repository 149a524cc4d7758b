// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>

#include "device/gatekeeper.h"
#include "device/rejection.h"
#include "device/takeovers.h"
#include "sample.h"
#include "websocket/session.h"

namespace tagwire::ws {

/// One device while the program runs: who publishes for it, who watches it, and what it sent last. Times are those of
/// Clock::elapsed. Thread-bound; owned by the DeviceBook and, while they are connected, by its sessions' protocols.
class Device {
 public:
  /// `home`: the instance that declared it and owns its points; `points`: of the model's fields, in their order.
  Device(const QString &id, QString home, std::shared_ptr<const Model> model, const QTimeZone &zone,
         QList<PointId> points);

  const QString &id() const { return m_id; }
  const QString &home() const { return m_home; }
  const Gatekeeper &gatekeeper() const { return m_gatekeeper; }
  const Model &model() const { return m_gatekeeper.model(); }
  const QList<PointId> &points() const { return m_points; }

  /// Null while the device is not connected.
  Session *publisher() const { return m_publisher; }
  qsizetype watcherCount() const { return m_watchers.size(); }
  /// It is connected, and sent data, answered a PING or was accepted a moment ago (R2-4).
  bool isLive(std::chrono::nanoseconds now) const;

  /// Its connection is at another node now; true for some time after.
  void takeAway(std::chrono::nanoseconds now);
  bool isTakenAway(std::chrono::nanoseconds now) const { return m_takenAway && now - *m_takenAway <= liveFor; }

  /// The publisher sent something, good or not.
  void hear(std::chrono::nanoseconds now) { m_heard = now; }
  /// This session publishes from now on; one that did is closed with 4409.
  void publish(Session &session, std::chrono::nanoseconds now);
  /// Sends the last payload, and every one from now on (R2-8).
  void watch(Session &session);
  /// True when it was the publisher and nobody took its place.
  bool leave(const Session &session);
  /// Sends a payload of the publisher to the watchers as it is; a congested one gets the newest when it can take it
  /// again. Gives how many of them thereby miss an older one.
  int broadcast(const QByteArray &payload, std::chrono::nanoseconds now);
  /// A watcher took everything that it was sent.
  void drained(Session &session);
  /// Ends every session of the device.
  void closeAll(quint16 code, const QString &reason);

  Takeovers takeovers;
  RejectionLog rejections;
  QHash<QString, PointId> learned;  ///< points that the model does not name, by path

 private:
  static constexpr std::chrono::seconds liveFor{20};
  struct Watcher {
    Session *session;
    bool isBehind;  ///< the newest payload is still due
  };

  QString m_id;
  QString m_home;
  Gatekeeper m_gatekeeper;
  QList<PointId> m_points;
  Session *m_publisher = nullptr;
  std::chrono::nanoseconds m_heard{0};  ///< data, or accepted
  std::optional<std::chrono::nanoseconds> m_takenAway;
  QList<Watcher> m_watchers;
  Frame m_last;
  bool m_hasLast = false;
};

}  // namespace tagwire::ws
