// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "accessfile.h"

namespace tagwire {

/// Somebody who logs in to the pages. Plain value.
struct TAGWIRE_EXPORT User {
  QString name;  ///< unique, also without regard to case
  QString role;
  QString argon2id;    ///< hash of the password; for no eyes but the store's
  QString generation;  ///< random; another one after a change of password or role, which ends what was open
  Time created;

  static void describe(Shape<User> &shape);
};

/// Whether one of all users may be changed.
using UserCheck = std::function<AccessResult<void>(const User &user, const QList<User> &all)>;

/// What stands in users.json.
struct TAGWIRE_EXPORT UserDocument {
  static constexpr int currentVersion = 1;
  int version = currentVersion;
  QList<User> users;

  static void describe(Shape<UserDocument> &shape);
};

/// The users of a host, kept in `<data_dir>/users.json`; there is none unless somebody added one. Every instance and
/// the command line have a store of their own, and see what another one changed after refresh(). What changes users
/// waits for the disk and, with a password, for 70 ms of work: a running instance makes a second store for that in a
/// worker thread. Reentrant; owned by whoever asks.
class TAGWIRE_EXPORT UserStore {
 public:
  static constexpr int most = 10'000;
  static constexpr qsizetype shortestPassword = 10;   ///< bytes of UTF-8
  static constexpr qsizetype longestPassword = 1024;  ///< bytes of UTF-8

  /// Reads nothing yet.
  explicit UserStore(const QString &dataDir);

  /// Reads the file if it changed: call it once a second. True when the users or problem() may have changed.
  bool refresh();
  /// Why the file can't be used; what was known before goes on being valid. Empty when all is well.
  const QString &problem() const { return m_file.problem(); }
  /// False: the file could not be used since the program began, so nothing is known.
  bool wasRead() const { return m_file.wasRead(); }

  /// In the order of their creation.
  const QList<User> &list() const { return m_file.document().users; }
  std::optional<User> find(const QString &name) const;

  /// What verifies() compares a password with. For a name that nobody has: a hash that no password fits, so that the
  /// time it takes does not tell which names there are.
  QString hashOf(const QString &name) const;
  /// Takes 70 ms and 64 MiB: call it in a worker thread, few at a time. Thread-safe.
  static bool verifies(const QString &argon2id, const QString &password);

  /// Whether `role` is one is the caller's to check (Roles).
  AccessResult<void> add(const QString &name, const QString &role, const QString &password, Time now);
  /// The same, as long as there is nobody: of two at once only one gets through.
  AccessResult<void> addFirst(const QString &name, const QString &role, const QString &password, Time now);
  /// `check` is asked with the users as they stand in the file; what it refuses stays as it is. So below.
  AccessResult<void> remove(const QString &name, const UserCheck &check = {});
  /// Both at once, or neither. Absent: stays as it is.
  AccessResult<void> change(const QString &name, const std::optional<QString> &role,
                            const std::optional<QString> &password, const UserCheck &check = {});
  AccessResult<void> setPassword(const QString &name, const QString &password) { return change(name, {}, password); }
  AccessResult<void> setRole(const QString &name, const QString &role) { return change(name, role, {}); }

 private:
  /// As long as there are fewer than `room`; else the error is `full`.
  AccessResult<void> addWithin(qsizetype room, const AccessError &full, const QString &name, const QString &role,
                               const QString &password, Time now);

  AccessFile<UserDocument> m_file;
};

/// What is wrong with a password for this user, with what is allowed; empty when all is well. Never holds any of it.
TAGWIRE_EXPORT QString passwordProblem(const QString &name, const QString &password);

}  // namespace tagwire
