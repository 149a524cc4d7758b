// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alarmdesks.h"
#include "auditing.h"
#include "rest/part.h"

namespace tagwire::ws {

/// Rules of the alarms at run time (R3-15), of every instance that knows alarms. Thread-bound; owned by the gateway.
class AlarmRuleRoutes : public RestPart {
 public:
  AlarmRuleRoutes(Router &router, GatewayState &state);

 private:
  struct FoundRule {
    QString instance;
    AlarmRule rule;
  };
  using RuleTaker = std::function<void(const FoundRule &)>;

  void list(const Call &call) const;
  void one(const Call &call) const;
  void versions(const Call &call) const;
  void create(const Call &call) const;
  void replace(const Call &call) const;
  void remove(const Call &call) const;
  /// Goes on with the rule of the path, if the caller may do this with it; else answers.
  void withRule(const Call &call, Right due, const RuleTaker &taker) const;
  void change(const QString &instance, const AlarmRuleChange &change, const QJsonObject &before, const Doer &doer,
              const Answer &answer) const;
  void refuse(const Answer &answer, const Refusal &refusal) const;

  GatewayState &m_state;
};

}  // namespace tagwire::ws
