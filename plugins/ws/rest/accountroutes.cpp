// SPDX-License-Identifier: Apache-2.0
#include "accountroutes.h"

#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

#include "rest/accessresponse.h"
#include "rest/recorded.h"
#include "rest/sessionresponse.h"

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

}  // namespace

AccountRoutes::AccountRoutes(Router &router, GatewayState &state)
    : m_state(state),
      m_failed(state.context.metrics().counter("tagwire_logins_failed_total", "Logins with a wrong user or password")),
      m_locked(state.context.metrics().counter("tagwire_logins_locked_total",
                                               "Logins that were not looked at, as too many had failed")) {
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

void AccountRoutes::tick() { record(m_failures.due(m_state.context.clock().elapsed())); }

void AccountRoutes::stop() { record(m_failures.all()); }

void AccountRoutes::record(const QList<AuditEntry> &entries) const {
  for (const AuditEntry &entry : entries) m_state.context.audit().append(entry);
}

/// What is no user's name may be a password in the wrong field: it is nothing to be kept.
void AccountRoutes::noteFailure(const QString &name, const Sender &sender, bool isLocked) {
  const bool isUser = m_state.authenticator.users().find(name).has_value();
  record(m_failures.add({sender.address, isUser ? name : QString(), isLocked}, m_state.context.clock().elapsed()));
}

void AccountRoutes::login(const Call &call) {
  const Time now = m_state.context.clock().now();
  const auto texts = textsOf(call.request.body, {QStringLiteral("user"), QStringLiteral("password")}, {});
  if (!texts) return call.answer(errorResponse(400, texts.error(), now));
  const QString name = texts->value(QStringLiteral("user"));
  const auto begun = m_state.context.clock().elapsed();
  LoginLockout &lockout = m_state.authenticator.sessions().lockout;
  if (const auto wait = lockout.begin(call.sender.address, name, begun)) {
    m_locked.add();
    noteFailure(name, call.sender, true);
    if (const auto leftOut = m_lockedLog.admit(addressGroup(call.sender.address), begun)) {
      qCWarning(m_state.context.log()).noquote()
          << "logins from" << call.sender.address.toString()
          << QStringLiteral("are locked out: too many have failed") + likeItBefore(*leftOut);
    }
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
          return answer(beginSession(m_state, name, generation, sender, 200));
        }
        m_failed.add();
        noteFailure(name, sender, false);
        Event event;
        event.body =
            SystemEvent{QStringLiteral("security"),
                        QStringLiteral("a login from %1 has failed").arg(sender.address.toString()), Severity::Minor};
        Q_EMIT m_state.eventRaised(event);
        answer(errorResponse(401, QStringLiteral("user or password is wrong"), m_state.context.clock().now()));
      });
  if (!isBegun) lockout.takeBack(call.sender.address, name, begun);
}

void AccountRoutes::logout(const Call &call) {
  const Time now = m_state.context.clock().now();
  const QByteArray clearing = m_state.authenticator.cookie(call.sender).clearing();
  const Response done{204, {}, {}, {{"Set-Cookie", clearing}}};
  const auto claims = m_state.authenticator.sessionOf(call.request, call.sender);
  if (!claims || !call.caller || call.caller->kind != Caller::Kind::User) return call.answer(done);
  record({auditEntry("login", QStringLiteral("logout"), doerOf(call))});
  const EndedSession ended = m_state.authenticator.sessions().end(*claims, now);
  const auto notKept = [this, answer = call.answer, clearing](const QString &why) {
    qCWarning(m_state.context.log()).noquote() << "a logout can't be kept:" << why;
    const Refusal refusal{503,
                          QStringLiteral("logged out, but only until the next restart: the log says why"),
                          {{"Set-Cookie", clearing}}};
    answer(errorResponse(refusal, m_state.context.clock().now()));
  };
  if (m_worker.isFull()) return notKept(QStringLiteral("too much waits for the disk"));
  m_worker.run([folder = m_state.context.dataDir(), ended, now] { return keepEndedSession(folder, ended, now); },
               [answer = call.answer, done, notKept](const AccessResult<void> &kept) {
                 if (kept) return answer(done);
                 notKept(kept.error().text);
               });
}

/// Renews a session that is in use: pages ask from time to time.
void AccountRoutes::whoAmI(const Call &call) const {
  if (!call.caller) {
    return call.answer(Response::json(200, QJsonDocument(QJsonObject{{QStringLiteral("authenticated"), false}})));
  }
  QJsonObject json = describeCaller(*call.caller);
  const Time now = m_state.context.clock().now();
  const auto claims = call.caller->kind == Caller::Kind::User
                          ? m_state.authenticator.sessionOf(call.request, call.sender)
                          : std::optional<SessionClaims>();
  BrowserSessions &sessions = m_state.authenticator.sessions();
  if (!claims || !sessions.tokens->isRenewalDue(*claims, now)) {
    return call.answer(Response::json(200, QJsonDocument(json)));
  }
  const auto fresh = sessions.tokens->renew(*claims, now);
  if (!fresh) return call.answer(Response::json(200, QJsonDocument(json)));
  sessions.saw(fresh->claims, now);
  json.insert(QStringLiteral("expires"), toIso(fresh->claims.expires));
  Response response = Response::json(200, QJsonDocument(json));
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(fresh->claims.expires - now);
  response.fields.append({"Set-Cookie", m_state.authenticator.cookie(call.sender).setting(fresh->token, life)});
  call.answer(response);
}

void AccountRoutes::listUsers(const Call &call) const {
  QJsonArray list;
  for (const User &user : m_state.authenticator.users().list()) {
    if (!call.may(right::administerUsers, user.name)) continue;
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

/// For a user as it stands in the file: nobody changes one who may do more than they do. What a role may do that the
/// manifest does not have any more nobody knows, so it may do everything. And somebody has to be left who can give
/// roles at a browser: `stays` is false for a user who is to be removed.
UserCheck AccountRoutes::checkOf(const Call &call, const std::optional<QString> &newRole, bool stays) const {
  return [roles = m_state.authenticator.roles(), caller = call.caller, newRole, stays](
             const User &user, const QList<User> &all) -> AccessResult<void> {
    const auto permissions = roles.permissionsOf(user.role);
    if (!caller->permissions.cover(permissions.value_or(*roles.permissionsOf(QStringLiteral("admin"))))) {
      return refused(AccessError::Kind::Forbidden,
                     QStringLiteral("not permitted: role %1 may do more than you").arg(user.role));
    }
    const auto administers = [&roles](const QString &role) {
      const auto may = roles.permissionsOf(role);
      return may && may->allowAll(right::administerUsers);
    };
    if (!administers(user.role) || (stays && administers(newRole.value_or(user.role)))) return {};
    const bool isLast = std::none_of(
        all.begin(), all.end(), [&](const User &other) { return other.name != user.name && administers(other.role); });
    if (!isLast) return {};
    return refused(
        AccessError::Kind::Taken,
        QStringLiteral("%1 is the last who may administer users: give somebody else such a role first").arg(user.name));
  };
}

void AccountRoutes::change(const Call &call, int status, const QString &what, const AuditEntry &entry,
                           const Change &change) {
  inThread<AccessResult<void>>(
      call.answer,
      [folder = m_state.context.dataDir(), change] {
        UserStore store(folder);
        store.refresh();
        return change(store);
      },
      [this, status, entry, what = what + QStringLiteral(" by ") + nameWithKind(*call.caller),
       answer = call.answer](const AccessResult<void> &done) {
        if (!done) return answer(accessError(done.error(), "users", m_state.context));
        (void)m_state.authenticator.refresh();  // who was told of a user may log in as that user
        qCInfo(m_state.context.log()).noquote() << what;
        record({entry});
        answer({status, {}, {}, {}});
      });
}

void AccountRoutes::addUser(const Call &call) {
  const Time now = m_state.context.clock().now();
  const QStringList keys{QStringLiteral("name"), QStringLiteral("role"), QStringLiteral("password")};
  const auto texts = textsOf(call.request.body, keys, {});
  if (!texts) return call.answer(errorResponse(400, texts.error(), now));
  if (!call.may(right::administerUsers, texts->value(keys[0]))) {
    return call.answer(errorResponse(notPermitted(right::administerUsers), now));
  }
  // Whoever knows a user's password is that user for good.
  if (const auto refusal = outlivesCaller(*call.caller, {})) return call.answer(errorResponse(*refusal, now));
  if (const auto refusal = checkRole(call, texts->value(keys[1]))) return call.answer(errorResponse(*refusal, now));
  const QString what = QStringLiteral("user %1 was added as %2").arg(texts->value(keys[0]), texts->value(keys[1]));
  AuditEntry entry = auditEntry("user", QStringLiteral("create"), doerOf(call));
  entry.subject = texts->value(keys[0]);
  entry.details = {{QStringLiteral("role"), texts->value(keys[1])}};
  change(call, 201, what, entry, [given = *texts, keys, now](UserStore &store) {
    return store.add(given.value(keys[0]), given.value(keys[1]), given.value(keys[2]), now);
  });
}

void AccountRoutes::changeUser(const Call &call) {
  const Time now = m_state.context.clock().now();
  const auto refuse = [&](const Refusal &refusal) { call.answer(errorResponse(refusal, now)); };
  const QString name = call.variables.value(QStringLiteral("name"));
  if (!call.may(right::administerUsers, name)) return refuse(notPermitted(right::administerUsers));
  const QString role = QStringLiteral("role");
  const QString password = QStringLiteral("password");
  const auto texts = textsOf(call.request.body, {}, {role, password});
  if (!texts) return refuse({400, texts.error(), {}});
  if (texts->isEmpty()) return refuse({400, QStringLiteral("role or password is due"), {}});
  const auto given = [&](const QString &key) {
    return texts->contains(key) ? std::optional(texts->value(key)) : std::nullopt;
  };
  if (given(password)) {
    if (const auto refusal = outlivesCaller(*call.caller, {})) return refuse(*refusal);
  }
  if (given(role)) {
    if (const auto refusal = checkRole(call, *given(role))) return refuse(*refusal);
  }
  const QString what =
      QStringLiteral("user %1 got another %2")
          .arg(name, given(role) ? given(password) ? QStringLiteral("role and password") : role : password);
  AuditEntry entry = auditEntry("user", QStringLiteral("change"), doerOf(call));
  entry.subject = name;
  entry.details = {{QStringLiteral("password"), given(password).has_value()}};
  if (const auto user = m_state.authenticator.users().find(name); user && given(role)) {
    entry.details.insert(QStringLiteral("before"), user->role);
    entry.details.insert(QStringLiteral("after"), *given(role));
  }
  change(call, 204, what, entry,
         [name, role = given(role), password = given(password), check = checkOf(call, given(role), true)](
             UserStore &store) { return store.change(name, role, password, check); });
}

void AccountRoutes::removeUser(const Call &call) {
  const QString name = call.variables.value(QStringLiteral("name"));
  if (!call.may(right::administerUsers, name)) {
    return call.answer(errorResponse(notPermitted(right::administerUsers), m_state.context.clock().now()));
  }
  AuditEntry entry = auditEntry("user", QStringLiteral("remove"), doerOf(call));
  entry.subject = name;
  change(call, 204, QStringLiteral("user %1 was removed").arg(name), entry,
         [name, check = checkOf(call, {}, false)](UserStore &store) { return store.remove(name, check); });
}

}  // namespace tagwire::ws
