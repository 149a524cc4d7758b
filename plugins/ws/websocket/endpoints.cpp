// SPDX-License-Identifier: Apache-2.0
#include "endpoints.h"

#include <QJsonDocument>
#include <QJsonObject>

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

Endpoints::Endpoints(const QList<EndpointConfig> &endpoints, PluginContext &context,
                     const ProtocolFactory &makeProtocol, Farewells &farewells)
    : m_context(context), m_farewells(farewells), m_lastTick(context.clock().elapsed()) {
  Metrics &metrics = context.metrics();
  for (const EndpointConfig &each : endpoints) {
    const Limits limits = each.effectiveLimits();
    const Metrics::Labels labels{{"endpoint", each.path.text().toStdString()}};
    m_endpoints.push_back(std::make_unique<Endpoint>(Endpoint{
        each.path, each.protocol, limits, makeProtocol(each.protocol, context, limits), makeCounters(metrics, labels),
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

std::optional<Refusal> Endpoints::check(const Request &request, const Target &target) const {
  const Endpoint *endpoint = find(target).first;
  if (!endpoint) return Refusal{404, QStringLiteral("no such WebSocket endpoint")};
  if (auto problem = handshakeProblem(request)) return problem;
  if (!endpoint->protocol) {
    return Refusal{501, QStringLiteral("protocol %1 is not there yet").arg(QLatin1String(wordOf(endpoint->kind)))};
  }
  if (endpoint->count >= endpoint->limits.connections) {
    return Refusal{503,
                   QStringLiteral("all %1 connections of this endpoint are taken").arg(endpoint->limits.connections)};
  }
  return std::nullopt;
}

void Endpoints::accept(HttpConnection &connection, const Request &request, const Target &target) {
  auto [endpoint, variables] = find(target);
  QUrlQuery query;
  query.setQueryItems([&] {
    QList<QPair<QString, QString>> items;
    for (const auto &[key, value] : target.query()) items.append({key, value});
    return items;
  }());
  Upgrade upgrade{target.path(), variables, query, printable(QString::fromLatin1(request.field("user-agent")))};

  QByteArray rest;
  std::unique_ptr<Stream> stream = connection.takeStream(rest);
  stream->write(handshakeAnswer(request));
  const quint64 id = ++m_lastId;
  Held &held = m_sessions[id];
  held = {std::make_unique<WebSocketSession>(id, std::move(stream), upgrade, endpoint->limits, m_context.clock(), *this,
                                             endpoint->counters),
          endpoint};
  endpoint->accepted.add();
  endpoint->sessions.set(++endpoint->count);
  qCInfo(m_context.log()).noquote() << held.session->peer() << "opened" << upgrade.path;
  endpoint->protocol->opened(*held.session);
  held.session->begin(rest);
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
  m_sessions.at(session.id()).endpoint->protocol->received(session, text);
}

void Endpoints::textRefused(WebSocketSession &session) {
  const Endpoint &endpoint = *m_sessions.at(session.id()).endpoint;
  const QString text = QStringLiteral("more than %1 messages in a second: not carried out");
  session.send(Frame::text(complaint(endpoint.kind, text.arg(endpoint.limits.messagesPerSecond))));
}

void Endpoints::sessionDrained(WebSocketSession &session) {
  m_sessions.at(session.id()).endpoint->protocol->drained(session);
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
  held.endpoint->protocol->closed(*held.session);
  held.endpoint->sessions.set(--held.endpoint->count);
  qCInfo(m_context.log()).noquote() << held.session->peer() << "closed" << held.session->upgrade().path << "-"
                                    << printable(held.session->ending());
  m_farewells.add(held.session->takeStream());
}

void Endpoints::tick() {
  for (const auto &each : m_sessions) each.second.session->tick();

  const auto now = m_context.clock().elapsed();
  if (now - m_lastTick < std::chrono::seconds(1)) return;
  m_lastTick = now;
  for (const auto &endpoint : m_endpoints) {
    if (endpoint->protocol) endpoint->protocol->tick(m_context.clock().now());
  }
}

}  // namespace tagwire::ws
