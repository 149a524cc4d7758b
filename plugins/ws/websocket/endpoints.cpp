// SPDX-License-Identifier: Apache-2.0
#include "endpoints.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include "foreigntext.h"
#include "protocols/panelevents.h"
#include "rest/router.h"
#include "websocket/eventsession.h"
#include "websocket/handshake.h"
#include "websocket/websocketsession.h"

namespace tagwire::ws {

/// One endpoint of the manifest while the gateway runs.
struct Endpoints::Endpoint {
  EndpointPath path;
  ProtocolKind kind;
  Limits limits;
  std::unique_ptr<Protocol> protocol;
  SessionCounters counters;
  Counter accepted;
  Counter full;
  Gauge sessions;
  int count = 0;  ///< sessions whose caller is known

  std::optional<Refusal> fullProblem() {
    if (count < limits.connections) return std::nullopt;
    full.add();
    return Refusal{503, QStringLiteral("all %1 connections of this endpoint are taken").arg(limits.connections)};
  }
};

namespace {

SessionCounters makeCounters(Metrics &metrics, const Metrics::Labels &labels) {
  return {
      CloseCounter(metrics, labels),
      metrics.counter("tagwire_ws_sent_bytes_total", "Bytes given to WebSocket clients", labels),
      metrics.counter("tagwire_ws_sent_messages_total", "Messages given to WebSocket clients and event streams",
                      labels),
      metrics.counter("tagwire_ws_received_messages_total", "Messages from WebSocket clients", labels),
      metrics.counter("tagwire_ws_refused_messages_total", "Messages over messages_per_s, not carried out", labels),
      metrics.counter("tagwire_ws_dropped_messages_total", "Messages that waited for a client when it was closed",
                      labels),
      metrics.counter("tagwire_ws_slow_clients_total", "Clients closed with 1013 because they did not read", labels)};
}

Limits withBinary(Limits limits, const Protocol *protocol) {
  limits.takesBinary = protocol && protocol->takesBinary();
  return limits;
}

Upgrade upgradeOf(const Request &request, const Target &target, const Sender &sender,
                  const QHash<QString, QString> &variables) {
  return {sender.text, target.path(), variables, target.query(),
          printable(QString::fromLatin1(request.field("user-agent")))};
}

}  // namespace

Endpoints::Endpoints(GatewayState &state, const ProtocolFactory &makeProtocol, Farewells &farewells)
    : m_state(state),
      m_context(state.context),
      m_farewells(farewells),
      m_strangers(state.config.httpLimits, state.context.metrics()),
      m_lastCheck(state.context.clock().elapsed()) {
  if (state.config.serves(Served::Rest)) {
    const Limits limits = state.config.eventLimits.effectiveLimits();
    m_events = &addEndpoint(*EndpointPath::fromText(QStringLiteral("/api/os/events")), ProtocolKind::Panel, limits,
                            std::make_unique<PanelEvents>(m_context, limits));
  }
  if (!state.config.serves(Served::Ws)) return;
  for (const EndpointConfig &each : state.config.servedEndpoints()) {
    addEndpoint(each.path, each.protocol, each.effectiveLimits(), makeProtocol(each, state));
  }
}

Endpoints::Endpoint &Endpoints::addEndpoint(const EndpointPath &path, ProtocolKind kind, const Limits &limits,
                                            std::unique_ptr<Protocol> protocol) {
  Metrics &metrics = m_context.metrics();
  const Metrics::Labels labels{{"endpoint", path.text().toStdString()}};
  m_endpoints.push_back(std::make_unique<Endpoint>(
      Endpoint{path, kind, withBinary(limits, protocol.get()), std::move(protocol), makeCounters(metrics, labels),
               metrics.counter("tagwire_ws_sessions_total", "WebSocket sessions and event streams opened", labels),
               metrics.counter("tagwire_ws_full_total", "Clients refused because all connections were taken", labels),
               metrics.gauge("tagwire_ws_sessions", "WebSocket sessions and event streams open now", labels)}));
  return *m_endpoints.back();
}

Endpoints::~Endpoints() {
  for (auto &[id, held] : std::exchange(m_sessions, {})) {
    held.session->close(1001, QStringLiteral("the server stops"));
    forget(held);
  }
}

/// An exact path wins over a pattern, and the more words a pattern has, the better it fits.
Endpoints::Match Endpoints::find(const Target &target) const {
  Match best;
  for (const auto &endpoint : m_endpoints) {
    if (endpoint.get() == m_events) continue;
    auto variables = endpoint->path.match(target.segments());
    if (variables && (!best.first || endpoint->path.exactness() > best.first->path.exactness())) {
      best = {endpoint.get(), *variables};
    }
  }
  return best;
}

/// Makes `caller` null where a first message may bring a better one.
std::optional<Refusal> Endpoints::check(const Match &match, const Request &request, const Upgrade &upgrade,
                                        CallerPointer &caller) const {
  Endpoint *endpoint = match.first;
  if (!endpoint) return Refusal{404, QStringLiteral("no such WebSocket endpoint")};
  if (auto problem = handshakeProblem(request)) return problem;
  if (!endpoint->protocol) {
    return Refusal{501, QStringLiteral("protocol %1 is not there yet").arg(QLatin1String(wordOf(endpoint->kind)))};
  }
  const bool takesFirstMessage = endpoint->kind != ProtocolKind::Device;
  if (!caller && !takesFirstMessage) return missingCredential();
  if (caller) {
    const auto refusal = endpoint->protocol->check(upgrade, *caller);
    const bool mayBecomeGood = takesFirstMessage && caller->kind == Caller::Kind::Anonymous;
    if (refusal && (refusal->status != 403 || !mayBecomeGood)) return refusal;
    if (refusal) caller = nullptr;
  }
  if (!caller || !endpoint->protocol->replaces(upgrade, *caller)) {
    if (auto problem = endpoint->fullProblem()) return problem;
  }
  return caller ? endpoint->protocol->admit(upgrade, *caller) : std::nullopt;
}

std::optional<Refusal> Endpoints::accept(HttpConnection &connection, const Request &request, const Target &target,
                                         const Sender &sender, CallerPointer caller) {
  const Match match = find(target);
  const auto &[endpoint, variables] = match;
  const Upgrade upgrade = upgradeOf(request, target, sender, variables);
  if (auto refusal = check(match, request, upgrade, caller)) return refusal;

  QByteArray rest;
  std::unique_ptr<Stream> stream = connection.takeStream(rest);
  stream->write(handshakeAnswer(request));
  Held &held = hold(std::make_unique<WebSocketSession>(++m_lastId, std::move(stream), upgrade, endpoint->limits,
                                                       m_context.clock(), *this, endpoint->counters),
                    *endpoint);
  if (caller) {
    open(held, caller);
  } else {
    wait(held, addressGroup(sender.address));
  }
  held.session->begin(rest);
  return std::nullopt;
}

std::optional<Refusal> Endpoints::openEvents(const Call &call) {
  if (!call.caller) return missingCredential();
  Upgrade upgrade = upgradeOf(call.request, call.target, call.sender, {});
  upgrade.lastEventId = call.request.field("last-event-id").left(64);
  if (auto refusal = m_events->protocol->check(upgrade, *call.caller)) return refusal;
  if (call.request.method == "HEAD") {
    call.answer({200, "text/event-stream", {}});
    return std::nullopt;
  }
  if (auto refusal = m_events->fullProblem()) return refusal;

  Response head{200, "text/event-stream", "retry: 3000\n\n", {{"X-Accel-Buffering", "no"}}};
  if (const QByteArray origin = call.request.field("origin");
      m_state.config.allowedOrigins.contains(QString::fromLatin1(origin))) {
    head.fields << std::pair<QByteArray, QByteArray>("Access-Control-Allow-Origin", origin)
                << std::pair<QByteArray, QByteArray>("Vary", "Origin");
  }
  QByteArray rest;
  std::unique_ptr<Stream> stream = call.connection.takeStream(rest);
  stream->write(head.encodeStream(m_context.clock().now()));
  Held &held = hold(std::make_unique<EventSession>(++m_lastId, std::move(stream), upgrade, m_events->limits,
                                                   m_context.clock(), *this, m_events->counters),
                    *m_events);
  open(held, call.caller);
  held.session->begin(rest);
  return std::nullopt;
}

Endpoints::Held &Endpoints::hold(std::unique_ptr<OutboundSession> session, Endpoint &endpoint) {
  Held &held = m_sessions[session->id()];
  held = {std::move(session), &endpoint, m_context.clock().elapsed() + m_state.config.httpLimits.strangerTime};
  endpoint.accepted.add();
  return held;
}

/// It is known who the client is, and there is a place for it.
void Endpoints::open(Held &held, const CallerPointer &caller) {
  OutboundSession &session = *held.session;
  session.setCaller(caller);
  held.isCounted = true;
  held.isTold = true;
  held.endpoint->sessions.set(++held.endpoint->count);
  qCInfo(m_context.log()).noquote() << session.peer() << "opened" << printable(session.upgrade().path) << "as"
                                    << caller->name;
  held.endpoint->protocol->opened(session);
}

/// Its first message has to tell who it is.
void Endpoints::wait(Held &held, const QByteArray &group) {
  const OutboundSession &session = *held.session;
  const auto evicted = m_strangers.add(session.id(), group);
  if (evicted) m_sessions.at(*evicted).session->close(4401, QStringLiteral("no auth yet, and others came"));
  const auto leftOut = m_strangerLog.admit(group, m_context.clock().elapsed());
  if (!leftOut) return;
  held.isTold = true;
  qCInfo(m_context.log()).noquote() << session.peer() << "connected to" << printable(session.upgrade().path)
                                    << QStringLiteral("- no credential yet") + likeItBefore(*leftOut);
}

/// True when the message was a credential, good or bad: the protocol is not to see it.
bool Endpoints::takeAuth(Held &held, const QByteArray &text) {
  const bool isOpen = held.session->caller() != nullptr;
  const bool isOmlox = held.endpoint->kind == ProtocolKind::Omlox;
  if (isOpen && !text.contains(isOmlox ? "\"token\"" : "\"access_token\"")) return false;
  const auto token = credentialIn(held.endpoint->kind, QJsonDocument::fromJson(text).object());
  if (!token) {
    if (!isOpen) turnAway(held, 4401, QStringLiteral("the first message has to be auth"));
    return !isOpen;
  }
  const auto caller = m_state.authenticator.identify(*token);
  if (!caller) {
    turnAway(held, 4401, caller.error());
  } else if (const auto refusal = held.endpoint->protocol->check(held.session->upgrade(), **caller)) {
    turnAway(held, refusal->status == 403 ? 4403 : 1008, refusal->text);
  } else if (isOpen) {
    held.session->setCaller(*caller);
    held.endpoint->protocol->callerChanged(*held.session);
    const QByteArray answer = authenticated(held.endpoint->kind, m_context.clock().now());
    if (!answer.isEmpty()) held.session->send(Frame::text(answer));
  } else {
    admit(held, *caller);
  }
  return !isOmlox || !caller || held.session->isOver() || !held.session->caller();
}

void Endpoints::turnAway(Held &held, quint16 code, const QString &reason) {
  const QByteArray last = parting(held.endpoint->kind, code, reason);
  if (!last.isEmpty()) held.session->send(Frame::text(last));
  held.session->close(code, reason);
}

/// A first message was good.
void Endpoints::admit(Held &held, const CallerPointer &caller) {
  Endpoint &endpoint = *held.endpoint;
  if (const auto problem = endpoint.fullProblem()) return held.session->close(1013, problem->text);
  m_strangers.remove(held.session->id());
  if (endpoint.kind == ProtocolKind::Live) {
    held.session->send(Frame::text(authenticated(endpoint.kind, m_context.clock().now())));
  }
  open(held, caller);
}

void Endpoints::checkCallers() {
  for (const auto &[id, held] : m_sessions) {
    const CallerPointer &caller = held.session->caller();
    if (!caller || held.session->isOver() || m_state.authenticator.holds(*caller)) continue;
    held.session->close(4401, QStringLiteral("the credential was revoked or has expired"));
  }
}

QList<ConnectionInfo> Endpoints::connections() const {
  QList<quint64> ids;
  for (const auto &[id, held] : m_sessions) ids.append(id);
  std::sort(ids.begin(), ids.end());
  QList<ConnectionInfo> list;
  for (const quint64 id : std::as_const(ids)) {
    const Held &held = m_sessions.at(id);
    const OutboundSession &session = *held.session;
    if (session.isOver()) continue;
    list.append(
        {session, held.endpoint->kind, session.caller() ? held.endpoint->protocol->activityOf(session) : Activity()});
  }
  return list;
}

void Endpoints::write(const Samples &samples) {
  for (const auto &endpoint : m_endpoints) {
    if (endpoint->protocol) endpoint->protocol->write(samples);
  }
  m_hasNews = true;
  scheduleTurn();
}

void Endpoints::notify(const Event &event) {
  for (const auto &endpoint : m_endpoints) {
    if (endpoint->protocol) endpoint->protocol->notify(event);
  }
  m_hasNews = true;
  scheduleTurn();
}

void Endpoints::scheduleTurn() {
  if (std::exchange(m_isTurnScheduled, true)) return;
  QMetaObject::invokeMethod(this, &Endpoints::endTurn, Qt::QueuedConnection);
}

void Endpoints::endTurn() {
  m_isTurnScheduled = false;
  const bool hadNews = std::exchange(m_hasNews, false);
  if (hadNews) {
    for (const auto &endpoint : m_endpoints) {
      if (endpoint->protocol) endpoint->protocol->flush();
    }
  }
  for (OutboundSession *session : std::exchange(m_flushDue, {})) session->flush();
  m_joiner.clear();
  if (hadNews) Q_EMIT flushed();
}

void Endpoints::flushDue(OutboundSession &session) {
  m_flushDue.append(&session);
  scheduleTurn();
}

void Endpoints::textArrived(WebSocketSession &session, const QByteArray &text) {
  Held &held = m_sessions.at(session.id());
  if (takeAuth(held, text)) return;
  // Only a token may be longer.
  if (text.size() > held.endpoint->limits.messageBytes) return session.close(1009, QStringLiteral("message too large"));
  held.endpoint->protocol->received(session, text);
}

void Endpoints::binaryArrived(WebSocketSession &session, const QByteArray &bytes) {
  if (!session.caller()) return session.close(4401, QStringLiteral("the first message has to be auth"));
  m_sessions.at(session.id()).endpoint->protocol->receivedBinary(session, bytes);
}

void Endpoints::textRefused(WebSocketSession &session) {
  const Endpoint &endpoint = *m_sessions.at(session.id()).endpoint;
  const QString text = QStringLiteral("more than %1 messages in a second: not carried out");
  session.send(
      Frame::text(complaint(endpoint.kind, text.arg(endpoint.limits.messagesPerSecond), m_context.clock().now())));
}

void Endpoints::sessionDrained(OutboundSession &session) {
  if (session.caller()) m_sessions.at(session.id()).endpoint->protocol->drained(session);
}

void Endpoints::sessionOver(OutboundSession &session) {
  m_flushDue.removeAll(&session);
  const auto found = m_sessions.find(session.id());
  Held held = std::move(found->second);
  m_sessions.erase(found);
  forget(held);
  held.session.release()->deleteLater();
}

void Endpoints::forget(Held &held) {
  if (held.session->caller()) held.endpoint->protocol->closed(*held.session);
  if (held.isCounted) {
    held.endpoint->sessions.set(--held.endpoint->count);
  } else {
    m_strangers.remove(held.session->id());
  }
  if (held.isTold) {
    qCInfo(m_context.log()).noquote() << held.session->peer() << "closed" << printable(held.session->upgrade().path)
                                      << "-" << printable(held.session->ending());
  }
  m_farewells.add(held.session->takeStream());
}

void Endpoints::tick() {
  const auto now = m_context.clock().elapsed();
  for (const auto &[id, held] : m_sessions) {
    held.session->tick();
    if (!held.session->caller() && now >= held.authDeadline) {
      turnAway(m_sessions.at(id), 4401, QStringLiteral("no auth in time"));
    }
  }
  for (const auto &endpoint : m_endpoints) {
    if (endpoint->protocol) endpoint->protocol->tick(m_context.clock().now());
  }
  if (now - m_lastCheck < std::chrono::seconds(1)) return;
  m_lastCheck = now;
  checkCallers();
}

}  // namespace tagwire::ws
