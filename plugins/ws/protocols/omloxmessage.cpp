// SPDX-License-Identifier: Apache-2.0
#include "omloxmessage.h"

#include <array>

#include "jsontext.h"

namespace tagwire::ws {

namespace {

constexpr std::array omloxTopics{std::pair{"location_updates", HubTopic::LocationUpdates},
                                 std::pair{"location_updates:geojson", HubTopic::LocationUpdatesGeoJson},
                                 std::pair{"fence_events", HubTopic::FenceEvents},
                                 std::pair{"fence_events:geojson", HubTopic::FenceEventsGeoJson},
                                 std::pair{"trackable_motions", HubTopic::TrackableMotions},
                                 std::pair{"collision_events", HubTopic::CollisionEvents},
                                 std::pair{"proximity_updates", HubTopic::ProximityUpdates}};

}  // namespace

std::optional<HubTopic> topicFromText(const QString &text) {
  for (const auto &[name, topic] : omloxTopics) {
    if (text == QLatin1String(name)) return topic;
  }
  return std::nullopt;
}

QString toText(HubTopic topic) {
  for (const auto &[name, each] : omloxTopics) {
    if (each == topic) return QString::fromLatin1(name);
  }
  return {};
}

QString topicTexts() {
  QStringList names;
  for (const auto &[name, topic] : omloxTopics) names << QString::fromLatin1(name);
  return names.join(QStringLiteral(", "));
}

QByteArray omloxError(int code, const QString &text) {
  return "{\"event\":\"error\",\"code\":" + QByteArray::number(code) + ",\"description\":" + jsonString(text) + '}';
}

QByteArray omloxSubscribed(HubTopic topic, int id) {
  return "{\"event\":\"subscribed\",\"topic\":\"" + toText(topic).toLatin1() +
         "\",\"subscription_id\":" + QByteArray::number(id) + '}';
}

QByteArray omloxUnsubscribed(int id) {
  return "{\"event\":\"unsubscribed\",\"subscription_id\":" + QByteArray::number(id) + '}';
}

QByteArray omloxMessage(HubTopic topic, int id, const QList<QByteArray> &objects) {
  return "{\"event\":\"message\",\"topic\":\"" + toText(topic).toLatin1() +
         "\",\"subscription_id\":" + QByteArray::number(id) + ",\"payload\":[" + objects.join(',') + "]}";
}

}  // namespace tagwire::ws
