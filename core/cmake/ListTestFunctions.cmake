# SPDX-License-Identifier: Apache-2.0
# Asks a Qt Test program for its functions and writes one add_test() each.
execute_process(COMMAND ${PROGRAM} -functions OUTPUT_VARIABLE functions RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} -functions ended with ${code}")
endif()
string(REPLACE "()" "" functions "${functions}")
string(STRIP "${functions}" functions)
string(REPLACE "\n" ";" functions "${functions}")
set(text "")
if(WHOLE)
  set(text "add_test([=[${NAME}]=] [=[${PROGRAM}]=])\nset_tests_properties([=[${NAME}]=] PROPERTIES TIMEOUT ${TIMEOUT} LABELS \"${LABELS}\"\n"
    "  FIXTURES_REQUIRED \"${FIXTURES}\")\n")
  string(REPLACE ";" "" text "${text}")
  set(functions)
endif()
foreach(function IN LISTS functions)
  string(REGEX REPLACE "R([0-9]+)_([0-9]+)" "R\\1-\\2" shown "${function}")
  string(APPEND text "add_test([=[${NAME}.${shown}]=] [=[${PROGRAM}]=] [=[${function}]=])\n")
  string(APPEND text "set_tests_properties([=[${NAME}.${shown}]=] PROPERTIES TIMEOUT ${TIMEOUT} LABELS \"${LABELS}\"\n"
    "  FIXTURES_REQUIRED \"${FIXTURES}\")\n")
endforeach()
file(WRITE ${LISTING} "${text}")
