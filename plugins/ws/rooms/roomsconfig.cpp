// SPDX-License-Identifier: Apache-2.0
#include "roomsconfig.h"

#include <algorithm>

namespace tagwire::ws {

namespace {

constexpr qsizetype longestName = 200;

bool isPlainText(const QString &text) {
  return text.isValidUtf16() &&
         std::none_of(text.begin(), text.end(), [](QChar c) { return c.category() == QChar::Other_Control; });
}

QString entityIdProblem(const QString &id) {
  const bool isFit = !id.isEmpty() && id.size() <= longestName && id.trimmed() == id && isPlainText(id);
  return isFit ? QString()
               : QStringLiteral("\"%1\" is no entity id (allowed: 1 to %2 characters, as in \"light.living_room\")")
                     .arg(id.left(50))
                     .arg(longestName);
}

}  // namespace

QString roomNameProblem(const QString &name) {
  if (!name.trimmed().isEmpty() && name.size() <= longestName && isPlainText(name)) return {};
  return QStringLiteral("is no name of a room (allowed: 1 to %1 characters, no control characters)").arg(longestName);
}

void RoomConfig::describe(Shape<RoomConfig> &shape) {
  shape.required("id", &RoomConfig::id, "number by which clients name the room").example(1).range(1, 2147483647);
  shape.required("name", &RoomConfig::name, "as people call it").example("Kitchen").check([](const QString &name) {
    const QString problem = roomNameProblem(name);
    return problem.isEmpty() ? problem : QStringLiteral("\"%1\" %2").arg(name.left(50), problem);
  });
}

void EntityConfig::describe(Shape<EntityConfig> &shape) {
  shape.required("id", &EntityConfig::id, "name by which clients know the entity")
      .example("light.kitchen")
      .check(entityIdProblem);
  shape.required("room", &EntityConfig::room, "id of a room that stands in `rooms` beside it")
      .example(1)
      .range(1, 2147483647);
  shape.required("state", &EntityConfig::state, "point that has its state");
  shape
      .optional("words", &EntityConfig::words,
                "texts for values of the state, by value; other values go out as they are")
      .exampleJson("{\"0\": \"off\", \"1\": \"on\"}")
      .range(0, 1000);
  shape.optional("attributes", &EntityConfig::attributes, "points that go out with the state, by name")
      .exampleJson("{\"temperature\": \"plc1/boiler/temp\"}")
      .range(0, 50);
}

void checkRooms(ConfigReader &reader, const QList<RoomConfig> &rooms, const QList<EntityConfig> &entities) {
  QHash<int, qsizetype> roomAt;
  for (qsizetype i = 0; i < rooms.size(); ++i) {
    if (!roomAt.contains(rooms[i].id)) {
      roomAt.insert(rooms[i].id, i);
      continue;
    }
    reader.error(QStringLiteral("rooms[%1].id").arg(i),
                 QStringLiteral("room %1 is given twice, first as rooms[%2] (allowed: each id once)")
                     .arg(rooms[i].id)
                     .arg(roomAt.value(rooms[i].id)));
  }
  QHash<QString, qsizetype> entityAt;
  for (qsizetype i = 0; i < entities.size(); ++i) {
    const EntityConfig &entity = entities[i];
    if (entityAt.contains(entity.id)) {
      reader.error(QStringLiteral("entities[%1].id").arg(i),
                   QStringLiteral("entity \"%1\" is given twice, first as entities[%2] (allowed: each id once)")
                       .arg(entity.id)
                       .arg(entityAt.value(entity.id)));
    } else {
      entityAt.insert(entity.id, i);
    }
    for (const QString &name : entity.attributes.keys()) {
      if (!name.isEmpty() && isPlainText(name)) continue;
      reader.error(QStringLiteral("entities[%1].attributes").arg(i),
                   QStringLiteral("a name is empty or has control characters (allowed: as in \"brightness\")"));
    }
    if (entity.room == 0 || roomAt.contains(entity.room)) continue;  // 0: reported as missing or wrong already
    reader.error(
        QStringLiteral("entities[%1].room").arg(i),
        QStringLiteral("there is no room %1 (allowed: the id of a room that stands in rooms)").arg(entity.room));
  }
}

}  // namespace tagwire::ws
