// SPDX-License-Identifier: Apache-2.0
#include "authenticator.h"

#include <QCryptographicHash>

#include "auth/secretbytes.h"

namespace tagwire::ws {

namespace {

/// Whoever sends wrong tokens on purpose must not fill the log.
constexpr std::chrono::minutes betweenRefusals{1};
/// A few dozen reasons are there; should one hold something that differs each time, this is the end of it.
constexpr qsizetype mostReasons = 100;

CallerPointer makeAnonymous(const WsConfig &config) {
  if (!config.auth || config.auth->anonymous.isEmpty()) return nullptr;
  auto caller = std::make_shared<Caller>();
  caller->name = QStringLiteral("anonymous");
  caller->permissions = *Permissions::fromTexts(config.auth->anonymous);
  return caller;
}

/// The configuration was checked when it was read.
std::optional<JwtVerifier> makeVerifier(const WsConfig &config) {
  if (!config.auth || !config.auth->jwt) return std::nullopt;
  auto verifier = JwtVerifier::fromConfig(*config.auth->jwt);
  if (!verifier) return std::nullopt;
  return std::move(*verifier);
}

/// Of a token without `sub`: its own, so that two of them are not taken for one caller.
QString nameOfUnnamed(const QByteArray &token) {
  const QByteArray signature = token.mid(token.lastIndexOf('.') + 1);
  const QByteArray hash = QCryptographicHash::hash(signature, QCryptographicHash::Sha256).toHex();
  return QStringLiteral("unnamed ") + QString::fromLatin1(hash.left(8));
}

auto doesNotHold() { return failure(QStringLiteral("the credential is wrong or does not hold any more")); }

}  // namespace

Authenticator::Authenticator(const WsConfig &config, PluginContext &context)
    : m_context(context),
      m_admission(config.allowedOrigins, config.trustedProxies, config.tls.has_value()),
      m_anonymous(makeAnonymous(config)),
      m_overTls(config.tls.has_value()),
      m_roles(RoleBook::of(context)),
      m_jwt(makeVerifier(config)),
      m_tokens(context.dataDir()),
      m_users(context.dataDir()),
      m_sessions(context.shared<BrowserSessions>("sessions", [] { return std::make_shared<BrowserSessions>(); })) {
  if (config.auth) m_roles->enter(context.id(), config.auth->roles);
}

Authenticator::~Authenticator() { m_roles->leave(m_context.id()); }

Result<void> Authenticator::open() {
  refresh();
  const auto opened = m_sessions->open(m_context.dataDir(), m_context.clock().now());
  if (!opened) return failure(opened.error());
  if (!opened->isEmpty()) qCWarning(m_context.log()).noquote() << *opened;
  return {};
}

CallerPointer Authenticator::anonymous(const Request &request, const Sender &sender) const {
  return m_anonymous && m_admission.isLocal(request, sender) ? m_anonymous : nullptr;
}

tl::expected<CallerPointer, Refusal> Authenticator::identify(const Request &request, const Sender &sender) const {
  const int headers = request.count("authorization");
  if (headers > 1) return tl::unexpected(Refusal{400, QStringLiteral("more than one Authorization"), {}});
  if (headers == 0) {
    const CallerPointer user = byCookie(request, sender);
    return user ? user : anonymous(request, sender);
  }
  const QByteArray credential = request.field("authorization");
  if (!credential.left(7).toLower().startsWith("bearer ")) {
    return tl::unexpected(Refusal{403, QStringLiteral("of the schemes of Authorization only Bearer is taken"), {}});
  }
  const auto caller = identify(QString::fromLatin1(credential.mid(7).trimmed()));
  if (!caller) return tl::unexpected(Refusal{403, caller.error(), {}});
  return *caller;
}

Result<CallerPointer> Authenticator::identify(const QString &accessToken) const {
  const Time now = m_context.clock().now();
  const QByteArray text = accessToken.toUtf8();
  auto caller = std::make_shared<Caller>();
  if (const auto token = m_tokens.find(text, now)) {
    caller->kind = Caller::Kind::Token;
    caller->name = token->name;
    caller->permissions = token->permissions;
    caller->expires = token->expires;
    caller->credential = token->id;
    return caller;
  }
  return m_jwt ? byJwt(text, now) : doesNotHold();
}

Result<CallerPointer> Authenticator::byJwt(const QByteArray &text, Time now) const {
  const auto claims = m_jwt->verify(text, now);
  if (!claims) {
    if (text.count('.') == 2) tellRefusedJwt(claims.error());
    return doesNotHold();
  }
  auto caller = std::make_shared<Caller>();
  caller->kind = Caller::Kind::Jwt;
  caller->name = claims->subject.isEmpty() ? nameOfUnnamed(text) : claims->subject;
  caller->permissions = claims->permissions;
  caller->expires = claims->validUntil;
  return caller;
}

std::optional<SessionClaims> Authenticator::sessionOf(const Request &request, const Sender &sender) const {
  if (request.count("cookie") == 0 || !m_sessions->tokens) return std::nullopt;
  const auto token = cookie(sender).tokenOf(request);
  if (!token || token->isEmpty()) return std::nullopt;
  const Time now = m_context.clock().now();
  const auto claims = m_sessions->tokens->verify(*token, now);
  if (!claims) return std::nullopt;
  m_sessions->saw(*claims, now);
  return *claims;
}

/// A cookie comes by itself, so it counts only where the page that sends it is ours.
CallerPointer Authenticator::byCookie(const Request &request, const Sender &sender) const {
  const bool hasOrigin = request.count("origin") > 0;
  if (hasOrigin ? !m_admission.isOwnPage(request, sender) : request.wantsWebSocket()) return nullptr;
  const auto claims = sessionOf(request, sender);
  if (!claims) return nullptr;
  return callerOf(*claims).value_or(nullptr);
}

Result<CallerPointer> Authenticator::callerOf(const SessionClaims &claims) const {
  const auto user = m_users.find(claims.user);
  if (!user || user->generation != claims.generation) return doesNotHold();
  const auto permissions = roles().permissionsOf(user->role);
  if (!permissions) return doesNotHold();
  auto caller = std::make_shared<Caller>();
  caller->kind = Caller::Kind::User;
  caller->name = user->name;
  caller->permissions = *permissions;
  caller->expires = claims.expires;
  caller->credential = user->generation;
  caller->csrf = claims.csrf;
  return caller;
}

bool Authenticator::holds(const Caller &caller) const {
  const Time now = m_context.clock().now();
  if (caller.kind == Caller::Kind::User) {
    const auto user = m_users.find(caller.name);
    return user && user->generation == caller.credential && m_sessions->holds(caller, now);
  }
  if (caller.expires && now >= *caller.expires) return false;
  return caller.kind != Caller::Kind::Token || m_tokens.isValid(caller.credential, now);
}

std::optional<Refusal> Authenticator::checkWrite(const Request &request, const Caller &caller) const {
  const bool isWrite = request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
  if (!isWrite || caller.kind != Caller::Kind::User) return std::nullopt;
  // Whoever logs in again may have lost what the last login told; no session is used there, and a foreign page's Origin
  // was refused before.
  if (request.target == "/api/v1/login") return std::nullopt;
  if (request.count("x-csrf-token") == 1 && isSameSecret(request.field("x-csrf-token"), caller.csrf)) {
    return std::nullopt;
  }
  return Refusal{403, QStringLiteral("X-CSRF-Token is wrong or missing (GET /api/v1/session tells it)"), {}};
}

QString Authenticator::trouble() const {
  QStringList all;
  const auto add = [&](const auto &store, const char *none) {
    if (store.problem().isEmpty()) return;
    const char *until = store.wasRead() ? "what was read before goes on" : none;
    all << store.problem() + QLatin1String(" - until that is mended, ") + QLatin1String(until);
  };
  add(m_users, "nobody can log in");
  add(m_tokens, "no token is taken");
  return all.join(QLatin1String("; "));
}

void Authenticator::tellRefusedJwt(const QString &reason) const {
  if (reason == m_toldOfJwt) return;
  const auto now = m_context.clock().elapsed();
  const auto before = m_toldOfJwtAt.constFind(reason);
  if (before != m_toldOfJwtAt.cend() ? now - *before < betweenRefusals : m_toldOfJwtAt.size() >= mostReasons) return;
  m_toldOfJwt = reason;
  m_toldOfJwtAt.insert(reason, now);
  qCWarning(m_context.log()).noquote() << "a JSON Web Token was refused:" << reason;
}

bool Authenticator::refresh() {
  const bool tokensChanged = m_tokens.refresh();
  const bool usersChanged = m_users.refresh();
  return tokensChanged || usersChanged;
}

}  // namespace tagwire::ws
