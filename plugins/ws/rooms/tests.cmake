# SPDX-License-Identifier: Apache-2.0
foreach(name roombook entities rooms_gateway rooms_rest)
  tagwire_add_plugin_test(ws ws_${name} SOURCES rooms/tests/${name}_test.cpp)
endforeach()
