// SPDX-License-Identifier: Apache-2.0
#include "plainmessages.h"

#include <QJsonDocument>

namespace tagwire::mqtt {

namespace {

void addFix(QJsonObject &json, const Fix &fix, const QHash<int, QString> &zones) {
  json.insert(QStringLiteral("tag"), fix.tag);
  json.insert(QStringLiteral("zone"), fix.zone);
  json.insert(QStringLiteral("zone_name"), zones.value(fix.zone));
  if (fix.battery >= 0) json.insert(QStringLiteral("battery"), fix.battery);
  if (std::isfinite(fix.accuracy)) json.insert(QStringLiteral("accuracy"), fix.accuracy);
}

}  // namespace

PlainMessages::PlainMessages(const PublishConfig &config, const QString &site, const QString &id)
    : m_config(config),
      m_topic(filled(config.topic, {{QStringLiteral("site"), topicLevel(site)}, {QStringLiteral("id"), id}})) {
  if (!config.events) return;
  m_eventTopic = filled(config.events->topic, {{QStringLiteral("site"), topicLevel(site)}, {QStringLiteral("id"), id}});
}

QString PlainMessages::topicOf(const QString &fullName) const {
  const qsizetype end = fullName.indexOf(u'/');
  return filled(m_topic,
                {{QStringLiteral("plugin"), fullName.left(end)}, {QStringLiteral("point"), fullName.mid(end + 1)}});
}

Message PlainMessages::message(const QString &fullName, const QString &unit, const Value &value, Quality quality,
                               Time time, bool isHistorical) const {
  // What is old does not take the place of the last value, which was told when the connection came.
  return {topicOf(fullName), payload(unit, value, quality, time, isHistorical), m_config.qos,
          m_config.isRetained && !isHistorical, isHistorical};
}

QByteArray PlainMessages::payload(const QString &unit, const Value &value, Quality quality, Time time,
                                  bool isHistorical) const {
  const QJsonValue plain = toJson(value);
  if (m_config.format == Format::Value) {
    if (quality.isBad()) return toText(quality).toUtf8();
    if (plain.isString()) return plain.toString().toUtf8();
    const QByteArray array = QJsonDocument(QJsonArray{plain}).toJson(QJsonDocument::Compact);
    return array.sliced(1, array.size() - 2);
  }
  QJsonObject json{{QStringLiteral("value"), plain},
                   {QStringLiteral("quality"), toText(quality)},
                   {QStringLiteral("time"), toIso(time)}};
  if (!unit.isEmpty()) json.insert(QStringLiteral("unit"), unit);
  if (const auto *position = std::get_if<Position>(&value); position && position->fix)
    addFix(json, *position->fix, m_zones);
  if (isHistorical) json.insert(QStringLiteral("historical"), true);
  return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

Message PlainMessages::message(const spool::StoredEvent &event, bool isHistorical) const {
  const QString topic = filled(m_eventTopic, {{QStringLiteral("kind"), topicLevel(QString::fromUtf8(event.kind))},
                                              {QStringLiteral("source"), topicLevel(QString::fromUtf8(event.source))}});
  QByteArray payload = event.json;
  if (isHistorical && payload.startsWith('{') && payload.size() > 2) payload.insert(1, "\"historical\":true,");
  return {topic, payload, m_config.events->qos, false, isHistorical};
}

}  // namespace tagwire::mqtt
