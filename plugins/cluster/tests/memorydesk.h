// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTest>

#include "clusternode.h"
#include "patience.h"
#include "quietalarmdesk.h"

namespace tagwire::cluster {

/// An alarm desk that keeps in memory what stands, and raises what operators do on its node, as plugin alarms does. The
/// real one is in alarm_desk.py.
class MemoryDesk : public Plugin, public QuietAlarmDesk {
 public:
  explicit MemoryDesk(Node &node) : m_node(node) {
    node.context->addInstance(QStringLiteral("alarms"), QStringLiteral("alarms"), this);
  }
  void start() override {}
  void stop() override {}

  /// The alarm of a rule comes; its point is what it looks at.
  void raise(int rule, PointId point = PointId::None) {
    AlarmStatus &status = m_standing[rule];
    status.transition.ruleId = rule;
    status.transition.point = point;
    status.transition.state = AlarmState::Alarm;
    status.transition.condition = AlarmCondition::UnacknowledgedActive;
    notify(status.transition);
  }
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override { reply(m_standing.values()); }
  void alarm(Reply<AlarmStatus> reply, int rule) override {
    if (m_standing.contains(rule)) return reply(m_standing[rule]);
    reply(failure(QStringLiteral("there is no rule %1").arg(rule)));
  }
  void act(Reply<AlarmAnswer> reply, AlarmAction action) override {
    AlarmAnswer answer;
    if (!m_standing.contains(action.ruleId)) {
      answer.outcome = AlarmAnswer::Outcome::NoSuchRule;
      return reply(answer);
    }
    AlarmStatus &status = m_standing[action.ruleId];
    const bool isNew = action.kind == AlarmAction::Kind::Acknowledge && !status.isAcknowledged;
    answer.outcome = isNew ? AlarmAnswer::Outcome::Done : AlarmAnswer::Outcome::Already;
    if (isNew) {
      status.isAcknowledged = true;
      status.acknowledgedBy = action.by;
      status.transition.condition = AlarmCondition::AcknowledgedActive;
      AlarmConditionChange change;
      change.ruleId = action.ruleId;
      change.cause = QStringLiteral("ack");
      change.by = action.by;
      change.condition = AlarmCondition::AcknowledgedActive;
      notify(change);
    }
    answer.status = status;
    reply(answer);
  }
  void history(Reply<QList<Event>> reply, AlarmHistoryQuery query) override {
    asked = query;
    reply(QList<Event>{{query.after + 1, spool::timeAt(9), QStringLiteral("alarms"), AlarmTransition()}});
  }

  QString acknowledgedBy(int rule) const { return m_standing.value(rule).acknowledgedBy; }
  AlarmHistoryQuery asked;

 private:
  void notify(const decltype(Event::body) &body) {
    m_node.cluster->notify({0, m_node.context->clock().now(), QStringLiteral("alarms"), body});
  }
  Node &m_node;
  QMap<int, AlarmStatus> m_standing;
};

/// The gateway has a hub that tells of alarms.
inline bool isSpokenFor(Node &gateway) {
  std::optional<Result<QList<AlarmStatus>>> got;
  dynamic_cast<AlarmDesk &>(*gateway.cluster).standingAlarms([&](Result<QList<AlarmStatus>> answer) {
    got = std::move(answer);
  });
  return tagwire::testing::waitFor([&] { return got.has_value(); }) && got->has_value();
}

/// What happened before a node's start is not told there.
inline void bringInLine(const QList<Node *> &nodes) {
  for (Node *node : nodes) node->context->manualClock().setNow(std::chrono::system_clock::now());
}
inline int told(const Node &node, int rule) {
  return static_cast<int>(std::count_if(node.events.cbegin(), node.events.cend(), [&](const Event &event) {
    const auto *alarm = std::get_if<AlarmTransition>(&event.body);
    const auto *change = std::get_if<AlarmConditionChange>(&event.body);
    return (alarm && alarm->ruleId == rule) || (change && change->ruleId == rule);
  }));
}

}  // namespace tagwire::cluster
