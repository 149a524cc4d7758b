// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QThreadPool>

#include "auth/loginfailures.h"
#include "http/addressgroup.h"
#include "rest/diskworker.h"
#include "rest/part.h"

namespace tagwire::ws {

/// People: login, logout, who am I, and the users of the host for those who administer them. Passwords and files are
/// worked on in threads of its own, at most two at a time.
class AccountRoutes : public RestPart {
 public:
  AccountRoutes(Router &router, GatewayState &state);
  ~AccountRoutes() override;
  void tick() override;
  void stop() override;

 private:
  /// What a change of users is: carried out on a store of its own, in a thread of its own.
  using Change = std::function<AccessResult<void>(UserStore &store)>;

  void login(const Call &call);
  void logout(const Call &call);
  void whoAmI(const Call &call) const;
  void listUsers(const Call &call) const;
  void addUser(const Call &call);
  void changeUser(const Call &call);
  void removeUser(const Call &call);
  /// `what` is for the log and `entry` for the record, once it is done.
  void change(const Call &call, int status, const QString &what, const AuditEntry &entry, const Change &change);
  void noteFailure(const QString &name, const Sender &sender, bool isLocked);
  void record(const QList<AuditEntry> &entries) const;
  std::optional<Refusal> checkRole(const Call &call, const QString &role) const;
  UserCheck checkOf(const Call &call, const std::optional<QString> &newRole, bool stays) const;
  template <class Result>
  bool inThread(const Answer &answer, std::function<Result()> work, std::function<void(Result)> done);

  static constexpr int mostWaiting = 32;

  GatewayState &m_state;
  Counter m_failed;
  Counter m_locked;
  AddressLog m_lockedLog;
  LoginFailures m_failures;
  QObject m_here;  ///< results come back to its thread; gone with this
  QThreadPool m_threads;
  DiskWorker m_worker;  ///< for logouts, which must not wait for logins
  int m_waiting = 0;
};

}  // namespace tagwire::ws
