// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QList>

#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "auth/eventaccess.h"
#include "livetext.h"
#include "newestsamples.h"
#include "topics.h"
#include "websocket/session.h"

namespace tagwire::ws {

class LiveFeed;

/// One subscription of one client of `live`. Owned by its LiveClient.
struct LiveSubscription {
  enum class Stage { Snapshot, Replay, Live };

  QByteArray id;  ///< JSON string
  Session *session = nullptr;
  LiveFeed *feed = nullptr;
  Stage stage = Stage::Snapshot;
  bool hasGap = false;                        ///< its resume could not be served: the snapshot says so
  quint64 sequence = 0;                       ///< all that happened up to it was handed to the session
  quint64 question = 0;                       ///< where to go on is asked for: no catch-up before the answer
  std::shared_ptr<const QList<PointId>> own;  ///< come before the replay (ResumePoint)
  NewestSamples held;                         ///< while the session is congested
  QList<QByteArray> events;                   ///< that came before the snapshot could be sent
};

/// One client of `live`. Owned by LiveProtocol.
struct LiveClient {
  Session *session = nullptr;
  std::map<QString, std::unique_ptr<LiveSubscription>> subscriptions;
  QList<LiveSubscription *> catchUps;  ///< wait for their snapshot or replay, one after the other
  /// That it asked for and that have not ended → its id of them, as JSON; several when it asked twice with the same
  /// correlation id.
  QMultiHash<QString, QByteArray> commands;
  int openActions = 0;      ///< on alarms
  int openQuestions = 0;    ///< where its subscriptions go on
  bool isAsking = false;    ///< the first one waits for the alarms
  bool hadItsTurn = false;  ///< got one in this turn of the event loop
  quint64 coalesced = 0;    ///< samples that it never got, because newer ones replaced them
};

/// All subscriptions with the same topics and rate of callers with the same rights: what one encoding serves (R6-6).
/// Thread-bound (main thread); owned by LiveProtocol.
class LiveFeed {
 public:
  using Interval = std::chrono::nanoseconds;

  LiveFeed(TopicSet topics, Interval interval, Permissions permissions, const PointTable &points);

  /// The topics name it, and whoever subscribed may see it.
  bool wants(const PointNames::Entry &entry);
  bool wantsAlarm(const QString &area, int ruleId) const;
  bool wants(const LiveEvent &event) const;
  bool wantsAlarms() const { return m_wantsAlarms; }
  const TopicSet &topics() const { return m_topics; }
  Interval interval() const { return m_interval; }

  QList<LiveSubscription *> subscriptions;
  NewestSamples waiting;  ///< for the next time that the rate allows
  quint64 sequence = 0;   ///< with `waiting`: all up to it was sent
  Interval sentAt{Interval::min() / 2};
  QByteArray snapshotTail;             ///< of the newest one, for others who ask in the same turn
  QHash<QByteArray, Frame> snapshots;  ///< the same, by what stands before the tail

 private:
  TopicSet m_topics;
  Interval m_interval;
  Permissions m_permissions;
  EventAccess m_access;
  bool m_wantsAlarms;
  // Ids only grow, so that what is known of one holds for good.
  std::vector<bool> m_known;
  std::vector<bool> m_wanted;
};

}  // namespace tagwire::ws
