# SPDX-License-Identifier: Apache-2.0
foreach(name topics wirejson live liveresume livealarms livecommands panel panelevents alarms alarmsrequests rtls events rooms device devicecommands devicetakeover)
  tagwire_add_plugin_test(ws ws_${name} SOURCES protocols/tests/${name}_test.cpp)
endforeach()
