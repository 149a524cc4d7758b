// SPDX-License-Identifier: Apache-2.0
#include "broadcast.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>

#include "protocols/wirejson.h"

namespace tagwire::ws {

namespace {

constexpr qsizetype longestType = 100;

/// Whoever reads these takes them for ours: those of page 4, and those of first-message auth.
constexpr std::array ownTypes{"connection",       "ping",           "pong",          "error",
                              "heartbeat",        "subscribe_room", "room_updated",  "system_status",
                              "unsubscribe_room", "auth",           "authenticated", "entity_state_changed"};

QString typeProblem(const QJsonValue &type) {
  const QString text = type.toString();
  if (text.trimmed().isEmpty() || text.size() > longestType || !text.isValidUtf16()) {
    return QStringLiteral("type must be a text of 1 to %1 characters").arg(longestType);
  }
  const bool isOwn =
      std::any_of(ownTypes.begin(), ownTypes.end(), [&](const char *own) { return text == QLatin1String(own); });
  return isOwn ? QStringLiteral("type \"%1\" is the gateway's own (allowed: one of your own)").arg(text) : QString();
}

/// Fills room and clientId; an error text, or empty.
QString readTarget(const QJsonObject &body, Broadcast &broadcast) {
  if (const QJsonValue room = body.value(QLatin1String("room_id")); !room.isUndefined() && !room.isNull()) {
    const auto number = wholeNumber(room);
    if (!number || *number < 1 || *number > 2147483647) return QStringLiteral("room_id must be the number of a room");
    broadcast.room = static_cast<int>(*number);
  }
  if (const QJsonValue client = body.value(QLatin1String("client_id")); !client.isUndefined() && !client.isNull()) {
    broadcast.clientId = client.toString();
    if (broadcast.clientId.isEmpty()) return QStringLiteral("client_id must be the text that `connection` gave");
  }
  if (!broadcast.room || broadcast.clientId.isEmpty()) return {};
  return QStringLiteral("room_id and client_id exclude each other");
}

/// Fills expires; an error text, or empty.
QString readExpiry(const QJsonObject &body, Time now, Broadcast &broadcast) {
  const QJsonValue persist = body.value(QLatin1String("persist"));
  if (!persist.isUndefined() && !persist.isNull() && !persist.isBool()) {
    return QStringLiteral("persist must be true or false");
  }
  if (!persist.toBool()) return {};
  if (!broadcast.clientId.isEmpty()) {
    return QStringLiteral("persist is for those who connect later: client_id names one who is here");
  }
  const QJsonObject data = body.value(QLatin1String("data")).toObject();
  const auto expires = fromIso(data.value(QLatin1String("expires_at")).toString());
  if (!expires) return QStringLiteral("persist needs data.expires_at: ") + expires.error();
  broadcast.expires = *expires;
  if (*broadcast.expires <= now) return QStringLiteral("data.expires_at is past already");
  if (broadcast.data.size() <= Broadcast::longestKept) return {};
  return QStringLiteral("data is too long to be kept (allowed: %1 bytes)").arg(Broadcast::longestKept);
}

}  // namespace

Result<Broadcast> Broadcast::fromJson(const QJsonObject &body, Time now) {
  Broadcast broadcast;
  const QJsonValue type = body.value(QLatin1String("type"));
  if (const QString wrong = typeProblem(type); !wrong.isEmpty()) return failure(wrong);
  broadcast.type = type.toString();
  const QJsonValue data = body.value(QLatin1String("data"));
  if (!data.isObject()) return failure(QStringLiteral("data must be an object"));
  broadcast.data = QJsonDocument(data.toObject()).toJson(QJsonDocument::Compact);
  broadcast.time = now;
  if (const QString wrong = readTarget(body, broadcast); !wrong.isEmpty()) return failure(wrong);
  if (const QString wrong = readExpiry(body, now, broadcast); !wrong.isEmpty()) return failure(wrong);
  return broadcast;
}

QByteArray Broadcast::toJson() const {
  JsonText json;
  json.beginObject();
  json.put("type", type);
  json.key("data");
  json.raw(data);
  if (room) json.put("room_id", *room);
  json.put("persist", true);
  json.put("timestamp", toIso(time));
  json.endObject();
  return json.bytes();
}

}  // namespace tagwire::ws
