// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "context.h"
#include "spool/spoolconfig.h"

namespace tagwire::cluster {

enum class Role : quint8 { Edge, Hub, Gateway };
constexpr auto enumWords(Role) {
  return std::array{std::pair{"edge", Role::Edge}, std::pair{"hub", Role::Hub}, std::pair{"gateway", Role::Gateway}};
}

/// How points of other nodes are called here.
enum class Names : quint8 { Original, WithSite };
constexpr auto enumWords(Names) {
  return std::array{std::pair{"original", Names::Original}, std::pair{"with_site", Names::WithSite}};
}

/// The key `tls`.
struct TlsConfig {
  QString authority;
  QString certificate;
  Secret key;

  static void describe(Shape<TlsConfig> &shape);
};

enum class ExpectedType : quint8 { Bool, Int64, Float64, String };
constexpr auto enumWords(ExpectedType) {
  return std::array{std::pair{"bool", ExpectedType::Bool}, std::pair{"int64", ExpectedType::Int64},
                    std::pair{"float64", ExpectedType::Float64}, std::pair{"string", ExpectedType::String}};
}

/// A point of another node that the manifest here names, in a rule of alarms say.
struct ExpectedPoint {
  QString name;
  ExpectedType type = ExpectedType::Float64;
  QString unit;
  bool writable = false;
  ConfigLocation where;

  static void describe(Shape<ExpectedPoint> &shape);
  PointInfo info() const;
};

/// The key `stream`: only whoever makes the stream looks at all but its name.
struct StreamConfig {
  QString name = QStringLiteral("TAGWIRE");
  int replicas = 1;
  int hours = 168;
  int mostMegabytes = 10'240;
  std::optional<QString> domain;
  QStringList sources;

  static void describe(Shape<StreamConfig> &shape);
};

/// The configuration of a `cluster` instance. Plain value.
struct ClusterConfig {
  QString node;
  QList<Role> roles;
  QStringList servers;
  QString user;
  Secret password;
  QString nkey;
  Secret seed;
  Secret credentials;
  std::optional<TlsConfig> tls;
  StreamConfig stream;
  std::optional<QString> history;
  Names names = Names::Original;
  QList<ExpectedPoint> expects;
  QStringList commandsFrom;
  QStringList alarmsFrom;
  bool showsHubAlarms = true;
  std::chrono::milliseconds batchInterval{50};
  std::chrono::milliseconds lastValuesInterval{5000};
  std::chrono::milliseconds ackTimeout{5000};
  std::chrono::milliseconds historicalAfter{60'000};
  spool::SpoolConfig spool;

  static void describe(Shape<ClusterConfig> &shape);
  /// Nothing when there are errors, each one reported.
  static std::optional<ClusterConfig> read(ConfigReader &reader);
  bool has(Role role) const { return roles.contains(role); }
};

/// `text` as one part of a subject: what NATS gives a meaning becomes '-'. Never empty.
QString subjectToken(const QString &text);

}  // namespace tagwire::cluster
