// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multi_index/mem_fun.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>

#include <QByteArray>
#include <QList>

#include <chrono>
#include <optional>
#include <utility>

class QHostAddress;

namespace tagwire::ws {

/// How many failed logins are too many. Plain value.
struct LockoutLimits {
  int failures = 10;
  std::chrono::seconds within{60};
  std::chrono::seconds lock{60};  ///< from the last failure; at least `within`
  qsizetype entries = 10'000;     ///< that are remembered, of addresses and of users each
};

/// Who has failed when, by key, in bounded memory. Plain class, driven by the time it is given; part of a LoginLockout.
///
/// When it is full, the key with the fewest failures makes room, the oldest of them first, and never one that is
/// locked: to have a key with n failures forgotten, somebody needs n failures under each of `entries` other keys. When
/// all are locked, new keys share one count.
class FailureTable {
 public:
  using Elapsed = std::chrono::nanoseconds;

  explicit FailureTable(const LockoutLimits &limits) : m_limits(limits) {}

  /// Zero: not locked.
  Elapsed waitFor(const QByteArray &key, Elapsed now) const;
  void add(const QByteArray &key, Elapsed now);
  /// Takes back what was added at that moment.
  void remove(const QByteArray &key, Elapsed added);

  qsizetype size() const { return static_cast<qsizetype>(m_entries.size()); }
  /// Keys that were forgotten before their time.
  quint64 forgotten() const { return m_forgotten; }

 private:
  using Moments = QList<Elapsed>;  ///< ascending, at most `failures`; that many: locked
  struct Entry {
    QByteArray key;
    Moments moments;
    Elapsed newest() const { return moments.last(); }
    std::pair<qsizetype, Elapsed> weight() const { return {moments.size(), newest()}; }
  };
  struct ByAge {};
  struct ByWeight {};
  using Entries = boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<
                 boost::multi_index::ordered_unique<boost::multi_index::member<Entry, QByteArray, &Entry::key>>,
                 boost::multi_index::ordered_non_unique<
                     boost::multi_index::tag<ByAge>, boost::multi_index::const_mem_fun<Entry, Elapsed, &Entry::newest>>,
                 boost::multi_index::ordered_non_unique<
                     boost::multi_index::tag<ByWeight>,
                     boost::multi_index::const_mem_fun<Entry, std::pair<qsizetype, Elapsed>, &Entry::weight>>>>;

  Elapsed waitFor(const Moments &moments, Elapsed now) const;
  void add(Moments &moments, Elapsed now) const;
  void dropExpired(Elapsed now);
  bool makeRoom();

  LockoutLimits m_limits;
  Entries m_entries;
  Moments m_others;  ///< of the keys that found no room
  quint64 m_forgotten = 0;
};

/// Refuses logins for a while after too many failures from one address (IPv6: one /64) or for one user, whether there
/// is such a user or not. Plain class, driven by a time that only goes forward (Clock::elapsed()); owned by the
/// gateway.
class LoginLockout {
 public:
  using Elapsed = std::chrono::nanoseconds;

  explicit LoginLockout(const LockoutLimits &limits) : m_addresses(limits), m_users(limits) {}

  /// Before the password is looked at. Nothing: go on; the attempt counts as failed until it is taken back, so that a
  /// thousand at once get no more tries than one after another. Else answer 429 with this Retry-After, whatever
  /// the password; such an attempt does not count.
  std::optional<std::chrono::seconds> begin(const QHostAddress &address, const QString &user, Elapsed now);
  /// The password was right, or nobody has looked at it. `begun` is the time that begin() was given. Earlier failures
  /// stay counted: with a password of their own nobody gets more tries at another's.
  void takeBack(const QHostAddress &address, const QString &user, Elapsed begun);

  const FailureTable &addresses() const { return m_addresses; }
  const FailureTable &users() const { return m_users; }

 private:
  FailureTable m_addresses;
  FailureTable m_users;
};

}  // namespace tagwire::ws
