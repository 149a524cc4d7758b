// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QJsonObject>

#include "event.h"
#include "mqttconfig.h"
#include "outbox.h"

namespace tagwire::mqtt {

/// Values and events as plain MQTT messages: the topic from the template, the payload JSON or the bare value.
/// Thread-bound.
class PlainMessages {
 public:
  /// `site` and `id` fill the templates.
  PlainMessages(const PublishConfig &config, const QString &site, const QString &id);

  /// What zones are called; by number.
  void setZones(QHash<int, QString> names) { m_zones = std::move(names); }

  QString topicOf(const QString &fullName) const;
  Message message(const QString &fullName, const QString &unit, const Value &value, Quality quality, Time time,
                  bool isHistorical) const;
  Message message(const spool::StoredEvent &event, bool isHistorical) const;

 private:
  QByteArray payload(const QString &unit, const Value &value, Quality quality, Time time, bool isHistorical) const;

  const PublishConfig m_config;
  const QString m_topic;
  QString m_eventTopic;
  QHash<int, QString> m_zones;
};

}  // namespace tagwire::mqtt
