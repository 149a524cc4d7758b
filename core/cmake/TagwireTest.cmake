# SPDX-License-Identifier: Apache-2.0
# tagwire_add_test(NAME name PROGRAM program SOURCES file… [LIBRARIES target…] [LABELS label] [FIXTURES name]
#                  [TIMEOUT seconds] [WHOLE | EACH | PARTS number])
#
# Adds the test class of the first file to a test program, which is made when it is first named, and registers it with
# CTest: each function that proves a requirement as a test "<name>.<function>", so that `ctest -R R5-8` finds it (R5_8 in
# its name becomes R5-8), and all its other functions together as the test "<name>". WHOLE registers the class as one test:
# where what it sets up first (a database server, say) takes long. EACH registers each function by itself, and each row of
# its data where these are not many: where they wait for long, so that they wait side by side. PARTS is between the two:
# so many tests, each of some of the functions. What the classes of a
# program need besides (definitions, dependencies) is given to the program. core/testing/testprogram.h is the other half.
function(tagwire_add_test)
  cmake_parse_arguments(arg "WHOLE;EACH" "NAME;PROGRAM;TIMEOUT;LABELS;FIXTURES;PARTS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  if(arg_EACH)
    set(arg_WHOLE EACH)
  elseif(arg_PARTS)
    set(arg_WHOLE ${arg_PARTS})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  if(NOT TARGET ${arg_PROGRAM})
    tagwire_make_test_program(${arg_PROGRAM})
  endif()
  get_target_property(known ${arg_PROGRAM} SOURCES)
  foreach(source IN LISTS arg_SOURCES)
    file(REAL_PATH ${source} path)
    if(NOT path IN_LIST known)
      target_sources(${arg_PROGRAM} PRIVATE ${path})
    endif()
  endforeach()
  target_link_libraries(${arg_PROGRAM} PRIVATE ${arg_LIBRARIES})
  list(GET arg_SOURCES 0 first)
  get_filename_component(class ${first} NAME_WE)
  set_property(TARGET ${arg_PROGRAM} APPEND PROPERTY TAGWIRE_TESTS
    "${class}|${arg_NAME}|${arg_TIMEOUT}|${arg_WHOLE}|${arg_LABELS}|${arg_FIXTURES}")
endfunction()

function(tagwire_make_test_program program)
  add_executable(${program})
  target_link_libraries(${program} PRIVATE Tagwire::test-main Tagwire::core Qt6::Test Qt6::Network)
  # Compiled together, a file with something of its own (an anonymous namespace) looks like a header that has it.
  target_compile_options(${program} PRIVATE ${TAGWIRE_TEST_OPTIONS} -Wno-subobject-linkage)
  if(COMMAND tagwire_precompiled)
    tagwire_precompiled(${program} tests)
  endif()
  set_target_properties(${program} PROPERTIES AUTOMOC ON UNITY_BUILD_BATCH_SIZE 8)
  set(tests ${CMAKE_CURRENT_BINARY_DIR}/${program}_tests.txt)
  set(listing ${CMAKE_CURRENT_BINARY_DIR}/${program}_tests.cmake)
  file(GENERATE OUTPUT ${tests} CONTENT "$<JOIN:$<TARGET_PROPERTY:${program},TAGWIRE_TESTS>,\n>\n")
  add_custom_command(
    TARGET ${program} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -DTESTS=${tests} -DLISTING=${listing}
            -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ListTestFunctions.cmake
    BYPRODUCTS ${listing} VERBATIM)
  # A change of the list alone makes it anew too.
  set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS ${tests})
  # A program that is not built is one failing test, and does not keep ctest from running the others.
  set(include ${CMAKE_CURRENT_BINARY_DIR}/${program}_include.cmake)
  file(WRITE ${include} "if(EXISTS [=[${listing}]=])\n  include([=[${listing}]=])\nelse()\n"
    "  add_test(${program}_NOT_BUILT ${program}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()
