// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace tagwire::ws {

/// A room as clients know it. Plain value.
struct Room {
  int id = 0;
  QString name;

  friend bool operator==(const Room &, const Room &) = default;
};

/// What happened to a room (R4-5).
enum class RoomAction : quint8 { Created, Updated, Deleted };

constexpr const char *wordOf(RoomAction action) {
  switch (action) {
    case RoomAction::Created:
      return "created";
    case RoomAction::Updated:
      return "updated";
    case RoomAction::Deleted:
      break;
  }
  return "deleted";
}

}  // namespace tagwire::ws
