// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTimer>

#include "plugin.h"
#include "rulebook.h"
#include "ruleids.h"

namespace tagwire::alarms {

/// The running instance: hands samples to the rule book, wakes it when a delay or a schedule runs out, raises its
/// transitions as events. Thread-bound, in the host thread (it asks the point table for last values); owned by the
/// host.
class Alarms : public Plugin, public Sink, public AlarmDesk {
  Q_OBJECT
 public:
  Alarms(QList<Rule> rules, PluginContext &context, std::shared_ptr<RuleIds> ids);
  ~Alarms() override;

  void start() override;
  void stop() override;
  void write(const Samples &samples) override;
  void notify(const Event &event) override;
  void standingAlarms(Reply<QList<AlarmStatus>> reply) override;
  void alarm(Reply<AlarmStatus> reply, int ruleId) override;
  void act(Reply<AlarmAnswer> reply, AlarmAction action) override;
  void areas(Reply<QList<AlarmArea>> reply) override;
  void history(Reply<QList<Event>> reply, AlarmHistoryQuery query) override;
  void statistics(Reply<AlarmStatistics> reply, Time from, Time to) override;
  void rules(Reply<QList<AlarmRule>> reply) override;
  void ruleVersions(Reply<QList<AlarmRule>> reply, int id) override;
  void changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) override;

 private:
  Moment now() const;
  QStringList bindRules();
  void wake();
  void publish(const RuleBook::Outcome &outcome, const Moment &moment);
  void armTimer(const Moment &moment);

  PluginContext &m_context;
  std::shared_ptr<RuleIds> m_ids;
  RuleBook m_rules;
  QTimer m_timer;
  bool m_running = false;
  Counter m_transitions;
  Counter m_ignored;
  Gauge m_active;
};

/// An instance as the manifest wants it; null when there are errors, each reported to `reader`.
std::unique_ptr<Alarms> makeAlarms(ConfigReader &reader, PluginContext &context);

}  // namespace tagwire::alarms
