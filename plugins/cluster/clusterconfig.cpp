// SPDX-License-Identifier: Apache-2.0
#include "clusterconfig.h"

#include <QRegularExpression>
#include <QUrl>

namespace tagwire::cluster {

namespace {

QString problemWithToken(const QString &text) {
  static const QRegularExpression allowed(QStringLiteral("^[A-Za-z0-9_-]{1,64}$"));
  if (allowed.match(text).hasMatch()) return {};
  return QStringLiteral("\"%1\" can't be a part of a subject (allowed: up to 64 letters, digits, - and _)").arg(text);
}

QString problemWithSource(const QString &text) {
  const QString site = text.section(u'/', 1);
  const bool isGood = problemWithToken(text.section(u'/', 0, 0)).isEmpty() &&
                      (!text.contains(u'/') || problemWithToken(site).isEmpty());
  if (isGood) return {};
  return QStringLiteral("\"%1\" is no source (allowed: <domain>, or <domain>/<site>, as in edge1/plant1)").arg(text);
}

QString problemWithFullName(const QString &name) {
  if (name.indexOf(u'/') > 0 && !name.endsWith(u'/')) return {};
  return QStringLiteral("\"%1\" is no full name (allowed: <first level>/<name>, as in plc1/boiler/temp)").arg(name);
}

// The text itself is not repeated where it may hold a password.
QString problemWithServer(const QString &text) {
  const QUrl url(text, QUrl::StrictMode);
  if (!url.userInfo().isEmpty()) {
    return QStringLiteral(
        "a credential does not belong in a URL (allowed: nats://host:port, and user, nkey or "
        "credentials beside it)");
  }
  const bool isScheme = url.scheme() == u"nats" || url.scheme() == u"tls";
  if (isScheme && !url.host().isEmpty() && url.path().isEmpty() && url.query().isEmpty()) return {};
  return QStringLiteral("\"%1\" is no NATS server (allowed: nats://host:port, tls://host:port)").arg(text);
}

void checkCredentials(const ClusterConfig &config, ConfigReader &reader) {
  const int ways =
      (config.user.isEmpty() ? 0 : 1) + (config.nkey.isEmpty() ? 0 : 1) + (config.credentials.isEmpty() ? 0 : 1);
  if (ways > 1) {
    reader.error(QStringLiteral("credentials"),
                 QStringLiteral("there is another credential already (allowed: one of user, nkey, credentials)"));
  }
  if (config.user.isEmpty() != config.password.isEmpty()) {
    reader.error(QStringLiteral("password"), QStringLiteral("`user` and `password` belong together"));
  }
  if (config.nkey.isEmpty() != config.seed.isEmpty()) {
    reader.error(QStringLiteral("seed"), QStringLiteral("`nkey` and `seed` belong together"));
  }
}

}  // namespace

void TlsConfig::describe(Shape<TlsConfig> &shape) {
  shape
      .optional("ca", &TlsConfig::authority, "PEM file of who signed the servers' certificates; the system's if absent")
      .example("/etc/tagwire/nats-ca.pem");
  shape.optional("certificate", &TlsConfig::certificate, "PEM file of our own certificate, where servers ask for one")
      .example("/etc/tagwire/node.pem");
  shape.optional("key", &TlsConfig::key, "its key");
}

void ExpectedPoint::describe(Shape<ExpectedPoint> &shape) {
  shape.required("name", &ExpectedPoint::name, "full name, as it is here")
      .example("plc1/boiler/temp")
      .range(3, 250)
      .check(&problemWithFullName);
  shape.optional("type", &ExpectedPoint::type, "of its values");
  shape.optional("unit", &ExpectedPoint::unit, "engineering unit").example("°C");
  shape.optional("writable", &ExpectedPoint::writable, "commands are handed on to its node");
}

PointInfo ExpectedPoint::info() const {
  constexpr ValueType types[] = {ValueType::Bool, ValueType::Int, ValueType::Double, ValueType::Text};
  PointInfo info;
  info.name = name.section(u'/', 1);
  info.type = types[static_cast<size_t>(type)];
  info.unit = unit;
  info.writable = writable;
  info.where = where;
  return info;
}

void StreamConfig::describe(Shape<StreamConfig> &shape) {
  shape.optional("name", &StreamConfig::name, "of the stream; the same on all nodes").check(&problemWithToken);
  shape.optional("replicas", &StreamConfig::replicas, "servers that hold each record: 3 where there are three")
      .range(1, 5);
  shape.optional("hours", &StreamConfig::hours, "records are kept so long, stored or not").range(1, 87'600);
  shape.optional("max_mb", &StreamConfig::mostMegabytes, "the oldest go beyond this").range(16, 100'000'000);
  shape.optional("domain", &StreamConfig::domain, "JetStream domain of a leaf node: the stream is there")
      .example("edge1")
      .check(&problemWithToken);
  shape
      .optional("sources", &StreamConfig::sources,
                "a hub: domains of leaf nodes whose streams are taken in; with a site, only what is of that site")
      .example("edge1/plant1")
      .range(1, 1000)
      .check(&problemWithSource);
}

void ClusterConfig::describe(Shape<ClusterConfig> &shape) {
  shape
      .required("node", &ClusterConfig::node,
                "what this node is called; another one for each of a site, and for each hub and gateway of the cluster")
      .example("edge1")
      .check(&problemWithToken);
  shape
      .required(
          "roles", &ClusterConfig::roles,
          "`edge` gives what is here to the others, `hub` takes all for alarms and history, `gateway` for clients")
      .example("edge")
      .range(1, 3)
      .orSingle();
  shape.required("servers", &ClusterConfig::servers, "any of the NATS servers; they name the others themselves")
      .example("nats://127.0.0.1:4222")
      .range(1, 16)
      .orSingle()
      .check(&problemWithServer);
  shape.optional("user", &ClusterConfig::user, "user name, with `password`").example("edge1");
  shape.optional("password", &ClusterConfig::password, "of the user");
  shape.optional("nkey", &ClusterConfig::nkey, "public NKey (U…), with `seed`")
      .example("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
  shape.optional("seed", &ClusterConfig::seed, "seed of the NKey");
  shape.optional("credentials", &ClusterConfig::credentials, "the text of a credentials file (.creds)");
  shape.optional("tls", &ClusterConfig::tls, "connects by TLS only");
  shape.optional("stream", &ClusterConfig::stream, "where records are kept");
  shape
      .optional("history", &ClusterConfig::history,
                "a hub: id of the sql instance here that stores what the stream has; its `fed_by` names this instance")
      .example("history");
  shape.optional("names", &ClusterConfig::names,
                 "points of other nodes are called here as there, or with their site before it");
  shape
      .optional("expects", &ClusterConfig::expects,
                "a hub or a gateway: points of other nodes that this manifest names (rules of alarms); all others are "
                "there once they come")
      .range(1, 100'000);
  shape
      .optional("commands_from", &ClusterConfig::commandsFrom,
                "an edge: nodes whose commands for points of here are taken; none if absent")
      .example("gateway1")
      .range(1, 1000)
      .orSingle()
      .check(&problemWithToken);
  shape
      .optional(
          "alarms_from", &ClusterConfig::alarmsFrom,
          "a hub: nodes whose operators acknowledge, shelve … and change rules here: gateways, and the other hubs; "
          "none if absent")
      .example("gateway1")
      .range(1, 1000)
      .orSingle()
      .check(&problemWithToken);
  shape.optional("hub_alarms", &ClusterConfig::showsHubAlarms,
                 "a gateway that is no hub: shows the alarms of the hubs; false where it has `alarms` of its own");
  shape.optional("batch_interval_ms", &ClusterConfig::batchInterval, "an edge: what comes in is sent after this time")
      .range(1, 60'000);
  shape
      .optional("last_values_interval_ms", &ClusterConfig::lastValuesInterval,
                "an edge: last values that changed are put into the bucket of last values so often")
      .range(100, 30'000);
  shape
      .optional("ack_timeout_ms", &ClusterConfig::ackTimeout,
                "an edge: what the stream has not confirmed by then is sent once more")
      .range(100, 60'000);
  shape
      .optional("historical_after_ms", &ClusterConfig::historicalAfter,
                "a hub: records that come later than this are marked historical")
      .range(1000, 86'400'000);
  shape.optional("spool", &ClusterConfig::spool, "an edge: what waits on disk for the stream");
}

std::optional<ClusterConfig> ClusterConfig::read(ConfigReader &reader) {
  auto config = reader.read<ClusterConfig>();
  if (!config) return std::nullopt;
  checkCredentials(*config, reader);
  if (config->history && !config->has(Role::Hub)) {
    reader.error(QStringLiteral("history"), QStringLiteral("does nothing here (allowed with the role hub)"));
  }
  if (!config->alarmsFrom.isEmpty() && !config->has(Role::Hub)) {
    reader.error(QStringLiteral("alarms_from"), QStringLiteral("does nothing here (allowed with the role hub)"));
  }
  if (!config->stream.sources.isEmpty() && !config->has(Role::Hub)) {
    reader.error(QStringLiteral("stream.sources"), QStringLiteral("does nothing here (allowed with the role hub)"));
  }
  if (config->stream.replicas % 2 == 0) {
    reader.error(QStringLiteral("stream.replicas"),
                 QStringLiteral("%1 has no majority (allowed: 1, 3, 5)").arg(config->stream.replicas));
  }
  for (qsizetype i = 0; i < config->expects.size(); ++i) {
    config->expects[i].where = reader.locate(QStringLiteral("expects[%1].name").arg(i));
  }
  if (reader.failed()) return std::nullopt;
  return config;
}

QString subjectToken(const QString &text) {
  static const QRegularExpression other(QStringLiteral("[^A-Za-z0-9_-]"));
  QString token = QString(text).replace(other, QStringLiteral("-"));
  return token.isEmpty() ? QStringLiteral("site") : token.left(64);
}

}  // namespace tagwire::cluster
