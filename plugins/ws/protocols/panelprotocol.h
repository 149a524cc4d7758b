// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QSet>

#include <deque>
#include <unordered_map>
#include <vector>

#include "context.h"
#include "endpointlimits.h"
#include "newestsamples.h"
#include "pointnames.h"
#include "protocol.h"

namespace tagwire::ws {

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

 private:
  struct Client {
    Session *session = nullptr;
    QSet<PointId> points;
    QSet<QString> commands;
    bool hasAlarms = false;
    bool hasAllCommands = false;
    NewestSamples held;  ///< while the session is congested

    qsizetype subscriptions() const {
      return points.size() + commands.size() + (hasAlarms ? 1 : 0) + (hasAllCommands ? 1 : 0);
    }
  };
  /// Who watches a point, and what they were told last.
  struct Watched {
    QList<Client *> clients;
    Value value;
    Quality quality;
  };

  void refuse(Session &session, const QString &message);
  void change(Client &client, const QJsonObject &message, bool subscribes);
  void changeTelemetry(Client &client, const QJsonObject &message, bool subscribes);
  void changeCommands(Client &client, const QJsonObject &message, bool subscribes);
  bool admits(Client &client, qsizetype more);
  void watch(Client &client, PointId point);
  void unwatch(Client &client, PointId point);
  void publish(const Sample &sample);
  void endRemoved(const Sample &sample);
  Frame telemetryFrame(const Sample &sample);
  void notifyAlarm(const Event &event);
  void notifyCommand(const Event &event);

  PluginContext &m_context;
  Limits m_limits;
  PointNames m_names;
  std::unordered_map<quint64, Client> m_clients;
  std::unordered_map<quint32, Watched> m_watched;
  NewestSamples m_turn;
  QHash<QString, Frame> m_statuses;     ///< the last one of each of the newest commands
  std::deque<QString> m_statusesOrder;  ///< the oldest first
  Counter m_coalesced;
  Counter m_refused;
};

}  // namespace tagwire::ws
