// SPDX-License-Identifier: Apache-2.0
#include "userstore.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "randomtext.h"

namespace tagwire {

namespace {

using enum AccessError::Kind;

constexpr unsigned long long operations = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr size_t memory = crypto_pwhash_MEMLIMIT_INTERACTIVE;  // 64 MiB

/// The same password may be typed as different code points on two keyboards; NIST SP 800-63B, 5.1.1.2.
QByteArray bytesOf(const QString &password) { return password.normalized(QString::NormalizationForm_KC).toUtf8(); }

bool isLengthRight(qsizetype bytes) {
  return bytes >= UserStore::shortestPassword && bytes <= UserStore::longestPassword;
}

/// The library reads a whole array, whatever the text's length.
std::array<char, crypto_pwhash_STRBYTES> arrayOf(const QString &argon2id) {
  std::array<char, crypto_pwhash_STRBYTES> array{};
  const QByteArray text = argon2id.toLatin1().left(crypto_pwhash_STRBYTES - 1);
  std::copy(text.begin(), text.end(), array.begin());
  return array;
}

QString hashProblem(const QString &argon2id) {
  const bool isHash = argon2id.size() < static_cast<qsizetype>(crypto_pwhash_STRBYTES) &&
                      argon2id.startsWith(QLatin1String(crypto_pwhash_STRPREFIX)) &&
                      crypto_pwhash_str_needs_rehash(arrayOf(argon2id).data(), operations, memory) != -1;
  return isHash ? QString() : QStringLiteral("is no hash of a password (allowed: what argon2id made)");
}

AccessResult<QString> hashOfNew(const QString &name, const QString &password) {
  if (const QString wrong = passwordProblem(name, password); !wrong.isEmpty()) return refused(Wrong, wrong);
  if (sodium_init() < 0) return refused(Unavailable, QStringLiteral("libsodium can't be initialised"));
  QByteArray bytes = bytesOf(password);
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const int outcome = crypto_pwhash_str(hash.data(), bytes.constData(), static_cast<unsigned long long>(bytes.size()),
                                        operations, memory);
  sodium_memzero(bytes.data(), static_cast<size_t>(bytes.size()));
  if (outcome != 0) return refused(Unavailable, QStringLiteral("there are no 64 MiB of memory to hash a password"));
  return QString::fromLatin1(hash.data());
}

QString newGeneration() { return QString::fromLatin1(randomText(16)); }

tl::unexpected<AccessError> nobody(const QString &name) {
  return refused(Unknown, QStringLiteral("there is no user \"%1\"").arg(name.left(70)));
}

QList<User>::iterator findIn(QList<User> &users, const QString &name) {
  return std::find_if(users.begin(), users.end(), [&](const User &each) { return each.name == name; });
}

}  // namespace

QString passwordProblem(const QString &name, const QString &password) {
  if (!isLengthRight(bytesOf(password).size())) {
    return QStringLiteral("the password is too short or too long (allowed: %1 to %2 bytes of UTF-8)")
        .arg(UserStore::shortestPassword)
        .arg(UserStore::longestPassword);
  }
  if (password.compare(name, Qt::CaseInsensitive) != 0) return {};
  return QStringLiteral("the password is the user's name (allowed: any other text)");
}

void User::describe(Shape<User> &shape) {
  shape.required("name", &User::name, "unique").check(accessNameProblem);
  shape.required("role", &User::role, "what the user may do").check(accessNameProblem);
  shape.required("argon2id", &User::argon2id, "hash of the password").check(hashProblem);
  shape.required("generation", &User::generation, "random").range(1, 64);
  shape.required("created", &User::created, "when");
}

void UserDocument::describe(Shape<UserDocument> &shape) {
  shape.required("version", &UserDocument::version, "of this form").range(1, currentVersion);
  shape.required("users", &UserDocument::users, "each one").range(0, UserStore::most);
}

UserStore::UserStore(const QString &dataDir) : m_file(dataDir, QStringLiteral("users.json")) {}

bool UserStore::refresh() { return m_file.refresh(); }

std::optional<User> UserStore::find(const QString &name) const {
  const auto found = std::find_if(list().begin(), list().end(), [&](const User &each) { return each.name == name; });
  return found == list().end() ? std::nullopt : std::optional(*found);
}

QString UserStore::hashOf(const QString &name) const {
  const auto user = find(name);
  return user
             ? user->argon2id
             : QStringLiteral(
                   "$argon2id$v=19$m=65536,t=2,p=1$4UyU1meIqSAk6m+uNZ9S/w$mqmdsINYXKV4TEOCuOQvPAI97MmxeivhOnW4Q77y11Y");
}

bool UserStore::verifies(const QString &argon2id, const QString &password) {
  QByteArray bytes = bytesOf(password);
  if (bytes.size() > longestPassword || sodium_init() < 0) return false;
  const bool isRight = crypto_pwhash_str_verify(arrayOf(argon2id).data(), bytes.constData(),
                                                static_cast<unsigned long long>(bytes.size())) == 0;
  sodium_memzero(bytes.data(), static_cast<size_t>(bytes.size()));
  return isRight;
}

AccessResult<void> UserStore::add(const QString &name, const QString &role, const QString &password, Time now) {
  return addWithin(most, {Unavailable, QStringLiteral("there are %1 users already").arg(most)}, name, role, password,
                   now);
}

AccessResult<void> UserStore::addFirst(const QString &name, const QString &role, const QString &password, Time now) {
  return addWithin(1, {Taken, QStringLiteral("there is a user already")}, name, role, password, now);
}

AccessResult<void> UserStore::addWithin(qsizetype room, const AccessError &full, const QString &name,
                                        const QString &role, const QString &password, Time now) {
  for (const QString &each : {name, role}) {
    if (const QString wrong = accessNameProblem(each); !wrong.isEmpty()) return refused(Wrong, wrong);
  }
  const auto hash = hashOfNew(name, password);
  if (!hash) return tl::unexpected(hash.error());
  const User user{name, role, *hash, newGeneration(), fromMilliseconds(toMilliseconds(now))};
  return m_file.change([&](UserDocument &document) -> AccessResult<void> {
    QList<User> &users = document.users;
    if (room == 1 && !users.isEmpty()) return tl::unexpected(full);
    // Two names that only differ in case are taken for each other in a list of who did what.
    const auto same = std::find_if(users.begin(), users.end(),
                                   [&](const User &each) { return each.name.compare(name, Qt::CaseInsensitive) == 0; });
    if (same != users.end()) {
      return refused(Taken, QStringLiteral("there is a user \"%1\" already").arg(same->name));
    }
    if (users.size() >= room) return tl::unexpected(full);
    users.append(user);
    return {};
  });
}

AccessResult<void> UserStore::remove(const QString &name, const UserCheck &check) {
  return m_file.change([&](UserDocument &document) -> AccessResult<void> {
    const auto user = findIn(document.users, name);
    if (user == document.users.end()) return nobody(name);
    if (check) {
      if (auto allowed = check(*user, document.users); !allowed) return allowed;
    }
    document.users.erase(user);
    return {};
  });
}

AccessResult<void> UserStore::change(const QString &name, const std::optional<QString> &role,
                                     const std::optional<QString> &password, const UserCheck &check) {
  const QString wrong = role ? accessNameProblem(*role) : QString();
  if (!wrong.isEmpty()) return refused(Wrong, wrong);
  const auto hash = password ? hashOfNew(name, *password) : AccessResult<QString>();
  if (!hash) return tl::unexpected(hash.error());
  return m_file.change([&](UserDocument &document) -> AccessResult<void> {
    const auto user = findIn(document.users, name);
    if (user == document.users.end()) return nobody(name);
    if (check) {
      if (auto allowed = check(*user, document.users); !allowed) return allowed;
    }
    if (password) user->argon2id = *hash;
    if (role) user->role = *role;
    user->generation = newGeneration();
    return {};
  });
}

}  // namespace tagwire
