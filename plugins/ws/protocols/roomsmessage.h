// SPDX-License-Identifier: Apache-2.0
// What goes out on page 4, in its envelope: {"type":…,"data":{…},"timestamp":…}.
#pragma once

#include "rooms/broadcast.h"
#include "rooms/entity.h"
#include "rooms/room.h"
#include "websocket/session.h"

namespace tagwire::ws {

Frame roomsConnection(const QString &clientId, Time now);                                           // R4-1
Frame roomsPong(Time now);                                                                          // R4-2
Frame roomsError(const QString &message, Time now);                                                 // R4-3
Frame roomsHeartbeat(int clients, Time now);                                                        // R4-4
Frame roomUpdated(const Room &room, RoomAction action, Time now);                                   // R4-5
Frame entityStateChanged(const Entity &entity, const EntityStates::Change &change, Time now);       // R4-6
Frame systemStatus(const QString &status, const QString &uptime, const QString &memory, Time now);  // R4-7
Frame broadcastFrame(const Broadcast &broadcast);                                                   // R4-10

}  // namespace tagwire::ws
