// SPDX-License-Identifier: Apache-2.0
#include "tokenstore.h"

#include <QRegularExpression>

#include <sodium.h>

#include <algorithm>
#include <array>

#include "randomtext.h"

namespace tagwire {

namespace {

using enum AccessError::Kind;

// A known beginning lets scanners of repositories and logs find a token that got there.
constexpr QByteArrayView tokenPrefix("tw_");
constexpr int randomBytes = 32;
constexpr qsizetype textLength = 46;
constexpr qsizetype longestCreator = 100;
constexpr qsizetype mostPermissions = 100;
/// So much of the hash finds the entry; the whole is then compared without telling by time where it differs.
constexpr qsizetype lookedUp = 16;

QByteArray hashOf(const QByteArray &text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char *>(text.constData()),
                     static_cast<unsigned long long>(text.size()));
  return QByteArray(reinterpret_cast<const char *>(hash.data()), hash.size()).toHex();
}

QString digestProblem(const QString &text) {
  static const QRegularExpression allowed(QStringLiteral("\\A[0-9a-f]{64}\\z"));
  return allowed.match(text).hasMatch() ? QString() : QStringLiteral("is no SHA-256 (allowed: 64 hexadecimal digits)");
}

QString newTokenProblem(const AccessToken &token, Time now) {
  if (const QString wrong = accessNameProblem(token.name); !wrong.isEmpty()) return wrong;
  const qsizetype count = token.permissions.texts().size();
  if (count == 0) return QStringLiteral("a token without permissions is of no use (allowed: at least one)");
  if (count > mostPermissions) return QStringLiteral("too many permissions (allowed: %1)").arg(mostPermissions);
  if (token.hasExpired(now)) {
    return QStringLiteral("%1 is in the past (allowed: a time to come)").arg(toIso(*token.expires, 0));
  }
  return {};
}

}  // namespace

void AccessToken::describe(Shape<AccessToken> &shape) {
  shape.required("id", &AccessToken::id, "random").range(1, 64);
  shape.required("name", &AccessToken::name, "unique").check(accessNameProblem);
  shape.required("sha256", &AccessToken::sha256, "of the token's text").check(digestProblem);
  shape.required("permissions", &AccessToken::permissions, "what it allows").range(0, mostPermissions);
  shape.required("created", &AccessToken::created, "when");
  shape.optional("expires", &AccessToken::expires, "when; absent: never");
  shape.optional("created_by", &AccessToken::createdBy, "by whom").range(0, longestCreator);
}

void TokenDocument::describe(Shape<TokenDocument> &shape) {
  shape.required("version", &TokenDocument::version, "of this form").range(1, currentVersion);
  shape.required("tokens", &TokenDocument::tokens, "each one").range(0, TokenStore::most);
}

TokenStore::TokenStore(const QString &dataDir) : m_file(dataDir, QStringLiteral("tokens.json")) {}

bool TokenStore::refresh() {
  const bool isNew = m_file.refresh();
  if (isNew) index();
  return isNew;
}

void TokenStore::index() {
  m_byHash.clear();
  m_byId.clear();
  for (qsizetype i = 0; i < list().size(); ++i) {
    m_byHash.insert(list()[i].sha256.left(lookedUp).toLatin1(), i);
    m_byId.insert(list()[i].id, i);
  }
}

std::optional<AccessToken> TokenStore::find(const QByteArray &text, Time now) const {
  if (text.size() != textLength || !text.startsWith(tokenPrefix)) return std::nullopt;
  const QByteArray hash = hashOf(text);
  const auto place = m_byHash.constFind(hash.left(lookedUp));
  if (place == m_byHash.constEnd()) return std::nullopt;
  const AccessToken &token = list()[*place];
  const QByteArray known = token.sha256.toLatin1();
  if (sodium_memcmp(known.constData(), hash.constData(), static_cast<size_t>(hash.size())) != 0) return std::nullopt;
  return token.hasExpired(now) ? std::nullopt : std::optional(token);
}

bool TokenStore::isValid(const QString &id, Time now) const {
  const auto place = m_byId.constFind(id);
  return place != m_byId.constEnd() && !list()[*place].hasExpired(now);
}

AccessResult<QByteArray> TokenStore::create(const QString &name, const Permissions &permissions,
                                            std::optional<Time> expires, Time now, const QString &createdBy) {
  const QByteArray text = tokenPrefix.toByteArray() + randomText(randomBytes);
  const auto atMillisecond = [](Time time) { return fromMilliseconds(toMilliseconds(time)); };
  if (expires) expires = atMillisecond(*expires);  // as the file keeps it
  const AccessToken token{QString::fromLatin1(randomText(12)),
                          name,
                          QString::fromLatin1(hashOf(text)),
                          permissions,
                          atMillisecond(now),
                          expires,
                          createdBy.left(longestCreator)};
  if (const QString wrong = newTokenProblem(token, now); !wrong.isEmpty()) return refused(Wrong, wrong);
  const auto changed = m_file.change([&](TokenDocument &document) -> AccessResult<void> {
    QList<AccessToken> &tokens = document.tokens;
    if (std::any_of(tokens.begin(), tokens.end(), [&](const AccessToken &each) { return each.name == name; })) {
      return refused(Taken, QStringLiteral("there is a token \"%1\" already (revoke it first)").arg(name));
    }
    if (tokens.size() >= most) return refused(Unavailable, QStringLiteral("there are %1 tokens already").arg(most));
    tokens.append(token);
    return {};
  });
  if (!changed) return tl::unexpected(changed.error());
  index();
  return text;
}

AccessResult<void> TokenStore::revoke(const QString &name, const TokenCheck &check) {
  const auto changed = m_file.change([&](TokenDocument &document) -> AccessResult<void> {
    QList<AccessToken> &tokens = document.tokens;
    const auto token = std::find_if(tokens.begin(), tokens.end(), [&](const auto &each) { return each.name == name; });
    if (token == tokens.end()) {
      return refused(Unknown, QStringLiteral("there is no token \"%1\"").arg(name.left(70)));
    }
    if (check) {
      if (auto allowed = check(*token); !allowed) return allowed;
    }
    tokens.erase(token);
    return {};
  });
  if (changed) index();
  return changed;
}

}  // namespace tagwire
