// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace tagwire::ws {

/// A room of the manifest. REST may change or delete it; then that holds. Plain value.
struct RoomConfig {
  int id = 0;
  QString name;

  static void describe(Shape<RoomConfig> &shape);
};

/// Something in a room that has a state: a light, a door (R4-6). Plain value.
struct EntityConfig {
  QString id;
  int room = 0;
  PointReference state;
  QMap<QString, QString> words;
  QMap<QString, PointReference> attributes;

  static void describe(Shape<EntityConfig> &shape);
};

constexpr int mostRooms = 1000;  ///< those of the manifest and those made by REST together
constexpr int mostEntities = 10000;

/// What is wrong with a room's name, with what is allowed; empty when all is well.
QString roomNameProblem(const QString &name);

/// What concerns more than one of them: ids given twice, entities of rooms that are not there.
void checkRooms(ConfigReader &reader, const QList<RoomConfig> &rooms, const QList<EntityConfig> &entities);

}  // namespace tagwire::ws
