// SPDX-License-Identifier: Apache-2.0
#include "roomsmessage.h"

#include "jsontext.h"

namespace tagwire::ws {

namespace {

/// `fill` writes the value of `data`.
template <class Fill>
Frame envelope(const QString &type, Time now, const Fill &fill) {
  JsonText json;
  json.beginObject();
  json.put("type", type);
  json.key("data");
  fill(json);
  json.put("timestamp", toIso(now, 0));
  json.endObject();
  return Frame::text(json.view());
}

/// The same with fields in `data`.
template <class Fill>
Frame fields(const char *type, Time now, const Fill &fill) {
  return envelope(QString::fromLatin1(type), now, [&](JsonText &json) {
    json.beginObject();
    fill(json);
    json.endObject();
  });
}

}  // namespace

Frame roomsConnection(const QString &clientId, Time now) {
  return fields("connection", now, [&](JsonText &json) {
    json.put("status", "connected");
    json.put("client_id", clientId);
    json.put("timestamp", toIso(now, 0));
  });
}

Frame roomsPong(Time now) {
  return fields("pong", now, [&](JsonText &json) { json.put("timestamp", toIso(now, 0)); });
}

Frame roomsError(const QString &message, Time now) {
  return fields("error", now, [&](JsonText &json) { json.put("message", message); });
}

Frame roomsHeartbeat(int clients, Time now) {
  return fields("heartbeat", now, [&](JsonText &json) {
    json.put("timestamp", toIso(now, 0));
    json.put("clients", clients);
  });
}

Frame roomUpdated(const Room &room, RoomAction action, Time now) {
  return fields("room_updated", now, [&](JsonText &json) {
    json.put("room_id", room.id);
    json.put("room_name", room.name);
    json.put("action", wordOf(action));
  });
}

Frame entityStateChanged(const Entity &entity, const EntityStates::Change &change, Time now) {
  return fields("entity_state_changed", now, [&](JsonText &json) {
    json.put("entity_id", entity.id);
    json.put("old_state", change.before);
    json.put("new_state", change.after);
    json.key("attributes");
    putAttributes(json, entity, change.attributes);
  });
}

Frame systemStatus(const QString &status, const QString &uptime, const QString &memory, Time now) {
  return fields("system_status", now, [&](JsonText &json) {
    json.put("status", status);
    json.key("details");
    json.beginObject();
    json.put("uptime", uptime);
    if (!memory.isEmpty()) json.put("memory_usage", memory);
    json.endObject();
  });
}

Frame broadcastFrame(const Broadcast &broadcast) {
  return envelope(broadcast.type, broadcast.time, [&](JsonText &json) { json.raw(broadcast.data); });
}

}  // namespace tagwire::ws
