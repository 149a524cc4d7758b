// SPDX-License-Identifier: Apache-2.0
#include "gatewaycluster.h"

namespace tagwire::cluster {

/// Where there is an instance of plugin alarms, its alarms are the ones that are shown, even if `hub_alarms` was
/// forgotten; both would be twice the same.
template <class Answer, class... Given>
void GatewayCluster::ask(Reply<Answer> reply, DeskCall call, const Given &...given) {
  for (const InstanceStatus &instance : context().instances()) {
    if (instance.type != u"alarms") continue;
    return reply(failure(QStringLiteral("absent: hubs are not asked where instance %1 offers the %2")
                             .arg(instance.id, QLatin1String(AlarmDesk::serviceName))));
  }
  hubAlarms().ask<Answer>(std::move(reply), call, given...);
}

void GatewayCluster::standingAlarms(Reply<QList<AlarmStatus>> reply) { ask(std::move(reply), DeskCall::Standing); }

void GatewayCluster::alarm(Reply<AlarmStatus> reply, int ruleId) { ask(std::move(reply), DeskCall::Alarm, ruleId); }

void GatewayCluster::act(Reply<AlarmAnswer> reply, AlarmAction action) { ask(std::move(reply), DeskCall::Act, action); }

void GatewayCluster::areas(Reply<QList<AlarmArea>> reply) { ask(std::move(reply), DeskCall::Areas); }

void GatewayCluster::history(Reply<QList<Event>> reply, AlarmHistoryQuery query) {
  ask(std::move(reply), DeskCall::History, query);
}

void GatewayCluster::statistics(Reply<AlarmStatistics> reply, Time from, Time to) {
  ask(std::move(reply), DeskCall::Statistics, from, to);
}

void GatewayCluster::rules(Reply<QList<AlarmRule>> reply, QList<int> ids) {
  ask(std::move(reply), DeskCall::Rules, ids);
}

void GatewayCluster::ruleVersions(Reply<QList<AlarmRule>> reply, int id) {
  ask(std::move(reply), DeskCall::RuleVersions, id);
}

void GatewayCluster::changeRule(Reply<AlarmAnswer> reply, AlarmRuleChange change) {
  ask(std::move(reply), DeskCall::ChangeRule, change);
}

std::unique_ptr<Cluster> makeCluster(const ClusterConfig &config, PluginContext &context) {
  // A hub has alarms of its own.
  const bool showsHubs = config.has(Role::Gateway) && !config.has(Role::Hub) && config.showsHubAlarms;
  if (showsHubs) return std::make_unique<GatewayCluster>(config, context);
  return std::make_unique<Cluster>(config, context);
}

}  // namespace tagwire::cluster
