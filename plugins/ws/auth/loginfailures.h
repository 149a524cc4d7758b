// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QHostAddress>
#include <QSet>

#include <chrono>

#include "audit/audittrail.h"

namespace tagwire::ws {

/// Failed logins on their way to the audit trail, so that no flood of them fills a disk: the first of an address (IPv6:
/// one /64) is on record at once, what follows within a minute as one record with its count. At most 20 addresses at a
/// time have their own; the others share one. Plain class, driven by a time that only goes forward.
class LoginFailures {
 public:
  using Elapsed = std::chrono::nanoseconds;
  static constexpr std::chrono::minutes span{1};
  static constexpr qsizetype mostAddresses = 20;
  static constexpr qsizetype mostUsers = 10;  ///< that one record names

  struct Failure {
    QHostAddress address;
    QString user;           ///< empty: there is none of that name
    bool isLocked = false;  ///< the password was not looked at, as too many had failed
  };

  /// What is to be on record at once.
  QList<AuditEntry> add(const Failure &failure, Elapsed now);
  /// What is to be on record by now.
  QList<AuditEntry> due(Elapsed now);
  /// What was not on record yet.
  QList<AuditEntry> all();

 private:
  struct Counted {
    QString address;  ///< empty: several
    Elapsed since{0};
    qint64 failed = 0;
    qint64 locked = 0;
    QSet<QString> users;

    void add(const Failure &failure);
    AuditEntry entry() const;
  };
  QHash<QByteArray, Counted> m_counted;  ///< by group of addresses; under an empty key the others
};

}  // namespace tagwire::ws
