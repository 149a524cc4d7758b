# SPDX-License-Identifier: Apache-2.0
# Rooms and entities of plugin ws; included by its CMakeLists.txt.
set(WS_ROOMS_SOURCES
  rooms/broadcast.cpp
  rooms/entity.cpp
  rooms/roombook.cpp
  rooms/roomsconfig.cpp
  rooms/systemstatus.cpp)
