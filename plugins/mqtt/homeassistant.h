// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QSet>

#include "commanddesk.h"
#include "context.h"
#include "mqttconfig.h"
#include "plainmessages.h"
#include "services/alarmdesk.h"

namespace tagwire::mqtt {

/// What Home Assistant has to know to show points, tags and alarms by itself (its MQTT discovery): one retained message
/// for each. Makes messages and publishes none. Thread-bound to the host's thread.
class HomeAssistant {
 public:
  /// `commands` (null: none) tells what can be switched. None of them is owned.
  HomeAssistant(const HomeAssistantConfig &config, PluginContext &context, const PlainMessages &messages,
                const CommandDesk *commands, const PointFilter &published, const QString &statusTopic);

  /// Where it tells that it has started and wants to hear all again.
  Subscription subscription() const;
  bool hasStarted(const Message &message) const;
  /// Everything anew.
  void forget();
  /// What has come or changed since the last call, and empty ones for what is gone.
  QList<Message> points();
  QList<Message> alarms(const QList<AlarmRule> &rules, const QList<AlarmStatus> &standing);
  /// The state of an alarm; none when alarms are not shown.
  QList<Message> alarm(const AlarmTransition &transition) const;

 private:
  QString objectId(const QString &name) const;
  QJsonObject common(const QString &name, const QString &unique, const QString &device,
                     const QString &stateTopic) const;
  Message config(const char *component, const QString &unique, const QJsonObject &json) const;
  Message pointConfig(const Point &point) const;
  QString alarmTopic(int rule) const;
  Message alarmState(int rule, bool isActive, const QJsonObject &more) const;

  const HomeAssistantConfig m_config;
  PluginContext &m_context;
  const PlainMessages &m_messages;
  const CommandDesk *m_commands;
  const PointFilter m_filter;
  const PointFilter &m_published;
  const QString m_statusTopic;
  QHash<QString, QByteArray> m_told;  ///< payload by topic
  quint32 m_seenPoints = 0;
  quint64 m_seenRevision = ~quint64(0);
};

}  // namespace tagwire::mqtt
