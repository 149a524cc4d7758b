# SPDX-License-Identifier: Apache-2.0
# Asks a Qt Test program for its functions and writes its tests: one for each function that proves a requirement, and one
# for all the others together, since starting a process takes longer than most functions do.
execute_process(COMMAND ${PROGRAM} -functions OUTPUT_VARIABLE functions RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} -functions ended with ${code}")
endif()
string(REPLACE "()" "" functions "${functions}")
string(STRIP "${functions}" functions)
string(REPLACE "\n" ";" functions "${functions}")

# Writes the test `name`: the program with these functions, or with all of them.
set(text "")
function(append_test name)
  set(arguments)
  foreach(function IN LISTS ARGN)
    string(APPEND arguments " [=[${function}]=]")
  endforeach()
  set(text "${text}add_test([=[${name}]=] [=[${PROGRAM}]=]${arguments})\n\
set_tests_properties([=[${name}]=] PROPERTIES TIMEOUT ${TIMEOUT} LABELS \"${LABELS}\" FIXTURES_REQUIRED \"${FIXTURES}\")\n"
    PARENT_SCOPE)
endfunction()

set(proofs ${functions})
list(FILTER proofs INCLUDE REGEX "R[0-9]+_[0-9]+")
if(WHOLE OR NOT proofs)
  append_test(${NAME})
else()
  set(others ${functions})
  list(REMOVE_ITEM others ${proofs})
  if(others)
    append_test(${NAME} ${others})
  endif()
  foreach(function IN LISTS proofs)
    string(REGEX REPLACE "R([0-9]+)_([0-9]+)" "R\\1-\\2" shown "${function}")
    append_test(${NAME}.${shown} ${function})
  endforeach()
endif()
file(WRITE ${LISTING} "${text}")
