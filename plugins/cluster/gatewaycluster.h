// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster.h"

namespace tagwire::cluster {

/// A gateway that is no hub: the alarms that it shows are those of the hub that tells of them. Thread-bound to the
/// host's thread; owned by the host.
class GatewayCluster : public Cluster, public AlarmDesk {
 public:
  using Cluster::Cluster;

  void standingAlarms(Reply<QList<AlarmStatus>> reply) override;
  void alarm(Reply<AlarmStatus> reply, int ruleId) override;
  void act(Reply<AlarmAnswer> reply, AlarmAction action) override;
  void areas(Reply<QList<AlarmArea>> reply) override;
  void history(Reply<QList<Event>> reply, AlarmHistoryQuery query) override;
  void statistics(Reply<AlarmStatistics> reply, Time from, Time to) override;
  void rules(Reply<QList<AlarmRule>> reply, QList<int> ids) override;
  /// Nobody can be asked before the start: none.
  QList<int> manifestRules() const override { return {}; }
  void ruleVersions(Reply<QList<AlarmRule>> reply, int id) override;
  void changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) override;

 private:
  template <class Answer, class... Given>
  void ask(Reply<Answer> reply, DeskCall call, const Given &...given);
};

/// The instance that the roles want.
std::unique_ptr<Cluster> makeCluster(const ClusterConfig &config, PluginContext &context);

}  // namespace tagwire::cluster
