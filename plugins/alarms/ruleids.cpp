// SPDX-License-Identifier: Apache-2.0
#include "ruleids.h"

#include <algorithm>
#include <limits>

#include "context.h"
#include "engineconfig.h"

namespace tagwire::alarms {
namespace {

constexpr qint64 begin2026 = 1'767'225'600;
constexpr int firstOfRunTime = 100'000;

}  // namespace

void RuleIds::enter(const AlarmsConfig &config, const PluginContext &context, ConfigReader &reader) {
  for (qsizetype i = 0; i < config.rules.size(); ++i) {
    const int id = config.rules.at(i).id;
    if (enter(id, context.id())) continue;
    reader.error(QStringLiteral("rules[%1].id").arg(i),
                 QStringLiteral("%1 is taken by plugin \"%2\" (allowed: each rule id once)").arg(id).arg(owner(id)));
  }
}

bool RuleIds::enter(int id, const QString &instance) {
  const QString other = m_instances.value(id, instance);
  if (other != instance) return false;
  m_instances.insert(id, instance);
  return true;
}

void RuleIds::leave(const QString &instance) {
  m_instances.removeIf([&](const auto &entry) { return entry.value() == instance; });
}

int RuleIds::nextFree() const {
  int id = firstOfRunTime;
  while (m_instances.contains(id) || m_used.contains(id)) ++id;
  return id;
}

int RuleIds::enterOwn(const QString &instance) {
  int id = std::numeric_limits<int>::max();
  while (!enter(id, instance)) --id;
  return id;
}

void RuleIds::beginOccurrences(qint64 lastKnown, const Clock &clock) {
  const qint64 seconds = toMilliseconds(clock.now()) / 1000 - begin2026;
  m_nextOccurrence = std::max({m_nextOccurrence, lastKnown + 1, seconds});
}

}  // namespace tagwire::alarms
