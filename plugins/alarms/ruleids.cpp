// SPDX-License-Identifier: Apache-2.0
#include "ruleids.h"

#include "context.h"
#include "rule.h"

namespace tagwire::alarms {

void RuleIds::enter(const AlarmsConfig &config, const PluginContext &context, ConfigReader &reader) {
  for (qsizetype i = 0; i < config.rules.size(); ++i) {
    const int id = config.rules.at(i).id;
    const QString other = instances.value(id, context.id());
    if (other == context.id()) {
      instances.insert(id, other);
      continue;
    }
    reader.error(QStringLiteral("rules[%1].id").arg(i),
                 QStringLiteral("%1 is taken by plugin \"%2\" (allowed: each rule id once)").arg(id).arg(other));
  }
}

void RuleIds::leave(const QString &instance) {
  instances.removeIf([&](const auto &entry) { return entry.value() == instance; });
}

}  // namespace tagwire::alarms
