// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access/pathpattern.h"
#include "brokerurl.h"
#include "config.h"
#include "link.h"
#include "point.h"
#include "spool/spoolconfig.h"
#include "tlscontext.h"

namespace tagwire::mqtt {

enum class Version : quint8 { V5, V311 };
constexpr auto enumWords(Version) { return std::array{std::pair{"5", Version::V5}, std::pair{"3.1.1", Version::V311}}; }

enum class Format : quint8 { Json, Value };
constexpr auto enumWords(Format) {
  return std::array{std::pair{"json", Format::Json}, std::pair{"value", Format::Value}};
}

/// Which points, by patterns of their full names. Plain value.
class PointFilter {
 public:
  PointFilter() = default;
  explicit PointFilter(const QStringList &patterns);
  bool accepts(QStringView fullName) const;
  /// What is wrong with a pattern; empty when nothing is.
  static QString problemWith(const QString &pattern);

 private:
  QList<PathPattern> m_patterns;
};

/// The key `publish.events`.
struct EventsConfig {
  QStringList kinds;
  QString topic = QStringLiteral("tagwire/{site}/events/{kind}");
  int qos = 1;

  static void describe(Shape<EventsConfig> &shape);
};

/// The key `publish`.
struct PublishConfig {
  QStringList points;
  QString topic = QStringLiteral("tagwire/{site}/{plugin}/{point}");
  Format format = Format::Json;
  bool isRetained = true;
  int qos = 1;
  std::optional<EventsConfig> events;

  static void describe(Shape<PublishConfig> &shape);
};

enum class PointType : quint8 { Bool, Int, Double, Text };
constexpr auto enumWords(PointType) {
  return std::array{std::pair{"bool", PointType::Bool}, std::pair{"int", PointType::Int},
                    std::pair{"double", PointType::Double}, std::pair{"text", PointType::Text}};
}
ValueType valueTypeOf(PointType type);

/// One of `subscribe[].points`: a value within a message.
struct ReadingConfig {
  QString name;
  QString path;
  PointType type = PointType::Double;
  QString unit;
  QString description;
  QString time;

  static void describe(Shape<ReadingConfig> &shape);
};

/// The key `subscribe[].fix`: a position within a message.
struct FixConfig {
  QString tag;
  QString x;
  QString y;
  QString z;
  QString time;
  QString accuracy;
  QString battery;
  QString instance;

  static void describe(Shape<FixConfig> &shape);
};

/// One of `subscribe`.
struct SubscribeConfig {
  QString topic;
  int qos = 1;
  QList<ReadingConfig> points;
  std::optional<FixConfig> fix;

  static void describe(Shape<SubscribeConfig> &shape);
};

/// The key `commands`: which points may be written by whoever may publish to our topics.
struct CommandsConfig {
  QStringList points;
  QString topic = QStringLiteral("tagwire/{site}/set");
  QString answers = QStringLiteral("tagwire/{site}/commands");

  static void describe(Shape<CommandsConfig> &shape);
};

enum class SparkplugRole : quint8 { EdgeNode, Host };
constexpr auto enumWords(SparkplugRole) {
  return std::array{std::pair{"edge_node", SparkplugRole::EdgeNode}, std::pair{"host", SparkplugRole::Host}};
}

/// The key `sparkplug`.
struct SparkplugConfig {
  SparkplugRole role = SparkplugRole::EdgeNode;
  QString group;
  QString node;
  QStringList points;
  QString primaryHost;
  int qos = 1;
  QString hostId;
  QStringList groups;
  QStringList writable;
  bool takesHistory = false;

  static void describe(Shape<SparkplugConfig> &shape);
};

/// The key `home_assistant`.
struct HomeAssistantConfig {
  QString prefix = QStringLiteral("homeassistant");
  QStringList points;
  bool alarms = false;

  static void describe(Shape<HomeAssistantConfig> &shape);
};

/// The plugin's configuration.
struct MqttConfig {
  BrokerUrl url;
  QString clientId;
  Version version = Version::V5;
  QString user;
  Secret password;
  std::optional<TlsConfig> tls;
  std::chrono::milliseconds keepAlive{15'000};
  std::chrono::milliseconds connectTimeout{10'000};
  QString statusTopic = QStringLiteral("tagwire/{site}/{id}/status");
  std::optional<PublishConfig> publish;
  QList<SubscribeConfig> subscribe;
  int mostPoints = 10'000;
  int largestMessage = 262'144;
  int messagesIn = 10'000;
  std::optional<CommandsConfig> commands;
  std::optional<SparkplugConfig> sparkplug;
  std::optional<HomeAssistantConfig> homeAssistant;
  int mostInFlight = 100;
  int messagesOut = 5'000;
  std::chrono::milliseconds ackTimeout{30'000};
  spool::SpoolConfig spool;

  static void describe(Shape<MqttConfig> &shape);
  /// What the shape can't say; errors go to the reader. Makes the paths of files absolute.
  void check(ConfigReader &reader);
  bool isEdgeNode() const { return sparkplug && sparkplug->role == SparkplugRole::EdgeNode; }
  bool isHost() const { return sparkplug && sparkplug->role == SparkplugRole::Host; }
  /// `clientId`, or what takes its place.
  QString clientIdOf(const QString &site, const QString &id) const;
};

/// Empty when messages can be published to it; else what is wrong.
QString problemWithTopic(const QString &topic);
/// The same for one that is subscribed to.
QString problemWithTopicFilter(const QString &filter);

}  // namespace tagwire::mqtt
