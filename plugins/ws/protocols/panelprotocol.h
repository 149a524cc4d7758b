// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QSet>

#include <deque>
#include <unordered_map>

#include "commandbook.h"
#include "context.h"
#include "endpointlimits.h"
#include "newestsamples.h"
#include "protocol.h"

namespace tagwire::ws {

/// One panel and what it subscribed to.
struct PanelClient {
  Session *session = nullptr;
  QSet<PointId> points;
  QSet<QString> commands;
  bool hasAlarms = false;
  bool hasOwnCommands = false;  ///< all that its caller asked for
  NewestSamples held;           ///< while the session is congested
  quint64 coalesced = 0;        ///< samples that it never got, because newer ones replaced them

  const Caller &caller() const { return *session->caller(); }
  /// As R5-8 counts them.
  qsizetype subscriptions() const { return points.size() + commands.size() + (hasAlarms ? 1 : 0); }
};

/// Telemetry, alarms and command statuses for operator panels (page 5). Thread-bound (main thread); owned by the
/// gateway.
class PanelProtocol : public Protocol {
 public:
  PanelProtocol(PluginContext &context, const Limits &limits);

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

 protected:
  /// The client of a session that is open; null for any other.
  PanelClient *find(const Session &session);
  PanelClient &add(Session &session);
  std::unordered_map<quint64, PanelClient> &clients() { return m_clients; }
  /// From now on the client gets its changes.
  void watch(PanelClient &client, PointId point);
  void unwatch(PanelClient &client, PointId point);
  /// What a client is told when a point is not there any more (R5-14).
  Frame removedError(PointId point) const;
  /// Whether the client wants to be told of it and may be.
  bool isForAlarms(const PanelClient &client, const QString &area) const;
  bool isFor(const PanelClient &client, const CommandStatus &status) const;

  PluginContext &m_context;
  const Limits m_limits;

 private:
  /// Who watches a point, and what they were told last.
  struct Watched {
    QList<PanelClient *> clients;
    Value value;
    Quality quality;
  };
  struct Status {
    CommandStatus status;
    Frame frame;
  };

  void refuse(Session &session, const QString &message);
  void change(PanelClient &client, const QJsonObject &message, bool subscribes);
  void changeTelemetry(PanelClient &client, const QJsonObject &message, bool subscribes);
  void changeAlarms(PanelClient &client, bool subscribes);
  void changeCommands(PanelClient &client, const QJsonObject &message, bool subscribes);
  void changeOwnCommands(PanelClient &client, bool subscribes);
  bool admits(PanelClient &client, qsizetype more);
  bool allows(PanelClient &client, Right right);
  void sendNewest(PanelClient &client, const Sample &sample, const Frame &frame);
  void publish(const Sample &sample);
  void endRemoved(PointId point);
  void notifyCommand(const Event &event);

  std::shared_ptr<CommandBook> m_book;
  std::unordered_map<quint64, PanelClient> m_clients;
  std::unordered_map<quint32, Watched> m_watched;
  NewestSamples m_turn;
  QHash<QString, Status> m_statuses;    ///< the last one of each of the newest commands
  std::deque<QString> m_statusesOrder;  ///< the oldest first
  Counter m_coalesced;
  Counter m_refused;
};

/// As a client sees it: every NaN is the same null.
bool isSameValue(const Value &left, const Value &right);

}  // namespace tagwire::ws
