// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "device/deviceconfig.h"
#include "endpointlimits.h"
#include "endpointpath.h"
#include "http/httplimits.h"
#include "network/listenaddress.h"
#include "protocolkind.h"
#include "rooms/roomsconfig.h"
#include "tile.h"

namespace tagwire::ws {

enum class JwtAlgorithm : quint8 { HS256, RS256, ES256 };
constexpr auto enumWords(JwtAlgorithm) {
  return std::array{std::pair{"HS256", JwtAlgorithm::HS256}, std::pair{"RS256", JwtAlgorithm::RS256},
                    std::pair{"ES256", JwtAlgorithm::ES256}};
}

enum class Served : quint8 { Ws, Rest, Pages, Metrics };
constexpr auto enumWords(Served) {
  return std::array{std::pair{"ws", Served::Ws}, std::pair{"rest", Served::Rest}, std::pair{"pages", Served::Pages},
                    std::pair{"metrics", Served::Metrics}};
}

struct JwtConfig {
  JwtAlgorithm algorithm = JwtAlgorithm::HS256;
  Secret key;
  int leeway = 10;
  std::optional<QString> audience;
  std::optional<QString> issuer;

  static void describe(Shape<JwtConfig> &shape);
};

struct AuthConfig {
  std::optional<JwtConfig> jwt;
  QList<QString> anonymous;
  QMap<QString, QList<QString>> roles;

  static void describe(Shape<AuthConfig> &shape);
};

struct TlsConfig {
  QString certificate;
  Secret key;

  static void describe(Shape<TlsConfig> &shape);
};

/// What the manifest says otherwise than the protocol's page.
struct LimitsConfig {
  std::optional<int> connections;
  std::optional<int> messagesPerSecond;
  std::optional<int> subscriptions;
  std::optional<int> messageBytes;
  std::optional<int> fragments;
  std::optional<std::chrono::milliseconds> messageTimeout;
  std::optional<int> controlFramesPerSecond;
  std::optional<int> queueMessages;
  std::optional<std::chrono::milliseconds> writeTimeout;
  std::optional<std::chrono::milliseconds> pingInterval;
  std::optional<std::chrono::milliseconds> pongTimeout;
  std::optional<std::chrono::milliseconds> heartbeatInterval;
  std::optional<std::chrono::milliseconds> heartbeatTimeout;

  static void describe(Shape<LimitsConfig> &shape);
};

struct EndpointConfig {
  EndpointPath path;
  ProtocolKind protocol = ProtocolKind::Live;
  LimitsConfig limits;

  static void describe(Shape<EndpointConfig> &shape);
  /// The protocol's own limits with the manifest's over them.
  Limits effectiveLimits() const;
};

/// What the manifest says of /api/os/events otherwise than R5-8.
struct EventLimitsConfig {
  std::optional<int> connections;
  std::optional<int> subscriptions;
  std::optional<int> queueMessages;
  std::optional<std::chrono::milliseconds> writeTimeout;

  static void describe(Shape<EventLimitsConfig> &shape);
  Limits effectiveLimits() const;
};

/// The whole configuration of a gateway. Plain value.
struct WsConfig {
  ListenAddress listen;
  std::optional<AuthConfig> auth;
  std::optional<QList<EndpointConfig>> endpoints;
  int recent = 100;
  QList<QString> allowedOrigins;
  QList<QString> trustedProxies;
  std::optional<QList<Served>> serve;
  std::optional<TlsConfig> tls;
  QList<RoomConfig> rooms;
  QList<EntityConfig> entities;
  EventLimitsConfig eventLimits;
  HttpLimits httpLimits;
  Tiles tiles;
  QMap<QString, ModelConfig> models;
  QList<DeviceConfig> devices;
  std::optional<QString> deviceTimeZone;

  static void describe(Shape<WsConfig> &shape);
  /// Reads and checks what concerns more than one key; nothing when there are errors, each one reported.
  static std::optional<WsConfig> read(ConfigReader &reader);
  /// The same, but `config` holds what could be read even when something is wrong (then false).
  static bool readInto(ConfigReader &reader, WsConfig &config);

  /// The endpoints, and those that come with them: an rtls-manager brings the streams of R1-35.
  QList<EndpointConfig> servedEndpoints() const;
  /// Whether any endpoint speaks this protocol.
  bool speaks(ProtocolKind kind) const;
  bool serves(Served what) const { return !serve || serve->contains(what); }
};

}  // namespace tagwire::ws
