// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/loginfailures.h"
#include "auth/setupcode.h"
#include "rest/diskworker.h"
#include "rest/part.h"

namespace tagwire::ws {

/// /api/v1/setup: as long as there is no user at all, whoever has the code that stands in the service's log makes the
/// first one, with role admin.
class SetupRoutes : public RestPart {
 public:
  SetupRoutes(Router &router, GatewayState &state);
  void start() override;
  void tick() override;
  void stop() override;

 private:
  struct Wish {
    QString code;
    QString name;
    QString password;
  };

  static Result<Wish> readWish(const QByteArray &body);
  void setUp(const Call &call);
  void refuse(const Call &call);
  void addFirst(const Call &call, const Wish &wish);
  void record(const QList<AuditEntry> &entries) const;
  bool isNeeded() const { return m_code->isValid() && m_state.authenticator.users().list().isEmpty(); }

  GatewayState &m_state;
  const std::shared_ptr<SetupCode> m_code;
  Counter m_failed;
  LoginFailures m_failures;
  DiskWorker m_worker;
};

}  // namespace tagwire::ws
