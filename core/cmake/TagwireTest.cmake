# SPDX-License-Identifier: Apache-2.0
# tagwire_add_test(NAME name SOURCES file… [LIBRARIES target…] [LABELS label…] [FIXTURES name…]
#                  [TIMEOUT seconds] [WHOLE])
#
# Builds a Qt Test program and registers it with CTest: each function that proves a requirement as a test "<name>.<function>",
# so that `ctest -R R5-8` finds it (R5_8 in its name becomes R5-8), and all its other functions together as the test
# "<name>". WHOLE registers the program as one test: where what it sets up first (a database server, say) takes long.
function(tagwire_add_test)
  cmake_parse_arguments(arg "WHOLE" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS;FIXTURES" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE tagwire-core Qt6::Test Qt6::Network ${arg_LIBRARIES})
  target_compile_options(${arg_NAME} PRIVATE ${TAGWIRE_TEST_OPTIONS})
  tagwire_precompiled(${arg_NAME} tests)
  set(whole)
  if(arg_WHOLE)
    set(whole -DWHOLE=ON)
  endif()
  set(listing ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_functions.cmake)
  add_custom_command(
    TARGET ${arg_NAME} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${arg_NAME}> -DNAME=${arg_NAME} -DLISTING=${listing}
            "-DLABELS=${arg_LABELS}" "-DFIXTURES=${arg_FIXTURES}" -DTIMEOUT=${arg_TIMEOUT} ${whole}
            -P ${PROJECT_SOURCE_DIR}/core/cmake/ListTestFunctions.cmake
    BYPRODUCTS ${listing} VERBATIM)
  # A program that is not built is one failing test, and does not keep ctest from running the others.
  set(include ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_include.cmake)
  file(WRITE ${include} "if(EXISTS [=[${listing}]=])\n  include([=[${listing}]=])\nelse()\n"
    "  add_test(${arg_NAME}_NOT_BUILT ${arg_NAME}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()
