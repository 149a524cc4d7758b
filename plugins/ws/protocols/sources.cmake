# SPDX-License-Identifier: Apache-2.0
# The wire contracts of plugin ws; included by its CMakeLists.txt.
set(WS_PROTOCOL_SOURCES
  protocols/alarmbook.cpp
  protocols/alarmsprotocol.cpp
  protocols/deviceprotocol.cpp
  protocols/eventsprotocol.cpp
  protocols/jsontext.cpp
  protocols/livecatchup.cpp
  protocols/livecommands.cpp
  protocols/livefeed.cpp
  protocols/liveprotocol.cpp
  protocols/livepublish.cpp
  protocols/liverequest.cpp
  protocols/livetext.cpp
  protocols/makeprotocol.cpp protocols/protocol.cpp
  protocols/eventwish.cpp
  protocols/omloxmessage.cpp
  protocols/omloxprotocol.cpp
  protocols/panelevents.cpp
  protocols/panelframes.cpp
  protocols/panelprotocol.cpp
  protocols/panelrequests.cpp
  protocols/pointnames.cpp
  protocols/replayring.cpp
  protocols/roomsmessage.cpp
  protocols/roomsprotocol.cpp
  protocols/rtlsmessage.cpp
  protocols/rtlsprotocol.cpp
  protocols/rtlsrequests.cpp
  protocols/rtlsstream.cpp
  protocols/topics.cpp
  protocols/triggerfilter.cpp
  protocols/wirejson.cpp
  protocols/zonebook.cpp)
