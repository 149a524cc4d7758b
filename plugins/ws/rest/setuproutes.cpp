// SPDX-License-Identifier: Apache-2.0
#include "setuproutes.h"

#include "rest/accessresponse.h"
#include "rest/recorded.h"
#include "rest/sessionresponse.h"

namespace tagwire::ws {

namespace {

constexpr const char *setupSchema =
    R"({"type":"object","required":["code","name","password"],"additionalProperties":false,"properties":{)"
    R"("code":{"type":"string"},"name":{"type":"string"},"password":{"type":"string"}}})";

/// No user has this name, so what fails here locks nobody out of a login.
QString lockoutName() { return QStringLiteral(" setup"); }

QString roleOfFirst() { return QStringLiteral("admin"); }

}  // namespace

SetupRoutes::SetupRoutes(Router &router, GatewayState &state)
    : m_state(state),
      m_code(state.context.shared<SetupCode>("setup code", [] { return std::make_shared<SetupCode>(); })),
      m_failed(state.context.metrics().counter("tagwire_setups_failed_total", "First-run set-ups with a wrong code")) {
  router.add({"GET", "/api/v1/setup", "whether the first user is still to be made", Served::Rest, std::nullopt,
              [this](const Call &call) {
                call.answer(Response::json(200, QJsonDocument(QJsonObject{{QStringLiteral("needed"), isNeeded()}})));
              }});
  router.add({"POST",
              "/api/v1/setup",
              "makes the first user, an administrator, with the code of the service's log; begins a session",
              Served::Rest,
              std::nullopt,
              [this](const Call &call) { setUp(call); },
              {},
              setupSchema});
}

/// Whether there are users is known when their file could be read; else there is no code.
void SetupRoutes::start() {
  if (!m_state.config.serves(Served::Pages) || !m_state.config.serves(Served::Rest)) return;
  const UserStore &users = m_state.authenticator.users();
  if (!users.problem().isEmpty()) return;
  if (!users.list().isEmpty()) return m_code->end();
  const auto code = m_code->make();
  if (!code) {
    qCWarning(m_state.context.log()).noquote() << "no first-run set-up:" << code.error();
  } else if (!code->isEmpty()) {
    qCInfo(m_state.context.log()).noquote()
        << "there is no user yet: open the pages and make the first administrator with this one-time code:" << *code;
  }
}

void SetupRoutes::tick() {
  if (m_code->isValid() && !m_state.authenticator.users().list().isEmpty()) m_code->end();
  record(m_failures.due(m_state.context.clock().elapsed()));
}

void SetupRoutes::stop() { record(m_failures.all()); }

void SetupRoutes::record(const QList<AuditEntry> &entries) const {
  for (AuditEntry entry : entries) {
    entry.comment = QStringLiteral("first-run set-up with a wrong code");
    m_state.context.audit().append(entry);
  }
}

Result<SetupRoutes::Wish> SetupRoutes::readWish(const QByteArray &body) {
  const auto json = readBody(body, {QStringLiteral("code"), QStringLiteral("name"), QStringLiteral("password")});
  if (!json) return failure(json.error());
  Wish wish;
  for (const auto &[key, text] :
       {std::pair{"code", &wish.code}, std::pair{"name", &wish.name}, std::pair{"password", &wish.password}}) {
    const auto read = readText(*json, key, UserStore::longestPassword);
    if (!read) return failure(read.error());
    *text = *read;
  }
  return wish;
}

void SetupRoutes::setUp(const Call &call) {
  const Time now = m_state.context.clock().now();
  const auto wish = readWish(call.request.body);
  if (!wish) return call.answer(errorResponse(400, wish.error(), now));
  if (!isNeeded()) {
    return call.answer(
        errorResponse(409, QStringLiteral("there is nothing to set up (allowed: POST /api/v1/login)"), now));
  }
  const auto begun = m_state.context.clock().elapsed();
  LoginLockout &lockout = m_state.authenticator.sessions().lockout;
  if (const auto wait = lockout.begin(call.sender.address, lockoutName(), begun)) {
    record(m_failures.add({call.sender.address, QString(), true}, begun));
    const Refusal locked{429,
                         QStringLiteral("too many wrong codes, try again later"),
                         {{"Retry-After", QByteArray::number(qint64(wait->count()))}}};
    return call.answer(errorResponse(locked, now));
  }
  if (!m_code->fits(wish->code)) return refuse(call);
  lockout.takeBack(call.sender.address, lockoutName(), begun);
  addFirst(call, *wish);
}

void SetupRoutes::refuse(const Call &call) {
  m_failed.add();
  record(m_failures.add({call.sender.address, QString(), false}, m_state.context.clock().elapsed()));
  Event event;
  event.body =
      SystemEvent{QStringLiteral("security"),
                  QStringLiteral("a first-run set-up from %1 had a wrong code").arg(call.sender.address.toString()),
                  Severity::Minor};
  Q_EMIT m_state.eventRaised(event);
  call.answer(errorResponse(403, QStringLiteral("the code is wrong (the service's log has it, since its last start)"),
                            m_state.context.clock().now()));
}

void SetupRoutes::addFirst(const Call &call, const Wish &wish) {
  const Time now = m_state.context.clock().now();
  if (m_worker.isFull()) {
    return call.answer(errorResponse(503, QStringLiteral("too many set-ups are under way"), now));
  }
  AuditEntry entry;
  entry.kind = QStringLiteral("user");
  entry.action = QStringLiteral("create");
  entry.actor = call.caller ? actorOf(*call.caller) : QStringLiteral("anonymous");
  entry.address = addressOf(call.sender.text);
  entry.subject = wish.name;
  entry.comment = QStringLiteral("first-run set-up");
  entry.details = {{QStringLiteral("role"), roleOfFirst()}};
  m_worker.run(
      [folder = m_state.context.dataDir(), wish, now] {
        return UserStore(folder).addFirst(wish.name, roleOfFirst(), wish.password, now);
      },
      [this, name = wish.name, sender = call.sender, answer = call.answer, entry](const AccessResult<void> &added) {
        (void)m_state.authenticator.refresh();
        if (!added) return answer(accessError(added.error(), "users", m_state.context));
        m_code->end();
        qCInfo(m_state.context.log()).noquote() << "user" << name << "was made the first administrator";
        m_state.context.audit().append(entry);
        const auto user = m_state.authenticator.users().find(name);
        answer(beginSession(m_state, name, user ? user->generation : QString(), sender, 201));
      });
}

}  // namespace tagwire::ws
