// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>

#include <map>

#include "command.h"
#include "context.h"
#include "mqttconfig.h"
#include "sparkplug/metric.h"
#include "subscriber.h"

namespace tagwire::mqtt {

/// A Sparkplug B host application: makes points of the metrics of edge nodes, `<group>/<node>/<device>/<metric>`, tells
/// that it is there, asks for a rebirth when something is missing, and writes. Publishes nothing itself. Thread-bound
/// to the host's thread.
class HostApplication : public QObject {
  Q_OBJECT
 public:
  HostApplication(const SparkplugConfig &config, int mostPoints, PluginContext &context);

  QList<Subscription> subscriptions() const;
  /// STATE offline, for the connection that is tried next.
  Message will();
  Message state(bool isOnline) const;
  void connected();
  void disconnected();
  void stop();
  void take(const Message &message);
  void execute(const Command &command);
  /// Gives up waiting for what was written.
  void tick();

 Q_SIGNALS:
  void samplesReady(const tagwire::Samples &samples);
  void messageReady(const tagwire::mqtt::Message &message);
  void commandStatus(const tagwire::CommandStatus &status);

 private:
  struct Known {
    QString device;
    QString name;
    DataType type = DataType::Unknown;
    PointId point = PointId::None;
    bool isLong = false;  ///< told as 64 bits
  };
  struct Node {
    QHash<quint64, QString> aliases;  ///< key into `metrics`
    QHash<QString, Known> metrics;    ///< by device + '/' + name
    QSet<QString> devices;            ///< born
    int bdSeq = -1;
    int lastSeq = -1;
    bool isBorn = false;
    std::optional<std::chrono::nanoseconds> askedAt;
  };
  using NodeKey = std::pair<QString, QString>;  ///< group, node
  struct Target {
    NodeKey node;
    QString metric;
  };
  struct Waiting {
    QString id;
    PointId point;
    Value value;
    std::chrono::nanoseconds until;
  };

  Node *nodeOf(const SparkplugTopic &topic);
  void takeBirth(const SparkplugTopic &topic, Node &node, const SparkplugPayload &payload);
  void takeData(const SparkplugTopic &topic, Node &node, const SparkplugPayload &payload);
  void takeDeath(const SparkplugTopic &topic, Node &node, const SparkplugPayload &payload);
  bool follows(Node &node, const SparkplugPayload &payload) const;
  void learn(const SparkplugTopic &topic, Node &node, const Metric &metric);
  void tellOfType(const SparkplugTopic &topic, const QString &name, DataType type);
  void publish(Node &node, const QString &device, const Metric &metric, Samples &samples);
  void goBad(const Node &node, const std::optional<QString> &device, QualityReason reason);
  void confirm(const Samples &samples);
  void askForBirth(const NodeKey &key, Node &node);
  void tell(const QString &id, PointId point, CommandState state, const QString &error, const Value &actual = {});

  const SparkplugConfig m_config;
  PluginContext &m_context;
  const PointFilter m_writable;
  const int m_mostNodes;
  LearnedPoints m_points;
  std::map<NodeKey, Node> m_nodes;
  QHash<PointId, Target> m_targets;  ///< of writable points
  QList<Waiting> m_waiting;
  qint64 m_timestamp = 0;
  bool m_isToldOfNodes = false;
  QSet<QString> m_toldOfType;
  Counter m_messages;
  Counter m_wrong;
  Counter m_gaps;
  Counter m_rebirths;
  Counter m_historical;
};

}  // namespace tagwire::mqtt
