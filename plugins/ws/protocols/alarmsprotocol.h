// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>
#include <QSet>

#include <optional>
#include <unordered_map>

#include "alarmbook.h"
#include "endpointlimits.h"
#include "protocol.h"
#include "topics.h"

namespace tagwire::ws {

/// What one client of `alarms` wants to see (R3-5). What is absent admits everything. Plain value.
struct AlarmFilter {
  std::optional<QSet<int>> rules;
  std::optional<QSet<Severity>> severities;
  std::optional<QList<PathPattern>> areas;

  static Result<AlarmFilter> fromJson(const QJsonObject &message);
  bool admits(const AlarmTransition &alarm) const;
  bool isOpen() const { return !rules && !severities && !areas; }
};

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
    int asked = 0;                        ///< snapshots under way; until then transitions go into them
    std::shared_ptr<const States> shown;  ///< what the newest snapshot said, until its rules move on
    std::chrono::nanoseconds shownAt{0};
  };

  static bool sees(const Client &client, const AlarmTransition &alarm);
  void ask(Client &client);
  void sendSnapshot(Client &client, const AlarmBook::Active &active);
  void takeFilter(Client &client, const QJsonObject &message);
  void refuse(Session &session, const QString &message);

  PluginContext &m_context;
  AlarmBook m_alarms;
  std::unordered_map<quint64, Client> m_clients;
  States m_sent;  ///< newest state of each rule, to tell repeats
  Counter m_refused;
};

}  // namespace tagwire::ws
