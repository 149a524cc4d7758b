// SPDX-License-Identifier: Apache-2.0
#include "roomroutes.h"

#include <limits>

#include "protocols/wirejson.h"
#include "rest/recorded.h"
#include "rooms/roombook.h"

namespace tagwire::ws {

namespace {

constexpr std::chrono::seconds answerWithin{5};

constexpr const char *roomSchema =
    "{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{"
    "\"id\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":2147483647},"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}}";
constexpr const char *broadcastSchema =
    "{\"type\":\"object\",\"required\":[\"type\",\"data\"],\"properties\":{"
    "\"type\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100},\"data\":{\"type\":\"object\",\"properties\":{"
    "\"expires_at\":{\"type\":\"string\",\"format\":\"date-time\"}}},"
    "\"room_id\":{\"type\":\"integer\",\"minimum\":1},\"client_id\":{\"type\":\"string\"},"
    "\"persist\":{\"type\":\"boolean\"}}}";

/// {"success":true,"data":…,"timestamp":…}; `fill` writes the value of `data`.
template <class Fill>
Response success(int status, Time now, const Fill &fill) {
  JsonText json;
  json.beginObject();
  json.put("success", true);
  json.key("data");
  fill(json);
  json.put("timestamp", toIso(now, 0));
  json.endObject();
  return {status, "application/json", json.bytes()};
}

Result<QJsonObject> roomBody(const Call &call) {
  const auto body = parseMessage(call.request.body);
  return body ? body : failure(QStringLiteral("Invalid request body: ") + body.error());
}

Result<QString> nameIn(const QJsonObject &body) {
  const QString name = body.value(QLatin1String("name")).toString();
  const QString problem = roomNameProblem(name);
  if (problem.isEmpty()) return name;
  return failure(QStringLiteral("Invalid request body: name ") + problem);
}

/// The id that a body gives; nothing when it gives none, 0 when it is no id.
std::optional<int> idIn(const QJsonObject &body) {
  const QJsonValue id = body.value(QLatin1String("id"));
  if (id.isUndefined() || id.isNull()) return std::nullopt;
  const qint64 number = wholeNumber(id).value_or(0);
  return number > 0 && number <= std::numeric_limits<int>::max() ? static_cast<int>(number) : 0;
}

QString wrongId() { return QStringLiteral("Invalid request body: id must be a whole number of 1 to 2147483647"); }

}  // namespace

RoomRoutes::RoomRoutes(Router &router, GatewayState &state) : m_state(state) {
  router.add({"GET", "/api/v1/rooms", "rooms, and what is in them (R4-8)", Served::Rest, right::readRooms,
              [this](const Call &call) { list(call); }});
  router.add({"POST",
              "/api/v1/rooms",
              "makes a room",
              Served::Rest,
              right::writeRooms,
              recorded(state.context, "config", [this](const Call &call) { create(call); }),
              {},
              roomSchema});
  router.add({"GET", "/api/v1/rooms/{id}", "one room", Served::Rest, right::readRooms,
              [this](const Call &call) { one(call); }});
  router.add({"PUT",
              "/api/v1/rooms/{id}",
              "changes a room's name",
              Served::Rest,
              right::writeRooms,
              recorded(state.context, "config", [this](const Call &call) { rename(call); }),
              {},
              roomSchema});
  router.add({"DELETE", "/api/v1/rooms/{id}", "deletes a room", Served::Rest, right::writeRooms,
              recorded(state.context, "config", [this](const Call &call) { remove(call); })});
  router.addWhole({"GET", "/api/v1/websocket/stats", "clients of protocol rooms at this listener (R4-9)", Served::Rest,
                   right::readStatistics, [this](const Call &call) { statistics(call); }});
  router.add({"POST",
              "/api/v1/websocket/broadcast",
              "a message to all clients of protocol rooms (R4-10)",
              Served::Rest,
              right::broadcast,
              [this](const Call &call) { broadcast(call); },
              {},
              broadcastSchema});
}

void RoomRoutes::refuse(const Call &call, const Refusal &refusal) const { call.answer(errorResponse(refusal, now())); }

std::optional<int> RoomRoutes::roomOf(const Call &call, Right right) const {
  const QString text = call.variables.value(QStringLiteral("id"));
  // Whether it is there is nothing for who may not have it.
  if (!call.may(right, text)) {
    refuse(call, notPermitted(right));
    return std::nullopt;
  }
  const int id = text.toInt();
  if (QString::number(id) == text && m_state.rooms->rooms().contains(id)) return id;
  refuse(call, {404, QStringLiteral("there is no room \"%1\"").arg(excerpt(text)), {}});
  return std::nullopt;
}

void RoomRoutes::putRoom(JsonText &json, const Room &room) const {
  json.beginObject();
  json.put("id", room.id);
  json.put("name", room.name);
  json.key("entities");
  json.beginList();
  for (const Entity &entity : m_state.rooms->entities()) {
    if (entity.room != room.id) continue;
    json.beginObject();
    json.put("entity_id", entity.id);
    json.put("state", entity.stateOf(m_state.context.points().last(entity.state)));
    json.key("attributes");
    putAttributes(json, entity, entity.attributesIn(m_state.context.points()));
    json.endObject();
  }
  json.endList();
  json.endObject();
}

void RoomRoutes::list(const Call &call) const {
  call.answer(success(200, now(), [&](JsonText &json) {
    json.beginList();
    for (const Room &room : m_state.rooms->rooms()) {
      if (call.may(right::readRooms, QString::number(room.id))) putRoom(json, room);
    }
    json.endList();
  }));
}

void RoomRoutes::one(const Call &call) const {
  const auto id = roomOf(call, right::readRooms);
  if (!id) return;
  call.answer(success(200, now(), [&](JsonText &json) { putRoom(json, m_state.rooms->rooms().value(*id)); }));
}

void RoomRoutes::create(const Call &call) {
  const auto body = roomBody(call);
  if (!body) return refuse(call, {400, body.error(), {}});
  const auto name = nameIn(*body);
  if (!name) return refuse(call, {400, name.error(), {}});
  const auto id = idIn(*body);
  if (id == 0) return refuse(call, {400, wrongId(), {}});
  RoomBook &book = *m_state.rooms;
  if (!call.may(right::writeRooms, QString::number(id.value_or(book.nextId())))) {
    return refuse(call, notPermitted(right::writeRooms));
  }
  const auto room = book.create(id, *name);
  if (!room) return refuse(call, room.error());
  Response response = success(201, now(), [&](JsonText &json) { putRoom(json, *room); });
  response.fields.append({"Location", "/api/v1/rooms/" + QByteArray::number(room->id)});
  answerWhenKept(call, response);
}

void RoomRoutes::rename(const Call &call) {
  const auto id = roomOf(call, right::writeRooms);
  if (!id) return;
  const auto body = roomBody(call);
  if (!body) return refuse(call, {400, body.error(), {}});
  const auto name = nameIn(*body);
  if (!name) return refuse(call, {400, name.error(), {}});
  if (idIn(*body).value_or(*id) != *id) {
    return refuse(call, {400, QStringLiteral("Invalid request body: id differs from the one in the path"), {}});
  }
  const auto room = m_state.rooms->rename(*id, *name);
  if (!room) return refuse(call, room.error());
  answerWhenKept(call, success(200, now(), [&](JsonText &json) { putRoom(json, *room); }));
}

void RoomRoutes::remove(const Call &call) {
  const auto id = roomOf(call, right::writeRooms);
  if (!id) return;
  const auto room = m_state.rooms->remove(*id);
  if (!room) return refuse(call, room.error());
  answerWhenKept(call, success(200, now(), [&](JsonText &json) { putRoom(json, *room); }));
}

void RoomRoutes::statistics(const Call &call) const {
  const RoomStatistics &counted = m_state.roomStatistics;
  call.answer(success(200, now(), [&](JsonText &json) {
    json.beginObject();
    json.put("connected_clients", counted.connected);
    json.put("total_connections", counted.connections);
    json.put("messages_sent", counted.sent);
    json.put("messages_received", counted.received);
    json.key("last_activity");
    if (counted.lastActivity) {
      json.text(toIso(*counted.lastActivity, 0));
    } else {
      json.null();
    }
    json.endObject();
  }));
}

void RoomRoutes::broadcast(const Call &call) {
  const auto body = roomBody(call);
  if (!body) return refuse(call, {400, body.error(), {}});
  const auto broadcast = Broadcast::fromJson(*body, now());
  if (!broadcast) return refuse(call, {400, QStringLiteral("Invalid request body: ") + broadcast.error(), {}});
  // A permission with a pattern is about rooms: it never covers those that go to everybody.
  if (!broadcast->room && !call.caller->permissions.allowAll(right::broadcast)) {
    return refuse(call, notPermittedAtLarge(right::broadcast));
  }
  if (broadcast->room && !call.may(right::broadcast, QString::number(*broadcast->room))) {
    return refuse(call, notPermitted(right::broadcast));
  }
  const auto clients = m_state.rooms->broadcast(*broadcast);
  if (!clients) return refuse(call, clients.error());
  const Response response = success(200, now(), [&](JsonText &json) {
    json.beginObject();
    json.put("message", "Message broadcasted successfully");
    json.put("clients_count", *clients);
    json.put("message_type", broadcast->type);
    json.endObject();
  });
  if (!broadcast->expires) return call.answer(response);
  answerWhenKept(call, response);
}

void RoomRoutes::answerWhenKept(const Call &call, const Response &response) {
  const auto deadline = m_state.context.clock().elapsed() + answerWithin;
  const auto wait = std::make_shared<Wait>(Wait{deadline, call.answer});
  m_waits.push_back(wait);
  m_state.rooms->whenKept([wait, response, time = now()](const Result<void> &kept) {
    if (std::exchange(wait->isAnswered, true)) return;
    if (kept) return wait->answer(response);
    wait->answer(errorResponse(
        500, QStringLiteral("done, but it would not outlive a restart: rooms can't be written now, the log says why"),
        time));
  });
}

void RoomRoutes::tick() {
  m_state.rooms->tick(m_state.context.clock());
  const auto elapsed = m_state.context.clock().elapsed();
  std::erase_if(m_waits, [&](const std::shared_ptr<Wait> &wait) {
    if (wait->isAnswered || elapsed < wait->deadline) return wait->isAnswered;
    wait->isAnswered = true;
    wait->answer(errorResponse(503, QStringLiteral("done, but it is not on the disk yet"), now()));
    return true;
  });
}

}  // namespace tagwire::ws
