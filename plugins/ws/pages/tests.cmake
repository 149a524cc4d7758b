# SPDX-License-Identifier: Apache-2.0
tagwire_add_plugin_test(ws ws_pages SOURCES pages/tests/pages_test.cpp)
if(WS_HAS_PAGES)
  target_compile_definitions(ws_tests PRIVATE WITH_PAGES)
endif()
