// SPDX-License-Identifier: Apache-2.0
#include "auth/loginfailures.h"

#include <QJsonArray>

#include "http/addressgroup.h"

namespace tagwire::ws {

void LoginFailures::Counted::add(const Failure &failure) {
  ++(failure.isLocked ? locked : failed);
  if (!failure.user.isEmpty() && users.size() < mostUsers) users.insert(failure.user);
}

AuditEntry LoginFailures::Counted::entry() const {
  AuditEntry entry;
  entry.kind = QStringLiteral("login");
  entry.action = QStringLiteral("failed");
  entry.actor = QStringLiteral("anonymous");
  entry.address = address;
  if (users.size() == 1) entry.subject = *users.begin();
  entry.details = {{QStringLiteral("count"), failed + locked}};
  if (locked > 0) entry.details.insert(QStringLiteral("locked_out"), locked);
  if (users.size() > 1) {
    QStringList names = users.values();
    names.sort();
    entry.details.insert(QStringLiteral("users"), QJsonArray::fromStringList(names));
  }
  if (address.isEmpty()) entry.details.insert(QStringLiteral("addresses"), QStringLiteral("several"));
  return entry;
}

QList<AuditEntry> LoginFailures::add(const Failure &failure, Elapsed now) {
  QByteArray key = addressGroup(failure.address);
  QList<AuditEntry> entries = due(now);
  if (const auto known = m_counted.find(key); known != m_counted.end()) {
    known->add(failure);
    return entries;
  }
  const bool isOther = m_counted.size() - m_counted.contains({}) >= mostAddresses;
  if (isOther) key.clear();
  const bool isFirst = !m_counted.contains(key);
  Counted &counted = m_counted[key];
  if (isFirst) counted = {isOther ? QString() : failure.address.toString(), now, 0, 0, {}};
  counted.add(failure);
  if (isFirst) {
    entries << counted.entry();
    counted = {counted.address, now, 0, 0, {}};
  }
  return entries;
}

QList<AuditEntry> LoginFailures::due(Elapsed now) {
  QList<AuditEntry> entries;
  for (auto each = m_counted.begin(); each != m_counted.end();) {
    if (now - each->since < span) {
      ++each;
    } else if (each->failed + each->locked == 0) {
      each = m_counted.erase(each);
    } else {
      entries << each->entry();
      *each = {each->address, now, 0, 0, {}};
      ++each;
    }
  }
  return entries;
}

QList<AuditEntry> LoginFailures::all() {
  QList<AuditEntry> entries;
  for (const Counted &each : std::as_const(m_counted)) {
    if (each.failed + each.locked > 0) entries << each.entry();
  }
  m_counted.clear();
  return entries;
}

}  // namespace tagwire::ws
