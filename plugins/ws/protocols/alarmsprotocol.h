// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>

#include "alarmactions.h"
#include "alarmbook.h"
#include "alarmfilter.h"
#include "alarmplayback.h"
#include "endpointlimits.h"
#include "protocol.h"

namespace tagwire::ws {

/// Alarms for viewers and bots (page 3). Thread-bound (main thread); owned by the gateway.
class AlarmsProtocol : public Protocol {
 public:
  AlarmsProtocol(PluginContext &context, const Limits &limits);

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
  using States = QHash<int, AlarmState>;
  struct Client {
    Session *session = nullptr;
    AlarmFilter filter;
    int asked = 0;                        ///< snapshots under way; the newest is sent
    bool isCurrent = false;               ///< has a snapshot of what it may see now; until then transitions go into it
    int openActions = 0;                  ///< that have no result yet
    std::shared_ptr<const States> shown;  ///< what the newest snapshot said
    QSet<int> moved;                      ///< rules of `shown` that have moved on since
    std::chrono::nanoseconds shownAt{0};
    std::unique_ptr<AlarmPlayback> playback;  ///< the newest, maybe over
  };
  /// One answer of the desks and what was made of it, for all who asked at the same time.
  struct Round {
    std::shared_ptr<const States> states;
    QHash<QString, Frame> frames;  ///< for clients without a filter, by their rights
  };
  /// What a `result` answers: echoed as the client gave it.
  struct Request {
    QString of;
    std::optional<int> rule;
    QByteArray id;  ///< JSON; null: the client gave none
  };

  static bool sees(const Client &client, int rule, Severity severity, const QString &area);
  static bool sees(const Client &client, const Event &event);
  void watchDesks();
  void ask(Client &client);
  void askAnew(Client &client);
  void sendSnapshot(Client &client, const AlarmBook::Active &standing);
  Frame snapshotFor(const Client &client, const AlarmBook::Active &standing) const;
  void refuse(Session &session, const QString &message);
  void notifyTransition(const Event &event, const AlarmTransition &alarm);
  void sendTransition(Client &client, const AlarmTransition &alarm, const Frame &frame);
  void notifyChange(const Event &event);

  void takeFilter(Client &client, const QJsonObject &message, const Request &request);
  void act(Client &client, AlarmAction::Kind kind, const QJsonObject &message, Request request);
  void acted(quint64 client, const Request &request, const ActionOutcome &outcome);
  void play(Client &client, const QJsonObject &message, const Request &request);
  void stopPlaying(Client &client, const Request &request);
  void answer(Session &session, const Request &request, std::optional<bool> isChanged = std::nullopt);
  void answer(Session &session, const Request &request, const Refusal &refusal);

  static constexpr int mostOpenActions = 100;  ///< of one client

  PluginContext &m_context;
  const Limits m_limits;
  AlarmBook m_alarms;
  std::unordered_map<quint64, Client> m_clients;
  Round m_round;
  States m_sent;     ///< newest state of each rule, to tell repeats
  QStringList m_up;  ///< instances that knew alarms at the last tick
  Counter m_refused;
  const std::shared_ptr<AlarmsProtocol *> m_self;  ///< what comes late finds it gone
};

}  // namespace tagwire::ws
