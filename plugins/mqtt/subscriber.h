// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>

#include "context.h"
#include "jsonpath.h"
#include "mqttconfig.h"
#include "services/fixintake.h"

namespace tagwire::mqtt {

/// The points that messages have made, at most so many. Thread-bound to the host's thread.
class LearnedPoints {
 public:
  LearnedPoints(PluginContext &context, int most);

  /// None when there is no room or the name is no good; told once in the log, and counted.
  PointId find(const PointInfo &info);
  const QList<PointId> &all() const { return m_ids; }

 private:
  PluginContext &m_context;
  const int m_most;
  QHash<QString, PointId> m_byName;
  QList<PointId> m_ids;
  bool m_isToldOfRoom = false;
  bool m_isToldOfName = false;
  Counter m_refused;
};

/// Makes values of points and positions of tags out of messages, by patterns of topics and ways into JSON. What does
/// not fit is counted, and told once. Thread-bound.
class Subscriber : public QObject {
  Q_OBJECT
 public:
  /// Declares what does not depend on a topic.
  Subscriber(const MqttConfig &config, PluginContext &context);

  QList<Subscription> subscriptions() const;
  void take(const Message &message);
  /// The connection is gone: every value is Bad.
  void disconnected();
  void clear();

 Q_SIGNALS:
  void samplesReady(const tagwire::Samples &samples);

 private:
  struct Reading {
    ReadingConfig config;
    JsonPath path;
    JsonPath time;
    bool isFixed = false;  ///< its name does not depend on the topic
  };
  struct FixPaths {
    FixConfig config;
    JsonPath tag, x, y, z, time, accuracy, battery;
  };
  struct Rule {
    Subscription subscription;
    QByteArray filter;
    QList<Reading> readings;
    std::optional<FixPaths> fix;
  };

  void takeReading(const Rule &rule, const Reading &reading, const QStringList &levels, const QJsonValue &json,
                   bool isHistorical);
  void takeFix(const FixPaths &paths, const QStringList &levels, const QJsonValue &json);
  void misfit(const QString &topic, const QString &why);
  Time timeIn(const JsonPath &path, const QJsonValue &json) const;
  void gather(const Sample &sample);
  void publish();

  PluginContext &m_context;
  QList<Rule> m_rules;
  LearnedPoints m_points;
  Samples m_gathered;
  QTimer m_soon;
  int m_fixesUnderWay = 0;
  bool m_isToldOfMisfit = false;
  bool m_isToldOfFix = false;
  std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
  Counter m_taken;
  Counter m_misfits;
  Counter m_refusedFixes;
};

/// `json` as the type; also what others like to say of a bool (`ON`, "off", 1). Errors say what was there.
Result<Value> valueOf(const QJsonValue &json, ValueType type);

}  // namespace tagwire::mqtt
