// SPDX-License-Identifier: Apache-2.0
#include "wsconfig.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QUrl>

#include <algorithm>

#include "access/permissions.h"
#include "access/roles.h"
#include "auth/jwt.h"
#include "http/tlsidentity.h"

namespace tagwire::ws {

namespace {

QString originProblem(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  const bool isWeb = url.scheme() == u"http" || url.scheme() == u"https";
  if (isWeb && !url.host().isEmpty() && url.path().isEmpty() && !url.hasQuery() && url.userInfo().isEmpty()) return {};
  return QStringLiteral("\"%1\" is no origin (allowed: scheme://host[:port], as in \"https://panel.example.org\")")
      .arg(text);
}

QString proxyProblem(const QString &text) {
  if (QHostAddress::parseSubnet(text).second >= 0) return {};
  return QStringLiteral("\"%1\" is no address (allowed: an IP address or a subnet like 10.0.0.0/8)").arg(text);
}

/// What the path of a protocol must name.
QStringList neededVariables(ProtocolKind kind) {
  if (kind == ProtocolKind::RtlsManager) return {QStringLiteral("manager")};
  if (kind == ProtocolKind::Device) return {QStringLiteral("device_id")};
  return {};
}

void checkVariables(ConfigReader &reader, const EndpointConfig &endpoint, const QString &at) {
  const QStringList needed = neededVariables(endpoint.protocol);
  const QString protocol = QString::fromLatin1(wordOf(endpoint.protocol));
  for (const QString &name : needed) {
    if (endpoint.path.variables().contains(name)) continue;
    reader.error(at, QStringLiteral("\"%1\" lacks {%2}, which protocol %3 needs (allowed: a path like /ws/{%2})")
                         .arg(endpoint.path.text(), name, protocol));
  }
  for (const QString &name : endpoint.path.variables()) {
    if (needed.contains(name)) continue;
    reader.error(at, QStringLiteral("protocol %1 knows no {%2} (allowed: %3)")
                         .arg(protocol, name,
                              needed.isEmpty() ? QStringLiteral("no variable")
                                               : u'{' + needed.join(QStringLiteral("}, {")) + u'}'));
  }
}

/// The paths of R1-35 and what is there, with the limits of the endpoint that brings them.
QList<EndpointConfig> eventEndpoints(const EndpointConfig &manager) {
  QList<EndpointConfig> endpoints;
  for (const QString &path : {QStringLiteral("/ws/events"), QStringLiteral("/api/ws/events/{zone_id}")}) {
    endpoints.append({*EndpointPath::fromText(path), ProtocolKind::RtlsEvents, manager.limits});
  }
  return endpoints;
}

/// Older clients of omlox connect to /v1.
QList<EndpointConfig> omloxAliases(const QList<EndpointConfig> &endpoints) {
  const auto has = [&](const QString &path, const EndpointConfig &each) {
    return each.path.isSameAs(*EndpointPath::fromText(path));
  };
  QList<EndpointConfig> aliases;
  for (const EndpointConfig &each : endpoints) {
    if (each.protocol != ProtocolKind::Omlox || !has(QStringLiteral("/v2/ws/socket"), each)) continue;
    aliases.append({*EndpointPath::fromText(QStringLiteral("/v1/ws/socket")), ProtocolKind::Omlox, each.limits});
  }
  const bool isTaken = std::any_of(endpoints.begin(), endpoints.end(),
                                   [&](const auto &each) { return has(QStringLiteral("/v1/ws/socket"), each); });
  return isTaken ? QList<EndpointConfig>() : aliases;
}

void checkEventPaths(ConfigReader &reader, const QList<EndpointConfig> &endpoints) {
  const bool hasManager = std::any_of(endpoints.begin(), endpoints.end(), [](const EndpointConfig &each) {
    return each.protocol == ProtocolKind::RtlsManager;
  });
  if (!hasManager) return;
  const QList<EndpointConfig> implied = eventEndpoints({});
  for (qsizetype i = 0; i < endpoints.size(); ++i) {
    const auto taken = std::find_if(implied.begin(), implied.end(),
                                    [&](const EndpointConfig &each) { return each.path.isSameAs(endpoints[i].path); });
    if (taken == implied.end()) continue;
    reader.error(QStringLiteral("endpoints[%1].path").arg(i),
                 QStringLiteral("\"%1\" is where trigger events are served beside protocol rtls-manager (allowed: any "
                                "other path)")
                     .arg(endpoints[i].path.text()));
  }
}

void checkEndpoints(ConfigReader &reader, const QList<EndpointConfig> &endpoints) {
  checkEventPaths(reader, endpoints);
  for (qsizetype i = 0; i < endpoints.size(); ++i) {
    const EndpointConfig &endpoint = endpoints[i];
    const QString at = QStringLiteral("endpoints[%1]").arg(i);
    checkVariables(reader, endpoint, at + QStringLiteral(".path"));
    for (qsizetype other = 0; other < i; ++other) {
      if (!endpoint.path.isSameAs(endpoints[other].path)) continue;
      reader.error(at + QStringLiteral(".path"), QStringLiteral("\"%1\" takes the same requests as endpoints[%2], "
                                                                "\"%3\" (allowed: each path once)")
                                                     .arg(endpoint.path.text())
                                                     .arg(other)
                                                     .arg(endpoints[other].path.text()));
    }
    const Limits limits = endpoint.effectiveLimits();
    if (limits.pongTimeout <= limits.pingInterval) {
      reader.error(at + QStringLiteral(".limits.pong_timeout_ms"),
                   QStringLiteral("%1 ms is not longer than ping_interval_ms, %2 ms: every client would be taken for "
                                  "dead (allowed: more than ping_interval_ms)")
                       .arg(limits.pongTimeout.count())
                       .arg(limits.pingInterval.count()));
    }
  }
}

/// A device's token would cross the network in the clear (R2-1).
void checkDeviceTransport(ConfigReader &reader, const WsConfig &config) {
  if (config.tls || config.listen.isLoopback() || !config.trustedProxies.isEmpty()) return;
  for (qsizetype i = 0; i < config.endpoints->size(); ++i) {
    if (config.endpoints->at(i).protocol != ProtocolKind::Device) continue;
    reader.error(
        QStringLiteral("endpoints[%1].protocol").arg(i),
        QStringLiteral("device tokens would cross the network in the clear on a plain listener (allowed: tls, a "
                       "listener on loopback, or trusted_proxies that speak TLS)"));
  }
}

/// Makes the path of the certificate absolute; it is relative to the manifest that names it.
void checkTls(ConfigReader &reader, TlsConfig &tls) {
  const ConfigLocation where = reader.locate(QStringLiteral("tls.certificate"));
  if (where.file) tls.certificate = QFileInfo(*where.file).absoluteDir().absoluteFilePath(tls.certificate);
  const auto identity = TlsIdentity::read(tls, fromMilliseconds(QDateTime::currentMSecsSinceEpoch()));
  if (!identity) return reader.error(QStringLiteral("tls"), identity.error());
  if (!identity->warning.isEmpty()) reader.warning(QStringLiteral("tls.certificate"), identity->warning);
}

void checkKey(ConfigReader &reader, const JwtConfig &jwt) {
  const auto verifier = JwtVerifier::fromConfig(jwt);
  if (!verifier) reader.error(QStringLiteral("auth.jwt.key"), verifier.error());
}

}  // namespace

void JwtConfig::describe(Shape<JwtConfig> &shape) {
  shape.required("algorithm", &JwtConfig::algorithm, "how tokens are signed; no other algorithm is taken");
  shape.required("key", &JwtConfig::key,
                 "shared secret of 32 bytes or more (HS256), or public key as PEM (RS256, ES256)");
  shape.optional("leeway_s", &JwtConfig::leeway, "how far clocks may differ, seconds").range(0, 50);
  shape.optional("audience", &JwtConfig::audience, "what `aud` of a token must name; absent: tokens without `aud`")
      .example("tagwire")
      .range(1, 1000);
  shape.optional("issuer", &JwtConfig::issuer, "what `iss` of a token must be; absent: anything")
      .example("https://login.example.org")
      .range(1, 1000);
}

void AuthConfig::describe(Shape<AuthConfig> &shape) {
  shape.optional("jwt", &AuthConfig::jwt, "takes JSON Web Tokens");
  shape.optional("anonymous", &AuthConfig::anonymous, "permissions without a credential, from this machine only")
      .example("*:read")
      .suggested()
      .check(permissionProblem);
  shape.optional("roles", &AuthConfig::roles, "own roles and their permissions")
      .exampleJson("{\"shift_lead\": [\"*:read\", \"alarms:ack\"]}")
      .check(permissionProblem);
}

void TlsConfig::describe(Shape<TlsConfig> &shape) {
  shape.required("certificate", &TlsConfig::certificate, "PEM file with the certificate chain").example("server.pem");
  shape.required("key", &TlsConfig::key, "private key as PEM");
}

void LimitsConfig::describe(Shape<LimitsConfig> &shape) {
  shape.optional("connections", &LimitsConfig::connections, "clients at once; one more gets HTTP 503")
      .example(100)
      .range(1, 100000);
  shape.optional("messages_per_s", &LimitsConfig::messagesPerSecond, "from one client in any second; 0: no limit")
      .example(10)
      .range(0, 100000);
  shape.optional("subscriptions", &LimitsConfig::subscriptions, "of one client").example(50).range(1, 1000000);
  shape.optional("message_bytes", &LimitsConfig::messageBytes, "longest message from a client")
      .example(65536)
      .range(16, 16777216);
  shape.optional("fragments", &LimitsConfig::fragments, "frames that one message may come in")
      .example(64)
      .range(1, 1000000);
  shape.optional("message_timeout_ms", &LimitsConfig::messageTimeout, "from the first byte of a message to its last")
      .example(10000)
      .range(100, 3600000);
  shape
      .optional("control_frames_per_s", &LimitsConfig::controlFramesPerSecond,
                "PINGs and PONGs of one client; twice as many at once")
      .example(10)
      .range(1, 100000);
  shape.optional("queue_messages", &LimitsConfig::queueMessages, "that may wait for one slow client")
      .example(256)
      .range(1, 1000000);
  shape.optional("write_timeout_ms", &LimitsConfig::writeTimeout, "how long a client may take nothing")
      .example(10000)
      .range(100, 3600000);
  shape.optional("ping_interval_ms", &LimitsConfig::pingInterval, "between two PINGs of the server")
      .example(30000)
      .range(100, 3600000);
  shape.optional("pong_timeout_ms", &LimitsConfig::pongTimeout, "without a PONG until a client is taken for dead")
      .example(60000)
      .range(100, 7200000);
  shape.optional("heartbeat_interval_ms", &LimitsConfig::heartbeatInterval, "between two heartbeats of the protocol")
      .example(30000)
      .range(100, 3600000);
  shape.optional("heartbeat_timeout_ms", &LimitsConfig::heartbeatTimeout, "for the answer to a heartbeat")
      .example(10000)
      .range(100, 3600000);
}

void EndpointConfig::describe(Shape<EndpointConfig> &shape) {
  shape.required("path", &EndpointConfig::path, "where clients connect; {manager} and {device_id} are variables")
      .example("/ws/live");
  shape.required("protocol", &EndpointConfig::protocol, "what is spoken there");
  shape.optional("limits", &EndpointConfig::limits, "where they differ from the protocol's own");
}

Limits EndpointConfig::effectiveLimits() const {
  Limits result = defaultLimits(protocol);
  result.connections = limits.connections.value_or(result.connections);
  result.messagesPerSecond = limits.messagesPerSecond.value_or(result.messagesPerSecond);
  result.subscriptions = limits.subscriptions.value_or(result.subscriptions);
  result.messageBytes = limits.messageBytes.value_or(result.messageBytes);
  result.fragments = limits.fragments.value_or(result.fragments);
  result.messageTimeout = limits.messageTimeout.value_or(result.messageTimeout);
  result.controlFramesPerSecond = limits.controlFramesPerSecond.value_or(result.controlFramesPerSecond);
  result.queueMessages = limits.queueMessages.value_or(result.queueMessages);
  result.writeTimeout = limits.writeTimeout.value_or(result.writeTimeout);
  result.pingInterval = limits.pingInterval.value_or(result.pingInterval);
  result.pongTimeout = limits.pongTimeout.value_or(result.pongTimeout);
  result.heartbeatInterval = limits.heartbeatInterval.value_or(result.heartbeatInterval);
  result.heartbeatTimeout = limits.heartbeatTimeout.value_or(result.heartbeatTimeout);
  return result;
}

void EventLimitsConfig::describe(Shape<EventLimitsConfig> &shape) {
  shape.optional("connections", &EventLimitsConfig::connections, "streams at once; one more gets HTTP 503")
      .example(100)
      .range(1, 100000);
  shape.optional("subscriptions", &EventLimitsConfig::subscriptions, "of one stream").example(50).range(1, 1000000);
  shape.optional("queue_messages", &EventLimitsConfig::queueMessages, "that may wait for one slow client")
      .example(256)
      .range(1, 1000000);
  shape.optional("write_timeout_ms", &EventLimitsConfig::writeTimeout, "how long a client may take nothing")
      .example(10000)
      .range(100, 3600000);
}

Limits EventLimitsConfig::effectiveLimits() const {
  Limits result = defaultLimits(ProtocolKind::Panel);
  result.connections = connections.value_or(result.connections);
  result.subscriptions = subscriptions.value_or(result.subscriptions);
  result.queueMessages = queueMessages.value_or(result.queueMessages);
  result.writeTimeout = writeTimeout.value_or(result.writeTimeout);
  return result;
}

void WsConfig::describe(Shape<WsConfig> &shape) {
  shape.required("listen", &WsConfig::listen, "where clients connect").example("127.0.0.1:8080");
  shape.optional("auth", &WsConfig::auth, "who may do what; absent: nothing without a token or a user").suggested();
  shape.optional("endpoints", &WsConfig::endpoints, "WebSocket endpoints; absent: /ws/live with protocol live")
      .range(0, 1000);
  shape.optional("recent", &WsConfig::recent, "trigger events that /recent_events remembers").range(1, 10000);
  shape.optional("allowed_origins", &WsConfig::allowedOrigins, "web pages from elsewhere that may connect")
      .example("https://plant.example.org")
      .check(originProblem);
  shape.optional("trusted_proxies", &WsConfig::trustedProxies, "whose X-Forwarded-For is believed")
      .example("127.0.0.1")
      .check(proxyProblem);
  shape.optional("serve", &WsConfig::serve, "what is served here; absent: everything");
  shape.optional("tls", &WsConfig::tls, "serves https and wss");
  shape.optional("rooms", &WsConfig::rooms, "rooms to begin with; what REST changes or deletes stays so")
      .range(0, mostRooms);
  shape.optional("entities", &WsConfig::entities, "what is in the rooms, for protocol rooms").range(0, mostEntities);
  shape.optional("event_limits", &WsConfig::eventLimits, "of /api/os/events, where they differ from those of a panel");
  shape.optional("http_limits", &WsConfig::httpLimits, "of HTTP clients and of those without a credential");
  shape.optional("tiles", &WsConfig::tiles, "of the panel page, until the page saves its own").range(0, 1000);
  shape.optional("models", &WsConfig::models, "kinds of devices: what their payloads must be like")
      .exampleJson("{\"ems\": {\"fields\": {\"battery.soc\": {\"type\": \"float\", \"min\": 0, \"max\": 1}}}}")
      .range(0, mostModels);
  shape.optional("devices", &WsConfig::devices, "devices that may connect, for protocol device").range(0, mostDevices);
  shape
      .optional("device_timezone", &WsConfig::deviceTimeZone,
                "IANA zone of a payload's timestamp without an offset; absent: the site's")
      .example("Europe/Berlin")
      .check(timeZoneProblem);
}

bool WsConfig::speaks(ProtocolKind kind) const {
  return std::any_of(endpoints->begin(), endpoints->end(),
                     [kind](const EndpointConfig &each) { return each.protocol == kind; });
}

QList<EndpointConfig> WsConfig::servedEndpoints() const {
  const auto manager = std::find_if(endpoints->begin(), endpoints->end(), [](const EndpointConfig &each) {
    return each.protocol == ProtocolKind::RtlsManager;
  });
  QList<EndpointConfig> all = *endpoints + omloxAliases(*endpoints);
  if (manager != endpoints->end()) all += eventEndpoints(*manager);
  return all;
}

std::optional<WsConfig> WsConfig::read(ConfigReader &reader) {
  WsConfig config;
  return readInto(reader, config) ? std::optional<WsConfig>(std::move(config)) : std::nullopt;
}

bool WsConfig::readInto(ConfigReader &reader, WsConfig &config) {
  if (!reader.readInto(config)) return false;
  const auto &[address, port] = config.listen;
  reader.listensOn(QStringLiteral("listen"), ConfigReader::Listener::Kind::Tcp, address.toString(), port);
  if (!config.endpoints) {
    EndpointConfig live;
    live.path = *EndpointPath::fromText(QStringLiteral("/ws/live"));
    config.endpoints = {live};
  }
  checkEndpoints(reader, *config.endpoints);
  checkDeviceTransport(reader, config);
  if (config.tls) checkTls(reader, *config.tls);
  checkRooms(reader, config.rooms, config.entities);
  checkTiles(reader, config.tiles);
  checkDevices(reader, config.models, config.devices);
  if (config.auth && config.auth->jwt) checkKey(reader, *config.auth->jwt);
  if (config.auth) {
    for (const QString &name : config.auth->roles.keys()) {
      const QString wrong = ownRoleProblem(name);
      if (!wrong.isEmpty()) reader.error(QStringLiteral("auth.roles"), wrong);
    }
  }
  return !reader.failed();
}

}  // namespace tagwire::ws
