# SPDX-License-Identifier: Apache-2.0
# Devices, and what REST says of them and of tokens.
set(WS_DEVICE_SOURCES
  device/device.cpp
  device/devicebook.cpp
  device/devicecommands.cpp
  device/deviceconfig.cpp
  device/devicetime.cpp
  device/gatekeeper.cpp
  device/madedevices.cpp
  device/model.cpp
  device/payload.cpp
  rest/accessresponse.cpp
  rest/deviceroutes.cpp
  rest/diskworker.h
  rest/tokenroutes.cpp)
