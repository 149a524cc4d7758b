// SPDX-License-Identifier: Apache-2.0
#include "accountroutes.h"

#include <QJsonArray>
#include <QJsonObject>

namespace tagwire::ws {

namespace {

constexpr const char *loginSchema =
    R"({"type":"object","required":["user","password"],"properties":{"user":{"type":"string"},)"
    R"("password":{"type":"string"}}})";
constexpr const char *newUserSchema =
    R"({"type":"object","required":["name","role","password"],"properties":{"name":{"type":"string"},)"
    R"("role":{"type":"string"},"password":{"type":"string"}}})";
constexpr const char *userSchema =
    R"({"type":"object","properties":{"role":{"type":"string"},"password":{"type":"string"}}})";

/// The texts under these keys, and nothing else; errors name the key.
Result<QHash<QString, QString>> textsOf(const QByteArray &body, const QStringList &required,
                                        const QStringList &optional) {
  const QJsonDocument document = QJsonDocument::fromJson(body);
  if (!document.isObject()) return failure(QStringLiteral("the body must be a JSON object"));
  QHash<QString, QString> texts;
  const QJsonObject object = document.object();
  for (auto each = object.begin(); each != object.end(); ++each) {
    const bool isKnown = required.contains(each.key()) || optional.contains(each.key());
    if (!isKnown) {
      return failure(QStringLiteral("unknown key (allowed: %1)").arg((required + optional).join(QStringLiteral(", "))));
    }
    if (!each.value().isString()) return failure(each.key() + QStringLiteral(" must be a text"));
    texts.insert(each.key(), each.value().toString());
  }
  for (const QString &key : required) {
    if (!texts.contains(key)) return failure(key + QStringLiteral(" is missing"));
  }
  return texts;
}

int statusOf(AccessError::Kind kind) {
  switch (kind) {
    case AccessError::Kind::Wrong:
      return 400;
    case AccessError::Kind::Taken:
      return 409;
    case AccessError::Kind::Unknown:
      return 404;
    case AccessError::Kind::Unavailable:
      return 503;
  }
  return 500;
}

QJsonObject describe(const Caller &caller) {
  static constexpr std::array kinds{"anonymous", "token", "jwt", "user"};
  QJsonObject json{{QStringLiteral("authenticated"), caller.kind != Caller::Kind::Anonymous},
                   {QStringLiteral("kind"), QLatin1String(kinds[static_cast<size_t>(caller.kind)])},
                   {QStringLiteral("name"), caller.name},
                   {QStringLiteral("permissions"), QJsonArray::fromStringList(caller.permissions.texts())}};
  if (caller.expires) json.insert(QStringLiteral("expires"), toIso(*caller.expires));
  if (!caller.csrf.isEmpty()) json.insert(QStringLiteral("csrf"), QString::fromLatin1(caller.csrf));
  return json;
}

}  // namespace

AccountRoutes::AccountRoutes(Router &router, GatewayState &state) : m_state(state) {
  m_threads.setMaxThreadCount(2);
  const auto to = [this](auto member) { return [this, member](const Call &call) { (this->*member)(call); }; };
  router.add({"POST",
              "/api/v1/login",
              "begins a browser session",
              Served::Rest,
              std::nullopt,
              to(&AccountRoutes::login),
              {},
              loginSchema});
  router.add(
      {"POST", "/api/v1/logout", "ends the browser session", Served::Rest, std::nullopt, to(&AccountRoutes::logout)});
  router.add({"GET", "/api/v1/session", "who the caller is and may do", Served::Rest, std::nullopt,
              to(&AccountRoutes::whoAmI)});
  router.add(
      {"GET", "/api/v1/users", "who may log in", Served::Rest, right::administerUsers, to(&AccountRoutes::listUsers)});
  router.add({"POST",
              "/api/v1/users",
              "adds a user",
              Served::Rest,
              right::administerUsers,
              to(&AccountRoutes::addUser),
              {},
              newUserSchema});
  router.add({"PUT",
              "/api/v1/users/{name}",
              "changes role or password, and ends the user's sessions",
              Served::Rest,
              right::administerUsers,
              to(&AccountRoutes::changeUser),
              {},
              userSchema});
  router.add({"DELETE", "/api/v1/users/{name}", "removes a user and ends the sessions", Served::Rest,
              right::administerUsers, to(&AccountRoutes::removeUser)});
}

AccountRoutes::~AccountRoutes() {
  m_threads.clear();
  m_threads.waitForDone();
}

/// False when there is too much to do already: answered with 503.
template <class Result>
bool AccountRoutes::inThread(const Answer &answer, std::function<Result()> work, std::function<void(Result)> done) {
  if (m_waiting >= mostWaiting) {
    Refusal busy{503, QStringLiteral("too many logins at once, try again"), {{"Retry-After", "1"}}};
    answer(errorResponse(busy, m_state.context.clock().now()));
    return false;
  }
  ++m_waiting;
  m_threads.start([this, work = std::move(work), done = std::move(done)] {
    Result result = work();
    QMetaObject::invokeMethod(&m_here, [this, done, result = std::move(result)]() mutable {
      --m_waiting;
      done(std::move(result));
    });
  });
  return true;
}

void AccountRoutes::login(const Call &call) {
  const Time now = m_state.context.clock().now();
  const auto texts = textsOf(call.request.body, {QStringLiteral("user"), QStringLiteral("password")}, {});
  if (!texts) return call.answer(errorResponse(400, texts.error(), now));
  const QString name = texts->value(QStringLiteral("user"));
  const auto begun = m_state.context.clock().elapsed();
  LoginLockout &lockout = m_state.authenticator.sessions().lockout;
  if (const auto wait = lockout.begin(call.sender.address, name, begun)) {
    const Refusal locked{429,
                         QStringLiteral("too many failed logins, try again later"),
                         {{"Retry-After", QByteArray::number(qint64(wait->count()))}}};
    return call.answer(errorResponse(locked, now));
  }
  const auto user = m_state.authenticator.users().find(name);
  const QString generation = user ? user->generation : QString();
  const bool isBegun = inThread<bool>(
      call.answer,
      [hash = m_state.authenticator.users().hashOf(name), password = texts->value(QStringLiteral("password"))] {
        return UserStore::verifies(hash, password);
      },
      [this, name, generation, begun, sender = call.sender, answer = call.answer](bool isRight) {
        if (isRight) {
          m_state.authenticator.sessions().lockout.takeBack(sender.address, name, begun);
          return finishLogin(name, generation, sender, answer);
        }
        Event event;
        event.body =
            SystemEvent{QStringLiteral("security"),
                        QStringLiteral("a login from %1 has failed").arg(sender.address.toString()), Severity::Minor};
        Q_EMIT m_state.eventRaised(event);
        answer(errorResponse(401, QStringLiteral("user or password is wrong"), m_state.context.clock().now()));
      });
  if (!isBegun) lockout.takeBack(call.sender.address, name, begun);
}

void AccountRoutes::finishLogin(const QString &name, const QString &generation, const Sender &sender,
                                const Answer &answer) const {
  const Time now = m_state.context.clock().now();
  const auto session = m_state.authenticator.sessions().tokens->issue(name, generation, now);
  if (!session) return answer(errorResponse(503, session.error(), now));
  const auto caller = m_state.authenticator.callerOf(session->claims);
  // Removed, or changed, while the password was looked at.
  if (!caller) return answer(errorResponse(401, QStringLiteral("user or password is wrong"), now));
  Response response = Response::json(200, QJsonDocument(describe(**caller)));
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(session->claims.expires - now);
  response.fields.append({"Set-Cookie", m_state.authenticator.cookie(sender).setting(session->token, life)});
  answer(response);
}

void AccountRoutes::logout(const Call &call) const {
  const auto claims = m_state.authenticator.sessionOf(call.request, call.sender);
  if (claims && call.caller && call.caller->kind == Caller::Kind::User) {
    m_state.authenticator.sessions().tokens->end(*claims, m_state.context.clock().now());
  }
  Response response{204, {}, {}, {{"Set-Cookie", m_state.authenticator.cookie(call.sender).clearing()}}};
  call.answer(response);
}

/// Renews a session that is in use: pages ask from time to time.
void AccountRoutes::whoAmI(const Call &call) const {
  if (!call.caller) {
    return call.answer(Response::json(200, QJsonDocument(QJsonObject{{QStringLiteral("authenticated"), false}})));
  }
  Response response = Response::json(200, QJsonDocument(describe(*call.caller)));
  const Time now = m_state.context.clock().now();
  const auto claims = call.caller->kind == Caller::Kind::User
                          ? m_state.authenticator.sessionOf(call.request, call.sender)
                          : std::optional<SessionClaims>();
  if (claims && m_state.authenticator.sessions().tokens->isRenewalDue(*claims, now)) {
    if (const auto fresh = m_state.authenticator.sessions().tokens->renew(*claims, now)) {
      const auto life = std::chrono::duration_cast<std::chrono::seconds>(fresh->claims.expires - now);
      response.fields.append({"Set-Cookie", m_state.authenticator.cookie(call.sender).setting(fresh->token, life)});
    }
  }
  call.answer(response);
}

void AccountRoutes::listUsers(const Call &call) const {
  QJsonArray list;
  for (const User &user : m_state.authenticator.users().list()) {
    list.append(QJsonObject{{QStringLiteral("name"), user.name},
                            {QStringLiteral("role"), user.role},
                            {QStringLiteral("created"), toIso(user.created)}});
  }
  call.answer(Response::json(200, QJsonDocument(list)));
}

/// Nobody makes a user who may do more than they do.
std::optional<Refusal> AccountRoutes::checkRole(const Call &call, const QString &role) const {
  const auto permissions = m_state.authenticator.roles().permissionsOf(role);
  if (!permissions) return Refusal{400, permissions.error(), {}};
  if (call.caller->permissions.cover(*permissions)) return std::nullopt;
  return Refusal{403, QStringLiteral("not permitted: role %1 may do more than you").arg(role), {}};
}

void AccountRoutes::change(const Call &call, int status, const Change &change) {
  inThread<AccessResult<void>>(
      call.answer,
      [folder = m_state.context.dataDir(), change] {
        UserStore store(folder);
        store.refresh();
        return change(store);
      },
      [this, status, answer = call.answer](const AccessResult<void> &done) {
        if (done) return answer({status, {}, {}, {}});
        QString text = done.error().text;
        if (done.error().kind == AccessError::Kind::Unavailable) {
          // It names files of this machine.
          qCWarning(m_state.context.log()).noquote() << "users can't be changed:" << text;
          text = QStringLiteral("users can't be changed now, the log says why");
        }
        answer(errorResponse(statusOf(done.error().kind), text, m_state.context.clock().now()));
      });
}

void AccountRoutes::addUser(const Call &call) {
  const Time now = m_state.context.clock().now();
  const QStringList keys{QStringLiteral("name"), QStringLiteral("role"), QStringLiteral("password")};
  const auto texts = textsOf(call.request.body, keys, {});
  if (!texts) return call.answer(errorResponse(400, texts.error(), now));
  if (const auto refusal = checkRole(call, texts->value(keys[1]))) return call.answer(errorResponse(*refusal, now));
  change(call, 201, [given = *texts, keys, now](UserStore &store) {
    return store.add(given.value(keys[0]), given.value(keys[1]), given.value(keys[2]), now);
  });
}

void AccountRoutes::changeUser(const Call &call) {
  const Time now = m_state.context.clock().now();
  const QString role = QStringLiteral("role");
  const QString password = QStringLiteral("password");
  const auto texts = textsOf(call.request.body, {}, {role, password});
  if (!texts) return call.answer(errorResponse(400, texts.error(), now));
  if (texts->isEmpty()) return call.answer(errorResponse(400, QStringLiteral("role or password is due"), now));
  const QString name = call.variables.value(QStringLiteral("name"));
  const auto user = m_state.authenticator.users().find(name);
  if (!user) return call.answer(errorResponse(404, QStringLiteral("there is no such user"), now));
  for (const QString &each : {user->role, texts->value(role, user->role)}) {
    if (const auto refusal = checkRole(call, each)) return call.answer(errorResponse(*refusal, now));
  }
  change(call, 204, [name, given = *texts, role, password](UserStore &store) -> AccessResult<void> {
    if (given.contains(password)) {
      if (auto done = store.setPassword(name, given.value(password)); !done) return done;
    }
    return given.contains(role) ? store.setRole(name, given.value(role)) : AccessResult<void>();
  });
}

void AccountRoutes::removeUser(const Call &call) {
  const QString name = call.variables.value(QStringLiteral("name"));
  const auto user = m_state.authenticator.users().find(name);
  const Time now = m_state.context.clock().now();
  if (!user) return call.answer(errorResponse(404, QStringLiteral("there is no such user"), now));
  if (const auto refusal = checkRole(call, user->role)) return call.answer(errorResponse(*refusal, now));
  change(call, 204, [name](UserStore &store) { return store.remove(name); });
}

}  // namespace tagwire::ws
