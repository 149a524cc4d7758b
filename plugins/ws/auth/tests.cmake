# SPDX-License-Identifier: Apache-2.0
foreach(name credentials jwt jwt_hostile sessions signingkey lockout loginfailures)
  tagwire_add_plugin_test(ws ws_${name} SOURCES auth/tests/${name}_test.cpp)
endforeach()
tagwire_add_plugin_test(ws ws_identity SOURCES auth/tests/identity_test.cpp EACH)
