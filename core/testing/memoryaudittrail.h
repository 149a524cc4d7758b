// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include "audit/audittrail.h"

namespace tagwire {

/// A trail for tests, kept in memory. Thread-bound.
class MemoryAuditTrail : public AuditTrail {
 public:
  void append(AuditEntry entry, std::function<void(const Result<void> &)> stored = {}) override {
    const Result<void> result = m_trouble.isEmpty() ? Result<void>() : failure(m_trouble);
    if (result) m_records.prepend({m_records.size() + 1, std::move(entry), QByteArray(32, '\0')});
    if (stored) answer([stored, result] { stored(result); });
  }
  void read(const AuditQuery &query, std::function<void(const Result<QList<AuditRecord>> &)> take) const override {
    QList<AuditRecord> found;
    for (const AuditRecord &each : m_records) {
      if (found.size() < query.limit && isOf(query, each)) found << each;
    }
    const Result<QList<AuditRecord>> result =
        m_trouble.isEmpty() ? Result<QList<AuditRecord>>(found) : failure(m_trouble);
    answer([take, result] { take(result); });
  }

  /// The oldest first; of one kind, if it is given.
  QList<AuditEntry> entries(const QString &kind = {}) const {
    QList<AuditEntry> all;
    for (const AuditRecord &each : m_records) {
      if (kind.isEmpty() || each.entry.kind == kind) all.prepend(each.entry);
    }
    return all;
  }
  /// Nothing is stored or read from now on; empty: all is well again.
  void breakWith(const QString &trouble) { m_trouble = trouble; }

 private:
  static bool isOf(const AuditQuery &query, const AuditRecord &record) {
    const AuditEntry &entry = record.entry;
    const auto fits = [](const QString &wanted, const QString &given) { return wanted.isEmpty() || wanted == given; };
    return (!query.from || entry.time >= *query.from) && (!query.to || entry.time < *query.to) &&
           (query.before <= 0 || record.number < query.before) && fits(query.kind, entry.kind) &&
           fits(query.actor, entry.actor) && fits(query.subject, entry.subject) &&
           fits(query.reference, entry.reference);
  }
  /// As in the host: never from within the call.
  template <class Call>
  void answer(Call call) const {
    QMetaObject::invokeMethod(&m_here, std::move(call), Qt::QueuedConnection);
  }

  QList<AuditRecord> m_records;  ///< the newest first
  QString m_trouble;
  mutable QObject m_here;
};

}  // namespace tagwire
