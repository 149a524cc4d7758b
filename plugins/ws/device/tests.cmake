# SPDX-License-Identifier: Apache-2.0
foreach(name deviceconfig devicetime gatekeeper)
  tagwire_add_plugin_test(ws ws_${name} SOURCES device/tests/${name}_test.cpp)
endforeach()
foreach(name devices deviceroutes)
  tagwire_add_plugin_test(ws ws_${name} SOURCES device/tests/${name}_test.cpp LIBRARIES Qt6::WebSockets)
endforeach()
