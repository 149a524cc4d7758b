// SPDX-License-Identifier: Apache-2.0
#include "endpoints.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

#include "rest/router.h"
#include "websocket/handshake.h"

namespace tagwire::ws {

/// One endpoint of the manifest while the gateway runs.
struct Endpoints::Endpoint {
  EndpointPath path;
  ProtocolKind kind;
  Limits limits;
  std::unique_ptr<Protocol> protocol;
  SessionCounters counters;
  Counter accepted;
  Gauge sessions;
  int count = 0;
};

namespace {

SessionCounters makeCounters(Metrics &metrics, const Metrics::Labels &labels) {
  return {
      metrics.counter("tagwire_ws_sent_bytes_total", "Bytes given to WebSocket clients", labels),
      metrics.counter("tagwire_ws_received_messages_total", "Messages from WebSocket clients", labels),
      metrics.counter("tagwire_ws_refused_messages_total", "Messages over messages_per_s, not carried out", labels),
      metrics.counter("tagwire_ws_dropped_messages_total", "Messages that waited for a client when it was closed",
                      labels),
      metrics.counter("tagwire_ws_slow_clients_total", "Clients closed with 1013 because they did not read", labels)};
}

/// How long a client that showed no credential may take for its first message (spec, "First-message auth").
constexpr std::chrono::seconds firstMessageWithin{10};

/// The answer to a credential that comes while the session is open: its page's welcome was sent long ago.
QByteArray authenticated(ProtocolKind kind) {
  switch (kind) {
    case ProtocolKind::Live:
      return "{\"op\":\"authenticated\"}";
    case ProtocolKind::RtlsManager:
    case ProtocolKind::RtlsEvents:
      return "{\"type\":\"response\",\"reqid\":\"\",\"response\":\"auth\"}";
    default:
      return "{\"type\":\"authenticated\"}";
  }
}

/// Text of a stranger for a log line.
QString printable(QString text) {
  for (QChar &c : text) {
    if (!c.isPrint()) c = u'?';
  }
  return text.left(200);
}

}  // namespace

QByteArray complaint(ProtocolKind kind, const QString &text) {
  const QString type = QStringLiteral("type");
  const QString message = QStringLiteral("message");
  QJsonObject json;
  switch (kind) {
    case ProtocolKind::Live:
      json = {{QStringLiteral("op"), QStringLiteral("error")}, {message, text}};
      break;
    case ProtocolKind::RtlsManager:
    case ProtocolKind::RtlsEvents:
      json = {{type, QStringLiteral("response")},
              {QStringLiteral("reqid"), QString()},
              {QStringLiteral("response"), QStringLiteral("Unknown")},
              {message, text}};
      break;
    default:
      json = {{type, QStringLiteral("error")}, {message, text}};
      break;
  }
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

Endpoints::Endpoints(GatewayState &state, const ProtocolFactory &makeProtocol, Farewells &farewells)
    : m_state(state), m_context(state.context), m_farewells(farewells), m_lastTick(state.context.clock().elapsed()) {
  Metrics &metrics = m_context.metrics();
  if (!state.config.serves(Served::Ws)) return;
  for (const EndpointConfig &each : state.config.servedEndpoints()) {
    const Limits limits = each.effectiveLimits();
    const Metrics::Labels labels{{"endpoint", each.path.text().toStdString()}};
    m_endpoints.push_back(std::make_unique<Endpoint>(
        Endpoint{each.path, each.protocol, limits, makeProtocol(each, state), makeCounters(metrics, labels),
                 metrics.counter("tagwire_ws_sessions_total", "WebSocket sessions opened", labels),
                 metrics.gauge("tagwire_ws_sessions", "WebSocket sessions open now", labels)}));
  }
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
  const Endpoint *endpoint = match.first;
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
  if (endpoint->count >= endpoint->limits.connections) {
    return Refusal{503,
                   QStringLiteral("all %1 connections of this endpoint are taken").arg(endpoint->limits.connections)};
  }
  return std::nullopt;
}

std::optional<Refusal> Endpoints::accept(HttpConnection &connection, const Request &request, const Target &target,
                                         const Sender &sender, CallerPointer caller) {
  const Match match = find(target);
  const auto &[endpoint, variables] = match;
  QUrlQuery query;
  query.setQueryItems([&] {
    QList<QPair<QString, QString>> items;
    for (const auto &[key, value] : target.query()) items.append({key, value});
    return items;
  }());
  Upgrade upgrade{sender.text, target.path(), variables, query,
                  printable(QString::fromLatin1(request.field("user-agent")))};
  if (auto refusal = check(match, request, upgrade, caller)) return refusal;

  QByteArray rest;
  std::unique_ptr<Stream> stream = connection.takeStream(rest);
  stream->write(handshakeAnswer(request));
  const quint64 id = ++m_lastId;
  Held &held = m_sessions[id];
  held = {std::make_unique<WebSocketSession>(id, std::move(stream), upgrade, endpoint->limits, m_context.clock(), *this,
                                             endpoint->counters),
          endpoint, m_context.clock().elapsed() + firstMessageWithin};
  held.session->setCaller(caller);
  endpoint->accepted.add();
  endpoint->sessions.set(++endpoint->count);
  if (caller) open(held);
  held.session->begin(rest);
  return std::nullopt;
}

void Endpoints::open(Held &held) {
  const WebSocketSession &session = *held.session;
  qCInfo(m_context.log()).noquote() << session.peer() << "opened" << session.upgrade().path << "as"
                                    << session.caller()->name;
  held.endpoint->protocol->opened(*held.session);
}

/// True when the message was a credential, good or bad: the protocol is not to see it.
bool Endpoints::takeAuth(Held &held, const QByteArray &text) {
  const bool isOpen = held.session->caller() != nullptr;
  if (isOpen && !text.contains("\"access_token\"")) return false;
  const QJsonObject message = QJsonDocument::fromJson(text).object();
  const QLatin1String type(held.endpoint->kind == ProtocolKind::Live ? "op" : "type");
  const QJsonValue token = message.value(QLatin1String("access_token"));
  if (message.value(type) != QLatin1String("auth") || !token.isString()) {
    if (!isOpen) held.session->close(4401, QStringLiteral("the first message has to be auth"));
    return !isOpen;
  }
  const auto caller = m_state.authenticator.identify(token.toString());
  if (!caller) {
    held.session->close(4401, caller.error());
  } else if (const auto refusal = held.endpoint->protocol->check(held.session->upgrade(), **caller)) {
    held.session->close(refusal->status == 403 ? 4403 : 1008, refusal->text);
  } else if (isOpen) {
    held.session->setCaller(*caller);
    held.endpoint->protocol->callerChanged(*held.session);
    held.session->send(Frame::text(authenticated(held.endpoint->kind)));
  } else {
    held.session->setCaller(*caller);
    if (held.endpoint->kind == ProtocolKind::Live) held.session->send(Frame::text(authenticated(ProtocolKind::Live)));
    open(held);
  }
  return true;
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
    const WebSocketSession &session = *held.session;
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
  for (WebSocketSession *session : std::exchange(m_flushDue, {})) session->flush();
  m_joiner.clear();
  if (hadNews) Q_EMIT flushed();
}

void Endpoints::flushDue(WebSocketSession &session) {
  m_flushDue.append(&session);
  scheduleTurn();
}

void Endpoints::textArrived(WebSocketSession &session, const QByteArray &text) {
  Held &held = m_sessions.at(session.id());
  if (!takeAuth(held, text)) held.endpoint->protocol->received(session, text);
}

void Endpoints::textRefused(WebSocketSession &session) {
  const Endpoint &endpoint = *m_sessions.at(session.id()).endpoint;
  const QString text = QStringLiteral("more than %1 messages in a second: not carried out");
  session.send(Frame::text(complaint(endpoint.kind, text.arg(endpoint.limits.messagesPerSecond))));
}

void Endpoints::sessionDrained(WebSocketSession &session) {
  if (session.caller()) m_sessions.at(session.id()).endpoint->protocol->drained(session);
}

void Endpoints::sessionOver(WebSocketSession &session) {
  m_flushDue.removeAll(&session);
  const auto found = m_sessions.find(session.id());
  Held held = std::move(found->second);
  m_sessions.erase(found);
  forget(held);
  held.session.release()->deleteLater();
}

void Endpoints::forget(Held &held) {
  if (held.session->caller()) held.endpoint->protocol->closed(*held.session);
  held.endpoint->sessions.set(--held.endpoint->count);
  qCInfo(m_context.log()).noquote() << held.session->peer() << "closed" << held.session->upgrade().path << "-"
                                    << printable(held.session->ending());
  m_farewells.add(held.session->takeStream());
}

void Endpoints::tick() {
  const auto now = m_context.clock().elapsed();
  for (const auto &[id, held] : m_sessions) {
    held.session->tick();
    if (!held.session->caller() && now >= held.authDeadline) {
      held.session->close(4401, QStringLiteral("no auth in time"));
    }
  }
  if (now - m_lastTick < std::chrono::seconds(1)) return;
  m_lastTick = now;
  checkCallers();
  for (const auto &endpoint : m_endpoints) {
    if (endpoint->protocol) endpoint->protocol->tick(m_context.clock().now());
  }
}

}  // namespace tagwire::ws
