// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include <algorithm>
#include <tuple>

#include "rest/manifestroutes.h"
#include "rest/omloxroutes.h"

namespace tagwire::ws {

using namespace std::chrono_literals;

namespace {

/// Deadlines are this exact; the shortest one of the manifest is 100 ms.
constexpr auto tickInterval = 100ms;

/// Smaller answers are always given: what there can be of them is bounded by the number of connections.
constexpr qsizetype bigAnswer = 16 * 1024;

/// Of 16 MiB each.
constexpr qsizetype mostLongBodies = 4;

}  // namespace

Gateway::Counters::Counters(Metrics &metrics)
    : accepted(metrics.counter("tagwire_http_connections_total", "TCP connections accepted")),
      turnedAway(metrics.counter("tagwire_http_turned_away_total", "Connections closed because there were too many")),
      crowded(metrics.counter("tagwire_http_crowded_total",
                              "Connections closed as too many of their address had sent no whole request yet")),
      refusedAnswers(metrics.counter("tagwire_http_refused_answers_total",
                                     "Answers replaced by 503 as too much waited to be sent already")),
      open(metrics.gauge("tagwire_http_connections", "Connections that speak HTTP now")),
      unsent(metrics.gauge("tagwire_http_unsent_bytes", "Answers that wait for their clients")) {}

Gateway::Gateway(WsConfig config, PluginContext &context, ProtocolFactory makeProtocol,
                 std::shared_ptr<ListenerBook> listeners)
    : m_state(std::move(config), context),
      m_context(context),
      m_makeProtocol(std::move(makeProtocol)),
      m_httpLimits(m_state.config.httpLimits),
      m_admission(m_state.config.allowedOrigins, m_state.config.trustedProxies, m_state.config.tls.has_value()),
      m_counters(context.metrics()),
      m_router(m_state.config, context.clock()),
      m_parts(makeRestParts(m_router, m_state, [this] { return m_endpoints.get(); })) {
  m_state.listeners = std::move(listeners);
  connect(&m_state, &GatewayState::commandRequested, this, &Plugin::commandRequested);
  connect(&m_state, &GatewayState::samplesReady, this, &Gateway::publish);
  connect(&m_state, &GatewayState::eventRaised, this, &Gateway::raise);
  connect(&m_ticks, &QTimer::timeout, this, &Gateway::tick);
}

Gateway::~Gateway() {
  stop();
  m_state.rooms->forget(m_context.id());
  if (m_state.listeners) m_state.listeners->leave(m_context.id());
}

quint16 Gateway::port() const { return m_listener ? m_listener->port() : quint16{0}; }

void Gateway::start() {
  if (m_listener) return;
  const ListenAddress &listen = m_state.config.listen;
  const QString address = addressText(listen.address, listen.port);
  auto listener = std::make_unique<Listener>();
  if (!useTls(*listener)) return;
  if (const auto opened = listener->open(listen, m_context.takeListener(address)); !opened) {
    if (listener->isPortTaken()) m_context.portBusy(address);
    Q_EMIT statusChanged(PluginState::Failed, QStringLiteral("can't listen on %1: %2").arg(address, opened.error()));
    return;
  }
  if (const auto opened = m_state.authenticator.open(); !opened) {
    Q_EMIT statusChanged(PluginState::Failed, opened.error());
    return;
  }
  m_state.rooms->open(m_context);
  for (const auto &part : m_parts) part->start();
  m_endpoints = std::make_unique<Endpoints>(m_state, m_makeProtocol, m_farewells);
  connect(m_endpoints.get(), &Endpoints::flushed, this, &Plugin::written);
  m_listener = std::move(listener);
  connect(m_listener.get(), &Listener::arrived, this, &Gateway::welcome);
  connect(m_listener.get(), &Listener::acceptFailed, this, [this](const QString &why) {
    m_isPaused = true;
    if (m_sockets.began(m_context.clock().elapsed())) qCWarning(m_context.log()) << "can't accept connections:" << why;
  });
  m_ticks.start(tickInterval);
  qCInfo(m_context.log()).noquote() << "listening on" << addressText(m_listener->address(), port());
  m_shownTrouble.reset();
  showState();
}

void Gateway::showState() {
  const QString trouble = m_state.authenticator.trouble();
  if (m_shownTrouble == trouble) return;
  m_shownTrouble = trouble;
  Q_EMIT statusChanged(trouble.isEmpty() ? PluginState::Running : PluginState::Degraded, trouble);
}

/// False: the instance has failed.
bool Gateway::useTls(Listener &listener) {
  const auto &tls = m_state.config.tls;
  if (!tls) {
    if (m_state.config.listen.isLoopback() || std::exchange(m_hasToldNoTls, true)) return true;
    qCWarning(m_context.log()) << "no TLS: what clients send can be read in the network, passwords and tokens too";
    return true;
  }
  const auto used = listener.useTls(*tls, m_context.clock().now());
  if (!used) {
    Q_EMIT statusChanged(PluginState::Failed, QStringLiteral("tls: %1").arg(used.error()));
    return false;
  }
  if (!used->isEmpty()) qCWarning(m_context.log()).noquote() << *used;
  return true;
}

void Gateway::reloadFiles() {
  if (!m_listener || !m_state.config.tls) return;
  TlsConfig tls = *m_state.config.tls;
  const auto key = tls.key.again();
  if (key) tls.key = *key;
  const Result<QString> used =
      key ? m_listener->useTls(tls, m_context.clock().now()) : Result<QString>(failure(key.error()));
  if (!used) {
    qCWarning(m_context.log()).noquote() << "the certificate in use stays:" << used.error();
  } else {
    qCInfo(m_context.log()).noquote() << "new connections get the certificate of" << tls.certificate << *used;
  }
}

void Gateway::stop() {
  m_ticks.stop();
  if (!m_listener) return;
  const ListenAddress &listen = m_state.config.listen;
  m_context.leaveListener(addressText(listen.address, listen.port), m_listener->release());
  m_listener.reset();
  for (const auto &part : m_parts) part->stop();
  m_endpoints->disconnect(this);
  m_endpoints.reset();
  for (const auto &each : std::exchange(m_connections, {})) m_farewells.add(each.second->takeStream());
  m_counters.open.set(0);
}

void Gateway::write(const Samples &samples) {
  if (!m_endpoints) return;
  m_endpoints->write(samples);
}

void Gateway::notify(const Event &event) {
  if (!m_endpoints) return;
  for (const auto &part : m_parts) part->notify(event);
  m_endpoints->notify(event);
}

void Gateway::execute(const Command &command) { Q_EMIT m_state.commandArrived(command); }

/// The hub never hands a plugin its own samples and events, so our own clients get them here.
void Gateway::publish(const Samples &samples) {
  Q_EMIT samplesReady(samples);
  write(samples);
}

void Gateway::raise(const Event &given) {
  Event event = given;
  event.source = m_context.id();
  if (event.time == Time()) event.time = m_context.clock().now();
  Q_EMIT eventRaised(event);
  event.sequence = m_context.sequence();
  notify(event);
}

void Gateway::tick() {
  if (std::exchange(m_isPaused, false)) m_listener->resume();
  tellShortages();
  m_endpoints->tick();
  for (const auto &part : m_parts) part->tick();
  if (const auto now = m_context.clock().elapsed(); now - m_lastRefresh >= 1s) {
    m_lastRefresh = now;
    if (m_state.authenticator.refresh()) m_endpoints->checkCallers();
    showState();
  }
  QList<HttpConnection *> connections;
  for (const auto &each : m_connections) connections.append(each.first);
  for (HttpConnection *connection : connections) connection->checkDeadline();
  m_counters.unsent.set(static_cast<double>(unsentBytes()));
}

void Gateway::welcome() {
  std::unique_ptr<Stream> stream = m_listener->take();
  if (!stream) return;
  m_counters.accepted.add();
  uncrowd(*stream);
  if (!makeRoom()) {
    const Time now = m_context.clock().now();
    const Response busy = errorResponse({503, QStringLiteral("too many connections"), {{"Retry-After", "10"}}}, now);
    stream->write(busy.encode(false, false, now));
    return m_farewells.add(std::move(stream));
  }
  auto connection = std::make_unique<HttpConnection>(std::move(stream), m_httpLimits, m_context.clock(), *this);
  HttpConnection &fresh = *connection;
  m_connections.emplace(&fresh, std::move(connection));
  m_counters.open.set(static_cast<double>(m_connections.size()));
  fresh.begin();
}

/// Those that keep us waiting go first: honest clients send their request at once, and whoever floods us with half of
/// one must not keep them out. One that idles between two requests costs its client nothing to open again.
bool Gateway::makeRoom() {
  if (m_connections.size() < static_cast<size_t>(m_httpLimits.connections)) return true;
  m_counters.turnedAway.add();
  if (m_room.began(m_context.clock().elapsed())) {
    qCWarning(m_context.log()) << "all" << m_httpLimits.connections
                               << "connections are taken: whoever keeps us waiting longest makes room";
  }
  const auto rank = [](const HttpConnection &each) {
    return std::tuple(!(each.isIdle() && each.hasAsked()), each.waitsSince(), !each.isIdle());
  };
  HttpConnection *first = nullptr;
  for (const auto &[each, owner] : m_connections) {
    if (each->isWaiting() && (!first || rank(*each) < rank(*first))) first = each;
  }
  if (first) first->giveWay();
  return first != nullptr;
}

/// So that one machine alone can't take the places of all by asking for nothing: of its own the one that waits longest
/// makes room. A proxy speaks for many.
void Gateway::uncrowd(const Stream &stream) {
  const auto most = static_cast<size_t>(m_httpLimits.unasked);
  if (m_connections.size() < most || m_admission.isTrusted(stream.peerAddress())) return;
  const QByteArray group = addressGroup(stream.peerAddress());
  size_t count = 0;
  HttpConnection *first = nullptr;
  for (const auto &[each, owner] : m_connections) {
    if (each->hasAsked() || !each->isWaiting() || each->group() != group) continue;
    ++count;
    if (!first || each->waitsSince() < first->waitsSince()) first = each;
  }
  if (count < most) return;
  m_counters.turnedAway.add();
  m_counters.crowded.add();
  if (const auto leftOut = m_crowdLog.admit(group, m_context.clock().elapsed())) {
    qCWarning(m_context.log()).noquote()
        << m_httpLimits.unasked << "connections from" << stream.peerAddress().toString()
        << QStringLiteral("have sent no whole request yet: the oldest of them are closed") + likeItBefore(*leftOut);
  }
  first->giveWay();
}

void Gateway::tellShortages() {
  const auto now = m_context.clock().elapsed();
  if (m_room.ended(now)) qCInfo(m_context.log()) << "there is room for connections again";
  if (m_sockets.ended(now)) qCInfo(m_context.log()) << "connections can be accepted again";
}

void Gateway::connectionOver(HttpConnection &connection) {
  const auto found = m_connections.find(&connection);
  if (found == m_connections.end()) return;
  m_farewells.add(connection.takeStream());
  found->second.release()->deleteLater();
  m_connections.erase(found);
  m_counters.open.set(static_cast<double>(m_connections.size()));
}

/// A manifest may be large; whoever may change it is known by the head, and few are sent at once.
qint64 Gateway::longestBody(HttpConnection &connection, const Request &head) {
  if (!head.target.startsWith(ManifestRoutes::path)) return 0;
  const auto others = std::count_if(m_connections.begin(), m_connections.end(), [&](const auto &each) {
    return each.first != &connection && each.first->takesLongBody();
  });
  if (others >= mostLongBodies) return 0;
  const auto caller =
      m_state.authenticator.identify(head, m_admission.sender(head, connection.peerAddress(), connection.peerPort()));
  const bool mayChange = caller && *caller && (*caller)->permissions.allowAll(right::writeManifest);
  return mayChange ? ManifestRoutes::longestBody : 0;
}

void Gateway::requestRefused(int status) { count(status); }

Response Gateway::reworded(const QByteArray &target, const Response &response) const {
  const bool isHub = m_state.config.speaks(ProtocolKind::Omlox) && OmloxRoutes::isHub(target);
  return isHub ? OmloxRoutes::reworded(response) : response;
}

void Gateway::count(int status) {
  auto found = m_responses.find(status);
  if (found == m_responses.end()) {
    const std::string text = std::to_string(status);
    Counter made =
        m_context.metrics().counter("tagwire_http_responses_total", "HTTP responses by status", {{"status", text}});
    found = m_responses.emplace(status, made).first;
  }
  found->second.add();
}

void Gateway::requestArrived(HttpConnection &connection, const Request &request) {
  const Answer answer = answerTo(connection, request);
  const auto refuse = [&](const Refusal &refusal) { answer(errorResponse(refusal, m_context.clock().now())); };
  if (request.target == "*") return refuse({400, QStringLiteral("this server as a whole has nothing to say")});
  const auto target = Target::parse(request.target);
  if (!target) return refuse({400, target.error()});
  if (target->hasCredential()) {
    return refuse(
        {400, QStringLiteral("a credential may not stand in the address (allowed: the Authorization header)")});
  }
  const Sender sender = m_admission.sender(request, connection.peerAddress(), connection.peerPort());
  if (const auto refusal = m_admission.checkOrigin(request, sender)) return refuse(*refusal);
  respond(connection, request, *target, sender);
}

void Gateway::respond(HttpConnection &connection, const Request &request, const Target &target, const Sender &sender) {
  const Answer answer = answerTo(connection, request);
  const Time now = m_context.clock().now();
  if (request.method == "OPTIONS" && request.count("access-control-request-method") > 0) {
    return answerPreflight(request, answer);
  }
  auto caller = m_state.authenticator.identify(request, sender);
  if (!caller && !request.wantsWebSocket() && m_router.isProbe(target, request.method)) caller = nullptr;
  if (!caller) return answer(errorResponse(caller.error(), now));
  if (request.wantsWebSocket()) {
    const auto refusal = m_endpoints->accept(connection, request, target, sender, *caller);
    if (refusal) return answer(errorResponse(*refusal, now));
    return count(101);
  }
  if (*caller) {
    if (const auto refusal = m_state.authenticator.checkWrite(request, **caller)) {
      return answer(errorResponse(*refusal, now));
    }
  }
  if (!m_router.has(target) && m_endpoints->has(target)) {
    return answer(errorResponse({426, QStringLiteral("a WebSocket is served here"), {{"Upgrade", "websocket"}}}, now));
  }
  m_router.handle({request, target, {}, sender, *caller, answer, connection});
}

/// Counts the answer, and lets pages of allowed origins read it.
Answer Gateway::answerTo(HttpConnection &connection, const Request &request) {
  const QByteArray origin = request.field("origin");
  const bool isAllowed = m_admission.isAllowedOrigin(origin);
  // What was carried out is told in any case.
  const bool mayBeRefused = request.method == "GET";
  return [this, later = connection.laterAnswer(), origin, isAllowed, mayBeRefused,
          target = request.target](Response response) {
    if (mayBeRefused && isTooMuch(response)) {
      m_counters.refusedAnswers.add();
      response = errorResponse({503, QStringLiteral("too much waits to be sent: come again"), {{"Retry-After", "1"}}},
                               m_context.clock().now());
    }
    response = reworded(target, response);
    count(response.status);
    if (isAllowed) {
      response.fields.append(std::pair<QByteArray, QByteArray>("Access-Control-Allow-Origin", origin));
      response.fields.append(std::pair<QByteArray, QByteArray>("Vary", "Origin"));
    }
    later(response);
  };
}

/// Too much waits for clients that do not read. A single answer is never too much.
bool Gateway::isTooMuch(const Response &response) const {
  if (response.body.size() <= bigAnswer) return false;
  const qint64 unsent = unsentBytes();
  return unsent > 0 && unsent + response.body.size() > m_httpLimits.unsentBytes;
}

void Gateway::answerPreflight(const Request &request, const Answer &answer) const {
  if (!m_admission.isAllowedOrigin(request.field("origin"))) return answer({204, {}, {}});
  answer({204,
          {},
          {},
          {{"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE"},
           {"Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID"},
           {"Access-Control-Max-Age", "600"}}});
}

}  // namespace tagwire::ws
