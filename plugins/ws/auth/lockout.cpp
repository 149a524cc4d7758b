// SPDX-License-Identifier: Apache-2.0
#include "auth/lockout.h"

#include <QCryptographicHash>

#include <algorithm>

#include "http/addressgroup.h"

namespace tagwire::ws {

namespace {

QByteArray lockoutKey(const QHostAddress &address) { return addressGroup(address); }

/// Of one length, however long a name somebody sends.
QByteArray lockoutKey(const QString &user) {
  return QCryptographicHash::hash(user.toUtf8(), QCryptographicHash::Sha256);
}

}  // namespace

FailureTable::Elapsed FailureTable::waitFor(const Moments &moments, Elapsed now) const {
  if (moments.size() < m_limits.failures) return Elapsed::zero();
  return std::max(moments.last() + m_limits.lock - now, Elapsed::zero());
}

FailureTable::Elapsed FailureTable::waitFor(const QByteArray &key, Elapsed now) const {
  const auto found = m_entries.find(key);
  if (found != m_entries.end()) return waitFor(found->moments, now);
  if (size() < m_limits.entries) return Elapsed::zero();
  const Entry &weakest = *m_entries.get<ByWeight>().begin();  // when even that one is locked, all are
  return waitFor(weakest.moments, now) > Elapsed::zero() ? waitFor(m_others, now) : Elapsed::zero();
}

void FailureTable::add(Moments &moments, Elapsed now) const {
  while (!moments.isEmpty() && now - moments.first() >= m_limits.within) moments.removeFirst();
  if (moments.size() >= m_limits.failures) moments.removeFirst();
  moments.append(now);
}

void FailureTable::dropExpired(Elapsed now) {
  auto &byAge = m_entries.get<ByAge>();
  while (!byAge.empty() && byAge.begin()->newest() + m_limits.lock <= now) byAge.erase(byAge.begin());
}

bool FailureTable::makeRoom() {
  if (size() < m_limits.entries) return true;
  auto &byWeight = m_entries.get<ByWeight>();
  if (byWeight.begin()->moments.size() >= m_limits.failures) return false;
  byWeight.erase(byWeight.begin());
  ++m_forgotten;
  return true;
}

void FailureTable::add(const QByteArray &key, Elapsed now) {
  dropExpired(now);
  const auto found = m_entries.find(key);
  if (found != m_entries.end()) {
    m_entries.modify(found, [this, now](Entry &entry) { add(entry.moments, now); });
  } else if (makeRoom()) {
    m_entries.insert({key, {now}});
  } else {
    add(m_others, now);
  }
}

void FailureTable::remove(const QByteArray &key, Elapsed added) {
  const auto found = m_entries.find(key);
  if (found == m_entries.end()) {
    m_others.removeOne(added);
  } else if (found->moments == Moments{added}) {
    m_entries.erase(found);
  } else {
    m_entries.modify(found, [added](Entry &entry) { entry.moments.removeOne(added); });
  }
}

std::optional<std::chrono::seconds> LoginLockout::begin(const QHostAddress &address, const QString &user, Elapsed now) {
  const QByteArray addressKey = lockoutKey(address);
  const QByteArray userKey = lockoutKey(user);
  const Elapsed wait = std::max(m_addresses.waitFor(addressKey, now), m_users.waitFor(userKey, now));
  if (wait > Elapsed::zero()) return std::chrono::ceil<std::chrono::seconds>(wait);
  m_addresses.add(addressKey, now);
  m_users.add(userKey, now);
  return std::nullopt;
}

void LoginLockout::takeBack(const QHostAddress &address, const QString &user, Elapsed begun) {
  m_addresses.remove(lockoutKey(address), begun);
  m_users.remove(lockoutKey(user), begun);
}

}  // namespace tagwire::ws
