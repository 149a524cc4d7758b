// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "commanddesk.h"
#include "context.h"
#include "keptfile.h"
#include "mqttconfig.h"
#include "sparkplug/metric.h"
#include "spool/record.h"

namespace tagwire::mqtt {

/// A Sparkplug B edge node: what goes out are its births, data and deaths, in one sequence. A device is a first level
/// of points' names; a metric what follows it. Makes messages and publishes none. Thread-bound to the host's thread.
class EdgeNode : public QObject {
  Q_OBJECT
 public:
  /// `commands`: who carries writes on; null: nobody. Not owned.
  EdgeNode(const SparkplugConfig &config, PluginContext &context, CommandDesk *commands);

  /// Reads what is kept of the last run. Blocks for a small file.
  void start();
  void stop();

  QList<Subscription> subscriptions() const;
  /// For the connection that is tried next: NDEATH with the next bdSeq.
  Message will();
  /// NDEATH of the present one, for who says goodbye.
  Message death() const;
  /// A new connection: nothing is born yet.
  void connected();
  /// False: the primary host is away, or has not told of itself.
  bool maySpeak() const { return m_config.primaryHost.isEmpty() || m_isHostThere; }

  /// NBIRTH and a DBIRTH of each device, with the values of now.
  QList<Message> births();
  /// Anew what has other points than when it was born.
  QList<Message> changes();
  /// DDEATH of devices whose instance does not run or has lost its connection, DBIRTH of those that are back. To be
  /// called at intervals.
  QList<Message> deaths();
  /// What the manifest has no more is a metric still, for what waits in the spool.
  QList<Message> data(std::span<const spool::StoredSample> samples,
                      const std::function<spool::StoredPointPointer(spool::PointKey)> &pointOf, bool isHistorical);
  void take(const Message &message);

 Q_SIGNALS:
  void rebirthAsked();
  void hostCame();
  void hostLeft();

 private:
  /// What of a point the metric is.
  enum class Part : quint8 { Whole, X, Y, Z, Zone };
  struct Entry {
    QString name;
    quint64 alias = 0;
    ValueType type = ValueType::Double;
    Part part = Part::Whole;
    PointId point = PointId::None;  ///< None: gone from the manifest
    QString unit;
    std::optional<Quality> told;  ///< since the birth
  };
  struct Device {
    std::vector<Entry> entries;
    QHash<QString, std::vector<size_t>> byPoint;  ///< name without the device
    QString owner;                                ///< instance
    bool isBorn = false;
    bool isChanged = false;
    bool isDead = false;
    bool wasGone = false;  ///< when it was last looked at
  };

  void learnPoints();
  void learn(const QString &fullName, ValueType type, const QString &unit, PointId id, const QString &owner);
  Value valueFor(Part part, const Value &value) const;
  bool isCutOff(const Device &device) const;
  Message birth(const QString &name, Device &device);
  Message message(const char *kind, const QString &device, SparkplugPayload &payload, int qos);
  void addMetric(SparkplugPayload &payload, Entry &entry, const Value &value, Quality quality, Time time, bool isBirth,
                 bool isHistorical);
  void takeCommand(const SparkplugTopic &topic, const Message &message);
  void takeState(const Message &message);

  const SparkplugConfig m_config;
  PluginContext &m_context;
  CommandDesk *m_commands;
  const PointFilter m_filter;
  std::unique_ptr<KeptFile> m_kept;  ///< bdSeq
  std::map<QString, Device> m_devices;
  QHash<quint64, std::pair<QString, QString>> m_byAlias;  ///< device, metric
  quint64 m_nextAlias = 1;
  quint32 m_seenPoints = 0;
  quint64 m_seenRevision = ~quint64(0);
  int m_bdSeq = -1;
  int m_seq = 0;
  bool m_isHostThere = false;
  qint64 m_hostTimestamp = -1;
  std::optional<std::chrono::nanoseconds> m_rebirthAt;
  bool m_isToldOfWrite = false;
};

}  // namespace tagwire::mqtt
