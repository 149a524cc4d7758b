// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QTimer>

#include <map>

#include "alarmactions.h"
#include "alarmbook.h"
#include "endpointlimits.h"
#include "gatewaystate.h"
#include "livefeed.h"
#include "liverequest.h"
#include "protocol.h"
#include "replayring.h"
#include "services/resumepoints.h"

namespace tagwire::ws {

/// The runtime's own protocol (page 6). Thread-bound (main thread); owned by the gateway.
///
/// A subscription begins with a catch-up (a snapshot, or a replay of what was missed) and is then Live. A client gets
/// one catch-up at a time, in pieces, and only while it takes what it is sent, so that no number of subscriptions
/// makes it cost more memory than one snapshot. All together get so much of a turn and no more: others wait their turn.
class LiveProtocol : public Protocol {
 public:
  LiveProtocol(GatewayState &state, const Limits &limits);

  std::optional<Refusal> check(const Upgrade &upgrade, const Caller &caller) const override;
  void opened(Session &session) override;
  void callerChanged(Session &session) override;
  void received(Session &session, const QByteArray &text) override;
  void drained(Session &session) override;
  void closed(Session &session) override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void flush() override;
  void tick(Time now) override;
  Activity activityOf(const Session &session) const override;

 private:
  using Stage = LiveSubscription::Stage;
  /// Samples and events of one feed, encoded once; frames by their head, since the id differs from client to client.
  struct Update {
    Samples samples;
    Samples traced;  ///< those that somebody traces
    QByteArray samplesTail;
    QByteArray eventsTail;
    QList<QByteArray> events;  ///< the entries of eventsTail's events
    quint64 sequence = 0;
    QHash<QByteArray, Frame> frames;
    // The newest of them: most subscriptions of a feed have the same id and number.
    QByteArray lastId;
    quint64 lastSequence = 0;
    Frame lastFrame;
  };

  void refuse(Session &session, const QJsonValue &id, const QString &message);
  void carryOut(LiveClient &client, const QString &operation, const QJsonObject &message);
  void subscribe(LiveClient &client, const QJsonObject &message);
  void unsubscribe(LiveClient &client, const QJsonObject &message);
  void remove(LiveClient &client, const QString &id);
  void command(LiveClient &client, const QJsonObject &message);
  void runScene(LiveClient &client, const QJsonObject &message);
  /// The id under which the client is told of a command; nothing after a refusal.
  std::optional<QString> commandIdOf(LiveClient &client, const QJsonObject &message);
  /// Hands a command on, or tells how the one with its correlation id went.
  void submit(LiveClient &client, const QString &id, const Command &command);
  void tell(LiveClient &client, const CommandStatus &status, Time time);
  void tellOne(LiveClient &client, const QByteArray &id, const CommandStatus &status, Time time);
  void select(LiveClient &client, const QJsonObject &message);
  /// Approves or cancels a command.
  void settle(LiveClient &client, const QJsonObject &message, bool approves);
  void act(LiveClient &client, AlarmAction::Kind kind, const QJsonObject &message);
  void acted(quint64 client, const QString &id, const AlarmAction &action, const ActionOutcome &outcome);
  LiveFeed &feedFor(const TopicSet &topics, LiveFeed::Interval interval, const Permissions &permissions);
  void leaveFeed(LiveSubscription &subscription);
  void begin(LiveClient &client, LiveSubscription &subscription, const LiveSubscribe &request);

  // Clients of another node (liveresume.cpp).
  void askWhereToGoOn(LiveClient &client, LiveSubscription &subscription, const LiveSubscribe &request);
  void goOn(quint64 client, quint64 question, const Result<ResumePoint> &point);
  void askForOthers();

  void publish(LiveFeed &feed);
  void publishWaiting(LiveFeed &feed);
  void deliver(LiveFeed &feed, Update &update);
  void deliver(LiveSubscription &subscription, Update &update);
  void hold(LiveSubscription &subscription, const Samples &samples);
  void sendHeld(LiveSubscription &subscription, const QByteArray &eventsTail);
  void sendUpdate(LiveSubscription &subscription, quint64 sequence, const QByteArray &tail);
  void collect(LiveFeed &feed, const LiveEvent &event, QList<QByteArray> *events);
  void pace();
  void traceSent(const LiveSubscription &subscription, const Samples &traced);
  void closeSlow();

  void catchUp(LiveClient &client);
  void catchUpLater();
  void replay(LiveClient &client, LiveSubscription &subscription);
  void addLastValues(LiveFeed &feed, const QList<PointId> &points);
  bool isTurnSpent(const LiveSubscription &next) const;
  void continueNextTurn();
  void deferCatchUp(const LiveClient &client);
  void askForAlarms(LiveClient &client);
  void takeAlarms(const AlarmBook::Active &alarms);
  void sendSnapshot(LiveClient &client, LiveSubscription &subscription, const AlarmBook::Active &alarms);
  QByteArray snapshotTail(LiveFeed &feed, const AlarmBook::Active &alarms);
  void forgetSnapshots();
  bool somebodyMayComeBack() const;

  /// What catch-ups have cost in this turn of the event loop.
  struct Turn {
    std::chrono::nanoseconds began{0};
    qsizetype encoded = 0;  ///< bytes, and a few for each point that was looked at
    qsizetype copied = 0;   ///< bytes of what was encoded for others
  };

  static constexpr qsizetype mostOpenCommands = 100;  ///< of one client
  static constexpr int mostOpenActions = 100;         ///< of one client
  static constexpr int mostOpenQuestions = 100;       ///< of one client

  GatewayState &m_state;
  PluginContext &m_context;
  Limits m_limits;
  PointNames m_names;
  AlarmBook m_alarms;
  ReplayRing m_ring;
  std::chrono::nanoseconds m_lastClient;      ///< when the last one left; long ago at first
  bool m_mayComeFromOthers = false;           ///< clients of other nodes may resume here
  std::chrono::nanoseconds m_askOthersAt{0};  ///< … is asked then
  quint64 m_question = 0;
  LiveText m_text;
  std::map<quint64, LiveClient> m_clients;
  std::map<QString, std::unique_ptr<LiveFeed>> m_feeds;
  QList<Samples> m_turnSamples;
  QList<LiveEvent> m_turnEvents;
  QList<quint64> m_tooSlow;  ///< closed once nobody iterates over subscriptions
  quint64 m_newest = 0;
  QList<quint64> m_asking;  ///< clients that wait for the alarms
  Turn m_turn;
  quint64 m_firstDeferred = 0;  ///< the client that found a turn spent begins the next; 0: none
  QTimer m_next;                ///< goes on with catch-ups in the next turn
  QTimer m_pace;                ///< for feeds with a rate
  Counter m_coalesced;
  Counter m_refused;
  const std::shared_ptr<LiveProtocol *> m_self;  ///< the end of an action that comes late finds it gone
};

}  // namespace tagwire::ws
